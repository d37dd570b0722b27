"""Finished answers in Valkey: fast or not at all, and never an error.

Owns:    the cache's deadlines, and when to leave a server alone that does not answer.
Imports: valkey, domain.errors, observability.metrics.
"""

import time
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import valkey
import valkey.asyncio

from carousel.domain.errors import ConfigurationError
from carousel.observability.metrics import POOL_CONNECTIONS, POOL_WAIT, SERVER_FAULTS

DEADLINE_SECONDS = 0.05
REST_SECONDS = 1.0

_WAIT, _FAULTS = POOL_WAIT.labels("cache"), SERVER_FAULTS.labels("cache")


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
        _tell(self._client)

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
        began = time.perf_counter()
        try:
            answer = await self._client.execute_command(*command)
        except (valkey.ValkeyError, OSError):
            self._rests_until = time.monotonic() + REST_SECONDS
            _FAULTS.inc()
            return None
        _WAIT.observe(time.perf_counter() - began)
        return answer


def _tell(client: valkey.asyncio.Valkey) -> None:
    """Let who scrapes see the connections of a client, for as long as there is the client."""
    seen = weakref.ref(client.connection_pool)

    def idle() -> float:
        pool = seen()
        return 0.0 if pool is None else float(len(pool._available_connections))  # noqa: SLF001

    def busy() -> float:
        pool = seen()
        return 0.0 if pool is None else float(len(pool._in_use_connections))  # noqa: SLF001

    # The client itself tells neither; the test of this would notice if it were to call them else.
    POOL_CONNECTIONS.labels("cache", "idle").set_function(idle)
    POOL_CONNECTIONS.labels("cache", "busy").set_function(busy)
