"""What a shopper may ask about what is kept of them, and have forgotten.

Owns:    the questions of the shopper, and what a part of the past is.
Imports: domain, storage.ports.log.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from carousel.domain.car_kinds import CarKind
from carousel.domain.events import Event
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.storage.ports.log import Position

MOST_SEARCHES = 50
"""How many searches a shopper may save."""


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """Filters under a name.

    seen_at: when the shopper looked last.
    """

    id: int
    name: str
    filters: Filters
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """An event of the archive, never an impression.

    place: where it stands there. car: what it is about; None for a search.
    """

    place: int
    id: str
    at: datetime
    event: Event
    car: Listing | None


@dataclass(frozen=True, slots=True)
class Doings:
    """How much a shopper did, impressions apart, and since when; None if nothing."""

    events: int
    since: datetime | None


class Own(Protocol):
    """What is kept of a shopper, for the shopper. Async; each call is one transaction."""

    async def searches(self, user_id: UserId) -> Sequence[SavedSearch]:
        """Return the saved searches, the latest first."""
        ...

    async def save_search(self, user_id: UserId, name: str, filters: Filters) -> SavedSearch | None:
        """Keep a search; None when there are as many as there may be."""
        ...

    async def drop_search(self, user_id: UserId, search_id: int) -> bool:
        """Delete a saved search; return whether the shopper had it."""
        ...

    async def look_at_search(self, user_id: UserId, search_id: int) -> bool:
        """Note that the shopper has seen what a search finds now; return whether they have it."""
        ...

    async def viewed(self, user_id: UserId, limit: int) -> Sequence[tuple[Listing, datetime]]:
        """Return the cars opened last, of any status, each once with the latest moment."""
        ...

    async def done(
        self, user_id: UserId, limit: int, before: tuple[datetime, int] | None
    ) -> Sequence[Done]:
        """Return events, the latest first.

        Args:
            user_id: whose.
            limit: how many at most.
            before: ``at`` and ``place`` of an event; only those after it in this order.
        """
        ...

    async def doings(self, user_id: UserId) -> Doings:
        """Return how much there is."""
        ...

    async def makes(self, user_id: UserId, ids: Collection[ListingId]) -> set[str]:
        """Return the makes of some listings and those of the shopper's latest searches."""
        ...

    def archive(self, user_id: UserId) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """Yield everything that happened, impressions too, in batches: id, at, event (JSON)."""
        ...

    async def kept(self, user_id: UserId) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Return all rows about the shopper but the archive, by what they are.

        Keys: ``reactions``, ``saved_searches``, ``notices``, ``arrivals``, ``trail``,
        ``learned``, ``tastes``, ``forgotten``. Values are such that JSON can hold, but
        moments.
        """
        ...


@dataclass(frozen=True, slots=True)
class Which:
    """A part of the past: one event, all about a kind of car, or, with neither, everything."""

    id: str | None = None
    kind: CarKind | None = None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where events of a user may stand that the archive does not know yet.

    names:    the ids of users whose events count for this one.
    archived: up to which position each shard of the log is archived.
    """

    names: frozenset[UserId]
    archived: Mapping[int, Position]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event of the log that is not archived yet; of one that cannot be read only the id."""

    id: str
    event: Event | None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What forgetting did.

    events:  how many archived events are gone; 0 if they were gone before.
    version: of the shopper's state now.
    """

    events: int
    version: int


@dataclass(frozen=True, slots=True)
class Counted:
    """How much a part of the past is.

    events:                     impressions apart.
    saved, hidden:              cars, as of now.
    viewed, contacted:          cars, each once.
    searched:                   searches.
    """

    events: int
    saved: int
    hidden: int
    viewed: int
    contacted: int
    searched: int


class Forgetting(Protocol):
    """Takes a part of a shopper's past out of everything. Sync; one per process or thread."""

    def whereabouts(self, user_id: UserId) -> Whereabouts:
        """Return where to look for events that wait in the log."""
        ...

    def archived(self) -> Mapping[int, Position]:
        """Return up to which position each shard of the log is archived."""
        ...

    def count(self, user_id: UserId, kind: CarKind | None) -> Counted:
        """Return how much forgetting a kind of car would take, None is everything.

        What is not archived yet is not counted.
        """
        ...

    def prune(self, before: datetime) -> int:
        """Delete what was remembered of events forgotten before a moment; return how many.

        From then on such an event counts again, should it be sent again.
        """
        ...

    def forget(self, user_id: UserId, which: Which, waiting: Sequence[Waiting]) -> Forgotten | None:
        """Make everything as if a part of the past had never been, in one transaction.

        What was forgotten does not come back, wherever it still stands and however often it is
        sent again. May be repeated. Returns None, and does nothing, when an id belongs to no event
        of the user, or the user is a visitor who was merged into an account.

        Args:
            user_id: whose past.
            which: what of it.
            waiting: the user's events that were not archived when the log was looked through.
        """
        ...
