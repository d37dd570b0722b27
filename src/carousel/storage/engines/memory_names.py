"""What the store in memory answers of names, and of listings whatever became of them.

Owns:    the listings by id, the questions put to them.
Imports: engines.memory_*, domain.
"""

from collections.abc import Sequence

from carousel.domain.listing import Listing, ListingId
from carousel.domain.phrase.names import Names, Region, names_of
from carousel.storage.engines.memory_discovery import MemoryDiscovery


class MemoryNames(MemoryDiscovery):
    """Part of ``storage.ports.ServingStore``."""

    def __init__(self) -> None:
        super().__init__()
        self._listings: dict[ListingId, Listing] = {}

    async def listings(self, ids: Sequence[ListingId]) -> list[Listing]:
        """Return the listings among ``ids``, of any status, in the order asked."""
        return [self._listings[i] for i in ids if i in self._listings]

    async def names(self) -> Names:
        """Return what active listings are called; looks at every listing."""
        active = [self._listings[i] for i in self._active.ids.tolist()]
        return names_of(
            ((one.make, one.model, 1) for one in active),
            ((one.colour, 1) for one in active),
            (
                Region(one.place.region, 1, one.place.latitude, one.place.longitude)
                for one in active
                if one.place is not None
            ),
        )
