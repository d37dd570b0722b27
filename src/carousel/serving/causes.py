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

import numpy as np

from carousel.domain.facts import Facts
from carousel.domain.features import Matrix, Vector
from carousel.domain.matching import features as matching
from carousel.domain.matching.ablation import Ablation, Flags, Ints
from carousel.domain.ranker.ranking import Ranker
from carousel.domain.trail import KINDS, STRENGTHS, Trail
from carousel.serving.ranking import Rated

LEAST, FURTHER = 0.2, 0.1
"""Log-odds against the other candidates that a cause must be worth to be named, and that further
steps must be worth to be named beside it: a fifth, and a tenth, of the odds."""

OTHERS = 6
"""Candidates that stand for all others."""

TRIED = 2
"""Cars reacted to, and searches, that are tried by themselves for each car."""

HALF = 0.5
"""Units of a family count together for a car when each speaks at least so much as the first."""

NEAR_KM = 60.0
"""Farther away nobody would call it near, whatever it is worth."""

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
    unit: which of the units of its cause it is in, from 0: one of these would change nothing.
    """

    type: str
    listing_id: int | None
    at: float
    unit: int = 0


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
    fits:  of its searches those of which the car has all that they ask.
    km:    to where was searched, if the car is near and that counts for more than what was asked.
    """

    units: tuple[Unit, ...]
    worth: float
    fits: tuple[Unit, ...] = ()
    km: int | None = None

    def of(self, family: str) -> tuple[Unit, ...]:
        """Return its units of a family."""
        return tuple(unit for unit in self.units if unit.family == family)

    def steps(self, trail: Trail) -> tuple[Step, ...]:
        """Return its steps, the latest first in each unit."""
        return tuple(
            replace(step, unit=n)
            for n, unit in enumerate(self.units)
            for step in _steps(unit, trail)
        )


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
    trial = _Trial(rated, asked, len(places), past, units)
    found = [_best(units, worth) for worth in trial.worth(units, trial.likely())]
    left = [n for n, cause in enumerate(found) if cause is None]
    groups, tried = trial.groups(left)
    for n, worth in zip(left, trial.worth(groups, tried)[left], strict=True):
        most = int(np.argmax(worth))
        if worth[most] >= LEAST:
            found[n] = Cause(trial.apart(groups[most], n), float(worth[most]))
    return trial.described(found)


def _best(units: Sequence[Unit], worth: Vector) -> Cause | None:
    """Return the unit that is worth most, and others that would be missed too."""
    order = np.argsort(-worth, kind="stable").tolist()
    if not worth[order[0]] >= LEAST:
        return None
    named = [n for n in order if worth[n] >= FURTHER]
    return Cause(tuple(units[n] for n in named), float(worth[order[0]]))


