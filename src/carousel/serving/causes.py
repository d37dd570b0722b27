"""Which steps of a trail a car owes its place to: those without which it would stand lower.

Owns:    what counts as one cause, which are tried, what it takes to be named.
Imports: numpy, domain, serving.ranking.

A step is taken out of the trail, the features are reckoned anew and rated again: what the car loses
in log-odds, less what other candidates lose on average, is what the step is worth to this car.
Steps about one car are one cause, and so are equal searches: one of two would change nothing.

Trying every step on every car would take longer than making the list. So of the cars reacted to the
likest two are tried, of the searches the two that fit best and the last, each by itself; where none
is worth LEAST, those that say about the same together. A few candidates, evenly spread over the
order, stand for the others.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from carousel.domain.facts import Facts
from carousel.domain.features import Matrix, Vector
from carousel.domain.matching import features as matching
from carousel.domain.matching.ablation import Ablation
from carousel.domain.ranker.ranking import Ranker
from carousel.domain.trail import KINDS, STRENGTHS, Trail
from carousel.serving.ranking import Rated

Ints: TypeAlias = npt.NDArray[np.int64]

LEAST, FURTHER = 0.2, 0.1
"""Log-odds against the other candidates that a cause must be worth to be named, and that further
steps must be worth to be named beside it: a fifth, and a tenth, of the odds."""

OTHERS = 6
"""Candidates that stand for all others."""

TRIED = 2
"""Cars reacted to, and searches, that are tried by themselves for each car."""

HALF = 0.5
"""Units of a family count together for a car when each speaks at least so much as the first."""

_DISMISS = KINDS.index("dismiss")
_HOME = matching.COLUMN["home_km"]


@dataclass(frozen=True, slots=True)
class Past:
    """What candidates were rated for.

    facts: of the n candidates, shape (n,). trail: the shopper's. now: epoch seconds.
    params: of the features.
    """

    facts: Facts
    trail: Trail
    now: float
    params: matching.Params


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a trail.

    type: of the event. listing_id: what it was about, None for a search. at: epoch seconds.
    """

    type: str
    listing_id: int | None
    at: float


@dataclass(frozen=True, slots=True)
class Unit:
    """Steps that are one cause: about one car, or one search made again.

    family: "cars", "searches" or "dislikes". places: of the steps among reactions, or searches.
    """

    family: str
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """What a car owes its place to, the weightiest unit first.

    worth: log-odds against other candidates that it would lose without the first unit; where only
           all of them together are worth naming, without all.
    km:    to where was searched, if that counts for more than what was asked; None otherwise.
    """

    units: tuple[Unit, ...]
    worth: float
    km: int | None = None

    def of(self, family: str) -> tuple[Unit, ...]:
        """Return its units of a family."""
        return tuple(unit for unit in self.units if unit.family == family)

    def steps(self, trail: Trail) -> tuple[Step, ...]:
        """Return its steps, the latest first in each unit."""
        return tuple(step for unit in self.units for step in _steps(unit, trail))


def units_of(trail: Trail) -> list[Unit]:
    """Return what of a trail could be a cause; taking back a favourite speaks for no car."""
    reactions = trail.reactions
    likings = (STRENGTHS[reactions["kind"]] > 0) & (reactions["kind"] != _DISMISS)
    ids = reactions["listing"].tolist()
    said = [step.tobytes()[trail.searches.dtype["at"].itemsize :] for step in trail.searches]
    return [
        *_alike("cars", np.flatnonzero(likings).tolist(), ids),
        *_alike("dislikes", np.flatnonzero(reactions["kind"] == _DISMISS).tolist(), ids),
        *_alike("searches", range(len(said)), said),
    ]


def _alike(family: str, places: Iterable[int], same: Sequence[Hashable]) -> list[Unit]:
    found: defaultdict[Hashable, list[int]] = defaultdict(list)
    for place in places:
        found[same[place]].append(place)
    return [Unit(family, tuple(steps)) for steps in found.values()]


