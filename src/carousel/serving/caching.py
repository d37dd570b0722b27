"""The memory of finished answers: the same answer again, as long as it is still true.

Owns:    when a rendered slate may be shown again.
Imports: observability.metrics, storage.ports, serving.pipeline.

An answer is kept under (user, request) with what it was made from: the version of the shopper's
state, the listings in it, the sum of their revisions, and the newest listing that could be found.
Before it is shown again one cheap query asks whether all of that still holds; so an event, a sale,
a new price or a new car is seen by the very next request, and a car that is sold is never shown
from memory.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

from carousel.domain.filters import Filters
from carousel.domain.listing import ListingId, UserId
from carousel.observability.metrics import CACHE_LOOKUPS
from carousel.serving.pipeline import Slate
from carousel.storage.ports import ServingStore, SlateCache

LONGEST_KEY = 200  # characters; a longer one is kept as its hash
SECONDS = 60  # popularity, and new prices elsewhere, enter a quiet shopper's list at least so often


def request_key(filters: Filters, limit: int, without: frozenset[ListingId], arm: str = "") -> str:
    """Return what an answer depends on besides the shopper, as text.

    Args:
        filters: that were asked for.
        limit: places.
        without: listings that must not come back.
        arm: of an experiment, and by which knobs it serves; see ``Assignment.remembered``.

    >>> request_key(Filters(max_price=9000), 20, frozenset({7, 5}))
    '20:{"max_price":9000}:5,7:'
    >>> request_key(Filters(), 20, frozenset(), "duel/bolder@5f2a")
    '20:{}::duel/bolder@5f2a'
    """
    stated = filters.model_dump_json(exclude_defaults=True)
    key = f"{limit}:{stated}:{','.join(map(str, sorted(without)))}:{arm}"
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()


async def remembered(
    store: ServingStore,
    cache: SlateCache,
    user_id: UserId,
    request_key: str,
    make: Callable[[], Awaitable[tuple[Slate, bytes]]],
) -> bytes:
    """Return a rendered answer, from memory when it still holds, else made anew and kept.

    Args:
        store: asked whether a kept answer still holds.
        cache: may lose anything at any time.
        user_id: whose answer it is.
        request_key: everything else the answer depends on: see the function of that name.
        make: computes the slate and renders it.
    """
    key = f"slate:{user_id}:{request_key}"
    kept = await cache.get(key)
    outcome = "miss" if kept is None else "stale"
    if kept is not None:
        head, _, body = kept.partition(b"\n")
        made: dict[str, Any] = json.loads(head)
        of = [made[name] for name in ("version", "ids", "stamp", "newest")]
        if await store.unchanged(user_id, *of):
            CACHE_LOOKUPS.labels("slate", "hit").inc()
            return body
    CACHE_LOOKUPS.labels("slate", outcome).inc()
    # Asked before the slate is made: what comes meanwhile may be missing in it.
    newest = await store.newest_known()
    slate, body = await make()
    ids = [entry.listing.id for entry in slate.entries]
    stamp = sum(entry.listing.revision for entry in slate.entries)
    made = {"version": slate.version, "ids": ids, "stamp": stamp, "newest": newest}
    await cache.put(key, json.dumps(made).encode() + b"\n" + body, SECONDS)
    return body
