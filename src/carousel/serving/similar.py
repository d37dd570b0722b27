"""Cars like this one: the nearest active listings to a listing, whatever its own status.

Owns:    the "similar cars" list.
Imports: domain, storage.ports.
"""

from carousel.domain import reranking
from carousel.domain.facts import looks_of
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.listing import Listing, ListingId
from carousel.storage.ports import ServingStore

RELEVANCE = 0.9  # similar cars may be alike; only identical ones are spread a little


async def similar(
    store: ServingStore,
    listing_id: ListingId,
    limit: int,
    *,
    filters: Filters = NO_FILTERS,
    without: frozenset[ListingId] = frozenset(),
) -> list[Listing] | None:
    """Return similar active listings, best first; None when there is no such listing.

    All of them pass the filters, which the listing itself need not; those in ``without`` do not
    come back. A sold car still has similar ones: that is when they are wanted most.
    """
    vector = (await store.vectors([listing_id])).get(listing_id)
    if vector is None:
        return None if await store.listing(listing_id) is None else []
    near = await store.nearest(vector, filters, 3 * limit, without | {listing_id})
    params = reranking.Params(relevance=RELEVANCE, cap=limit)
    cars = await store.described(near.ids)
    looks = looks_of(cars.facts)
    places = reranking.diversify(cars.vectors @ vector, cars.vectors, looks, limit, params)
    return await store.active([cars.ids[i] for i in places])
