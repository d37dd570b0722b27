"""The facts of a car as numbers: one short record that can be compared with thousands at once.

Owns:    the record's layout, how a listing becomes one.
Imports: numpy, domain.listing.

A record stands for itself: it is kept with a shopper's reactions and read long after the listing
has gone, by another process and another version of the feature space. So names are hashes of
their spelling keys and kinds are places in their enumerations, which may grow at the end only.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import TypeAlias
from zlib import crc32

import numpy as np
import numpy.typing as npt

from carousel.domain.listing import Body, Fuel, Listing, ListingFacts, Transmission, spelling_key

BODIES, FUELS, TRANSMISSIONS = tuple(Body), tuple(Fuel), tuple(Transmission)

FACTS = np.dtype([
    ("listed_at", "<f8"),  # epoch seconds
    ("price", "<f4"),  # whole units of the marketplace's currency
    ("year", "<f4"),
    ("mileage_km", "<f4"),  # NaN where not stated, as the three below
    ("power_hp", "<f4"),
    ("latitude", "<f4"),
    ("longitude", "<f4"),
    ("make", "<u4"),  # code_of a name; 0 where not stated, as all below
    ("model", "<u4"),  # of "make/model": a model belongs to its make
    ("seller", "<u4"),
    ("body", "u1"),  # place in BODIES, FUELS, TRANSMISSIONS, counted from 1
    ("fuel", "u1"),
    ("transmission", "u1"),
])  # fmt: skip
"""One car. The layout is kept in databases: a field may be added only with a migration."""

Facts: TypeAlias = npt.NDArray[np.void]
"""Records of FACTS, shape (n,); a column is ``facts["price"]``."""

_BODY = {body: place for place, body in enumerate(BODIES, start=1)}
_FUEL = {fuel: place for place, fuel in enumerate(FUELS, start=1)}
_TRANSMISSION = {kind: place for place, kind in enumerate(TRANSMISSIONS, start=1)}


@lru_cache(maxsize=100_000)
def code_of(*names: str) -> int:
    """Return the number of a name, the same for all its spellings; never 0.

    >>> code_of("Škoda") == code_of(" skoda "), code_of("Audi", "A4") == code_of("BMW", "A4")
    (True, False)
    """
    return crc32("/".join(spelling_key(name) for name in names).encode()) or 1


def body_code(body: Body) -> int:
    """Return what stands for a body in a record."""
    return _BODY[body]


def fuel_code(fuel: Fuel) -> int:
    """Return what stands for a fuel in a record."""
    return _FUEL[fuel]


def transmission_code(transmission: Transmission) -> int:
    """Return what stands for a transmission in a record."""
    return _TRANSMISSION[transmission]


def row_of(listing: ListingFacts) -> tuple[float | int, ...]:
    """Return a listing's facts in the order of FACTS."""
    nowhere = float("nan")
    place = listing.place
    return (
        listing.listed_at.timestamp(),
        listing.price,
        listing.year,
        nowhere if listing.mileage_km is None else listing.mileage_km,
        nowhere if listing.power_hp is None else listing.power_hp,
        nowhere if place is None else place.latitude,
        nowhere if place is None else place.longitude,
        code_of(listing.make),
        0 if listing.model is None else code_of(listing.make, listing.model),
        0 if listing.seller is None else code_of(listing.seller),
        0 if listing.body is None else _BODY[listing.body],
        0 if listing.fuel is None else _FUEL[listing.fuel],
        0 if listing.transmission is None else _TRANSMISSION[listing.transmission],
    )


def facts_of(listings: Iterable[ListingFacts | Listing]) -> Facts:
    """Return the records of listings, shape (n,).

    >>> from datetime import UTC, datetime
    >>> car = ListingFacts(ref="1", make="Skoda", name="Fabia", year=2015, price=7000,
    ...                    body=Body.HATCHBACK, listed_at=datetime(2026, 1, 1, tzinfo=UTC))
    >>> record = facts_of([car])[0]
    >>> float(record["price"]), int(record["body"]), int(record["model"])
    (7000.0, 1, 0)
    """
    return np.array([row_of(listing) for listing in listings], dtype=FACTS)


def looks_of(facts: Facts) -> list[tuple[int, int]]:
    """Return make and model of each record, as codes: two cars of one look are alike on a page."""
    return list(zip(facts["make"].tolist(), facts["model"].tolist(), strict=True))


def no_facts() -> Facts:
    """Return no record at all, shape (0,)."""
    return np.empty(0, dtype=FACTS)