class _Trial:
    """Cars to be explained, then others, against a trail of which steps are taken out."""

    def __init__(
        self, rated: Rated, asked: Ints, explained: int, past: Past, units: Sequence[Unit]
    ) -> None:
        self._ranker: Ranker = rated.ranker
        self._base: Matrix = rated.rows[asked]
        chance = np.clip(rated.chance[asked], 1e-12, 1 - 1e-12)
        self._odds: Vector = np.log(chance) - np.log1p(-chance)
        self._explained, self._others = explained, np.arange(explained, len(asked))
        self._trail, self._units = past.trail, units
        self._ablation = Ablation(
            past.facts[asked], self._base, past.trail, now=past.now, params=past.params
        )
        self._of = {
            family: np.array([n for n, unit in enumerate(units) if unit.family == family], np.int64)
            for family in ("cars", "searches", "dislikes")
        }
        self._support = self._supports()

    def _supports(self) -> Matrix:
        """Return how much units seem to speak for cars before they are tried, (asked, units)."""
        ablation = self._ablation
        step_by_step = {
            "cars": ablation.alike * ablation.liked,
            "searches": np.exp(-ablation.cost) * ablation.recent,
        }
        found = np.zeros((len(self._odds), len(self._units)))
        for family, speaks in step_by_step.items():
            member = np.zeros((speaks.shape[1], len(self._units)))
            for n in self._of[family].tolist():
                member[list(self._units[n].places), n] = 1.0
            found += speaks @ member
        return found

    def likely(self) -> Flags:
        """Return which units are tried by themselves for each car, shape (explained, units)."""
        tried = np.zeros((self._explained, len(self._units)), dtype=np.bool_)
        for family in ("cars", "searches"):
            mine = self._of[family]
            if not len(mine):
                continue
            speaks = self._support[: self._explained, mine]
            best = np.argsort(-speaks, axis=1, kind="stable")[:, :TRIED]
            enough = np.take_along_axis(speaks, best, axis=1) >= HALF * speaks.max(axis=1)[:, None]
            np.put_along_axis(tried, mine[best], enough, axis=1)
        last = len(self._trail.searches) - 1
        for n in self._of["searches"].tolist():
            if last in self._units[n].places:
                tried[:, n] = True
        return tried

    def groups(self, cars: Sequence[int]) -> tuple[list[Unit], Flags]:
        """Return units that may count together for some cars, and which are tried for which.

        Of the cars reacted to those that are about as like as the likest; of the searches those
        that fit about as well as the best, and all that were made from one place; all dismissals.
        """
        found: dict[Unit, list[int]] = {}
        for mine in self._of.values():
            if not len(mine):
                continue
            speaks = self._support[:, mine]
            enough = speaks >= HALF * speaks.max(axis=1)[:, None]
            for car in cars:
                some = [self._units[n] for n in mine[enough[car]].tolist()]
                found.setdefault(_joined(some), []).append(car)
        if (home := self._from_home()) is not None:
            found[home] = list(cars)
        tried = np.zeros((self._explained, len(found)), dtype=np.bool_)
        for n, which in enumerate(found.values()):
            tried[which, n] = True
        return list(found), tried

    def _from_home(self) -> Unit | None:
        """Return all searches made from where the last one was made that has a place."""
        searches = self._trail.searches
        placed = np.flatnonzero(np.isfinite(searches["latitude"]))
        if not len(placed):
            return None
        there = np.stack([searches["latitude"], searches["longitude"]], axis=1)
        same = np.flatnonzero((there == there[placed[-1]]).all(axis=1))
        return Unit("searches", tuple(same.tolist()))

    def apart(self, group: Unit, car: int) -> tuple[Unit, ...]:
        """Return the units of a group, the one that speaks most for the car first."""
        inside = set(group.places)
        mine = [n for n in self._of[group.family] if inside.issuperset(self._units[n].places)]
        return tuple(self._units[n] for n in sorted(mine, key=lambda n: -self._support[car, n]))

    def worth(self, units: Sequence[Unit], tried: Flags) -> Vector:
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

    def described(self, found: Sequence[Cause | None]) -> list[Cause | None]:
        """Return causes with what is to be said of their searches."""
        searched = {
            n: units
            for n, one in enumerate(found)
            if one is not None and (units := one.of("searches"))
        }
        if not searched:
            return list(found)
        cars = np.array(list(searched), dtype=np.int64)
        whole = [_joined(units) for units in searched.values()]
        less = self._base[cars]
        less[:, _HOME] = self._without(cars, np.arange(len(cars)), whole)[:, _HOME]
        lost = self._odds[cars] - self._ranker.log_odds(less)
        said = list(found)
        for (n, units), at_home in zip(searched.items(), lost.tolist(), strict=True):
            if (one := said[n]) is not None:
                meets = self._ablation.meets[n]
                fits = tuple(unit for unit in units if meets[list(unit.places)].all())
                away = float(self._base[n, _HOME])
                near = at_home > one.worth / 2 and away <= NEAR_KM
                said[n] = replace(one, fits=fits, km=round(away) if near else None)
        return said


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
