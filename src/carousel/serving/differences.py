"""Cars beside one car: the most similar for sale, each with what it has otherwise.

Owns:    one car against others, in numbers and in kind.
Imports: domain, serving.similar, storage.ports.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.listing import Listing, ListingId
from carousel.domain.trade_offs import Toward, differences, different, readings
from carousel.serving.similar import similar
from carousel.storage.ports import ServingStore


@dataclass(frozen=True, slots=True)
class Compared:
    """A car against the reference.

    differences: this car less the reference, on the axes that both state and where they differ:
                 whole units of the currency, years, km, hp.
    different:   names of the kinds, such as ``fuel``, in which the two differ.
    """

    listing: Listing
    differences: Mapping[Toward, float]
    different: tuple[str, ...]


def compared(reference: Listing, others: Sequence[Listing]) -> list[Compared]:
    """Return what each of the others has otherwise than the reference, in the same order."""
    row, *rows = readings([reference, *others], None)
    return [
        Compared(other, gained | given_up, tuple(different(reference, other)))
        for other, (gained, given_up) in zip(
            others, (differences(row, one) for one in rows), strict=True
        )
    ]


async def closest(
    store: ServingStore,
    listing_id: ListingId,
    limit: int,
    *,
    filters: Filters = NO_FILTERS,
    without: frozenset[ListingId] = frozenset(),
) -> list[Compared] | None:
    """Return ``serving.similar.similar``, each car with its differences; None if there is no car.

    A sold car still has closest ones: that is when they are wanted most.
    """
    reference, found = await asyncio.gather(
        store.listing(listing_id),
        similar(store, listing_id, limit, filters=filters, without=without),
    )
    return None if reference is None else compared(reference, found or [])
