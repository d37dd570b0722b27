"""The archive on PostgreSQL: read through cursors, in one snapshot, as columns of numbers.

Owns:    the statements that take an event's body apart.
Imports: numpy, psycopg, pydantic, engines.postgres_*, domain, storage.ports.

Bodies are taken apart by the server: millions of events never become objects here. The snapshot
holds nobody up, but keeps the server from cleaning up behind it as long as it is open.
"""

# ruff: noqa: S608 (statements are put together from our own words; every value is bound)

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import numpy as np
from pydantic import ValidationError

from carousel.domain.filters import Filters
from carousel.storage.engines.postgres_connection import Connection, answering, connect
from carousel.storage.engines.postgres_rows import LISTING_COLUMNS, listing_from_row
from carousel.storage.ports.archive import ArchivedEvents, ArchivedImpressions, Ints, Known

AT_ONCE = 50_000  # rows held as Python objects, 20 MB

_AT = "extract(epoch from at)::float8"

_FILTERS = "body::json->>'filters'"

# Two texts of 64-bit hashes: among a million different ones two meet once in 30 million archives.
_SEARCHES = f"""
select hashtextextended(filters, 0), min(filters)
from (select {_FILTERS} as filters from event where type = 'search') as asked
group by hashtextextended(filters, 0)
"""

_EVENTS = f"""
select seq, {_AT}, user_id, array_position(%(types)s::text[], type) - 1, coalesce(listing_id, -1),
  case when type in ('dismiss', 'undismiss')
    then coalesce(array_position(%(reasons)s::text[], body::json->>'reason') - 1, -1)
    else -1 end,
  case when type = 'search' then hashtextextended({_FILTERS}, 0) else 0 end
from event where type = any(%(types)s) and at <= to_timestamp(%(until)s)
"""

_IMPRESSIONS = f"""
select seq, {_AT}, user_id, listing_id, (said.slate is not null)::int,
  coalesce(hashtextextended(said.slate, 0), 0), said.position,
  coalesce(said.propensity, 'NaN'::float8), coalesce(said.random, false)::int,
  coalesce(said.eligible, -1), coalesce(array_position(%(arms)s::text[], said.arm) - 1, -1)
from event cross join lateral json_to_record(body::json) as said (
  slate text, position int, propensity float8, random boolean, eligible bigint, arm text
)
where type = 'impression' and at <= to_timestamp(%(until)s)
"""

_ARMS = """
select distinct body::json->>'arm' from event
where type = 'impression' and at <= to_timestamp(%(until)s) and body::json->>'arm' is not null
order by 1
"""


class PostgresArchive:
    """Implements ``storage.ports.Archive``; one connection in one transaction, for one thread.

    Every method raises StoreUnavailableError when the server does not answer.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._cursors = count(1)

    def count(self) -> int:
        """Return how many events there are, impressions among them."""
        with answering():
            (row,) = self._connection.execute("select count(*) from event")
        return int(row[0])

    def listings(self) -> Iterator[list[Known]]:
        """Yield every listing, in batches."""
        statement = f"select extract(epoch from updated_at)::float8, {LISTING_COLUMNS} from listing"
        for rows in self._batches(statement):
            yield [Known(listing_from_row(row[1:]), row[0]) for row in rows]

    def searches(self) -> Iterator[tuple[int, Filters]]:
        """Yield the filters of all searches; see the port."""
        for rows in self._batches(_SEARCHES):
            for number, text in rows:
                try:
                    yield number, Filters.model_validate_json(text)
                except ValidationError:
                    continue

    def events(
        self, types: Sequence[str], reasons: Sequence[str], until: float
    ) -> Iterator[ArchivedEvents]:
        """Yield the events of these types up to a moment, in batches; no impressions."""
        asked = {"types": list(types), "reasons": list(reasons), "until": until}
        for rows in self._batches(_EVENTS, asked):
            seq, at, user, type_, listing, reason, search = zip(*rows, strict=True)
            yield ArchivedEvents(
                seq=_ints(seq),
                at=np.array(at, dtype=np.float64),
                user=_ints(user),
                type=_ints(type_),
                listing=_ints(listing),
                reason=_ints(reason),
                search=_ints(search),
            )

    def impressions(self, until: float, arms: Sequence[str] = ()) -> Iterator[ArchivedImpressions]:
        """Yield the impressions up to a moment, in batches; ``arms`` of experiments by name."""
        for rows in self._batches(_IMPRESSIONS, {"until": until, "arms": list(arms)}):
            seq, at, user, listing, named, slate, position, chance, *rest = zip(*rows, strict=True)
            random, eligible, arm = rest
            yield ArchivedImpressions(
                seq=_ints(seq),
                at=np.array(at, dtype=np.float64),
                user=_ints(user),
                listing=_ints(listing),
                named=_ints(named),
                slate=_ints(slate),
                position=_ints(position),
                propensity=np.array(chance, dtype=np.float64),
                random=_ints(random),
                eligible=_ints(eligible),
                arm=_ints(arm),
            )

    def arms(self, until: float) -> list[str]:
        """Return the names of all arms that impressions up to a moment were made for, sorted."""
        with answering():
            return [name for (name,) in self._connection.execute(_ARMS, {"until": until})]

    def _batches(
        self, statement: str, asked: dict[str, Any] | None = None
    ) -> Iterator[list[tuple[Any, ...]]]:
        name = f"archive_{next(self._cursors)}"  # several may be open at once
        with answering(), self._connection.cursor(name=name, binary=True) as cursor:
            cursor.execute(statement.encode(), asked)
            while rows := cursor.fetchmany(AT_ONCE):
                yield rows


def _ints(column: Sequence[int]) -> Ints:
    return np.array(column, dtype=np.int64)


@contextmanager
def opened(database_url: str) -> Iterator[PostgresArchive]:
    """Open the archive as it is now; what is written later is not seen.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    connection = connect(
        database_url,
        "-c default_transaction_isolation=repeatable\\ read -c default_transaction_read_only=on",
    )
    try:
        with answering(), connection.transaction():
            yield PostgresArchive(connection)
    finally:
        connection.close()
