"""Notices as their reader asks for them, on PostgreSQL.

Owns:    which notices still stand, the statements that read them and mark them as seen.
Imports: engines.postgres_*, domain, storage.ports.
"""

# ruff: noqa: S608 (statements are put together from our own words; every value is bound)

from carousel.domain.listing import UserId
from carousel.domain.noticing import Kind
from carousel.storage.engines.postgres_pool import Pool, rows_of
from carousel.storage.engines.postgres_rows import (
    listing_columns,
    listing_from_row,
    possible_or_none,
)
from carousel.storage.ports.notices import Latest, Told

_REACTED = """
exists (select from reaction r where r.user_id = n.user_id and r.kind = '{kind}'
and r.listing_id = n.listing_id and r.holds)
"""

STANDS = (
    f"not {_REACTED.format(kind='dismissed')} and (n.kind not in ('price_drop', 'sold') "
    f"or {_REACTED.format(kind='favourite')})"
)
"""Whether the notice ``n`` still means anything to its reader."""

_LATEST = f"""
select (select count(*) from notice n where n.user_id = $1 and not n.seen and {STANDS}) as unseen,
  (select coalesce(max(seq), 0) from notice where user_id = $1) as until, told.*
from (values (1)) as one left join lateral (
  select n.kind, n.at as told_at, n.seen, n.before, n.after, s.id as search, s.name as search_name,
    {listing_columns("l")}
  from notice n join listing l on l.id = n.listing_id
  left join saved_search s on s.id = n.search_id and s.user_id = n.user_id
  where n.user_id = $1 and {STANDS}
  order by n.at desc, n.kind, n.listing_id limit $2) as told on true
"""

# What somebody writes at this moment is left alone: waiting for it could be waiting in a ring, and
# it will say something else in a moment.
_SAW = """
with mine as (
  select kind, listing_id from notice
  where user_id = $1 and not seen and ($2::bigint is null or seq <= $2) for update skip locked)
update notice n set seen = true from mine
where n.user_id = $1 and n.kind = mine.kind and n.listing_id = mine.listing_id
"""


class PostgresNotices:
    """Implements ``storage.ports.Notices`` through a pool of connections.

    Every method raises StoreUnavailableError when the server does not answer.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()

    async def latest(self, user_id: UserId, limit: int) -> Latest:
        """Return a shopper's latest notices, and what is true of all; see the port."""
        rows = await rows_of(self._pool, _LATEST, possible_or_none(user_id), limit)
        told = [
            Told(
                kind=Kind(kind),
                at=at,
                seen=seen,
                listing=listing_from_row(listing),
                before=before,
                after=after,
                search=None if search is None else (search, name),
            )
            for _, _, kind, at, seen, before, after, search, name, *listing in rows
            if kind is not None
        ]
        return Latest(told, unseen=rows[0][0], until=rows[0][1])

    async def saw(self, user_id: UserId, until: int | None) -> None:
        """Note that a shopper has seen their notices, all or up to a place."""
        await rows_of(self._pool, _SAW, possible_or_none(user_id), until)
