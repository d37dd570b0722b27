"""Vectors as the monitor looks at them: as bytes, for they may be no vectors at all.

Owns:    reading listings with their vectors, and every kind of vector, in bounded lots.
Imports: psycopg, engines.postgres_*, domain, storage.ports.

What was written since a look is told by the transaction that wrote the row. PostgreSQL keeps half
of its number, which is compared by its distance from the present.
"""

# ruff: noqa: S608 (statements are put together from our own words; every value is bound)

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from carousel.domain.features import FeatureSpace
from carousel.domain.listing import ListingId
from carousel.storage.engines.postgres_columns import bigints
from carousel.storage.engines.postgres_looking import PostgresLook, looked_at
from carousel.storage.engines.postgres_rows import (
    listing_columns,
    listing_from_row,
    possible,
)
from carousel.storage.engines.postgres_space import Spaces
from carousel.storage.ports.watching import Lot, Vectored

SLACK = 1_000
"""Transactions that may begin while the present is told; what they wrote is read twice."""

_VECTORED = f"""
select {listing_columns("l")}, v.direction, vector_send(i.embedding)
from listing_vector v join listing l on l.id = v.listing_id
left join inventory i on i.listing_id = v.listing_id
"""

_FROM = f"{_VECTORED} where v.listing_id > %b order by v.listing_id limit %b"

_THESE = f"{_VECTORED} where v.listing_id = any(%b::bigint[])"

_WRITTEN = """
with since as (
  select pg_snapshot_xmax(pg_current_snapshot())::text::bigint - %(mark)s::bigint + %(slack)s
  as ago)
select listing_id from listing_vector, since where age(listing_vector.xmin) <= ago
union select listing_id from inventory, since where age(inventory.xmin) <= ago
limit %(limit)s
"""

_NOW = "select pg_snapshot_xmin(pg_current_snapshot())::text"

_SERVING = "(select version from latent_space where serves)"

_KINDS: Mapping[str, str] = {
    "listing": "select listing_id, array[direction], 0::float8 from listing_vector "
    "where listing_id > %b order by listing_id limit %b",
    "inventory": "select listing_id, array[vector_send(embedding)], 0::float8 from inventory "
    "where listing_id > %b and embedding is not null order by listing_id limit %b",
    "shopper": "select user_id, array[evidence], mass from shopper "
    "where user_id > %b order by user_id limit %b",
    "listing_latent": "select listing_id, array[foretold, direction, vector_send(factors)], mass "
    f"from listing_latent where version = {_SERVING} and listing_id > %b "
    "order by listing_id limit %b",
    "shopper_latent": "select user_id, array[nullif(evidence, ''), taste], mass "
    f"from shopper_latent where version = {_SERVING} and user_id > %b "
    "order by user_id limit %b",
}

_STRANGE = "select count(*) from {} where version not in (select version from latent_space)"


class PostgresWatchingVectors(PostgresLook):
    """Implements ``storage.ports.watching.WatchingVectors``; for one thread."""

    def space(self) -> FeatureSpace | None:
        """Return the active feature space, None before the first was fitted."""
        return Spaces().active(self._connection)

    def strange_latents(self) -> Mapping[str, int]:
        """Return, by table, how many latent states are of a version that is not kept."""
        tables = ("listing_latent", "shopper_latent")
        return {table: int(self._value(_STRANGE.format(table))) for table in tables}

    def vectored(self, after: ListingId, limit: int) -> Sequence[Vectored]:
        """Return listings with their vectors, by ascending id from ``after`` on."""
        return [_vectored(row) for row in self._rows(_FROM, [after, limit])]

    def vectored_among(self, ids: Iterable[ListingId]) -> Sequence[Vectored]:
        """Return those of the listings that have vectors."""
        return [_vectored(row) for row in self._rows(_THESE, [bigints(possible(ids))])]

    def written_since(self, mark: str, limit: int) -> tuple[str, set[ListingId]]:
        """Return the next mark, and the listings whose vectors were written since a mark."""
        now = str(self._value(_NOW))
        if not mark:
            return now, set()
        asked = {"mark": int(mark), "slack": SLACK, "limit": limit}
        return now, {row[0] for row in self._rows(_WRITTEN, asked)}

    def lot(self, of: str, after: int, limit: int) -> Lot:
        """Return rows of a kind of vector by ascending id from ``after`` on."""
        rows = self._rows(_KINDS[of], [after, limit])
        return Lot(
            [row[0] for row in rows],
            [[row[1][place] for row in rows] for place in range(len(rows[0][1]) if rows else 0)],
            [row[2] for row in rows],
        )


def _vectored(row: Sequence[Any]) -> Vectored:
    *listing, direction, embedding = row
    return Vectored(listing_from_row(listing), direction, embedding)


@contextmanager
def open_watching_vectors(database_url: str, seconds: float) -> Iterator[PostgresWatchingVectors]:
    """Look at the vectors of a migrated database; for one thread.

    Args:
        database_url: of it.
        seconds: longest a question may take.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with looked_at(database_url, seconds) as connection:
        yield PostgresWatchingVectors(connection)
