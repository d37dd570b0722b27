"""What the rest of the system may ask of storage, cut by who asks.

Owns:    the seams between computing and keeping: the event log (a door in, a door out), the
         serving store (async reads of the request path), the learning store (sync transactions of
         the pipelines), the catalogue (listings in, vectors beside them) and the cache.
Imports: domain.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from carousel.domain.events import LogEntry
from carousel.domain.features import FeatureSpace, Vector
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingFacts, ListingId, Status, UserId
from carousel.domain.preference import Evidence

Position: TypeAlias = str
"""A place in one shard of the log, ``<ms>-<seq>``; BEGINNING is before every entry."""

BEGINNING: Position = "0-0"


# --- the event log --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RawEntry:
    """A log entry as found, not yet believed: any field may be missing or malformed."""

    position: Position
    fields: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An entry that could not be read or applied, and why, in one sentence."""

    shard: int
    entry: RawEntry
    reason: str


class EventSink(Protocol):
    """The log's door in, used by the API and the simulator."""

    async def append(self, entries: Sequence[LogEntry]) -> None:
        """Append entries to their users' shards; returns once they are on disk.

        May be repeated with the same ids: a repeated entry is recognised when it is applied.

        Raises:
            LogUnavailable: nothing is promised; the caller may retry with the same ids.
        """
        ...


class EventSource(Protocol):
    """The log's door out, used by the pipelines. Calls block for one round trip, never for data."""

    @property
    def shards(self) -> int:
        """Return how many shards the log has; fixed for its life."""
        ...

    def read(self, shard: int, after: Position, limit: int) -> list[RawEntry]:
        """Return the next entries of a shard, oldest first; empty when there are none yet."""
        ...

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Keep entries in the dead-letter stream. May be repeated; duplicates are harmless."""
        ...

    def forget(self, shard: int, before: Position) -> None:
        """Allow the log to drop entries before a position that every pipeline has passed."""
        ...

    def nudge(self, versions: Mapping[UserId, int]) -> None:
        """Tell whoever listens that these users' lists changed. May be lost."""
        ...


# --- serving --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class User:
    """An account. ``role`` is ``shopper`` or ``operator``."""

    id: UserId
    email: str
    first_name: str
    surname: str
    role: str


@dataclass(frozen=True, slots=True)
class ShopperState:
    """What serving needs to know about a shopper.

    version:   grows by one with every batch that changed the state; 0 is a stranger.
    evidence:  None for a stranger.
    dismissed: listings not to be shown again.
    space:     version of the feature space the evidence lives in and listings are indexed in.
    """

    version: int
    evidence: Evidence | None
    dismissed: frozenset[ListingId]
    space: str


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Candidates of one channel, best first, with the channel's own score of each."""

    ids: Sequence[ListingId]
    scores: Sequence[float]


