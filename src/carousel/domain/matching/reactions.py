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
    found["place"] = _known(np.exp(-away / NEARBY_KM))
    for axis in NAMES:
        mine, theirs = getattr(cars, axis)[:, None], getattr(others, axis)[None, :]
        found[axis] = np.where((mine > 0) & (theirs > 0), mine == theirs, UNKNOWN)
    return found


def _bell(mine: Vector, theirs: Vector, width: float) -> Matrix:
    steps = (mine[:, None] - theirs[None, :]) / width
    return _known(np.exp(-0.5 * steps * steps))


def _known(likeness_on_axis: Matrix) -> Matrix:
    """Return a likeness, the same array, with UNKNOWN in place of NaN."""
    likeness_on_axis[np.isnan(likeness_on_axis)] = UNKNOWN
    return likeness_on_axis


SIDES = tuple(f"{side}_{axis}" for axis in WIDTHS for side in ("above", "below"))
"""Every axis of numbers, both ways: dearer, cheaper, newer, older and so on."""


def beyond(cars: Cars, others: Cars) -> dict[str, Matrix]:
    """Return by how much cars go beyond others, side -> shape (cars, others), >= 0.

    Likeness says that two numbers are far apart, not how far, nor in which direction. In log units
    and model years; 0 where one of two is not stated.

    Args:
        cars: candidates.
        others: what was reacted to.
    """
    found: dict[str, Matrix] = {}
    for axis in WIDTHS:
        gap = getattr(cars, axis)[:, None] - getattr(others, axis)[None, :]
        gap[np.isnan(gap)] = 0.0
        found[f"above_{axis}"] = np.maximum(gap, 0.0)
        found[f"below_{axis}"] = np.maximum(-gap, 0.0)
    return found


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
