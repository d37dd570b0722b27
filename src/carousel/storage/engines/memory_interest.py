"""What adds up about listings in memory: their popularity and their audiences.

Owns:    both sums, also of listings that are not active now.
Imports: numpy, engines.memory_columns, domain, storage.ports.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import numpy as np

from carousel.domain import audience, popularity
from carousel.domain.audience import Tally
from carousel.domain.listing import ListingId
from carousel.domain.popularity import Popularity
from carousel.storage.engines.memory_columns import ActiveListings
from carousel.storage.ports import HALF_LIVES, Interest

DAWN = datetime(1970, 1, 1, tzinfo=UTC)  # before anybody was interested in anything


class InterestInListings:
    """Keeps sums and writes them into the columns; ``latest`` is the latest moment heard of."""

    def __init__(self, active: ActiveListings) -> None:
        self._active = active
        self._popularity: dict[ListingId, Popularity] = {}
        self._audience: dict[ListingId, Tally] = {}
        self.latest = DAWN

    def popularise(self, interests: Iterable[Interest]) -> None:
        """Add to the listings' decayed popularity; the order of events does not matter."""
        for one in interests:
            kept = self._popularity.get(one.listing_id)
            summed = popularity.fold(kept, [(one.strength, one.at)])
            self._popularity[one.listing_id] = summed
            self._active.stand(one.listing_id, popularity.standing(summed))
            self.latest = max(self.latest, one.at)

    def hear(self, heard: Mapping[ListingId, Tally]) -> None:
        """Add to the listings' audiences; the order of events does not matter."""
        for listing_id, tally in heard.items():
            kept = self._audience.get(listing_id)
            summed = tally if kept is None else audience.fold([kept, tally], HALF_LIVES)
            self._audience[listing_id] = summed
            self.latest = max(self.latest, tally.as_of)
        self.show(heard)

    def standing(self, listing_id: ListingId) -> float | None:
        """Return the standing of a listing; None if nothing speaks for it."""
        kept = self._popularity.get(listing_id)
        return None if kept is None else popularity.standing(kept)

    def show(self, listing_ids: Iterable[ListingId]) -> None:
        """Write what is known of the audiences of those listings that are active."""
        known = {i: self._audience[i] for i in listing_ids if i in self._audience}
        if known:
            tallies = known.values()
            counts = [(one.impressions, one.views, one.contacts) for one in tallies]
            as_of = [one.as_of.timestamp() for one in tallies]
            self._active.hear(list(known), np.array(counts), np.array(as_of))
