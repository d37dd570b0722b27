"""One look at the database by the monitor: a short transaction that reads, of one moment.

Owns:    the session that can do no harm, what a look is.
Imports: psycopg, engines.postgres_connection, domain.errors.

A re-index exchanges tables, and a transaction whose view is older would find the new ones empty. So
both are locked, as every reader locks them, before the view is taken: PostgreSQL takes it with the
first question after the lock.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg

from carousel.domain.errors import StoreUnavailableError
from carousel.storage.engines.postgres_connection import Connection, answering, connect

Values: TypeAlias = Sequence[object] | Mapping[str, object]

OPTIONS = (
    "-c application_name=carousel-monitor -c default_transaction_read_only=on "
    "-c default_transaction_isolation=repeatable\\ read -c synchronous_commit=off "
    "-c statement_timeout={milliseconds} -c lock_timeout={milliseconds} "
    "-c idle_in_transaction_session_timeout=60s"
)


class PostgresLook:
    """One look at the database; what all of the monitor's questions share.

    A connection in a transaction that reads and whose view was taken; for one thread.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _rows(self, statement: str, values: Values = ()) -> list[tuple[Any, ...]]:
        with looking():
            return self._connection.execute(
                statement.encode(), values or None, binary=True
            ).fetchall()

    def _value(self, statement: str, values: Values = ()) -> Any:  # noqa: ANN401 (psycopg's own)
        rows = self._rows(statement, values)
        return rows[0][0] if rows else None


@contextmanager
def looking() -> Iterator[None]:
    """Call a server that is away, or too slow, by the name the rest of the system knows."""
    try:
        with answering():
            yield
    except psycopg.Error as error:
        raise StoreUnavailableError(f"PostgreSQL could not say ({str(error).strip()}).") from error


@contextmanager
def looked_at(database_url: str, seconds: float) -> Iterator[Connection]:
    """Open a look at the database.

    Args:
        database_url: of a migrated database.
        seconds: longest a question may take.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    connection = connect(database_url, OPTIONS.format(milliseconds=round(1e3 * seconds)))
    try:
        with looking(), connection.transaction():
            connection.execute("lock table inventory, listing_vector in access share mode")
            yield connection
    finally:
        connection.close()
