"""Who listens hears that shoppers' lists changed, or that they have notices; if away, it is lost.

Owns:    listening to the channels ``carousel:updates`` and ``carousel:notices``.
Imports: valkey, storage.engines.valkey_log (the channels' names, the form of the first).
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import valkey
import valkey.asyncio

from carousel.domain.listing import UserId
from carousel.storage.engines.valkey_log import NOTICES_CHANNEL, UPDATES_CHANNEL, require_scheme
from carousel.storage.ports import Cause, Update

_PAIR = re.compile(r"([0-9]{1,19}):([0-9]{1,19})")
_CAUSE = re.compile(r"([0-9]{1,19})@([0-9]{1,15})(?:@(00-[0-9a-f]{32}-[0-9a-f]{16}-01))?")

CONNECT_SECONDS = 1.0
LISTEN_SECONDS = 15.0
RECONNECT_SECONDS = 0.5


@asynccontextmanager
async def open_updates(log_url: str) -> AsyncIterator["ValkeyUpdates"]:
    """Listen to changes of shoppers' lists; need not find the server at home.

    Raises:
        ConfigurationError: the URL is of another kind.
    """
    updates = ValkeyUpdates(log_url, UPDATES_CHANNEL)
    try:
        yield updates
    finally:
        await updates.close()


@asynccontextmanager
async def open_notice_updates(log_url: str) -> AsyncIterator["ValkeyUpdates"]:
    """Listen to new notices in the same way; the second number is how many are unseen."""
    updates = ValkeyUpdates(log_url, NOTICES_CHANNEL)
    try:
        yield updates
    finally:
        await updates.close()


class ValkeyUpdates:
    """An endless stream of updates; iterate it from one place.

    It survives the server: while that is away, nothing comes.
    """

    def __init__(self, url: str, channel: str) -> None:
        require_scheme(url)
        self._channel = channel
        self._client = valkey.asyncio.Valkey.from_url(url, socket_connect_timeout=CONNECT_SECONDS)

    async def __aiter__(self) -> AsyncIterator[Update]:
        while True:
            try:
                async with self._client.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.subscribe(self._channel)
                    while True:
                        message = await pubsub.get_message(timeout=LISTEN_SECONDS)
                        for update in _updates(message):
                            yield update
            except (valkey.ValkeyError, OSError):
                await asyncio.sleep(RECONNECT_SECONDS)

    async def close(self) -> None:
        """Disconnect."""
        await self._client.aclose()


def _updates(message: dict[str, Any] | None) -> list[Update]:
    """Return what a message says; anybody may publish, so words of no known form are left out.

    >>> _updates({"data": b"1:7 oops 2@1767225600001 2:3"})
    [Update(user_id=1, number=7, cause=None), \
Update(user_id=2, number=3, cause=Cause(logged_ms=1767225600001, trace=None))]
    """
    words = message["data"].decode(errors="replace").split() if message else []
    causes: dict[UserId, Cause] = {}
    updates: list[Update] = []
    for word in words:
        if pair := _PAIR.fullmatch(word):
            user_id, number = int(pair[1]), int(pair[2])
            updates.append(Update(user_id, number, causes.get(user_id)))
        elif cause := _CAUSE.fullmatch(word):
            causes[int(cause[1])] = Cause(int(cause[2]), cause[3])
    return updates
