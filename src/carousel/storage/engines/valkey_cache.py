"""Finished answers in Valkey: fast or not at all, and never an error.

Owns:    the cache's deadlines, and when to leave a server alone that does not answer.
Imports: valkey, domain.errors.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import valkey
import valkey.asyncio

from carousel.domain.errors import ConfigurationError

DEADLINE_SECONDS = 0.05
REST_SECONDS = 1.0


@asynccontextmanager
async def open_cache(cache_url: str) -> AsyncIterator["ValkeyCache"]:
    """Open the cache; need not find the server at home.

    Raises:
        ConfigurationError: the URL is of another kind.
    """
    cache = ValkeyCache(cache_url)
    try:
        yield cache
    finally:
        await cache.close()


class ValkeyCache:
    """A cache whose failures look like absence.

    After a failure the server is left alone for a second, so that a dead one costs each request
    nothing rather than the deadline.
    """

    def __init__(self, url: str) -> None:
        try:
            self._client = valkey.asyncio.Valkey.from_url(
                url,
                socket_timeout=DEADLINE_SECONDS,
                socket_connect_timeout=DEADLINE_SECONDS,
            )
        except ValueError as error:
            raise ConfigurationError(f"The cache URL is not one of Valkey: {error}.") from error
        self._rests_until = 0.0

    async def get(self, key: str) -> bytes | None:
        """Return what was put under a key, None when it is gone or the cache cannot answer."""
        value: bytes | None = await self._try("GET", key)
        return value

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value for some seconds, at least a thousandth; do nothing when it cannot."""
        await self._try("SET", key, value, "PX", max(round(1e3 * seconds), 1))

    async def close(self) -> None:
        """Disconnect."""
        await self._client.aclose()

    async def _try(self, *command: str | bytes | int) -> Any:  # noqa: ANN401 (each command's own)
        if time.monotonic() < self._rests_until:
            return None
        try:
            return await self._client.execute_command(*command)
        except (valkey.ValkeyError, OSError):
            self._rests_until = time.monotonic() + REST_SECONDS
            return None
