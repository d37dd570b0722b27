"""Filters over the active listings in memory; one by one, ``domain.filters.passes`` decides.

Owns:    which rows pass, how far rows are from a place.
Imports: numpy, engines.memory_columns, domain.
"""

from collections.abc import Sequence

import numpy as np

from carousel.domain.filters import EARTH_RADIUS_KM, Filters, distance_km
from carousel.storage.engines.memory_columns import ActiveListings, Flags, Floats, Rows

BORDER_KM = 1e-6  # so near to a circle's edge numpy's last digit could decide instead of passes()
SLACK_DEGREES = 1e-6  # the box around a circle only saves work; the distance itself decides
POLE = 89.0  # degrees; where a circle reaches that far a box around it saves nothing


def passing(active: ActiveListings, filters: Filters) -> Flags | None:
    """Return for every listing whether it passes, shape (size,); None where nothing filters."""
    if filters.empty:
        return None
    kept = np.ones(active.size, dtype=np.bool_)
    for n, choices in enumerate(
        (
            *(filters.make, filters.model, filters.colour, filters.region),
            *(filters.fuel, filters.transmission, filters.body, filters.seller_type),
        )
    ):
        if choices:
            kept &= _one_of(active, n, choices)
    for name, low, high in (
        ("year", filters.min_year, filters.max_year),
        ("price", filters.min_price, filters.max_price),
        ("mileage_km", filters.min_mileage, filters.max_mileage),
        ("power_hp", filters.min_power, filters.max_power),
        ("owners", None, filters.max_owners),
    ):
        # A number that is not stated is NaN, which no comparison lets pass.
        if low is not None:
            kept &= active.column(name) >= low
        if high is not None:
            kept &= active.column(name) <= high
    if filters.radius_km is not None:
        _keep_near(active, filters, filters.radius_km, kept)
    return kept


def _one_of(active: ActiveListings, n: int, choices: Sequence[str]) -> Flags:
    column = active.names(n)
    found = np.zeros(active.size, dtype=np.bool_)
    for code in {active.code(n, name) for name in choices} - {None}:
        found |= column == code
    return found


def _keep_near(active: ActiveListings, filters: Filters, radius_km: float, kept: Flags) -> None:
    """Take out of ``kept`` what lies outside of the circle, by as few distances as possible."""
    middle, along = filters.near_latitude or 0.0, filters.near_longitude or 0.0
    angle = radius_km / EARTH_RADIUS_KM
    reach = np.degrees(angle) + SLACK_DEGREES
    latitude = active.column("latitude")
    kept &= latitude >= middle - reach
    kept &= latitude <= middle + reach
    rows = np.flatnonzero(kept)
    if abs(middle) + reach < POLE:
        # Of all meridians that meet the circle the last one touches it: there the angle between
        # meridian and radius is a right one, and the sine rule gives the width.
        width = np.degrees(np.arcsin(np.sin(angle) / np.cos(np.radians(middle)))) + SLACK_DEGREES
        across = np.abs(active.column("longitude")[rows] - along)
        rows = rows[np.minimum(across, 360 - across) <= width]
    distance = distances(active, filters, rows)
    near = distance <= radius_km
    for n in np.flatnonzero(np.abs(distance - radius_km) < BORDER_KM):
        row = rows[n]
        there = float(active.column("latitude")[row]), float(active.column("longitude")[row])
        near[n] = distance_km(middle, along, *there) <= radius_km
    kept[:] = False
    kept[rows[near]] = True


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
