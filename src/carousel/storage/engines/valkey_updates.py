"""Who listens hears that shoppers' lists changed, or that they have notices; if away, it is lost.

Owns:    listening to the channels ``carousel:updates`` and ``carousel:notices``.
Imports: valkey, storage.engines.valkey_log (the channels' names, the form of the first).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import valkey
import valkey.asyncio

from carousel.domain.listing import UserId
from carousel.storage.engines.valkey_log import NOTICES_CHANNEL, UPDATES_CHANNEL, require_scheme

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
    """An endless stream of (user, number); iterate it from one place.

    It survives the server: while that is away, nothing comes.
    """

    def __init__(self, url: str, channel: str) -> None:
        require_scheme(url)
        self._channel = channel
        self._client = valkey.asyncio.Valkey.from_url(url, socket_connect_timeout=CONNECT_SECONDS)

    async def __aiter__(self) -> AsyncIterator[tuple[UserId, int]]:
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


def _updates(message: dict[str, Any] | None) -> list[tuple[UserId, int]]:
    """Return the pairs in a message; anybody may publish, so what is no pair is left out.

    >>> _updates({"data": b"1:7 oops 2:3"})
    [(1, 7), (2, 3)]
    """
    words = message["data"].decode(errors="replace").split() if message else []
    pairs = [word.split(":") for word in words]
    return [(int(p[0]), int(p[1])) for p in pairs if len(p) == 2 and all(map(_is_number, p))]  # noqa: PLR2004 (a pair)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
