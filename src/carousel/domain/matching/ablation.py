"""Features of cars for a trail with some of its steps left out, many leavings at once.

Owns:    the same rows as ``matching.features`` on the shorter trail, for a fraction of the time.
Imports: numpy, domain.{cars, facts, features, trail, matching}.

How near a car is to a step does not depend on which other steps there are; only the weights do.
So cars are compared with all steps once, and a leaving is a row of weights with zeros in it. What
is no matter of the trail (preference, popularity, the car itself) stays as it was.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from carousel.domain.cars import cars_of, kilometres
from carousel.domain.facts import Facts
from carousel.domain.features import Matrix, Vector
from carousel.domain.matching import features as matching
from carousel.domain.matching.dismissals import OBJECTIONS, objections
from carousel.domain.matching.reactions import AXES, SIDES, altogether, beyond, likeness
from carousel.domain.matching.searches import fit, meets
from carousel.domain.needs import DAY
from carousel.domain.trail import KINDS, STRENGTHS, Trail

Flags: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]

_DISMISS = KINDS.index("dismiss")
_COLUMN = matching.COLUMN
_NEAR = np.array([_COLUMN[f"near_{axis}"] for axis in AXES])
_BEYOND = np.array([_COLUMN[side] for side in SIDES])
_AGAINST = np.array([_COLUMN[f"against_{name}"] for name in OBJECTIONS])
_REACTED = [*_NEAR, *_BEYOND, *(_COLUMN[name] for name in ("near_all", "near_one", "seen", "mass"))]
_SEARCHED = [*(_COLUMN[name] for name in matching.PARTS["searches"]), _COLUMN["home_km"]]


class Ablation:
    """A few cars against a trail.

    alike: overall likeness to the car of each reaction, in [0, 1], shape (n, reactions).
    liked: what each reaction weighs for a car, >= 0; 0 for a dislike, shape (reactions,).
    cost:  what each car lacks for each search, shape (n, searches).
    meets: whether it has all that each search asks, shape (n, searches).
    recent: what each search weighs, > 0, shape (searches,).
    """

    def __init__(
        self, facts: Facts, rows: Matrix, trail: Trail, *, now: float, params: matching.Params
    ) -> None:
        """Compare cars with all steps.

        Args:
            facts: of n cars.
            rows: their features for the whole trail, shape (n, len(FEATURES)).
            trail: the shopper's.
            now: epoch seconds.
            params: as ``rows`` were reckoned with.
        """
        self._facts, self._rows, self._trail, self._params = facts, rows, trail, params
        self._cars, reactions, searches = cars_of(facts), trail.reactions, trail.searches
        kinds = reactions["kind"]
        self._fading = np.exp2(-np.maximum(now - reactions["at"], 0.0) / DAY / params.half_life)
        self._turned = kinds == _DISMISS
        self.liked = np.where(self._turned, 0.0, np.maximum(STRENGTHS[kinds], 0.0)) * self._fading
        others = cars_of(reactions["facts"])
        near, gaps = likeness(self._cars, others), beyond(self._cars, others)
        self._near = np.stack([near[axis] for axis in AXES])
        self._beyond = np.stack([gaps[side] for side in SIDES])
        self.alike = altogether(near)
        self._same = (near["model"] == 1) & (near["mileage"] > 0.9999) & (near["year"] == 1)  # noqa: PLR2004 (the very car)
        self._said = fit(self._cars, facts, searches)
        self.cost = self._said.cost
        self.meets = meets(self._said, facts, searches)
        age = np.maximum(now - searches["at"], 0.0) / DAY
        self.recent = np.exp2(-age / params.search_half_life) + 1e-9
        there = np.stack([searches["latitude"], searches["longitude"]], axis=1)
        self._away = kilometres(self._cars.latitude, self._cars.longitude, there.astype(np.float64))

    def rows(self, cars: Ints, reactions: Flags, searches: Flags) -> Matrix:
        """Return the features of cars, each for the steps that are left to it, shape (p, f).

        Args:
            cars: rows of the cars, shape (p,); one may come often.
            reactions: which are left, shape (p, reactions).
            searches: which are left, shape (p, searches).
        """
        rows = self._rows[cars]
        rows[:, _COLUMN["steps"]] = np.log1p(reactions.sum(axis=1) + searches.sum(axis=1))
        self._write_reactions(rows, cars, reactions)
        self._write_dismissals(rows, cars, reactions)
        self._write_searches(rows, cars, searches)
        return rows

    def _write_reactions(self, rows: Matrix, cars: Ints, left: Flags) -> None:
        rows[:, _REACTED] = np.nan
        weight = self.liked * left
        mass = weight.sum(axis=1)
        some = left.any(axis=1)
        rows[some, _COLUMN["mass"]] = mass[some]
        known = np.flatnonzero(mass > 0)
        if not len(known):
            return
        weight, cars = weight[known], cars[known]
        share = weight / (mass[known, None] + self._params.doubt)
        rows[known[:, None], _NEAR] = np.einsum("apr,pr->pa", self._near[:, cars], share)
        surely = weight / (mass[known, None] + self._params.gap_doubt)
        rows[known[:, None], _BEYOND] = np.einsum("apr,pr->pa", self._beyond[:, cars], surely)
        alike, counted = self.alike[cars], weight > 0
        total = (alike * weight).sum(axis=1)
        rows[known, _COLUMN["near_all"]] = np.log(total + matching.LEAST_LIKENESS)
        rows[known, _COLUMN["near_one"]] = np.where(counted, alike, 0.0).max(axis=1)
        rows[known, _COLUMN["seen"]] = (self._same[cars] & counted).sum(axis=1)

    def _write_dismissals(self, rows: Matrix, cars: Ints, left: Flags) -> None:
        """Reckon objections once for each set of dismissals that is left; there are few."""
        turned = np.flatnonzero(self._turned)
        if not len(turned):
            return
        sets, which = np.unique(left[:, turned], axis=0, return_inverse=True)
        for number, kept in enumerate(sets):
            here = np.flatnonzero(which.reshape(-1) == number)
            if kept.all():
                continue
            if not kept.any():
                rows[np.ix_(here, _AGAINST)] = np.nan
                continue
            places = turned[kept]
            steps = self._trail.reactions[places]
            chosen, again = np.unique(cars[here], return_inverse=True)
            against = objections(
                cars_of(self._facts[chosen]), cars_of(steps["facts"]), steps, self._fading[places],
                self.alike[np.ix_(chosen, places)],
            )  # fmt: skip
            values = np.stack([against[name] for name in OBJECTIONS], axis=1)
            rows[np.ix_(here, _AGAINST)] = values[again.reshape(-1)]

    def _write_searches(self, rows: Matrix, cars: Ints, left: Flags) -> None:
        rows[:, _SEARCHED] = np.nan
        known = np.flatnonzero(left.any(axis=1))
        if not len(known):
            return
        left, cars = left[known], cars[known]
        weight = self.recent * left
        weight /= weight.sum(axis=1, keepdims=True)
        cost, gap = self.cost[cars], self._said.gap[cars]
        each = np.arange(len(cars))
        best = np.argmin(np.where(left, cost, np.inf), axis=1)
        found: dict[str, Vector] = {
            "search_cost_least": cost[each, best],
            "search_cost": (cost * weight).sum(axis=1),
            "search_cost_last": cost[each, _last(left)],
            "search_fit": np.log((np.exp(-cost) * weight).sum(axis=1) + matching.LEAST_FIT),
            "search_above": (np.maximum(gap, 0.0) * weight).sum(axis=1),
            "search_below": (np.maximum(-gap - matching.OTHER_CLASS, 0.0) * weight).sum(axis=1),
            "search_gap": np.abs(gap[each, best] + matching.BELOW_LIMIT),
            "searches": np.log1p(left.sum(axis=1)),
        }
        for name in ("body", "fuel", "make", "limits"):
            found[f"search_{name}"] = (getattr(self._said, name)[cars] * weight).sum(axis=1)
        placed = left & np.isfinite(self._trail.searches["latitude"])
        away = self._away[cars][each, _last(placed)]
        found["home_km"] = np.where(placed.any(axis=1), away, np.nan)
        for name, values in found.items():
            rows[known, _COLUMN[name]] = values


def _last(left: Flags) -> Ints:
    """Return the last place that is left of each row, shape (p,); any where none is."""
    return np.asarray(left.shape[1] - 1 - np.argmax(left[:, ::-1], axis=1))
