"""Where visitors come in: rows made, merged and deleted away from the event loop.

Owns:    one process's connection for visitors, how many are merged at a time, the daily sweep.
Imports: storage.ports, domain, api.

What bounds the rows: a process makes one at a time, and every day those older than twice the life
of their token are deleted that never did anything (or are merged): nothing of theirs can still
stand in the log. How many one address may ask for is the business of whoever stands before us.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from carousel.api.daily import every_day
from carousel.api.tokens import VISITOR_SECONDS
from carousel.domain.listing import UserId
from carousel.storage.ports import Merged, Visitors

MOST_MERGES = 2  # at a time; one waits for a reindex, on a connection of its own
KEPT = timedelta(seconds=2 * VISITOR_SECONDS)

OpenVisitors: TypeAlias = Callable[[], AbstractContextManager[Visitors]]


class Reception:
    """Admits and merges visitors.

    visitors:      for admitting; opened once, because many come.
    open_visitors: for each merge; blocks.
    """

    def __init__(self, visitors: Visitors, open_visitors: OpenVisitors) -> None:
        self._visitors = visitors
        self._open_visitors = open_visitors
        self._turn = asyncio.Lock()
        self._merges = asyncio.Semaphore(MOST_MERGES)

    async def admit(self) -> UserId:
        """Make a visitor."""
        async with self._turn:
            return await asyncio.to_thread(self._visitors.admit)

    async def merge(self, visitor_id: UserId, account_id: UserId) -> Merged | None:
        """Put everything a visitor did down to an account; see ``storage.ports.Visitors``."""

        def merge() -> Merged | None:
            with self._open_visitors() as visitors:
                return visitors.merge(visitor_id, account_id)

        async with self._merges:
            return await asyncio.to_thread(merge)


@asynccontextmanager
async def open_reception(open_visitors: OpenVisitors) -> AsyncIterator[Reception]:
    """Open the reception, and sweep behind it once a day.

    Raises:
        StoreUnavailableError: the database does not answer.
    """

    def sweep() -> int:
        with open_visitors() as visitors:
            return visitors.sweep(datetime.now(UTC) - KEPT)

    with open_visitors() as visitors:
        async with every_day(sweep, "visitors who did nothing"):
            yield Reception(visitors, open_visitors)
