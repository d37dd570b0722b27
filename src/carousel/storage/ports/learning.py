"""The learning store: one transaction per batch of a pipeline, effect and cursor together.

Owns:    what a pipeline may read and write.
Imports: domain, storage.ports.log.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from carousel.domain.audience import Params, Tally
from carousel.domain.events import LogEntry
from carousel.domain.facts import Facts
from carousel.domain.features import FeatureSpace, Vector
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.domain.preference import Evidence
from carousel.domain.trail import Trail
from carousel.storage.ports.log import Position

HALF_LIVES = Params()
"""Of what listings have of their audiences: for whoever writes it and whoever reads it."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What the events so far say of a shopper: all that is folded into their state.

    evidence: the sum of everything. trail: the last of it, step by step.
    """

    user_id: UserId
    evidence: Evidence
    trail: Trail


@dataclass(frozen=True, slots=True)
class Described:
    """A listing as the pipeline sees it: its vector, shape (dim,), and its facts, shape (1,)."""

    vector: Vector
    facts: Facts


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
    """One log entry of a batch and where in the log it stands.

    logged_ms: when the log took it in, by the log's clock, in ms since 1970; 0 where nobody asks.
    """

    shard: int
    position: Position
    entry: LogEntry
    logged_ms: int = 0


class CursorMovedError(Exception):
    """Another worker advanced this cursor; the batch was not applied. Start again from it."""


class LearningTransaction(Protocol):
    """One batch: everything below is committed together or not at all."""

    def archive(self, batch: Sequence[Archived]) -> list[Archived]:
        """Keep entries for ever; return those never archived before, in order.

        An id belongs to its user: two users may give their events the same ids. What its user had
        forgotten is neither kept nor returned.
        """
        ...

    def space(self) -> FeatureSpace:
        """Return the active feature space; it cannot change before the transaction ends."""
        ...

    def listings(self, ids: Iterable[ListingId]) -> dict[ListingId, Listing]:
        """Return listings of any status."""
        ...

    def described(self, ids: Iterable[ListingId]) -> dict[ListingId, Described]:
        """Return vector and facts of those listings, of any status, that have a vector."""
        ...

    def known_users(self, ids: Iterable[UserId]) -> set[UserId]:
        """Return those ids that belong to an account or a visitor."""
        ...

    def synthetic_users(self, ids: Iterable[UserId]) -> set[UserId]:
        """Return those ids that belong to a synthetic shopper."""
        ...

    def merged_into(self, ids: Iterable[UserId]) -> dict[UserId, UserId]:
        """Return the account of each visitor among the ids that was merged into one.

        Ask before anything is written: from then on nobody is merged until the transaction ends.
        """
        ...

    def learned(self, user_ids: Iterable[UserId]) -> dict[UserId, Learned]:
        """Return what is known of those users who are no strangers, locked until the end."""
        ...

    def save(self, learned: Iterable[Learned]) -> dict[UserId, int]:
        """Store evidence and trails; return each user's new state version."""
        ...

    def react(self, reactions: Iterable[Reaction]) -> None:
        """Store reactions; per user, listing and kind the latest ``at`` wins."""
        ...

    def popularise(self, interests: Iterable[Interest]) -> None:
        """Add to the listings' decayed popularity."""
        ...

    def hear(self, heard: Mapping[ListingId, Tally]) -> None:
        """Add to the listings' audiences."""
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
