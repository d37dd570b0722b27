"""What PostgreSQL keeps of prices: what a car should cost, and what it was offered for before.

Owns:    reading the tables ``appraisal`` and ``price_change``.
Imports: engines.postgres_*, domain, storage.ports.
"""

import json
from collections.abc import Sequence
from typing import Any

from carousel.domain.fair_price import Appraisal, Verdict
from carousel.domain.listing import ListingId
from carousel.storage.engines.postgres_names import PostgresNames
from carousel.storage.engines.postgres_rows import possible
from carousel.storage.ports.appraisals import MOST_CHANGES, PriceChange

_APPRAISALS = """
select a.listing_id, verdict, fair, low, high, comparables, drivers
from appraisal a join listing l on l.id = a.listing_id and l.revision = a.revision
where a.listing_id = any($1::bigint[]) and verdict is not null
"""

_CHANGES = """
select at, before, after from price_change where listing_id = any($1::bigint[])
order by at desc, seq desc limit $2
"""


class PostgresPrices(PostgresNames):
    """Part of ``storage.ports.ServingStore``, through a pool of connections."""

    async def appraisals(self, ids: Sequence[ListingId]) -> dict[ListingId, Appraisal]:
        """Return what is kept of those listings that have a verdict and are still as they were."""
        rows = await self._rows(_APPRAISALS, possible(ids))
        return {row["listing_id"]: _appraisal(row) for row in rows}

    async def price_changes(self, listing_id: ListingId) -> list[PriceChange]:
        """Return how the price changed, the oldest change first; the latest MOST_CHANGES."""
        rows = await self._rows(_CHANGES, possible([listing_id]), MOST_CHANGES)
        return [PriceChange(*row) for row in reversed(rows)]


def _appraisal(row: Any) -> Appraisal:  # noqa: ANN401 (a row of the driver)
    return Appraisal(
        row["fair"],
        row["low"],
        row["high"],
        row["comparables"],
        json.loads(row["drivers"]),
        Verdict(row["verdict"]),
    )
