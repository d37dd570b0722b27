"""What is kept of a shopper, told to the shopper: saved searches, what they did, all there is.

Owns:    the table ``saved_search``; reading one shopper's part of every other table.
Imports: engines.postgres_*, domain, storage.ports.
"""

# ruff: noqa: S608 (statements are put together from our own words; every value is bound)

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from carousel.domain.events import Search
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.domain.trail import MOST_SEARCHES as MOST_STEPS
from carousel.domain.trail import from_bytes
from carousel.domain.trail_in_words import in_words
from carousel.storage.engines.postgres_pool import Pool, rows_in_turn, rows_of
from carousel.storage.engines.postgres_rows import (
    LISTING_NAMES,
    direction_from,
    event_from,
    listing_columns,
    listing_from_row,
    possible,
    possible_or_none,
)
from carousel.storage.ports.own import MOST_SEARCHES, Doings, Done, SavedSearch

AT_ONCE = 2_000  # rows held in memory

_SEARCHES = """
select id, name, filters, created_at, seen_at from saved_search
where user_id = $1 order by created_at desc, id desc
"""

# A visitor who was merged a moment ago saves for the account.
_SAVE = f"""
with owner as (
  select coalesce((select account_id from visitor where id = $1), $1::bigint) as id)
insert into saved_search (user_id, name, filters)
select owner.id, $2, $3 from owner
where (select count(*) from saved_search where user_id = owner.id) < {MOST_SEARCHES}
returning id, name, filters, created_at, seen_at
"""

# What a search has found is told no more once it is gone.
_DROP = """
with dropped as (delete from saved_search where user_id = $1 and id = $2 returning id),
told as (delete from notice where user_id = $1 and kind = 'search'
         and search_id in (select id from dropped))
select id from dropped
"""

_VIEWED = f"""
select seen.at, {listing_columns("l")} from (
  select listing_id, max(at) as at from event where user_id = $1 and type = 'view'
  group by listing_id order by max(at) desc, listing_id limit $2) as seen
join listing l on l.id = seen.listing_id order by seen.at desc, l.id
"""

_DONE = f"""
select e.seq, e.id, e.at, e.body, {listing_columns("l")} from event e
left join listing l on l.id = e.listing_id
where e.user_id = $1 and e.type <> 'impression'
  and ($3::timestamptz is null or (e.at, e.seq) < ($3, $4::bigint))
order by e.at desc, e.seq desc limit $2
"""

_ARCHIVE = """
select seq, id, at, body from event where user_id = $1 and seq > $2 order by seq limit $3
"""

_KEPT: Mapping[str, str] = {
    "reactions": "select kind, listing_id, holds, at from reaction where user_id = $1 "
    "order by at desc, listing_id, kind",
    "saved_searches": "select id, name, filters, created_at, seen_at from saved_search "
    "where user_id = $1 order by id",
    "notices": "select * from notice where user_id = $1 order by at desc, listing_id, kind",
    "arrivals": "select id as visitor, since from visitor where $1 in (id, account_id) "
    "order by since, id",
    "trail": "select trail from shopper where user_id = $1",
    "learned": "select version, mass, as_of, evidence from shopper where user_id = $1",
    "tastes": "select version, mass, as_of, evidence from shopper_latent "
    "where user_id = $1 and evidence <> '' order by version",
    "forgotten": "select encode(fingerprint, 'hex') as fingerprint, at from forgotten "
    "where user_id = $1 order by 1",
}


