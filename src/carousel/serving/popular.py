"""What everyone sees: popular cars, filled up with new ones; nothing in it is personal.

Owns:    the "popular" list.
Imports: domain, storage.ports.
"""

import asyncio

from carousel.domain.filters import Filters
from carousel.domain.listing import Listing
from carousel.storage.ports import ServingStore


async def popular(store: ServingStore, filters: Filters, limit: int) -> list[Listing]:
    """Return active listings by decayed popularity, then the newest; fewer when few match."""
    liked, newest = await asyncio.gather(
        store.popular(filters, limit, frozenset()), store.newest(filters, limit, frozenset())
    )
    ids = list(dict.fromkeys([*liked.ids, *newest.ids]))[:limit]
    return await store.active(ids)
