"""Notices as they are written, on PostgreSQL: occasions away and notices in, in one transaction.

Owns:    the statements of whoever writes notices, the lock that makes them one.
Imports: numpy, psycopg, engines.postgres_*, domain, storage.ports.
"""

# ruff: noqa: S608 (statements are put together from our own words; every value is bound)

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from pydantic import ValidationError

from carousel.domain.car_features import DIM
from carousel.domain.features import FeatureSpace, Vector
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.domain.noticing import Drop, Kind
from carousel.domain.preference import NOTHING
from carousel.storage.engines.postgres_connection import (
    Connection,
    answering,
    connect,
    share_space,
    share_users,
)
from carousel.storage.engines.postgres_notices import STANDS
from carousel.storage.engines.postgres_rows import (
    LISTING_COLUMNS,
    NOT_SYNTHETIC,
    direction_from,
    listing_from_row,
    possible,
)
from carousel.storage.engines.postgres_space import Spaces
from carousel.storage.ports.notices import Evident, Notice, Occasion, Saver, Watch

# Whoever writes notices takes this lock, before any other, for the length of a transaction.
NOTICES_LOCK = 0x6361726F_00000005

_TAKE = """
delete from occasion where seq in (select seq from occasion order by seq limit %s)
returning seq, listing_id, kind, at, before, after
"""

_ARRIVED = """
select asked.at, coalesce(sum(a.listings), 0)::bigint
from unnest(%s::timestamptz[]) as asked (at)
left join arrival a on a.at > asked.at - %s::interval and a.at <= asked.at
group by asked.at
"""

_SAVERS = """
select s.user_id, s.listing_id, s.at, n.before, n.after, n.seen
from reaction s left join notice n
  on n.user_id = s.user_id and n.kind = 'price_drop' and n.listing_id = s.listing_id
where s.kind = 'favourite' and s.holds and s.listing_id = any(%s) and not exists (
  select from reaction d where d.user_id = s.user_id and d.kind = 'dismissed'
  and d.listing_id = s.listing_id and d.holds)
order by s.listing_id, s.user_id
"""

_SHOPPERS = f"""
select user_id, evidence, mass, extract(epoch from as_of)::float8
from shopper where mass > %s and {NOT_SYNTHETIC} order by as_of desc, user_id limit %s
"""

# A listing that nobody was shown and nobody opened has no audience: the archive, which is not
# indexed by listing, need not be asked about it.
_ACQUAINTED = """
select user_id, listing_id
from unnest(%(users)s::bigint[], %(listings)s::bigint[]) as pair (user_id, listing_id)
where exists (select from reaction r where r.user_id = pair.user_id
              and r.kind in ('favourite', 'dismissed') and r.listing_id = pair.listing_id)
union
select distinct user_id, listing_id from event
where user_id = any(%(users)s)
  and listing_id in (select listing_id from audience where listing_id = any(%(listings)s))
"""

_WRITTEN = ("user_id", "listing_id", "kind", "at", "before", "after", "score", "search_id")

_WRITE = f"""
insert into notice as kept ({", ".join(_WRITTEN)})
select * from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[], %s::int[],
                     %s::int[], %s::float8[], %s::bigint[])
on conflict (user_id, kind, listing_id) do update set at = excluded.at,
  before = excluded.before, after = excluded.after, seen = false, seq = excluded.seq
where excluded.kind = 'price_drop'
returning kind
"""

_TAKE_BACK_DROPS = """
delete from notice n using unnest(%s::bigint[], %s::bigint[]) as pair (user_id, listing_id)
where n.kind = 'price_drop' and n.user_id = pair.user_id and n.listing_id = pair.listing_id
"""

log = logging.getLogger(__name__)


class PostgresNoticing:
    """Implements ``storage.ports.NoticeStore``; one connection, for one thread.

    A lost connection is opened again by the next call. Every method raises StoreUnavailableError
    when the server does not answer.
    """

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection = connect(database_url)
        self._spaces = Spaces()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def waiting(self) -> bool:
        """Return whether there is any occasion."""
        with answering():
            (row,) = self._open().execute("select exists (select from occasion)")
        return bool(row[0])

    @contextmanager
    def transaction(self) -> Iterator["PostgresNoticeBatch"]:
        """Open a batch; leaving the block commits, an exception rolls back."""
        with answering():
            connection = self._open()
            with connection.transaction():
                connection.execute("select pg_advisory_xact_lock(%s)", [NOTICES_LOCK])
                share_space(connection)
                share_users(connection)
                yield PostgresNoticeBatch(connection, self._spaces)

    def forget(self, before: datetime) -> int:
        """Delete notices and counts of arrivals from before a moment; return how many notices."""
        with answering():
            connection = self._open()
            connection.execute("delete from arrival where at < %s", [before])
            return connection.execute("delete from notice where at < %s", [before]).rowcount

    def _open(self) -> Connection:
        if self._connection.closed:
            self._connection = connect(self._url)
        return self._connection


