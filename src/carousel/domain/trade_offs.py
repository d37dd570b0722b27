"""Trade-offs: a car that is better in one respect, and what it costs in the others.

Owns:    the axes, what is a noticeable step on each, what a car gives up against another.
Imports: numpy, domain.features, domain.filters, domain.listing.

On an axis with step d (the larger of a share of the reference's value and a fixed least step) a
car that is worse than the reference by w >= 0 gives up

    w / (w + 4 d)

which is 0 for nothing, one half at four steps, and never more than 1, so that no single axis, such
as a long way to the car, decides alone. What a car does not state counts as one half. The order is
by likeness - COST * sum over the other axes.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np

from carousel.domain.features import Matrix, Vector
from carousel.domain.filters import distance_km
from carousel.domain.listing import Listing, spelling_key

Point: TypeAlias = tuple[float, float]
"""Latitude and longitude in degrees."""

COST = 0.25  # what giving up everything on one axis costs, in likeness
HALF_AT = 4.0  # steps
NOT_STATED = 0.5


class Toward(StrEnum):
    """In what respect the other car shall be better."""

    CHEAPER = "cheaper"
    NEWER = "newer"
    FEWER_KM = "fewer_km"
    CLOSER = "closer"
    MORE_POWERFUL = "more_powerful"


@dataclass(frozen=True, slots=True)
class Axis:
    """What is better and from when on it is noticed.

    sign:  +1 where more is better, -1 where less is.
    share: of the reference's value. least: in the axis' unit. The larger of both is one step.
    unit:  the least difference there is.
    """

    sign: int
    share: float
    least: float
    unit: float = 1

    def step(self, value: float) -> float:
        """Return the smallest noticeable difference from a value.

        >>> AXES[Toward.CHEAPER].step(10_000), AXES[Toward.FEWER_KM].step(8_000)
        (500.0, 2000.0)
        """
        return max(self.least, self.share * value)


AXES: Mapping[Toward, Axis] = {
    Toward.CHEAPER: Axis(-1, 0.05, 1.0),  # whole units of the currency
    Toward.NEWER: Axis(+1, 0.0, 1.0),  # years
    Toward.FEWER_KM: Axis(-1, 0.1, 2_000.0),  # km on the clock
    Toward.CLOSER: Axis(-1, 0.1, 5.0, unit=0.001),  # km from the shopper
    Toward.MORE_POWERFUL: Axis(+1, 0.1, 5.0),  # hp
}
KINDS = ("make", "model", "body", "fuel", "transmission")
"""What a car is, where there is no better and no worse."""

_COLUMN = {toward: n for n, toward in enumerate(AXES)}


def readings(listings: Sequence[Listing], here: Point | None) -> Matrix:
    """Return where listings stand on the AXES, shape (n, axes); NaN where it is not stated.

    Args:
        listings: cars.
        here: where the shopper is; None is not known.
    """
    rows = [
        (one.price, one.year, one.mileage_km, _distance(one, here), one.power_hp)
        for one in listings
    ]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(AXES))


def reading(row: Vector, toward: Toward) -> float | None:
    """Return one value of a row of ``readings``, None where it is not stated.

    >>> row = np.array([9_000, 2015, 80_000, np.nan, 110])
    >>> reading(row, Toward.NEWER), reading(row, Toward.CLOSER)
    (2015.0, None)
    """
    value = float(row[_COLUMN[toward]])
    return None if math.isnan(value) else value


def threshold(value: float, toward: Toward, *, noticeable: bool) -> float:
    """Return the worst value that is better than a value.

    Args:
        value: of the reference.
        toward: the axis.
        noticeable: by one step at least; otherwise by as little as there is.

    >>> threshold(10_000, Toward.CHEAPER, noticeable=True)
    9500.0
    >>> threshold(10_000, Toward.CHEAPER, noticeable=False)
    9999
    """
    axis = AXES[toward]
    if noticeable:
        return value + axis.sign * axis.step(value)
    return value + axis.sign * axis.unit


def better(row: Vector, others: Matrix, toward: Toward) -> Vector:
    """Return by how much others are better on an axis, shape (n,), negative where worse.

    >>> row, other = np.array([9e3, 2015, 0, 0, 110]), np.array([[8e3, 2012, 0, 0, 110]])
    >>> better(row, other, Toward.CHEAPER).tolist(), better(row, other, Toward.NEWER).tolist()
    ([1000.0], [-3.0])
    """
    column = _COLUMN[toward]
    found: Vector = AXES[toward].sign * (others[:, column] - row[column])
    return found


def given_up(row: Vector, others: Matrix, toward: Toward) -> Vector:
    """Return what others give up on all axes but one, shape (n,), up to 1 an axis.

    Args:
        row: the reference, shape (axes,); an axis it does not state is left out.
        others: shape (n, axes).
        toward: the axis that is not counted.

    >>> row = np.array([10_000, 2015, 80_000, np.nan, 100])
    >>> others = np.array([[9_000, 2015, 80_000, 3.0, 100], [9_000, 2011, np.nan, 3.0, 120]])
    >>> given_up(row, others, Toward.CHEAPER).tolist()
    [0.0, 1.0]
    """
    total = np.zeros(len(others))
    for other in AXES:
        value = reading(row, other)
        if other is toward or value is None:
            continue
        worse = np.maximum(0.0, -better(row, others, other))
        lost = worse / (worse + HALF_AT * AXES[other].step(value))
        total += np.where(np.isnan(lost), NOT_STATED, lost)
    return total


def differences(row: Vector, other: Vector) -> tuple[dict[Toward, float], dict[Toward, float]]:
    """Return what one car gains and what it gives up: the differences, other less reference.

    An axis that one of the two does not state, or on which they are equal, is in neither.

    >>> row, other = np.array([9_000, 2015, np.nan, 0, 110]), np.array([8_000, 2012, 5, 0, 110])
    >>> differences(row, other)
    ({<Toward.CHEAPER: 'cheaper'>: -1000.0}, {<Toward.NEWER: 'newer'>: -3.0})
    """
    gains: dict[Toward, float] = {}
    losses: dict[Toward, float] = {}
    for toward, axis in AXES.items():
        difference = float(other[_COLUMN[toward]] - row[_COLUMN[toward]])
        if difference != 0 and not math.isnan(difference):
            (gains if difference * axis.sign > 0 else losses)[toward] = difference
    return gains, losses


def different(reference: Listing, other: Listing) -> list[str]:
    """Return the KINDS in which two cars differ, where both state them."""
    return [
        name
        for name in KINDS
        if (ours := getattr(reference, name)) is not None
        and (theirs := getattr(other, name)) is not None
        and spelling_key(ours) != spelling_key(theirs)
    ]


def _distance(listing: Listing, here: Point | None) -> float | None:
    if here is None or listing.place is None:
        return None
    return distance_km(*here, listing.place.latitude, listing.place.longitude)