class Sort(StrEnum):
    """Orders of a search; a leading minus is descending. Ties are broken by id."""

    NEWEST = "newest"
    PRICE = "price"
    PRICE_DESCENDING = "-price"
    MILEAGE = "mileage"
    YEAR = "year"
    YEAR_DESCENDING = "-year"
    POWER_DESCENDING = "-power"
    DISTANCE = "distance"
    RECOMMENDED = "recommended"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search and the number of all matches."""

    listings: Sequence[Listing]
    total: int


class ServingStore(Protocol):
    """What the request path may ask. Every method is one round trip, async, and reads only."""

    async def user(self, user_id: UserId) -> User | None:
        """Return an account."""
        ...

    async def user_by_email(self, email: str) -> User | None:
        """Return an account by its e-mail, compared without case."""
        ...

    async def shopper(self, user_id: UserId) -> ShopperState:
        """Return a shopper's state; version 0 for a stranger."""
        ...

    async def space(self, version: str) -> FeatureSpace:
        """Return a feature space; the engine may keep it in memory, it never changes."""
        ...

    async def nearest(
        self, vector: Vector, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings by descending inner product with ``vector``, shape (dim,)."""
        ...

    async def popular(
        self, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings by decayed popularity, best first; only those with any."""
        ...

    async def newest(
        self, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings, latest published first; the score is its epoch second."""
        ...

    async def vectors(self, ids: Sequence[ListingId]) -> dict[ListingId, Vector]:
        """Return the vectors, each of shape (dim,), of those listings that have one."""
        ...

    async def active(self, ids: Sequence[ListingId]) -> list[Listing]:
        """Return the listings among ``ids`` that are active now, in the order asked."""
        ...

    async def unchanged(
        self, user_id: UserId, version: int, ids: Sequence[ListingId], stamp: int
    ) -> bool:
        """Return whether a cached slate may still be shown: same state, space and listings.

        ``stamp`` is the sum of ``Listing.revision`` when the slate was made.
        """
        ...

    async def listing(self, listing_id: ListingId) -> Listing | None:
        """Return a listing of any status."""
        ...

    async def search(self, filters: Filters, sort: Sort, limit: int, offset: int) -> Page:
        """Return a page of active listings. ``Sort.RECOMMENDED`` is the caller's business."""
        ...

    async def known(self, ids: Iterable[ListingId]) -> set[ListingId]:
        """Return those ids that belong to a listing of any status."""
        ...

    async def facets(self) -> dict[str, list[tuple[str, int]]]:
        """Return what there is to choose from among active listings, with counts, most first.

        Keys: ``brands``, ``fuels``, ``bodies``, ``transmissions``, ``regions``.
        """
        ...

    async def reactions(self, user_id: UserId) -> dict[str, list[ListingId]]:
        """Return a user's ``favourites`` and ``dismissed`` listings, latest first."""
        ...


class SlateCache(Protocol):
    """Finished answers; losing it costs time, never truth."""

    async def get(self, key: str) -> bytes | None:
        """Return what was put under a key, None when it is gone or the cache cannot answer."""
        ...

    async def put(self, key: str, value: bytes, seconds: int) -> None:
        """Keep a value for some seconds; silently does nothing when the cache cannot."""
        ...


# --- learning -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Learned:
    """A shopper's evidence after a batch."""

    user_id: UserId
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Reaction:
    """Whether a listing is, since ``at``, a user's favourite or dismissed one."""

    user_id: UserId
    listing_id: ListingId
    kind: str
    holds: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Interest:
    """Popularity that one event gives a listing: ``strength`` at ``at``, decaying from there."""

    listing_id: ListingId
    strength: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Archived:
    """One log entry of a batch and where in the log it stands."""

    shard: int
    position: Position
    entry: LogEntry


class CursorMovedError(Exception):
    """Another worker advanced this cursor; the batch was not applied. Start again from it."""


class LearningTransaction(Protocol):
    """One batch: everything below is committed together or not at all."""

    def archive(self, batch: Sequence[Archived]) -> list[Archived]:
        """Keep entries for ever; return those whose id was never archived before, in order."""
        ...

    def space(self) -> FeatureSpace:
        """Return the active feature space; it cannot change before the transaction ends."""
        ...

    def listings(self, ids: Iterable[ListingId]) -> dict[ListingId, Listing]:
        """Return listings of any status."""
        ...

    def vectors(self, ids: Iterable[ListingId]) -> dict[ListingId, Vector]:
        """Return vectors, each of shape (dim,), of listings of any status."""
        ...

    def known_users(self, ids: Iterable[UserId]) -> set[UserId]:
        """Return those ids that belong to an account."""
        ...

    def evidence(self, user_ids: Iterable[UserId]) -> dict[UserId, Evidence]:
        """Return the evidence of those users who have any, locked until the transaction ends."""
        ...

    def save(self, learned: Iterable[Learned]) -> dict[UserId, int]:
        """Store evidence and return each user's new state version."""
        ...

    def react(self, reactions: Iterable[Reaction]) -> None:
        """Store reactions; per user, listing and kind the latest ``at`` wins."""
        ...

    def popularise(self, interests: Iterable[Interest]) -> None:
        """Add to the listings' decayed popularity."""
        ...

    def advance(self, pipeline: str, moves: Mapping[int, tuple[Position, Position]]) -> None:
        """Move the cursor of each shard (from, to).

        Raises:
            CursorMovedError: a cursor is not where ``from`` says.
        """
        ...


class LearningStore(Protocol):
    """What a pipeline may ask. Sync; one per process or thread."""

    def cursors(self, pipeline: str) -> dict[int, Position]:
        """Return where a pipeline stands in each shard it has touched."""
        ...

    def transaction(self) -> AbstractContextManager[LearningTransaction]:
        """Open a batch; leaving the block commits, an exception rolls back."""
        ...


# --- the catalogue --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Upserted:
    """What an upsert did; ``ids`` are in the order of the facts given."""

    ids: Sequence[ListingId] = field(default_factory=tuple)
    new: int = 0
    changed: int = 0
    unchanged: int = 0


class Catalogue(Protocol):
    """Listings in. Sync; each call is one transaction, obeyed at once by every reader."""

    def upsert(self, facts: Sequence[ListingFacts]) -> Upserted:
        """Insert or update listings by their ``ref``, with vectors where a space is active.

        Of two facts with one ``ref`` in a call the later wins.
        """
        ...

    def bulk(self) -> AbstractContextManager[None]:
        """Upsert many: the vector index is built once, when the block is left."""
        ...

    def patch(self, listing_id: ListingId, changes: Mapping[str, Any]) -> Listing | None:
        """Change some facts, by the names of ``ListingFacts``; None if there is no such listing.

        Raises:
            ValueError: a name or value does not fit.
        """
        ...

    def listed_at(self, refs: Sequence[str]) -> dict[str, datetime]:
        """Return when the listings with these refs were published, for those that exist."""
        ...

    def set_status(self, listing_ids: Sequence[ListingId], status: Status) -> int:
        """Change the status of listings; return how many exist."""
        ...

    def count(self, status: Status | None = None) -> int:
        """Return how many listings there are."""
        ...

    def reindex(self) -> FeatureSpace:
        """Fit a feature space to the active listings and move everything to it at once.

        Listing vectors are recomputed, shoppers' evidence is rebuilt from the archive, the vector
        index is built anew; readers see the old space until all of it is there.
        """
        ...

    def ensure_space(self) -> FeatureSpace | None:
        """Return the active space; fit the first one if there are listings but no space yet."""
        ...

    def account(self, email: str) -> User | None:
        """Return an account by its e-mail, compared without case."""
        ...

    def add_users(self, users: Iterable[User]) -> int:
        """Insert accounts whose e-mail is new (ids are given by the store); return how many."""
        ...
