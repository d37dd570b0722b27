"""Live updates inside one process: one listener to the log's nudges, any number of open streams.

Owns:    who listens, what each listener has not been told yet.
Imports: observability.metrics, storage.ports, api.problems.

A listener keeps only the newest version and bounded sets of listings that are gone or have another
price, so a slow browser never costs a queue.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterable, Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from carousel.api.problems import ProblemError
from carousel.domain.listing import ListingId, UserId
from carousel.observability.metrics import EFFECT_TIME
from carousel.storage.ports import Cause, Update

MOST_PER_USER = 8  # tabs
MOST_IN_ALL = 2_000
MOST_GONE = 1_000  # and as many with another price
RETRY_SECONDS = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class News:
    """What a stream has not been told yet.

    version: the newest of the shopper's state; None if it has not changed.
    trace:   the traceparent of what made this version, where that is traced.
    gone:    listings that are no longer for sale, each once.
    unseen:  how many notices the shopper has not seen; None if there is no new one.
    priced:  listings that have another price or are for sale again, each once, and their price.
    """

    version: int | None
    gone: tuple[ListingId, ...] = ()
    unseen: int | None = None
    priced: tuple[tuple[ListingId, int], ...] = ()
    trace: str | None = None


class Listener:
    """One open stream: a slot for each number, in which the newest wins, and which cars changed."""

    def __init__(self) -> None:
        self._newest: int | None = None
        self._trace: str | None = None
        self._unseen: int | None = None
        self._gone: dict[ListingId, None] = {}
        self._priced: dict[ListingId, int] = {}
        self._changed = asyncio.Event()
        self.closed = False

    def offer(self, version: int, trace: str | None = None) -> None:
        """Put a version into the slot, over an older one."""
        self._newest, self._trace = version, trace
        self._changed.set()

    def remind(self, unseen: int) -> None:
        """Put the number of unseen notices into its slot, over an older one."""
        self._unseen = unseen
        self._changed.set()

    def lose(self, listings: Iterable[ListingId]) -> None:
        """Keep what is no longer for sale until it is told."""
        lost = dict.fromkeys(listings)
        self._gone |= lost
        self._priced = {i: price for i, price in self._priced.items() if i not in lost}
        # Nobody has so many on a page: whoever is told of none of them asks for a new list later.
        if len(self._gone) > MOST_GONE:
            self._gone.clear()
        self._changed.set()

    def price(self, prices: Mapping[ListingId, int]) -> None:
        """Keep what listings cost now, which are for sale, until it is told."""
        self._priced |= prices
        self._gone = {i: None for i in self._gone if i not in prices}
        if len(self._priced) > MOST_GONE:  # as above
            self._priced.clear()
        self._changed.set()

    def close(self) -> None:
        """Wake the stream so that it ends."""
        self.closed = True
        self._changed.set()

    async def take(self, seconds: float) -> News | None:
        """Return the news as soon as there are any; None when closed or after a while."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)
        priced = tuple(self._priced.items())
        news = News(self._newest, tuple(self._gone), self._unseen, priced, self._trace)
        self._newest, self._gone, self._unseen, self._priced = None, {}, None, {}
        self._trace = None
        if not self.closed:
            self._changed.clear()
        return None if news == News(None) else news


class Fanout:
    """All open streams of this process, by user."""

    def __init__(self) -> None:
        self._listeners: dict[UserId, set[Listener]] = {}
        self._open = 0
        self._closed = False

    @property
    def open_streams(self) -> int:
        """Return how many streams are open."""
        return self._open

    @contextlib.contextmanager
    def listen(self, user_id: UserId) -> Iterator[Listener]:
        """Register a stream for as long as the block lasts.

        Raises:
            ProblemError: 429, the user or the process has too many open.
        """
        mine = self._listeners.setdefault(user_id, set())
        if len(mine) >= MOST_PER_USER or self._open >= MOST_IN_ALL:
            raise ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too_many_streams",
                "Too many update streams are open; close one and try again.",
                headers={"Retry-After": "5"},
            )
        listener = Listener()
        if self._closed:
            listener.close()
        mine.add(listener)
        self._open += 1
        try:
            yield listener
        finally:
            self._open -= 1
            mine.discard(listener)
            if not mine:
                self._listeners.pop(user_id, None)

    def tell(self, user_id: UserId, version: int, cause: Cause | None = None) -> None:
        """Tell a user's streams that the list changed; from now on whoever asks sees it so."""
        if cause is not None:
            # The log's clock and ours may differ: nothing takes effect before it happened.
            EFFECT_TIME.observe(max(0.0, time.time() - cause.logged_ms / 1000))
        for listener in self._listeners.get(user_id, ()):
            listener.offer(version, None if cause is None else cause.trace)

    def tell_notices(self, user_id: UserId, unseen: int, _: Cause | None = None) -> None:
        """Tell a user's streams how many notices are unseen."""
        for listener in self._listeners.get(user_id, ()):
            listener.remind(unseen)

    def tell_gone(self, listings: Collection[ListingId]) -> None:
        """Tell all streams which listings are no longer for sale."""
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.lose(listings)

    def tell_priced(self, prices: Mapping[ListingId, int]) -> None:
        """Tell all streams which listings have another price or are for sale again."""
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.price(prices)

    def close(self) -> None:
        """End all streams, and every later one at once."""
        self._closed = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.close()

    async def follow(
        self,
        updates: AsyncIterable[Update],
        tell: Callable[[UserId, int, Cause | None], None] | None = None,
    ) -> None:
        """Pass on updates for ever; when listening breaks off it is started again.

        ``tell`` is ``tell_notices`` where the numbers are those of notices.
        """
        say = tell or self.tell
        while True:
            try:
                async for update in updates:
                    say(update.user_id, update.number, update.cause)
            except Exception:  # whatever broke, browsers can still ask
                log.warning("live updates are interrupted; listening again", exc_info=True)
            await asyncio.sleep(RETRY_SECONDS)