class PostgresNoticeBatch:
    """Implements ``storage.ports.NoticeTransaction``."""

    def __init__(self, connection: Connection, spaces: Spaces) -> None:
        self._connection = connection
        self._spaces = spaces

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement.encode(), values).fetchall()

    def occasions(self, limit: int) -> list[Occasion]:
        """Take the oldest occasions away and return them, in the order in which they happened."""
        return [Occasion(*row) for _, *row in sorted(self._rows(_TAKE, limit))]

    def arrived(self, moments: Collection[datetime], window: timedelta) -> Mapping[datetime, int]:
        """Return for each moment how many listings had arrived in the time just before it."""
        return dict(self._rows(_ARRIVED, list(moments), window))

    def for_sale(self) -> int:
        """Return how many listings are active, as the server last estimated it."""
        (row,) = self._rows(
            "select greatest(reltuples, 0)::bigint from pg_class where oid = 'inventory'::regclass"
        )
        return int(row[0])

    def listings(self, ids: Iterable[ListingId]) -> dict[ListingId, Listing]:
        """Return listings of any status, as they are now."""
        rows = self._rows(
            f"select {LISTING_COLUMNS} from listing where id = any(%s)", possible(ids)
        )
        return {row[0]: listing_from_row(row) for row in rows}

    def savers(self, ids: Iterable[ListingId]) -> list[Saver]:
        """Return who saved these listings and did not dismiss them since."""
        return [
            Saver(user_id, listing_id, at, None if seen is None else Drop(before, after, seen))
            for user_id, listing_id, at, before, after, seen in self._rows(_SAVERS, possible(ids))
        ]

    def space(self) -> FeatureSpace | None:
        """Return the active feature space, None before the first was fitted."""
        return self._spaces.active(self._connection)

    def vectors(self, ids: Iterable[ListingId]) -> dict[ListingId, Vector]:
        """Return the vectors, each of shape (dim,), of those listings that have one."""
        rows = self._rows(
            "select listing_id, direction from listing_vector where listing_id = any(%s)",
            possible(ids),
        )
        return {listing_id: direction_from(kept) for listing_id, kept in rows}

    def shoppers(self, limit: int) -> Evident:
        """Return the shoppers last heard of who have any evidence."""
        rows = self._connection.execute(_SHOPPERS, [NOTHING, limit], binary=True).fetchall()
        ids, kept, masses, as_of = zip(*rows, strict=True) if rows else ((), (), (), ())
        return Evident(
            ids,
            direction_from(b"".join(kept)).reshape(len(rows), DIM),
            np.array(masses, dtype=np.float64),
            np.array(as_of, dtype=np.float64),
        )

    def searches(self) -> set[int]:
        """Return the numbers of all saved searches."""
        return {row[0] for row in self._rows("select id from saved_search")}

    def filters(self, searches: Iterable[int]) -> dict[int, Filters]:
        """Return the filters of saved searches; those that cannot be read are left out."""
        found: dict[int, Filters] = {}
        for search, text in self._rows(
            "select id, filters from saved_search where id = any(%s) order by id", list(searches)
        ):
            try:
                found[search] = Filters.model_validate_json(text)
            except ValidationError:
                log.warning("the filters of the saved search %d cannot be read", search)
        return found

    def watches(self, searches: Iterable[int]) -> list[Watch]:
        """Return saved searches, the oldest first."""
        rows = self._rows(
            "select id, user_id, created_at from saved_search "
            f"where id = any(%s) and {NOT_SYNTHETIC} order by id",
            list(searches),
        )
        return [Watch(*row) for row in rows]

    def acquainted(
        self, pairs: Collection[tuple[UserId, ListingId]]
    ) -> set[tuple[UserId, ListingId]]:
        """Return those pairs of which the shopper has seen or dismissed the listing."""
        users, listings = zip(*pairs, strict=True) if pairs else ((), ())
        named = {"users": list(users), "listings": list(listings)}
        rows = self._connection.execute(_ACQUAINTED, named).fetchall()
        return {(user, listing) for user, listing in rows} & set(pairs)

    def told(self, kind: Kind, since: datetime) -> dict[UserId, int]:
        """Return how many notices of a kind shoppers have got since a moment."""
        return dict(
            self._rows(
                "select user_id, count(*) from notice where at > %s and kind = %s group by user_id",
                since,
                kind.value,
            )
        )

    def write(self, notices: Sequence[Notice]) -> list[Kind]:
        """Write notices, unseen; a price drop replaces the one before, another kind stays.

        Returns the kind of each that was written.
        """
        if not notices:
            return []
        columns = [[getattr(one, name) for one in notices] for name in _WRITTEN]
        rows = self._connection.execute(_WRITE, columns).fetchall()
        return [Kind(row[0]) for row in rows]

    def take_back(self, kinds: Collection[Kind], ids: Collection[ListingId]) -> None:
        """Delete the notices of these kinds about these listings, whoever has them."""
        if ids:
            self._connection.execute(
                "delete from notice where kind = any(%s) and listing_id = any(%s)",
                [[kind.value for kind in kinds], list(ids)],
            )

    def take_back_drops(self, pairs: Collection[tuple[UserId, ListingId]]) -> None:
        """Delete price drops that are none any more."""
        if pairs:
            users, listings = zip(*pairs, strict=True)
            self._connection.execute(_TAKE_BACK_DROPS, [list(users), list(listings)])

    def unseen(self, users: Iterable[UserId]) -> dict[UserId, int]:
        """Return how many notices each of the users has not seen."""
        return dict(
            self._rows(
                "select n.user_id, count(*) from notice n "
                f"where n.user_id = any(%s) and not n.seen and {STANDS} group by n.user_id",
                list(users),
            )
        )
