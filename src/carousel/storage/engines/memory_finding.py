"""What the store in memory answers of whoever narrows a search down.

Owns:    the questions of facets and refinements, put to the columns.
Imports: engines.memory_*, domain.
"""

from carousel.domain.facets import Facets
from carousel.domain.features import Vector
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.refinements import Splits
from carousel.storage.engines.memory_discovery import MemoryDiscovery
from carousel.storage.engines.memory_facets import facets_of, splits_of


class MemoryFinding(MemoryDiscovery):
    """Part of ``storage.ports.ServingStore``, on columns."""

    async def facets(self, filters: Filters = NO_FILTERS) -> Facets:
        """Return what there is to choose from, counted as ``domain.facets`` says."""
        return facets_of(self._active, filters)

    async def splits(self, filters: Filters, wanted: Vector | None) -> Splits:
        """Return how each further filter would split the active listings that pass."""
        return splits_of(self._active, filters, wanted)
