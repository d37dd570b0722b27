"""The connections of the request path: a pool, and what a lost server is called.

Owns:    opening the pool (asyncpg), its sessions' settings, asking through it.
Imports: asyncpg, pgvector, engines.postgres_*, domain.errors.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import asyncpg
from pgvector.asyncpg import register_vector

from carousel.domain.errors import ConfigurationError, StoreUnavailableError
from carousel.storage.engines.postgres_connection import NOT_PREPARED, UNREADABLE_URL
from carousel.storage.engines.postgres_retrieval import SESSION

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

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


async def rows_of(pool: Pool, query: str, *arguments: object) -> list[Any]:
    """Ask and return all rows.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with _answering():
        rows: list[Any] = await pool.fetch(query, *arguments)
    return rows


async def rows_in_turn(pool: Pool, turn: str, query: str, *arguments: object) -> list[Any]:
    """Ask while nobody else who names the same turn asks, and return all rows.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with _answering():
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", turn)
            rows: list[Any] = await connection.fetch(query, *arguments)
    return rows


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except _SILENCE as error:
        raise StoreUnavailableError(
            f"PostgreSQL did not answer ({error}); try again in a moment."
        ) from error


async def open_pool(database_url: str, connections: int) -> Pool:
    """Open a pool of connections.

    Raises:
        StoreUnavailableError: the server did not answer.
        ConfigurationError: the URL is none, or the database was never migrated.
    """

    async def keep_as_is(_: object) -> None:
        """Nothing a question does outlives it, so there is nothing to reset."""

    try:
        pool = await asyncpg.create_pool(
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
    return pool


async def _prepare(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    try:
        await register_vector(connection)
    except ValueError as error:  # the type is unknown
        raise ConfigurationError(NOT_PREPARED) from error