class PostgresOwn:
    """Implements ``storage.ports.own.Own``; share one between all requests of a process.

    Every method raises StoreUnavailableError when the server does not answer.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()

    async def _rows(self, query: str, *arguments: object) -> list[Any]:
        return await rows_of(self._pool, query, *arguments)

    async def searches(self, user_id: UserId) -> list[SavedSearch]:
        """Return the saved searches, the latest first."""
        return _readable(await self._rows(_SEARCHES, possible_or_none(user_id)))

    async def save_search(self, user_id: UserId, name: str, filters: Filters) -> SavedSearch | None:
        """Keep a search; None when there are as many as there may be."""
        text = filters.model_dump_json(exclude_defaults=True, by_alias=True)
        # One after the other: two that count at once would both find room for the last.
        turn = f"saved searches of {user_id}"
        saved = _readable(await rows_in_turn(self._pool, turn, _SAVE, user_id, name, text))
        return saved[0] if saved else None

    async def drop_search(self, user_id: UserId, search_id: int) -> bool:
        """Delete a saved search; return whether the shopper had it."""
        return bool(await self._rows(_DROP, user_id, possible_or_none(search_id)))

    async def look_at_search(self, user_id: UserId, search_id: int) -> bool:
        """Note that the shopper has seen what a search finds now; return whether they have it."""
        rows = await self._rows(
            "update saved_search set seen_at = now() where user_id = $1 and id = $2 returning id",
            user_id,
            possible_or_none(search_id),
        )
        return bool(rows)

    async def viewed(self, user_id: UserId, limit: int) -> list[tuple[Listing, datetime]]:
        """Return the cars opened last, of any status, each once with the latest moment."""
        rows = await self._rows(_VIEWED, possible_or_none(user_id), limit)
        return [(listing_from_row(row[1:]), row[0]) for row in rows]

    async def done(
        self, user_id: UserId, limit: int, before: tuple[datetime, int] | None
    ) -> list[Done]:
        """Return events, the latest first; those this program cannot read are left out."""
        found: list[Done] = []
        while len(found) < limit:
            wanted = limit - len(found)
            rows = await self._rows(
                _DONE, possible_or_none(user_id), wanted, *(before or (None, None))
            )
            found += [one for row in rows if (one := _done(row)) is not None]
            if len(rows) < wanted:
                break
            before = rows[-1][2], rows[-1][0]
        return found

    async def doings(self, user_id: UserId) -> Doings:
        """Return how much there is."""
        rows = await self._rows(
            "select count(*), min(at) from event where user_id = $1 and type <> 'impression'",
            possible_or_none(user_id),
        )
        return Doings(rows[0][0], rows[0][1])

    async def makes(self, user_id: UserId, ids: Collection[ListingId]) -> set[str]:
        """Return the makes of some listings and those of the shopper's latest searches."""
        rows = await self._rows(
            "select distinct make from listing where id = any($1::bigint[])", possible(ids)
        )
        found = {row[0] for row in rows}
        for row in await self._rows(
            "select body from event where user_id = $1 and type = 'search' "
            f"order by at desc, seq desc limit {MOST_STEPS}",
            possible_or_none(user_id),
        ):
            event = event_from(row[0])
            if isinstance(event, Search):
                found.update(event.filters.make)
        return found

    async def archive(self, user_id: UserId) -> AsyncIterator[list[Mapping[str, Any]]]:
        """Yield everything that happened, impressions too, in batches: id, at, event (JSON)."""
        place = 0
        while rows := await self._rows(_ARCHIVE, possible_or_none(user_id), place, AT_ONCE):
            place = rows[-1][0]
            yield [{"id": row[1], "at": row[2], "event": row[3]} for row in rows]

    async def kept(self, user_id: UserId) -> dict[str, list[dict[str, Any]]]:
        """Return all rows about the shopper but the archive, by what they are; see the port."""
        found: dict[str, list[dict[str, Any]]] = {}
        for name, query in _KEPT.items():
            rows = await self._rows(query, possible_or_none(user_id))
            found[name] = [_plain(dict(row)) for row in rows]
        found["trail"] = [step for row in found["trail"] for step in _steps(row["trail"])]
        return found


def _readable(rows: Sequence[Any]) -> list[SavedSearch]:
    """Return saved searches; those that this program cannot read are left out."""
    found: list[SavedSearch] = []
    for number, name, filters, created_at, seen_at in rows:
        try:
            readable = Filters.model_validate_json(filters)
        except ValidationError:
            continue
        found.append(SavedSearch(number, name, readable, created_at, seen_at))
    return found


def _done(row: Any) -> Done | None:  # noqa: ANN401 (a row of the driver)
    place, event_id, at, body, *car = row
    event = event_from(body)
    if event is None:
        return None
    stated = car[LISTING_NAMES.index("id")] is not None
    return Done(place, event_id, at, event, listing_from_row(car) if stated else None)


def _steps(kept: bytes) -> list[dict[str, Any]]:
    """Return the steps of a trail; none of one that this program cannot read."""
    try:
        return in_words(from_bytes(kept))
    except ValueError:
        return []


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without its owner, and with its vector as numbers."""
    row.pop("user_id", None)
    if "evidence" in row:
        row["evidence"] = direction_from(row["evidence"]).tolist()
    return row