def causes_of(rated: Rated, places: Sequence[int], past: Past) -> list[Cause | None]:
    """Return what some candidates owe their places to; None where no step is worth naming.

    Args:
        rated: n candidates.
        places: rows of those that are explained.
        past: what the shopper did, that they were rated for.
    """
    units = units_of(past.trail)
    if not units or not len(places):
        return [None] * len(places)
    order = np.argsort(-rated.chance, kind="stable")
    others = order[np.linspace(0, len(order) - 1, min(OTHERS, len(order))).astype(np.int64)]
    asked = np.concatenate([np.asarray(places, dtype=np.int64), others])
    trial = _Trial(rated, asked, len(places), past)
    found = [_best(units, worth) for worth in trial.worth(units, trial.likely(units))]
    left = [n for n, cause in enumerate(found) if cause is None]
    groups, tried = trial.groups(units, left)
    for n, worth in zip(left, trial.worth(groups, tried)[left], strict=True):
        most = int(np.argmax(worth))
        if worth[most] >= LEAST:
            found[n] = Cause(trial.apart(groups[most], units, n), float(worth[most]))
    return trial.with_home(found)


def _best(units: Sequence[Unit], worth: Vector) -> Cause | None:
    """Return the unit that is worth most, and others that would be missed too."""
    order = np.argsort(-worth, kind="stable").tolist()
    if not worth[order[0]] >= LEAST:
        return None
    named = [n for n in order if worth[n] >= FURTHER]
    return Cause(tuple(units[n] for n in named), float(worth[order[0]]))


