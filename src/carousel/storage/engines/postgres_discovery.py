"""The questions of the newer channels on PostgreSQL: near to several cars, trending, drawn.

Owns:    their statements; the formulas of ``domain.trending`` and ``domain.lots`` in SQL.
Imports: engines.postgres_*, domain, storage.ports.
"""

# ruff: noqa: S608 (statements are put together from our own words; every value is bound)

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from carousel.domain.features import Matrix
from carousel.domain.filters import Filters
from carousel.domain.listing import ListingId
from carousel.domain.lots import BITS, FACTORS, KNOWN, keys
from carousel.domain.trending import Params as Trends
from carousel.storage.engines.postgres_filters import Statement
from carousel.storage.engines.postgres_pool import Pool, rows_of
from carousel.storage.engines.postgres_retrieval import Retrieval, retrieved
from carousel.storage.ports import HALF_LIVES, Retrieved

_OLDEST = 60.0  # half-lives: PostgreSQL refuses to reckon with what is too small for a float


class PostgresDiscovery:
    """Part of ``storage.ports.ServingStore``, through a pool of connections."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._retrieval = Retrieval(self._rows)

    async def _rows(self, query: str, *arguments: object) -> list[Any]:
        return await rows_of(self._pool, query, *arguments)

    async def nearest_each(
        self, vectors: Matrix, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Sequence[Retrieved]:
        """Return for each of k vectors, shape (k, dim), what ``nearest`` returns for it.

        One round trip each, side by side: the plan of each is that of ``nearest``.
        """
        found = await asyncio.gather(
            *(self._retrieval.nearest(one, filters, limit, without) for one in vectors)
        )
        return [retrieved(rows, [row[1] for row in rows]) for rows in found]

    async def trending(
        self, filters: Filters, limit: int, without: frozenset[ListingId], params: Trends
    ) -> Retrieved:
        """Return active listings by ``domain.trending.lifts`` among those that pass, best first.

        Reads what every listing that passes has had of its audience.
        """
        statement = Statement()
        where = statement.where(filters)
        now = statement.bind(datetime.now(UTC).timestamp())
        shown = _left("impressions", now, HALF_LIVES.half_life.total_seconds())
        views = _left("views", now, HALF_LIVES.half_life.total_seconds())
        contacts = _left("contacts", now, HALF_LIVES.contact_half_life.total_seconds())
        contact, doubt, least = (
            f"{statement.bind(one)}::float8" for one in (params.contact, params.doubt, params.least)
        )
        wanted = " and ".join([f"lift > {least}", *statement.excluding(without)])
        rows = await self._rows(
            f"with heard as (select listing_id, {shown} as shown, "
            f"{views} + {contact} * {contacts} as interest "
            f"from inventory join audience using (listing_id) {where}), "
            f"lifted as (select *, (interest + {doubt}) / (coalesce(sum(interest) over () "
            f"/ nullif(sum(shown) over (), 0), 0) * shown + {doubt}) as lift from heard) "
            f"select listing_id, lift from lifted where {wanted} "
            f"order by lift desc, listing_id limit {statement.bind(max(limit, 0))}",
            *statement.arguments,
        )
        return retrieved(rows, [row[1] for row in rows])

    async def sample(
        self, filters: Filters, limit: int, without: frozenset[ListingId], seed: int
    ) -> Retrieved:
        """Return active listings as ``domain.lots.turns`` draws them, the first drawn first.

        Reckons the lot of every listing that passes.
        """
        statement = Statement()
        where = statement.where(filters, *statement.excluding(without))
        now = statement.bind(datetime.now(UTC).timestamp())
        shown = _left("impressions", now, HALF_LIVES.half_life.total_seconds())
        rows = await self._rows(
            f"select listing_id, ln(({_lot(seed, statement)} + 0.5::float8) / {BITS + 1}) "
            f"* (1 + coalesce({shown}, 0) / {KNOWN}) as score "
            f"from inventory left join audience using (listing_id) {where} "
            f"order by score desc, listing_id limit {statement.bind(max(limit, 0))}",
            *statement.arguments,
        )
        return retrieved(rows, [row[1] for row in rows])


def _left(count: str, now: str, half_life: float) -> str:
    """Return what is left of a count of the table ``audience`` at a moment, as SQL."""
    age = f"least(greatest({now}::float8 - as_of, 0) / {half_life}, {_OLDEST})"
    return f"case when {count} < 1e-12 then 0 else {count} * 2 ^ -({age}) end"


def _lot(seed: int, statement: Statement) -> str:
    """Return the 32 bits of ``domain.lots.lots``, operation by operation, as SQL."""
    first, second = (f"{statement.bind(key)}::bigint" for key in keys(seed))
    bits = f"((((listing_id & {BITS}) # {first}) * {FACTORS[0]}) & {BITS})"
    return f"((({bits} # ({bits} >> 16) # {second}) * {FACTORS[1]}) & {BITS})"
