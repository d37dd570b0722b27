"""Filters over the active listings in memory; one by one, ``domain.filters.passes`` decides.

Owns:    which rows pass, how far rows are from a place.
Imports: numpy, engines.memory_columns, domain.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from carousel.domain.filters import EARTH_RADIUS_KM, Filters, distance_km
from carousel.storage.engines.memory_columns import (
    NAMES,
    ActiveListings,
    Flags,
    Floats,
    Rows,
    point_of,
)

BOUNDS = (
    ("year", "min_year", "max_year"),
    ("price", "min_price", "max_price"),
    ("mileage_km", "min_mileage", "max_mileage"),
    ("power_hp", "min_power", "max_power"),
    ("owners", "", "max_owners"),
)
"""Columns of numbers, and the filters that are their bounds."""

BORDER_KM = 1e-6  # so near to a circle's edge numpy's last digit could decide instead of passes()


def passing(active: ActiveListings, filters: Filters) -> Flags | None:
    """Return for every listing whether it passes, shape (size,); None where nothing filters."""
    if filters.empty:
        return None
    kept = np.ones(active.size, dtype=np.bool_)
    for _, passed in conditions(active, filters):
        kept &= passed
    return kept


def conditions(active: ActiveListings, filters: Filters) -> Iterator[tuple[str, Flags]]:
    """Yield each filter that is set, as it is called, and which listings pass it, shape (size,).

    The circle is called ``radius_km``.
    """
    for n, name in enumerate(NAMES):
        if choices := getattr(filters, name):
            yield name, _one_of(active, n, choices)
    for name, low, high in BOUNDS:
        # A number that is not stated is NaN, which no comparison lets pass.
        if low and (least := getattr(filters, low)) is not None:
            yield low, active.column(name) >= least
        if (most := getattr(filters, high)) is not None:
            yield high, active.column(name) <= most
    if filters.radius_km is not None:
        yield "radius_km", _near(active, filters, filters.radius_km)


def _one_of(active: ActiveListings, n: int, choices: Sequence[str]) -> Flags:
    column = active.names(n)
    found = np.zeros(active.size, dtype=np.bool_)
    for code in {active.code(n, name) for name in choices} - {None}:
        found |= column == code
    return found


def _near(active: ActiveListings, filters: Filters, radius_km: float) -> Flags:
    """Return which listings lie in the circle: those whose chord to its middle is short enough.

    The chord needs no sine of any listing, which would take most of a request's time.
    """
    middle, along = filters.near_latitude or 0.0, filters.near_longitude or 0.0
    squares = _squares(active, middle, along)
    near = squares <= _square_of(radius_km)
    least, most = _square_of(radius_km - BORDER_KM), _square_of(radius_km + BORDER_KM)
    for row in np.flatnonzero((squares >= least) & (squares <= most)):
        there = float(active.column("latitude")[row]), float(active.column("longitude")[row])
        near[row] = distance_km(middle, along, *there) <= radius_km
    return near


def _squares(active: ActiveListings, latitude: float, longitude: float) -> Floats:
    """Return the squared chords to a point, on a sphere of radius 1; NaN without a place."""
    points = active.points
    here = point_of(np.array([latitude]), np.array([longitude]))[:, 0]
    squares: Floats = np.zeros(active.size)
    for axis in range(3):
        away = points[axis] - here[axis]
        squares += away * away
    return squares


def _square_of(distance_km: float) -> float:
    """Return the squared chord, on a sphere of radius 1, of a distance along the ground."""
    return (2 * math.sin(max(distance_km, 0.0) / 2 / EARTH_RADIUS_KM)) ** 2


def distances(active: ActiveListings, filters: Filters, rows: Rows) -> Floats:
    """Return kilometres from the filters' place, as ``distance_km``; NaN without a place."""
    phi1 = np.radians(filters.near_latitude or 0.0)
    phi2 = np.radians(active.column("latitude")[rows])
    across = np.radians(active.column("longitude")[rows] - (filters.near_longitude or 0.0))
    half_chord = (
        np.sin((phi2 - phi1) / 2) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(across / 2) ** 2
    )
    found: Floats = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(1.0, half_chord)))
    return found
