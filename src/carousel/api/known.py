"""What one process remembers of rows that hardly ever change: accounts, and which cars exist.

Owns:    the memory of accounts, the memory of known listings.
Imports: observability.metrics, storage.ports.
"""

import time
from collections.abc import Callable, Collection

from carousel.domain.listing import ListingId, UserId
from carousel.observability.metrics import CACHE_LOOKUPS
from carousel.storage.ports import ServingStore, User

ACCOUNT_SECONDS = 30.0  # a role that is taken away still works for this long at most
MOST_ACCOUNTS = 20_000
MOST_LISTINGS = 200_000

_ACCOUNT_HIT, _ACCOUNT_STALE, _ACCOUNT_MISS = (
    CACHE_LOOKUPS.labels("accounts", outcome) for outcome in ("hit", "stale", "miss")
)
_LISTINGS_HIT, _LISTINGS_MISS = (
    CACHE_LOOKUPS.labels("listings", outcome) for outcome in ("hit", "miss")
)


class Accounts:
    """Rows of accounts and visitors, remembered for some seconds. clock: seconds, monotonic."""

    def __init__(self, store: ServingStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._rows: dict[UserId, tuple[User, float]] = {}

    async def get(self, user_id: UserId) -> User | None:
        """Return an account or a visitor; None when there is none (asked again each time)."""
        row = self._rows.get(user_id)
        if row is not None and row[1] > self._clock():
            _ACCOUNT_HIT.inc()
            return row[0]
        (_ACCOUNT_MISS if row is None else _ACCOUNT_STALE).inc()
        self._rows.pop(user_id, None)
        user = await self._store.user(user_id)
        if user is not None:
            if len(self._rows) >= MOST_ACCOUNTS:
                del self._rows[next(iter(self._rows))]
            self._rows[user_id] = (user, self._clock() + ACCOUNT_SECONDS)
        return user

    def forget(self, user_id: UserId) -> None:
        """Ask again at the next call, for something has changed."""
        self._rows.pop(user_id, None)


class KnownListings:
    """Ids of listings that exist. A listing is never deleted, so what is known stays true."""

    def __init__(self, store: ServingStore) -> None:
        self._store = store
        self._ids: set[ListingId] = set()

    async def missing(self, ids: Collection[ListingId]) -> set[ListingId]:
        """Return those ids that belong to no listing of any status."""
        new = set(ids) - self._ids
        if not new:
            _LISTINGS_HIT.inc()
            return set()
        _LISTINGS_MISS.inc()
        found = await self._store.known(new)
        if len(self._ids) + len(found) > MOST_LISTINGS:
            self._ids.clear()
        self._ids |= found
        return new - found
