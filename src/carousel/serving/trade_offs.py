"""Trade-offs around one car: better in one respect, as like it as can be in all others.

Owns:    the "cheaper, newer, fewer km, closer, more powerful" lists.
Imports: domain, storage.ports.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from carousel.domain.errors import NotStatedError
from carousel.domain.features import Vector
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingId
from carousel.domain.trade_offs import (
    COST,
    Point,
    Toward,
    better,
    differences,
    different,
    given_up,
    reading,
    readings,
    threshold,
)
from carousel.storage.ports import ServingStore, Sort

POOL = 8  # candidates per place: the most alike are not yet those that give up least
LEAST_POOL = 100

MISSING: Mapping[Toward, str] = {
    Toward.FEWER_KM: "its mileage",
    Toward.CLOSER: "where it stands",
    Toward.MORE_POWERFUL: "its power",
}
"""What a car may leave out, in words; price and year are always stated."""


@dataclass(frozen=True, slots=True)
class TradeOff:
    """A car against the reference.

    gained, given_up: differences on the axes, this car less the reference: whole units of the
                      currency, years, km, km from the shopper, hp.
    different:        names of the kinds, such as ``fuel``, in which the two differ.
    distance:         km from the shopper, None where it is not known.
    """

    listing: Listing
    gained: Mapping[Toward, float]
    given_up: Mapping[Toward, float]
    different: tuple[str, ...]
    distance: float | None


async def trade_offs(  # noqa: PLR0913 (which car, better how, where from, how many: one thing each)
    store: ServingStore,
    listing_id: ListingId,
    toward: Toward,
    filters: Filters,
    limit: int,
    *,
    here: Point | None,
    without: frozenset[ListingId] = frozenset(),
) -> list[TradeOff] | None:
    """Return active cars that are better than one on an axis, best first; None if it is unknown.

    They are better by a noticeable step; only where no car is, by less. The list is empty only if
    no car that passes the filters, and is not in ``without``, is better at all.

    Args:
        store: what is for sale.
        listing_id: the reference, of any status.
        toward: in what respect the others shall be better.
        filters: what they must satisfy; if they have a circle, its middle is ``here``.
        limit: how many at most.
        here: where the shopper is; ``CLOSER`` needs it, on the other axes it tells the way.
        without: listings that must not come back.

    Raises:
        NotStatedError: the reference does not state what it would be compared by.
    """
    reference = await store.listing(listing_id)
    if reference is None:
        return None
    row = readings([reference], here)[0]
    value = reading(row, toward)
    if value is None:
        raise NotStatedError(
            f"Car {listing_id} does not state {MISSING[toward]}, so no car can be compared with it."
        )
    vector = (await store.vectors([listing_id])).get(listing_id)
    pool = max(POOL * limit, LEAST_POOL)
    for noticeable in (True, False):
        bound = threshold(value, toward, noticeable=noticeable)
        beyond = _beyond(filters, toward, bound, here)
        if beyond is None:
            continue
        found, likeness = await _found(store, vector, beyond, pool, without | {listing_id})
        if found:
            return _ranked(reference, row, found, likeness, here, toward)[:limit]
    return []


async def _found(
    store: ServingStore,
    vector: Vector | None,
    filters: Filters,
    pool: int,
    without: frozenset[ListingId],
) -> tuple[list[Listing], Mapping[ListingId, float]]:
    """Return cars that pass and the likeness of each; without vectors, the newest and none."""
    if vector is not None:
        near = await store.nearest(vector, filters, pool, without)
        if near.ids:
            return await store.active(near.ids), dict(zip(near.ids, near.scores, strict=True))
    page = await store.search(filters, Sort.NEWEST, pool + len(without), 0)
    return [listing for listing in page.listings if listing.id not in without], {}


def _ranked(  # noqa: PLR0913, PLR0917 (two cars, their numbers, and how they are compared)
    reference: Listing,
    row: Vector,
    found: list[Listing],
    likeness: Mapping[ListingId, float],
    here: Point | None,
    toward: Toward,
) -> list[TradeOff]:
    others = readings(found, here)
    alike = np.array([likeness.get(one.id, 0.0) for one in found])
    scores = alike - COST * given_up(row, others, toward)
    # What was found may have been changed since: the promise is checked on what is shown.
    kept = np.flatnonzero(better(row, others, toward) > 0)
    ranked = kept[np.argsort(-scores[kept], kind="stable")]
    return [
        TradeOff(
            found[n],
            *differences(row, others[n]),
            tuple(different(reference, found[n])),
            reading(others[n], Toward.CLOSER),
        )
        for n in ranked.tolist()
    ]


def _beyond(filters: Filters, toward: Toward, value: float, here: Point | None) -> Filters | None:
    """Return filters that ask for a value or a better one as well; None where nothing can be."""
    change: dict[str, Any]
    match toward:
        case Toward.CHEAPER:
            change = {"max_price": _least(filters.max_price, math.floor(value))}
        case Toward.FEWER_KM:
            change = {"max_mileage": _least(filters.max_mileage, math.floor(value))}
        case Toward.CLOSER:
            latitude, longitude = here or (None, None)
            change = {
                "near_latitude": latitude,
                "near_longitude": longitude,
                "radius_km": _least(filters.radius_km, value),
            }
        case Toward.NEWER:
            change = {"min_year": max(filters.min_year or 0, math.ceil(value))}
        case Toward.MORE_POWERFUL:
            change = {"min_power": max(filters.min_power or 0, math.ceil(value))}
    nobody = toward is Toward.CLOSER and value <= 0
    return None if nobody or value < 0 else filters.model_copy(update=change)


def _least(stated: float | None, value: float) -> float:
    return value if stated is None else min(stated, value)
