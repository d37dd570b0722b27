"""The latest events, for a person who looks at the system: no shopper is told of.

Owns:    what may be asked of the end of the log.
Imports: domain.listing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from carousel.domain.listing import ListingId, UserId


@dataclass(frozen=True, slots=True)
class LatestEvent:
    """An entry of the log as found; what cannot be read of it is None.

    at:   when the log took it in, UTC, seconds since 1970.
    type: as it says of itself.
    """

    at: float
    user_id: UserId | None
    type: str | None
    listing_id: ListingId | None


class LogTail(Protocol):
    """The end of the log. Blocks; raises LogUnavailableError where the server does not answer."""

    def latest(self, count: int) -> Sequence[LatestEvent]:
        """Return the latest entries of all shards together, newest first."""
        ...


class TailNames(Protocol):
    """Who and what those events are about. Blocks; raises StoreUnavailableError."""

    def cars(self, listing_ids: Collection[ListingId]) -> Mapping[ListingId, str]:
        """Return make and model of these listings, of those there are."""
        ...

    def synthetic(self, user_ids: Collection[UserId]) -> frozenset[UserId]:
        """Return which of these are synthetic shoppers."""
        ...
