"""Hard filters over many listings at once; one by one, domain.filters.passes means the same.

Owns:    the columns that filters read, the test of rows against filters.
Imports: numpy, domain.{filters,listing}.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from carousel.domain.filters import EARTH_RADIUS_KM, Filters
from carousel.domain.listing import Listing, spelling_key
from carousel.recording.tables import Flags, Floats, Ints

_NAMED = ("make", "model", "colour", "region")
_CHOSEN = ("fuel", "transmission", "body", "seller_type")
_WITHIN = (
    ("year", "min_year", "max_year"),
    ("mileage_km", "min_mileage", "max_mileage"),
    ("power_hp", "min_power", "max_power"),
    ("owners", None, "max_owners"),
)


@dataclass(frozen=True, slots=True)
class Columns:
    """What filters read of n listings; the price is not among it, for it changes.

    names:     field -> code of each listing, -1 where not stated, shape (n,).
    codes:     field -> spelling key or member -> code.
    numbers:   field -> value, NaN where not stated, shape (n,).
    latitude, longitude: radians, NaN where not stated, shape (n,).
    """

    names: Mapping[str, Ints]
    codes: Mapping[str, Mapping[str, int]]
    numbers: Mapping[str, Floats]
    latitude: Floats
    longitude: Floats


def columns(listings: Sequence[Listing]) -> Columns:
    """Return the columns of listings."""
    names: dict[str, Ints] = {}
    codes: dict[str, Mapping[str, int]] = {}
    for field in (*_NAMED, *_CHOSEN):
        stated = [_region(c) if field == "region" else getattr(c, field) for c in listings]
        names[field], codes[field] = _coded(stated, spelling_key if field in _NAMED else str)
    numbers = {
        field: np.array([getattr(listing, field) for listing in listings], dtype=np.float64)
        for field, _, _ in _WITHIN
    }
    nowhere = (np.nan, np.nan)
    places = np.array(
        [(c.place.latitude, c.place.longitude) if c.place else nowhere for c in listings]
    ).reshape(-1, 2)
    latitude, longitude = np.radians(places).T
    return Columns(names, codes, numbers, latitude, longitude)


def passing(held: Columns, filters: Filters, rows: Ints, prices: Floats) -> Flags:
    """Return which rows satisfy every filter, shape (n,).

    Args:
        held: columns of all listings.
        filters: hard filters.
        rows: listings, shape (n,).
        prices: their asking prices now, EUR, shape (n,).
    """
    passed = np.ones(len(rows), dtype=bool)
    if filters.empty:
        return passed
    for field in (*_NAMED, *_CHOSEN):
        wanted = getattr(filters, field)
        if wanted:
            key = spelling_key if field in _NAMED else str
            passed &= _any_of(held.names[field][rows], held.codes[field], map(key, wanted))
    for field, low, high in _WITHIN:
        bounds = getattr(filters, low) if low else None, getattr(filters, high)
        passed &= _within(held.numbers[field], rows, *bounds)
    passed &= _within(prices, np.arange(len(rows)), filters.min_price, filters.max_price)
    if filters.radius_km is not None:
        passed &= _distance_km(held, filters, rows) <= filters.radius_km
    return passed


def _region(listing: Listing) -> str | None:
    return listing.place.region if listing.place else None


def _coded(
    stated: Iterable[str | None], key: Callable[[str], str]
) -> tuple[Ints, Mapping[str, int]]:
    keys: dict[str, str] = {}
    codes: dict[str, int] = {}
    numbers = [
        -1
        if value is None
        else codes.setdefault(keys.get(value) or keys.setdefault(value, key(value)), len(codes))
        for value in stated
    ]
    return np.array(numbers, dtype=np.int64), codes


def _any_of(codes: Ints, known: Mapping[str, int], wanted: Iterable[str]) -> Flags:
    passed = np.zeros(len(codes), dtype=bool)
    for key in wanted:
        if key in known:
            passed |= codes == known[key]
    return passed


def _within(values: Floats, rows: Ints, low: int | None, high: int | None) -> Flags | bool:
    if low is None and high is None:
        return True
    chosen = values[rows]
    return (chosen >= (low or 0)) & (chosen <= (np.inf if high is None else high))


def _distance_km(held: Columns, filters: Filters, rows: Ints) -> Floats:
    """Return the great-circle distances from the middle of the circle; NaN where unknown."""
    latitude, longitude = np.radians([filters.near_latitude or 0.0, filters.near_longitude or 0.0])
    there, along = held.latitude[rows], held.longitude[rows]
    half_chord = (
        np.sin((there - latitude) / 2) ** 2
        + np.cos(latitude) * np.cos(there) * np.sin((along - longitude) / 2) ** 2
    )
    distance: Floats = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(1.0, half_chord)))
    return distance
