"""Shoppers as the monitor looks at them: the state that is kept, and the past it was made from.

Owns:    whose state to look at, reading states, archived events and their cars, of one moment.
Imports: psycopg, engines.postgres_*, domain, storage.ports.
"""

# ruff: noqa: S608 (statements are put together from our own words; every value is bound)

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from carousel.domain.features import FeatureSpace
from carousel.domain.listing import ListingId, UserId
from carousel.storage.engines.postgres_columns import bigints
from carousel.storage.engines.postgres_looking import PostgresLook, looked_at
from carousel.storage.engines.postgres_rows import (
    LISTING_COLUMNS,
    direction_from,
    event_from,
    facts_from,
    listing_from_row,
    possible,
)
from carousel.storage.engines.postgres_space import Spaces
from carousel.storage.ports.watching import Car, Kept, Past, Told

_RECENT = """
select distinct user_id from (select max(shard) as highest from event where type <> 'impression')
  as known cross join lateral generate_series(0, highest) as s (shard)
cross join lateral (select user_id from event where event.shard = s.shard and type <> 'impression'
                    order by seq desc limit %b) as latest
"""

_KEPT = """
select user_id, evidence, mass, as_of, trail from shopper s where user_id = any(%b::bigint[])
and not exists (select from account a where a.id = s.user_id and a.role = 'synthetic')
"""

_MARKS = """
select user_id, xmin::text || ' ' || version from shopper where user_id = any(%b::bigint[])
"""

_PASTS = """
select who.user_id, told.at, told.body, told.position
from unnest(%b::bigint[]) as who (user_id) cross join lateral (
  select at, body, position, seq from event where event.user_id = who.user_id
  and type <> 'impression' order by seq limit %b) as told
order by who.user_id, told.seq
"""

_REORDERED = """
select distinct user_id from forgotten where user_id = any(%b::bigint[])
union select distinct account_id from visitor where account_id = any(%b::bigint[])
"""

_CARS = f"""
select direction, facts, case when revision > 1 then updated_at end, {LISTING_COLUMNS}
from listing left join listing_vector on listing_id = id where id = any(%b::bigint[])
"""


class PostgresWatchingShoppers(PostgresLook):
    """Implements ``storage.ports.watching.WatchingShoppers``; for one thread."""

    def recent(self, each: int) -> set[UserId]:
        """Return the shoppers of the latest archived acts, so many acts of each shard."""
        return {row[0] for row in self._rows(_RECENT, [each])}

    def some(self, after: UserId, limit: int) -> list[UserId]:
        """Return shoppers with a state by ascending id from ``after`` on."""
        rows = self._rows(
            "select user_id from shopper where user_id > %b order by user_id limit %b",
            [after, limit],
        )
        return [row[0] for row in rows]

    def marks(self, user_ids: Iterable[UserId]) -> Mapping[UserId, str]:
        """Return of those shoppers who have a state what changes whenever it is written."""
        return dict(self._rows(_MARKS, [bigints(possible(user_ids))]))

    def space(self) -> FeatureSpace | None:
        """Return the active feature space, None before the first was fitted."""
        return Spaces().active(self._connection)

    def space_since(self) -> datetime | None:
        """Return when the active feature space was fitted."""
        since: datetime | None = self._value(
            "select created_at from feature_space join active_space using (version)"
        )
        return since

    def kept(self, user_ids: Iterable[UserId]) -> Mapping[UserId, Kept]:
        """Return the states of shoppers, synthetic ones left out."""
        rows = self._rows(_KEPT, [bigints(possible(user_ids))])
        return {row[0]: Kept(*row) for row in rows}

    def pasts(self, user_ids: Collection[UserId], most: int) -> Mapping[UserId, Past]:
        """Return what the archive says of shoppers, at most so many acts of each."""
        asked = bigints(possible(user_ids))
        events: defaultdict[UserId, list[Told]] = defaultdict(list)
        for user_id, at, body, position in self._rows(_PASTS, [asked, most]):
            event = event_from(body)
            if event is not None:
                events[user_id].append(Told(at, event, position))
        reordered = {row[0] for row in self._rows(_REORDERED, [asked, asked])}
        return {one: Past(events.get(one, ()), one in reordered) for one in user_ids}

    def cars(self, ids: Iterable[ListingId]) -> Mapping[ListingId, Car]:
        """Return listings of any status."""
        found: dict[ListingId, Car] = {}
        for direction, facts, touched, *row in self._rows(_CARS, [bigints(possible(ids))]):
            listing = listing_from_row(row)
            found[listing.id] = Car(
                listing,
                None if direction is None else direction_from(direction),
                None if facts is None else facts_from(facts),
                touched,
            )
        return found


@contextmanager
def open_watching_shoppers(database_url: str, seconds: float) -> Iterator[PostgresWatchingShoppers]:
    """Look at the shoppers of a migrated database; for one thread.

    Args:
        database_url: of it.
        seconds: longest a question may take.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with looked_at(database_url, seconds) as connection:
        yield PostgresWatchingShoppers(connection)
