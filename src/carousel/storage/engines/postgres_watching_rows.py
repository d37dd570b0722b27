"""Rows that should be there, or should not, as the monitor looks at them.

Owns:    listings by status, what can be found and is not for sale, what lacks a vector, rows about
         what does not exist.
Imports: psycopg, engines.postgres_*, domain, storage.ports.

Counts are of whole tables: each statement reads what it compares once.
"""

# ruff: noqa: S608 (statements are put together from our own words; every value is bound)

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from carousel.domain.listing import ListingId, UserId
from carousel.storage.engines.postgres_columns import bigints
from carousel.storage.engines.postgres_looking import PostgresLook, looked_at
from carousel.storage.engines.postgres_rows import possible
from carousel.storage.ports import HALF_LIVES

_SOME = 5
"""How many ids of what is wrong are told."""

ABOUT_LISTINGS = (
    *("inventory", "listing_vector", "popularity", "audience", "appraisal", "price_change"),
    *("reaction", "listing_latent", "notice"),
)
ABOUT_USERS = ("shopper", "reaction", "saved_search", "notice", "forgotten", "shopper_latent")
"""Tables with a column ``listing_id``, and with a column ``user_id``."""

_NO_LISTING = """
select count(*), (array_agg(distinct o.listing_id))[:{some}] from {table} o
where not exists (select from listing l where l.id = o.listing_id)
"""

_NO_USER = """
select count(*), (array_agg(distinct o.user_id))[:{some}] from {table} o
where not exists (select from account a where a.id = o.user_id)
and not exists (select from visitor v where v.id = o.user_id)
"""

_WITHOUT_VECTOR = """
select l.id from listing l where l.status = 'active' and (
  not exists (select from listing_vector v where v.listing_id = l.id)
  or exists (select from inventory i where i.listing_id = l.id and i.embedding is null))
"""

_FINDABLE_UNSOLD = """
select i.listing_id as id from inventory i join listing l on l.id = i.listing_id
where l.status <> 'active'
"""

_MISSING = """
select l.id from listing l where l.status = 'active'
and not exists (select from inventory i where i.listing_id = l.id)
"""

# What is too small for a float is an error to PostgreSQL, so nothing ages by more
# than 60 half-lives.
_SHOWN_LATELY = """
select count(*) from audience a join listing l on l.id = a.listing_id
where l.status = 'active' and a.impressions * 2 ^ -least(60, greatest(0,
  extract(epoch from now())::float8 - a.as_of) / %(half_life)s) >= %(least)s
"""


class PostgresWatchingRows(PostgresLook):
    """Implements ``storage.ports.watching.WatchingRows``; for one thread."""

    def statuses(self) -> Mapping[str, int]:
        """Return how many listings there are of each status."""
        return dict(self._rows("select status, count(*) from listing group by status"))

    def without_vector(self) -> tuple[int, Sequence[ListingId]]:
        """Return how many active listings have no vector, and a few of them."""
        return self._counted(_WITHOUT_VECTOR)

    def shown_lately(self, least: float) -> int:
        """Return how many active listings have had at least so many impressions, decayed."""
        half_life = HALF_LIVES.half_life.total_seconds()
        return int(self._value(_SHOWN_LATELY, {"half_life": half_life, "least": least}))

    def findable_unsold(self) -> tuple[int, Sequence[ListingId]]:
        """Return how many inventory rows are of listings that are not active, and a few of them."""
        return self._counted(_FINDABLE_UNSOLD)

    def missing_in_inventory(self) -> tuple[int, Sequence[ListingId]]:
        """Return how many active listings the inventory lacks, and a few of them."""
        return self._counted(_MISSING)

    def revisions(self, ids: Iterable[ListingId]) -> Mapping[ListingId, tuple[int, bool]]:
        """Return revision of those listings that there are, and whether each is active."""
        rows = self._rows(
            "select id, revision, status = 'active' from listing where id = any(%b::bigint[])",
            [bigints(possible(ids))],
        )
        return {listing_id: (revision, active) for listing_id, revision, active in rows}

    def versions(self, user_ids: Iterable[UserId]) -> Mapping[UserId, int]:
        """Return the state version of those shoppers who have a state."""
        return dict(
            self._rows(
                "select user_id, version from shopper where user_id = any(%b::bigint[])",
                [bigints(possible(user_ids))],
            )
        )

    def newest(self) -> ListingId:
        """Return the largest id in the inventory, 0 without any."""
        return int(self._value("select coalesce(max(listing_id), 0) from inventory"))

    def orphans(self) -> Mapping[str, tuple[int, Sequence[int]]]:
        """Return, by table and column, how many rows are about nothing there is, and a few ids."""
        asked = [
            *((f"{table}.listing_id", _NO_LISTING, table) for table in ABOUT_LISTINGS),
            *((f"{table}.user_id", _NO_USER, table) for table in ABOUT_USERS),
        ]
        found: dict[str, tuple[int, Sequence[int]]] = {}
        for name, statement, table in asked:
            ((count, ids),) = self._rows(statement.format(table=table, some=_SOME))
            found[name] = (count, ids or [])
        return found

    def _counted(self, statement: str) -> tuple[int, Sequence[ListingId]]:
        ((count, ids),) = self._rows(
            f"select count(*), (array_agg(id order by id))[:{_SOME}] from ({statement}) as found"
        )
        return count, ids or []


@contextmanager
def open_watching_rows(database_url: str, seconds: float) -> Iterator[PostgresWatchingRows]:
    """Look at the rows of a migrated database; for one thread.

    Args:
        database_url: of it.
        seconds: longest a question may take.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with looked_at(database_url, seconds) as connection:
        yield PostgresWatchingRows(connection)
