"""Listings as rows and rows as listings.

Owns:    the order of the columns, vectors and facts as bytes, events as text, which ids can exist.
Imports: numpy, pydantic, domain.listing, domain.facts, domain.features, domain.events.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from pydantic import ValidationError

from carousel.domain.events import EVENT, LARGEST_ID, Event
from carousel.domain.facts import FACTS as FACTS_RECORD
from carousel.domain.facts import Facts
from carousel.domain.features import Vector
from carousel.domain.listing import Listing, ListingFacts, Place, spelling_key

FACTS: tuple[tuple[str, str], ...] = (
    ("ref", "text"),
    ("make", "text"),
    ("model", "text"),
    ("name", "text"),
    ("year", "int4"),
    ("price", "int4"),
    ("mileage_km", "int4"),
    ("fuel", "text"),
    ("transmission", "text"),
    ("body", "text"),
    ("power_hp", "int4"),
    ("colour", "text"),
    ("seller_type", "text"),
    ("seller", "text"),
    ("owners", "int4"),
    ("region", "text"),
    ("latitude", "float8"),
    ("longitude", "float8"),
    ("photos", "text[]"),
    ("listed_at", "timestamptz"),
    ("status", "text"),
)
"""The columns that hold what a seller states, and their types, in the order of ``facts_row``."""

KEYS = ("make_key", "model_key", "colour_key", "region_key")
"""The columns that hold spelling keys, in the order of ``facts_row``."""

NAMES = tuple(name for name, _ in FACTS)
_DIRECTION = np.dtype("<f8")

PLACE = ("region", "latitude", "longitude")
LISTING_NAMES = ("id", "revision", *NAMES)
LISTING_COLUMNS = ", ".join(LISTING_NAMES)
"""What to select for ``listing_from_row``."""

NOT_SYNTHETIC = "user_id not in (select id from account where role = 'synthetic')"
"""A condition: for whoever looks at all shoppers, or at what anybody saved."""

INVENTORY_NAMES = (
    "make_key",
    "model_key",
    "year",
    "price",
    "mileage_km",
    "fuel",
    "transmission",
    "body",
    "power_hp",
    "colour_key",
    "seller_type",
    "owners",
    "region_key",
    "latitude",
    "longitude",
    "listed_at",
)
"""The columns of an active listing that filters and orders look at."""


def listing_columns(alias: str) -> str:
    """Return what to select from a table alias for ``listing_from_row``.

    >>> listing_columns("l").split(", ")[:2]
    ['l.id', 'l.revision']
    """
    return ", ".join(f"{alias}.{name}" for name in LISTING_NAMES)


def facts_row(facts: ListingFacts) -> tuple[Any, ...]:
    """Return the values of the columns FACTS, then KEYS."""
    place = facts.place
    return (
        facts.ref,
        facts.make,
        facts.model,
        facts.name,
        facts.year,
        facts.price,
        facts.mileage_km,
        facts.fuel and facts.fuel.value,
        facts.transmission and facts.transmission.value,
        facts.body and facts.body.value,
        facts.power_hp,
        facts.colour,
        facts.seller_type and facts.seller_type.value,
        facts.seller,
        facts.owners,
        place and place.region,
        place and place.latitude,
        place and place.longitude,
        list(facts.photos),
        facts.listed_at,
        facts.status.value,
        spelling_key(facts.make),
        facts.model and spelling_key(facts.model),
        facts.colour and spelling_key(facts.colour),
        place and spelling_key(place.region),
    )


def listing_from_row(row: Sequence[Any]) -> Listing:
    """Return the listing of a row of LISTING_COLUMNS."""
    values: dict[str, Any] = dict(zip(LISTING_NAMES, row, strict=True))
    region, latitude, longitude = (values.pop(name) for name in PLACE)
    place = None
    if region is not None:
        place = Place(region=region, latitude=latitude, longitude=longitude)
    return Listing(place=place, **values)


def possible(ids: Iterable[int]) -> list[int]:
    """Return the ids that fit the database's integers; it can know no others.

    >>> possible([-1, 7, 2**63])
    [7]
    """
    return [i for i in ids if 0 < i <= LARGEST_ID]


def possible_or_none(an_id: int) -> int | None:
    """Return an id if it fits the database's integers."""
    return an_id if 0 < an_id <= LARGEST_ID else None


def direction_bytes(direction: Vector) -> bytes:
    """Return a vector, shape (dim,), as little endian float64; ``direction_from`` is its inverse.

    >>> direction_from(direction_bytes(np.array([0.1, -0.2]))).tolist()
    [0.1, -0.2]
    """
    return np.ascontiguousarray(direction, dtype=_DIRECTION).tobytes()


def direction_from(kept: bytes) -> Vector:
    """Return the vector kept as bytes, read-only."""
    return np.frombuffer(kept, dtype=_DIRECTION)


def facts_from(kept: bytes) -> Facts:
    """Return the records kept as bytes, one after the other, read-only."""
    return np.frombuffer(kept, dtype=FACTS_RECORD)


def event_from(body: str) -> Event | None:
    """Return an event of the archive; None for one that this program does not understand."""
    try:
        return EVENT.validate_json(body)
    except ValidationError:
        return None
