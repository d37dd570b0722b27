"""Visitors on PostgreSQL: a row when they come, nothing else until they act.

Owns:    making and deleting visitors; merging them is in postgres_merging.
Imports: psycopg, engines.postgres_*, domain, storage.ports.
"""

from datetime import datetime

from carousel.domain.listing import UserId
from carousel.domain.preference import Params
from carousel.storage.engines import postgres_merging
from carousel.storage.engines.postgres_connection import Connection, answering, connect, living
from carousel.storage.ports import Merged

# A reindex keeps a merge waiting for as long as it takes; a person waits for ten seconds at most.
OPTIONS = "-c lock_timeout=10s"

_SWEEP = """
with swept as (
  delete from visitor where since < %s
  and not exists (select 1 from event where user_id = visitor.id) returning id),
searches as (delete from saved_search where user_id in (select id from swept)),
notices as (delete from notice where user_id in (select id from swept)),
states as (delete from shopper where user_id in (select id from swept)),
fingerprints as (delete from forgotten where user_id in (select id from swept))
select count(*) from swept
"""


class PostgresVisitors:
    """Implements ``storage.ports.Visitors``; one connection, for one thread.

    A connection that was lost between two calls is opened again. Every method raises
    StoreUnavailableError when the server does not answer.
    """

    def __init__(self, database_url: str, params: Params) -> None:
        self._url = database_url
        self._params = params
        self._connection = connect(database_url, OPTIONS)
        self._known = postgres_merging.Known()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def admit(self) -> UserId:
        """Make a visitor; the id belongs to nobody else, neither visitor nor account."""
        with answering():
            (row,) = self._open().execute("insert into visitor default values returning id")
        return int(row[0])

    def merge(self, visitor_id: UserId, account_id: UserId) -> Merged | None:
        """Put everything a visitor did down to an account; see the port."""
        with answering():
            return postgres_merging.merge(
                self._open(),
                postgres_merging.Pair(visitor_id, account_id),
                self._known,
                self._params,
            )

    def sweep(self, before: datetime) -> int:
        """Delete visitors who came before a moment and have no archived event; return how many."""
        with answering():
            (row,) = self._open().execute(_SWEEP, [before])
        return int(row[0])

    def _open(self) -> Connection:
        self._connection = living(self._connection, self._url, OPTIONS)
        return self._connection
