"""How near cars are to those reacted to, one attribute at a time: a density on every axis.

Owns:    the kernel of each attribute.
Imports: numpy, domain.{cars, features}.

On each axis a car's likeness to another is in [0, 1]: a Gaussian of the difference for numbers, an
exponential of the distance for places, equality for names. Where one of two is not stated the
likeness is UNKNOWN.
"""

from collections.abc import Mapping

import numpy as np

from carousel.domain.cars import Cars, kilometres
from carousel.domain.features import Matrix, Vector

WIDTHS: Mapping[str, float] = {"price": 0.2, "year": 2.0, "mileage": 0.35, "power": 0.2}
"""One standard deviation of each axis: log units, model years."""

NAMES = ("make", "model", "body", "fuel", "transmission")
AXES = (*WIDTHS, "place", *NAMES)
"""Every axis on which two cars are compared."""

SOFTNESS: Mapping[str, float] = {
    **dict.fromkeys(WIDTHS, 0.35),
    "place": 0.5,
    "make": 0.6,
    "model": 0.8,
    "body": 1.0,
    "fuel": 0.5,
    "transmission": 0.3,
}
"""Power of each axis in the overall likeness; 0 would leave it out."""

LEAST = (0.1, 1e-4)
"""No name, and no number, may rule a car out altogether: likeness counts as at least this."""

UNKNOWN = 0.3
NEARBY_KM = 80.0


def likeness(cars: Cars, others: Cars) -> dict[str, Matrix]:
    """Return how alike cars are on every axis, axis -> shape (cars, others), in [0, 1].

    Args:
        cars: candidates.
        others: what was reacted to.
    """
    found: dict[str, Matrix] = {}
    for axis, width in WIDTHS.items():
        found[axis] = _bell(getattr(cars, axis), getattr(others, axis), width)
    there = np.stack([others.latitude, others.longitude], axis=1)
    away = kilometres(cars.latitude, cars.longitude, there)
    found["place"] = np.nan_to_num(np.exp(-away / NEARBY_KM), nan=UNKNOWN)
    for axis in NAMES:
        mine, theirs = getattr(cars, axis)[:, None], getattr(others, axis)[None, :]
        found[axis] = np.where((mine > 0) & (theirs > 0), mine == theirs, UNKNOWN)
    return found


def _bell(mine: Vector, theirs: Vector, width: float) -> Matrix:
    steps = (mine[:, None] - theirs[None, :]) / width
    bell: Matrix = np.nan_to_num(np.exp(-0.5 * steps * steps), nan=UNKNOWN)
    return bell


def altogether(near: Mapping[str, Matrix]) -> Matrix:
    """Return the overall likeness, in [0, 1]: the product of all axes, each softened.

    Args:
        near: of ``likeness``.
    """
    total = sum(
        SOFTNESS[axis] * np.log(np.maximum(likeness_on_axis, LEAST[axis in WIDTHS]))
        for axis, likeness_on_axis in near.items()
    )
    return np.asarray(np.exp(total))
