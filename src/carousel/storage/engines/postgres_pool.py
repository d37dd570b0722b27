"""The connections of the request path: a pool, and what a lost server is called.

Owns:    opening the pool (asyncpg), its sessions' settings, asking through it.
Imports: asyncpg, pgvector, engines.postgres_*, domain.errors, observability.metrics.
"""

import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
from pgvector.asyncpg import register_vector

from carousel.domain.errors import ConfigurationError, StoreUnavailableError
from carousel.observability.metrics import POOL_CONNECTIONS, POOL_WAIT, SERVER_FAULTS
from carousel.storage.engines.postgres_connection import NOT_PREPARED, UNREADABLE_URL
from carousel.storage.engines.postgres_retrieval import SESSION

ANSWER_SECONDS = 10.0  # longer than any question takes; a server that needs more is not there

SETTINGS = {
    "application_name": "carousel-serving",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    # A plan made for no filter in particular would search the index behind every filter.
    "plan_cache_mode": "force_custom_plan",
    "timezone": "UTC",
    **SESSION,
}

_SILENCE = (
    OSError,  # covers a refused or reset connection and a time-out
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.DeadlockDetectedError,  # of two that wait for each other one is told to come again
)


@dataclass(frozen=True, eq=False)
class Pool:
    """Connections, and the name by which the metrics know them."""

    name: str
    connections: "asyncpg.Pool[asyncpg.Record]"

    async def close(self) -> None:
        """Close all connections."""
        await self.connections.close()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Time a question, and call a lost server by our name for it."""
        began = time.perf_counter()
        try:
            yield
        except _SILENCE as error:
            SERVER_FAULTS.labels("database").inc()
            raise StoreUnavailableError(
                f"PostgreSQL did not answer ({error}); try again in a moment."
            ) from error
        POOL_WAIT.labels(self.name).observe(time.perf_counter() - began)


async def rows_of(pool: Pool, query: str, *arguments: object) -> list[Any]:
    """Ask and return all rows.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with pool.answering():
        rows: list[Any] = await pool.connections.fetch(query, *arguments)
    return rows


async def rows_in_turn(pool: Pool, turn: str, query: str, *arguments: object) -> list[Any]:
    """Ask while nobody else who names the same turn asks, and return all rows.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with pool.answering():
        async with pool.connections.acquire() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", turn)
            rows: list[Any] = await connection.fetch(query, *arguments)
    return rows


async def open_pool(database_url: str, connections: int, name: str = "serving") -> Pool:
    """Open a pool of at most so many connections; it is told under its name.

    Raises:
        StoreUnavailableError: the server did not answer.
        ConfigurationError: the URL is none, or the database was never migrated.
    """

    async def keep_as_is(_: object) -> None:
        """Nothing a question does outlives it, so there is nothing to reset."""

    try:
        opened = await asyncpg.create_pool(
            database_url,
            min_size=1,
            max_size=connections,
            init=_prepare,
            reset=keep_as_is,
            command_timeout=ANSWER_SECONDS,
            max_inactive_connection_lifetime=0,
            server_settings=SETTINGS,
        )
    except (asyncpg.ClientConfigurationError, ValueError) as error:
        raise ConfigurationError(UNREADABLE_URL.format(error)) from error
    except (*_SILENCE, asyncpg.PostgresError) as error:
        raise StoreUnavailableError(f"PostgreSQL did not answer ({error}).") from error
    pool = Pool(name, opened)
    _tell(pool)
    return pool


def _tell(pool: Pool) -> None:
    """Let who scrapes see the connections of a pool, for as long as there is the pool."""
    seen = weakref.ref(pool)

    def idle() -> float:
        alive = seen()
        return 0.0 if alive is None else float(alive.connections.get_idle_size())

    def busy() -> float:
        alive = seen()
        return 0.0 if alive is None else float(alive.connections.get_size()) - idle()

    POOL_CONNECTIONS.labels(pool.name, "idle").set_function(idle)
    POOL_CONNECTIONS.labels(pool.name, "busy").set_function(busy)


async def _prepare(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    try:
        await register_vector(connection)
    except ValueError as error:  # the type is unknown
        raise ConfigurationError(NOT_PREPARED) from error
