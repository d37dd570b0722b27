"""What everyone sees: popular cars, filled up with new ones; nothing in it is personal.

Owns:    the "popular" list, and what it owes each car's place to.
Imports: domain, storage.ports, serving.reasons.
"""

import asyncio
from datetime import datetime

from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingId
from carousel.domain.needs import DAY
from carousel.serving.reasons import Reason, of_age
from carousel.storage.ports import ServingStore


async def popular(
    store: ServingStore,
    filters: Filters,
    limit: int,
    without: frozenset[ListingId] = frozenset(),
    *,
    now: datetime,
) -> list[tuple[Listing, Reason]]:
    """Return active listings by decayed popularity, then the newest; fewer when few match.

    Each with its reason: it is popular, or as new as it is. Listings in ``without`` do not come
    back.

    Args:
        store: knows them.
        filters: that all pass.
        limit: at most so many.
        without: listings that must not come back.
        now: aware.
    """
    liked, newest = await asyncio.gather(
        store.popular(filters, limit, without), store.newest(filters, limit, without)
    )
    ids = list(dict.fromkeys([*liked.ids, *newest.ids]))[:limit]
    often = set(liked.ids)
    return [
        (
            listing,
            Reason("popular", "market")
            if listing.id in often
            else of_age((now - listing.listed_at).total_seconds() / DAY),
        )
        for listing in await store.active(ids)
    ]
