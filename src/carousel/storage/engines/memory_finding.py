"""What the store in memory answers of whoever narrows a search down.

Owns:    the questions of facets and refinements, put to the columns.
Imports: engines.memory_*, domain.
"""

from collections.abc import Sequence
from datetime import datetime

from carousel.domain.facets import Facets
from carousel.domain.features import Vector
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.refinements import Splits
from carousel.storage.engines.memory_discovery import MemoryDiscovery
from carousel.storage.engines.memory_facets import facets_of, splits_of
from carousel.storage.engines.memory_retrieval import count_later


class MemoryFinding(MemoryDiscovery):
    """Part of ``storage.ports.ServingStore``, on columns."""

    async def facets(self, filters: Filters = NO_FILTERS) -> Facets:
        """Return what there is to choose from, counted as ``domain.facets`` says."""
        return facets_of(self._active, filters)

    async def counts(self, asked: Sequence[tuple[Filters, datetime]]) -> list[tuple[int, int]]:
        """Return for each how many active listings pass, and how many of them are listed later."""
        return [count_later(self._active, filters, moment) for filters, moment in asked]

    async def splits(self, filters: Filters, wanted: Vector | None) -> Splits:
        """Return how each further filter would split the active listings that pass."""
        return splits_of(self._active, filters, wanted)
