"""Cars like this one: the nearest active listings to a listing, whatever its own status.

Owns:    the "similar cars" list.
Imports: domain, storage.ports.
"""

import numpy as np

from carousel.domain import reranking
from carousel.domain.filters import NO_FILTERS
from carousel.domain.listing import Listing, ListingId, spelling_key
from carousel.storage.ports import ServingStore

RELEVANCE = 0.9  # similar cars may be alike; only identical ones are spread a little


async def similar(store: ServingStore, listing_id: ListingId, limit: int) -> list[Listing] | None:
    """Return similar active listings, best first; None when there is no such listing.

    A sold car still has similar ones: that is when they are wanted most.
    """
    vector = (await store.vectors([listing_id])).get(listing_id)
    if vector is None:
        return None if await store.listing(listing_id) is None else []
    near = await store.nearest(vector, NO_FILTERS, 3 * limit, frozenset({listing_id}))
    listings = await store.active(near.ids)
    vectors = await store.vectors([listing.id for listing in listings])
    listings = [listing for listing in listings if listing.id in vectors]
    if not listings:
        return []
    items = np.array([vectors[listing.id] for listing in listings])
    groups = [spelling_key(f"{listing.make} {listing.name}") for listing in listings]
    params = reranking.Params(relevance=RELEVANCE)
    places = reranking.diversify(items @ vector, items, groups, limit, params)
    return [listings[i] for i in places]