class _Trial:
    """Cars to be explained, then others, against a trail of which steps are taken out."""

    def __init__(self, rated: Rated, asked: Ints, explained: int, past: Past) -> None:
        self._ranker: Ranker = rated.ranker
        self._base: Matrix = rated.rows[asked]
        chance = np.clip(rated.chance[asked], 1e-12, 1 - 1e-12)
        self._odds: Vector = np.log(chance) - np.log1p(-chance)
        self._explained, self._others = explained, np.arange(explained, len(asked))
        self._trail = past.trail
        self._ablation = Ablation(
            past.facts[asked], self._base, past.trail, now=past.now, params=past.params
        )
        self._searched = np.exp(-self._ablation.cost) * self._ablation.recent

    def support(self, unit: Unit) -> Vector:
        """Return how much a unit seems to speak for each car, before it is tried."""
        places, ablation = list(unit.places), self._ablation
        if unit.family == "searches":
            speaks: Vector = self._searched[:, places].sum(axis=1)
        elif unit.family == "cars":
            speaks = (ablation.alike[:, places] * ablation.liked[places]).sum(axis=1)
        else:
            speaks = -ablation.alike[:, places].max(axis=1)
        return speaks

    def likely(self, units: Sequence[Unit]) -> npt.NDArray[np.bool_]:
        """Return which units are tried by themselves for each car, shape (explained, units)."""
        tried = np.zeros((self._explained, len(units)), dtype=np.bool_)
        for family in ("cars", "searches"):
            mine = np.array([n for n, unit in enumerate(units) if unit.family == family], np.int64)
            if not len(mine):
                continue
            speaks = np.stack([self.support(units[n])[: self._explained] for n in mine], axis=1)
            best = np.argsort(-speaks, axis=1, kind="stable")[:, :TRIED]
            enough = np.take_along_axis(speaks, best, axis=1) >= HALF * speaks.max(axis=1)[:, None]
            np.put_along_axis(tried, mine[best], enough, axis=1)
        last = len(self._trail.searches) - 1
        tried[
            :, [n for n, u in enumerate(units) if u.family == "searches" and last in u.places]
        ] = True
        return tried

    def groups(
        self, units: Sequence[Unit], cars: Sequence[int]
    ) -> tuple[list[Unit], npt.NDArray[np.bool_]]:
        """Return units that may count together for some cars, and which are tried for which.

        Of the cars reacted to those that are about as like as the likest; of the searches those
        that fit about as well as the best, and all that were made from one place; all dismissals.
        """
        found: dict[Unit, list[int]] = {}
        for family, near in (("cars", HALF), ("searches", HALF), ("dislikes", 0.0)):
            mine = [unit for unit in units if unit.family == family]
            if not mine:
                continue
            speaks = np.stack([self.support(unit) for unit in mine], axis=1)
            for car in cars:
                enough = near * speaks[car].max() if near else -np.inf
                some = [
                    unit for unit, much in zip(mine, speaks[car], strict=True) if much >= enough
                ]
                found.setdefault(_joined(some), []).append(car)
        if (home := self._from_home(units)) is not None:
            found[home] = list(cars)
        tried = np.zeros((self._explained, len(found)), dtype=np.bool_)
        for n, which in enumerate(found.values()):
            tried[which, n] = True
        return list(found), tried

    def _from_home(self, units: Sequence[Unit]) -> Unit | None:
        """Return all searches made from where the last one was made that has a place."""
        searches = self._trail.searches
        placed = np.flatnonzero(np.isfinite(searches["latitude"]))
        if not len(placed):
            return None
        there = np.stack([searches["latitude"], searches["longitude"]], axis=1)
        same = set(np.flatnonzero((there == there[placed[-1]]).all(axis=1)).tolist())
        return _joined([u for u in units if u.family == "searches" and same.issuperset(u.places)])

    def apart(self, group: Unit, units: Sequence[Unit], car: int) -> tuple[Unit, ...]:
        """Return the units of a group, the one that speaks most for the car first."""
        inside = set(group.places)
        mine = [u for u in units if u.family == group.family and inside.issuperset(u.places)]
        return tuple(sorted(mine, key=lambda unit: -float(self.support(unit)[car])))

    def worth(self, units: Sequence[Unit], tried: npt.NDArray[np.bool_]) -> Vector:
        """Return what units are worth to cars, shape (explained, units); 0 where not tried."""
        cars, which = np.nonzero(tried)
        used = np.unique(which)
        cars = np.concatenate([cars, np.tile(self._others, len(used))])
        which = np.concatenate([which, np.repeat(used, len(self._others))])
        lost = self._odds[cars] - self._ranker.log_odds(self._without(cars, which, units))
        found = np.zeros((len(self._odds), len(units)))
        found[cars, which] = lost
        usual = found[self._others].mean(axis=0)
        return np.where(tried, found[: self._explained] - usual, 0.0)

    def _without(self, cars: Ints, which: Ints, units: Sequence[Unit]) -> Matrix:
        reactions = np.ones((len(units), len(self._trail.reactions)), dtype=np.bool_)
        searches = np.ones((len(units), len(self._trail.searches)), dtype=np.bool_)
        for n, unit in enumerate(units):
            left = searches if unit.family == "searches" else reactions
            left[n, list(unit.places)] = False
        return self._ablation.rows(cars, reactions[which], searches[which])

    def with_home(self, found: Sequence[Cause | None]) -> list[Cause | None]:
        """Return the causes, having found out which searches count for their place alone."""
        first = [one.of("searches") if one else () for one in found]
        searched = [n for n, one in enumerate(found) if one and one.units[0].family == "searches"]
        if not searched:
            return list(found)
        whole = [_joined(first[n]) for n in searched]
        cars = np.array(searched, dtype=np.int64)
        less = self._base[cars]
        less[:, _HOME] = self._without(cars, np.arange(len(cars)), whole)[:, _HOME]
        lost = self._odds[cars] - self._ranker.log_odds(less)
        at_home = dict(zip(searched, lost.tolist(), strict=True))
        return [
            replace(one, km=round(float(self._base[n, _HOME])))
            if one is not None and at_home.get(n, 0.0) > one.worth / 2
            else one
            for n, one in enumerate(found)
        ]


def _joined(units: Sequence[Unit]) -> Unit:
    return Unit(units[0].family, tuple(sorted(n for unit in units for n in unit.places)))


def _steps(unit: Unit, trail: Trail) -> list[Step]:
    latest = sorted(unit.places, reverse=True)
    if unit.family == "searches":
        return [Step("search", None, float(trail.searches["at"][n])) for n in latest]
    return [
        Step(KINDS[one["kind"]], int(one["listing"]), float(one["at"]))
        for one in trail.reactions[latest]
    ]
