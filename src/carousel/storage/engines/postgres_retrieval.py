"""How the nearest listings are found: exactly where few rows are kept, by the index where many are.

Owns:    the choice between the two plans and their statements.
Imports: numpy, engines.postgres_filters, domain, storage.ports.

Behind a selective filter an HNSW index gives up early and returns too few of the rows that pass,
and not the best ones; there the B-trees find the few rows at once and all of them are compared.
"""

# ruff: noqa: S608 (statements are put together from our own words; every value is bound)

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from carousel.domain.car_features import DIM
from carousel.domain.features import Vector
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.listing import ListingId
from carousel.storage.engines.postgres_filters import Statement
from carousel.storage.ports import Retrieved

EXACT_ROWS = 30_000  # so many distances take about 5 ms
EXACT_SHARE = 0.05
ESTIMATE_SECONDS = 60.0
REMEMBERED_FILTERS = 1_000

SESSION = {
    "hnsw.ef_search": "200",
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.max_scan_tuples": "60000",
}
"""Settings of every session that searches by the index."""

SENT_HEADER = 4  # bytes before the components of a vector sent in binary

Fetch: TypeAlias = Callable[..., Awaitable[list[Any]]]


@dataclass(frozen=True, slots=True)
class _Estimate:
    rows: float
    made_at: float


class Retrieval:
    """Finds the nearest listings through whatever runs a statement and returns its rows.

    How many listings a filter keeps is estimated from the database's own statistics, once a minute.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._estimates: dict[Filters, _Estimate] = {}

    async def nearest(
        self, vector: Vector, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> list[Any]:
        """Return rows (listing id, inner product), best first."""
        if not await self.exact(filters):
            rows = await self._search("embedding <#> {}", vector, filters, limit, without)
            if len(rows) == limit:
                return rows
        # The added zero keeps the planner from using the vector index.
        return await self._search("(embedding <#> {}) + 0", vector, filters, limit, without)

    async def exact(self, filters: Filters) -> bool:
        """Return whether so few listings pass that comparing all of them is best."""
        if filters.empty:
            return False
        kept = await self._kept(filters)
        return kept <= EXACT_ROWS or kept <= EXACT_SHARE * await self._kept(NO_FILTERS)

    async def _search(
        self,
        distance: str,
        vector: Vector,
        filters: Filters,
        limit: int,
        without: frozenset[ListingId],
    ) -> list[Any]:
        statement = Statement()
        by = distance.format(statement.bind(vector))
        where = statement.where(filters, "embedding is not null", *statement.excluding(without))
        # A relaxed scan returns the best rows a little out of order; the outer query mends that.
        return await self._fetch(
            f"with best as materialized (select listing_id, {by} as distance "
            f"from inventory {where} order by {by} limit {statement.bind(limit)}) "
            "select listing_id, -distance from best "
            "order by distance, listing_id",
            *statement.arguments,
        )

    async def _kept(self, filters: Filters) -> float:
        """Return about how many active listings pass the filters."""
        known = self._estimates.get(filters)
        if known is not None and time.monotonic() - known.made_at < ESTIMATE_SECONDS:
            return known.rows
        statement = Statement()
        where = statement.where(filters)
        plan = await self._fetch(
            f"explain (format json) select from inventory {where}", *statement.arguments
        )
        rows = float(json.loads(plan[0][0])[0]["Plan"]["Plan Rows"])
        if len(self._estimates) >= REMEMBERED_FILTERS:
            self._estimates.clear()
        self._estimates[filters] = _Estimate(rows, time.monotonic())
        return rows


def retrieved(rows: Sequence[Any], scores: Sequence[float]) -> Retrieved:
    """Return rows that begin with a listing id, with scores of the caller's."""
    return Retrieved([row[0] for row in rows], scores)


def components_sent(sent: bytes) -> NDArray[np.float32]:
    """Return one vector as ``vector_send`` gives it, of any length."""
    return np.frombuffer(sent[SENT_HEADER:], dtype=">f4").astype(np.float32)


def vectors_sent(sent: Sequence[bytes | None]) -> NDArray[np.float32]:
    """Return vectors as ``vector_send`` gives them, shape (n, dim); zero where there is none."""
    vectors = np.zeros((len(sent), DIM), dtype=np.float32)
    stated = [n for n, one in enumerate(sent) if one is not None]
    if stated:
        joined = b"".join(one[SENT_HEADER:] for one in sent if one is not None)
        vectors[stated] = np.frombuffer(joined, dtype=">f4").reshape(len(stated), DIM)
    return vectors
