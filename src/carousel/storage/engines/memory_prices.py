"""What the store in memory knows of prices: kept appraisals, changes, and the orders of a search.

Owns:    appraisals and price changes in memory; what a search is ordered by.
Imports: numpy, engines.memory_*, domain, storage.ports.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from carousel.domain.fair_price import Appraisal
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingId
from carousel.storage.engines.memory_columns import Floats
from carousel.storage.engines.memory_filters import distances
from carousel.storage.engines.memory_names import MemoryNames
from carousel.storage.ports import Sort
from carousel.storage.ports.appraisals import MOST_CHANGES, Kept, PriceChange


class MemoryPrices(MemoryNames):
    """Part of ``storage.ports.ServingStore``, with its writing side."""

    def __init__(self) -> None:
        super().__init__()
        self._appraised: dict[ListingId, Kept] = {}
        self._price_changes: dict[ListingId, list[PriceChange]] = {}

    def keep(self, found: Iterable[Kept]) -> None:
        """Keep appraisals; of each listing the last one counts."""
        kept = {one.listing_id: one for one in found}
        self._appraised |= kept
        self._show_fair(kept)

    async def appraisals(self, ids: Sequence[ListingId]) -> dict[ListingId, Appraisal]:
        """Return what is kept of those listings that have a verdict and are still as they were."""
        kept = (self._appraised[i] for i in ids if i in self._appraised)
        return {
            one.listing_id: one.appraisal
            for one in kept
            if one.appraisal is not None
            and one.listing_id in self._listings
            and self._listings[one.listing_id].revision == one.revision
        }

    async def price_changes(self, listing_id: ListingId) -> list[PriceChange]:
        """Return how the price changed, the oldest change first; the latest MOST_CHANGES.

        The moments are the latest that anything had been heard of: this engine has no clock.
        """
        return self._price_changes.get(listing_id, [])[-MOST_CHANGES:]

    def _note_price(self, before: Listing, after: Listing) -> None:
        if before.price != after.price:
            change = PriceChange(self._interest.latest, before.price, after.price)
            self._price_changes.setdefault(after.id, []).append(change)

    def _order(self, sort: Sort, filters: Filters) -> Floats:
        """Return what to order by, ascending; NaN, which is not stated, comes last."""
        column = self._active.column
        if sort is Sort.DISTANCE and filters.near_latitude is not None:
            return distances(self._active, filters, np.arange(self._active.size))
        if sort is Sort.VERDICT:
            return column("price") / column("fair")
        name = sort.value.removeprefix("-")
        if sort in {Sort.NEWEST, Sort.DISTANCE, Sort.RECOMMENDED}:
            return -column("listed_at")
        keys = column({"mileage": "mileage_km", "power": "power_hp"}.get(name, name))
        return -keys if sort.value.startswith("-") else keys

    def _show_fair(self, ids: Iterable[ListingId]) -> None:
        """Write what is kept of those listings that are active into the columns."""
        kept = {i: self._appraised[i].appraisal for i in ids if i in self._appraised}
        fair = [np.nan if said is None else said.fair for said in kept.values()]
        self._active.appraise(list(kept), np.array(fair, dtype=np.float64))
