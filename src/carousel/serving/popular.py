"""What everyone sees: popular cars, filled up with new ones; nothing in it is personal.

Owns:    the "popular" list.
Imports: domain, storage.ports.
"""

import asyncio

from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingId
from carousel.storage.ports import ServingStore


async def popular(
    store: ServingStore,
    filters: Filters,
    limit: int,
    without: frozenset[ListingId] = frozenset(),
) -> list[Listing]:
    """Return active listings by decayed popularity, then the newest; fewer when few match.

    Listings in ``without`` do not come back.
    """
    liked, newest = await asyncio.gather(
        store.popular(filters, limit, without), store.newest(filters, limit, without)
    )
    ids = list(dict.fromkeys([*liked.ids, *newest.ids]))[:limit]
    return await store.active(ids)
