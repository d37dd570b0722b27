"""Synchronous connections to PostgreSQL, and the locks by which writers respect each other.

Owns:    connecting (psycopg), what a lost server is called, the advisory locks.
Imports: psycopg, pgvector, engines.postgres_columns, domain.errors.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

import psycopg
from pgvector.psycopg import register_vector
from psycopg.conninfo import conninfo_to_dict

from carousel.domain.errors import ConfigurationError, StoreUnavailableError
from carousel.storage.engines.postgres_columns import Column, ColumnDumper

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"

# Whoever writes vectors or evidence shares this lock for the length of a transaction; whoever
# exchanges the feature space underneath them takes it alone. Readers never take it.
SPACE_LOCK = 0x6361726F_00000002

# Whoever changes listings takes this lock: two changes that share listings can then only wait for
# each other, never in a ring.
LISTINGS_LOCK = 0x6361726F_00000003

# Whoever writes what users did shares this lock; whoever merges a user into another takes it alone.
# Both take it after SPACE_LOCK.
USERS_LOCK = 0x6361726F_00000004

SETTINGS = (
    "-c jit=off -c max_parallel_workers_per_gather=0 -c client_min_messages=warning -c timezone=UTC"
)

APPLICATION = "carousel-worker"
"""What a connection calls itself that says nothing else."""

NOT_PREPARED = "The database has not been prepared for Carousel; migrate it first."
UNREADABLE_URL = "The address of the database cannot be read: {}."


def connect(database_url: str, options: str = "") -> Connection:
    """Open a connection in autocommit mode; transactions are opened where they are meant.

    Args:
        database_url: a PostgreSQL URL.
        options: further ``-c name=value`` settings of the session; they win over the URL's.

    Raises:
        StoreUnavailableError: the server did not answer.
        ConfigurationError: the URL is none, or the database was never migrated.
    """
    try:
        # psycopg lets options given here replace those of the URL, such as its statement timeout.
        stated = conninfo_to_dict(database_url).get("options") or ""
        with answering():
            connection = psycopg.connect(
                database_url,
                autocommit=True,
                options=f"{SETTINGS} -c application_name={APPLICATION} {stated} {options}",
            )
    except psycopg.ProgrammingError as error:
        raise ConfigurationError(UNREADABLE_URL.format(error)) from error
    connection.adapters.register_dumper(Column, ColumnDumper)
    try:
        register_vector(connection)
    except psycopg.ProgrammingError as error:
        connection.close()
        raise ConfigurationError(NOT_PREPARED) from error
    return connection


def living(connection: Connection, database_url: str, options: str = "") -> Connection:
    """Return a connection that answers: this one, or a new one where it was lost.

    For whoever is not asked for hours: only asking shows that the server was started anew.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with suppress(psycopg.OperationalError, psycopg.InterfaceError):
        connection.execute("select 1")
        return connection
    connection.close()
    return connect(database_url, options)


@contextmanager
def answering() -> Iterator[None]:
    """Call a lost or refused connection by the name the rest of the system knows.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise StoreUnavailableError(
            f"PostgreSQL did not answer ({str(error).strip()}); is it running?"
        ) from error


def share_space(connection: Connection) -> None:
    """Keep the feature space from changing until the current transaction ends."""
    connection.execute("select pg_advisory_xact_lock_shared(%s)", [SPACE_LOCK])


def own_space(connection: Connection) -> None:
    """Keep all other writers of vectors and evidence out until the current transaction ends."""
    connection.execute("select pg_advisory_xact_lock(%s)", [SPACE_LOCK])


def own_listings(connection: Connection) -> None:
    """Keep all other writers of listings out until the current transaction ends."""
    connection.execute("select pg_advisory_xact_lock(%s)", [LISTINGS_LOCK])


def share_users(connection: Connection) -> None:
    """Keep users from being merged until the current transaction ends."""
    connection.execute("select pg_advisory_xact_lock_shared(%s)", [USERS_LOCK])


def own_users(connection: Connection) -> None:
    """Keep all other writers of what users did out until the current transaction ends."""
    connection.execute("select pg_advisory_xact_lock(%s)", [USERS_LOCK])
