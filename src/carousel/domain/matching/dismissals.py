"""How much a car has of what a shopper turned down, reason by reason.

Owns:    the meaning of each reason on its own axis.
Imports: numpy, domain.{cars, features, trail}.

"Too expensive" speaks about this price and everything above it, "too many km" about this mileage
and more, "too far" about this distance from home and beyond; a dismissal without a reason about
cars that are alike altogether.
"""

import numpy as np

from carousel.domain.cars import Cars, Codes
from carousel.domain.events import Reason
from carousel.domain.features import Matrix, Vector
from carousel.domain.trail import NO_REASON, REASONS, Steps

SOFTNESS = {"price": 0.08, "year": 1.0, "mileage": 0.15}
"""Over such a difference, log units and model years, an objection fades."""

OBJECTIONS = ("price", "year", "mileage", "place", "make", "body", "alike")


def objections(
    cars: Cars, turned_down: Cars, steps: Steps, weights: Vector, alike: Matrix
) -> dict[str, Vector]:
    """Return how much speaks against each car, objection -> shape (n,), each >= 0.

    Args:
        cars: n candidates.
        turned_down: the cars that were dismissed.
        steps: those dismissals, records of ``domain.trail.REACTION``, shape (d,).
        weights: of each, >= 0, shape (d,).
        alike: overall likeness of candidates to the dismissed, in [0, 1], shape (n, d).
    """
    reason = steps["reason"]

    def given(name: Reason) -> Vector:
        asked: Vector = weights * (reason == REASONS.index(name))
        return asked

    untold = given(Reason.OTHER) + weights * (reason == NO_REASON)
    return {
        "price": _beyond(cars.price, turned_down.price, "price") @ given(Reason.TOO_EXPENSIVE),
        "year": _beyond(-cars.year, -turned_down.year, "year") @ given(Reason.TOO_OLD),
        "mileage": _beyond(cars.mileage, turned_down.mileage, "mileage")
        @ given(Reason.TOO_MANY_KM),
        "place": _same_place(cars, turned_down) @ given(Reason.TOO_FAR),
        "make": _same(cars.make, turned_down.make) @ given(Reason.NOT_THIS_MAKE),
        "body": _same(cars.body, turned_down.body) @ given(Reason.NOT_THIS_BODY),
        "alike": alike @ untold,
    }


def _beyond(mine: Vector, limit: Vector, axis: str) -> Matrix:
    """Return 1 well beyond a limit, 0.5 at it and 0 well below it."""
    steps = (mine[:, None] - limit[None, :]) / SOFTNESS[axis]
    beyond: Matrix = np.nan_to_num(0.5 + 0.5 * np.tanh(steps + 0.5), nan=0.0)
    return beyond


def _same_place(cars: Cars, others: Cars) -> Matrix:
    north = cars.latitude[:, None] - others.latitude[None, :]
    east = cars.longitude[:, None] - others.longitude[None, :]
    near: Matrix = np.nan_to_num(np.exp(-(north * north + east * east) / 0.5), nan=0.0)
    return near


def _same(mine: Codes, theirs: Codes) -> Matrix:
    same: Matrix = ((mine[:, None] == theirs[None, :]) & (mine[:, None] > 0)).astype(np.float64)
    return same
