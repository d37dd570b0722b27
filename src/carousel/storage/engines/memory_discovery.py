"""What the store in memory answers of what is going on in its market, and of what chance draws.

Owns:    the questions of the newer channels, put to the columns.
Imports: engines.memory_*, domain, storage.ports.
"""

from collections.abc import Sequence

from carousel.domain.features import Matrix
from carousel.domain.filters import Filters
from carousel.domain.listing import ListingId
from carousel.domain.trending import Params as Trends
from carousel.storage.engines import memory_retrieval
from carousel.storage.engines.memory_columns import ActiveListings
from carousel.storage.engines.memory_interest import InterestInListings
from carousel.storage.ports import Retrieved


class MemoryDiscovery:
    """Part of ``storage.ports.ServingStore``, on columns; its moment is the latest heard of."""

    def __init__(self) -> None:
        self._active = ActiveListings()
        self._interest = InterestInListings(self._active)

    async def nearest_each(
        self, vectors: Matrix, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Sequence[Retrieved]:
        """Return for each of k vectors, shape (k, dim), what ``nearest`` returns for it."""
        return memory_retrieval.nearest_each(self._active, vectors, filters, limit, without)

    async def trending(
        self, filters: Filters, limit: int, without: frozenset[ListingId], params: Trends
    ) -> Retrieved:
        """Return active listings by ``domain.trending.lifts`` among those that pass, best first."""
        at = self._interest.latest
        return memory_retrieval.trending(self._active, filters, limit, without, params, at)

    async def sample(
        self, filters: Filters, limit: int, without: frozenset[ListingId], seed: int
    ) -> Retrieved:
        """Return active listings as ``domain.lots.turns`` draws them, the first drawn first."""
        at = self._interest.latest
        return memory_retrieval.sample(self._active, filters, limit, without, seed, at)
