"""Where shoppers have a part of their past forgotten, one after the other, off the event loop.

Owns:    looking for events that wait in the log; who is told that a list changed; for how long a
         forgotten event is known as such.
Imports: storage.ports, api.

The log is looked through first: what a pipeline takes from it meanwhile is archived, and what comes
later is not the past that was meant.

A fingerprint keeps a forgotten event from coming back: out of the log, which a pipeline may not
have read yet, or from a browser that sends it again. So it stays for twice the life of a visitor's
token, and, however long a pipeline stands still, while anything as old is unread.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TypeAlias, TypeVar

from pydantic import ValidationError

from carousel.api.daily import every_day
from carousel.api.problems import ProblemError
from carousel.api.tokens import VISITOR_SECONDS
from carousel.domain.car_kinds import CarKind
from carousel.domain.errors import LogUnavailableError
from carousel.domain.events import EVENT
from carousel.domain.listing import UserId
from carousel.storage.ports import BEGINNING, EventSource, RawEntry
from carousel.storage.ports.own import Counted, Forgetting, Forgotten, Waiting, Which

KEPT = timedelta(seconds=2 * VISITOR_SECONDS)
CLOCKS_DIFFER = timedelta(minutes=5)  # of the log's server and the database's
AT_ONCE = 2_000  # entries of a shard
MOST_WAITING = 20  # shoppers, each for a few hundredths of a second

OpenForgetting: TypeAlias = Callable[[], AbstractContextManager[Forgetting]]
OpenSource: TypeAlias = Callable[[], AbstractContextManager[EventSource]]
Part = TypeVar("Part")
Answer = TypeVar("Answer")


class Forgetter:
    """Forgets; one shopper at a time, because the database could do no more."""

    def __init__(self, forgetting: Forgetting, log: EventSource) -> None:
        self._forgetting = forgetting
        self._log = log
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def forget(self, user_id: UserId, which: Which) -> Forgotten | None:
        """Forget a part of a shopper's past, and tell every process that their list changed.

        See ``storage.ports.own.Forgetting``; what waits in the log is found here.

        Raises:
            ProblemError: 503, too many others wait.
        """
        return await self._in_turn(self._forget, user_id, which)

    async def count(self, user_id: UserId, kind: CarKind | None) -> Counted:
        """Return how much forgetting a kind of car would take, None is everything.

        Raises:
            ProblemError: 503, too many others wait.
        """
        return await self._in_turn(self._forgetting.count, user_id, kind)

    async def _in_turn(
        self, ask: Callable[[UserId, Part], Answer], user_id: UserId, part: Part
    ) -> Answer:
        if self._waiting >= MOST_WAITING:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "busy_forgetting",
                "Many shoppers are having something forgotten; try again in a moment.",
                headers={"Retry-After": "1"},
            )
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(ask, user_id, part)
        finally:
            self._waiting -= 1

    def prune(self, now: datetime) -> int:
        """Delete the fingerprints that nothing can ask for any more; return how many. Blocks."""
        archived = self._forgetting.archived()
        after = {shard: archived.get(shard, BEGINNING) for shard in range(self._log.shards)}
        unread = [
            datetime.fromtimestamp(int(entries[0].position.partition("-")[0]) / 1000, UTC)
            for entries in self._log.read(after, 1).values()
        ]
        return self._forgetting.prune(min([now - KEPT, *(at - CLOCKS_DIFFER for at in unread)]))

    def _forget(self, user_id: UserId, which: Which) -> Forgotten | None:
        found = self._forgetting.forget(user_id, which, self._on_the_way(user_id))
        if found is not None and found.events:
            with suppress(LogUnavailableError):  # it may be lost: a page can still ask
                self._log.nudge({user_id: found.version})
        return found

    def _on_the_way(self, user_id: UserId) -> list[Waiting]:
        """Return what the log holds of a user that is not archived yet."""
        place = self._forgetting.whereabouts(user_id)
        names = {b"%d" % name for name in place.names}
        after = {shard: place.archived.get(shard, BEGINNING) for shard in range(self._log.shards)}
        found: list[Waiting] = []
        while after:
            read = self._log.read(after, AT_ONCE)
            for entries in read.values():
                found += [_waiting(one) for one in entries if one.fields.get(b"user") in names]
            # What comes while a shard is read to its end is not the past any more.
            after = {
                shard: entries[-1].position
                for shard, entries in read.items()
                if len(entries) == AT_ONCE
            }
        return found


def _waiting(raw: RawEntry) -> Waiting:
    event_id = raw.fields.get(b"id", b"").decode(errors="replace")
    try:
        return Waiting(event_id, EVENT.validate_json(raw.fields.get(b"event", b"")))
    except ValidationError:
        return Waiting(event_id, None)


@asynccontextmanager
async def open_forgetter(
    open_forgetting: OpenForgetting, open_source: OpenSource
) -> AsyncIterator[Forgetter]:
    """Open what forgets, and the log that it looks through.

    Raises:
        StoreUnavailableError, LogUnavailableError: a server does not answer.
    """

    def prune() -> int:
        with open_forgetting() as forgetting, open_source() as log:
            return Forgetter(forgetting, log).prune(datetime.now(UTC))

    with open_forgetting() as forgetting, open_source() as log:
        async with every_day(prune, "fingerprints of what was forgotten long ago"):
            yield Forgetter(forgetting, log)
