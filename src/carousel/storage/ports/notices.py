"""Notices: what whoever writes them may ask and write, and what their reader may ask.

Owns:    occasions, notices as they are written and as they are read.
Imports: domain.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from carousel.domain.features import FeatureSpace, Matrix, Vector
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.domain.noticing import Drop, Kind


@dataclass(frozen=True, slots=True)
class Occasion:
    """What happened to a listing: it is new, or its price or its status is another.

    at:            aware UTC. before, after: prices, of a change of price.
    """

    listing_id: ListingId
    kind: Literal["new", "price", "status"]
    at: datetime
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Saver:
    """A shopper who saved a listing, and what they were told of its price."""

    user_id: UserId
    listing_id: ListingId
    saved_at: datetime
    told: Drop | None


@dataclass(frozen=True, slots=True)
class Evident:
    """The evidence of n shoppers.

    directions: shape (n, dim). masses: shape (n,). as_of: epoch seconds, shape (n,).
    """

    ids: Sequence[UserId]
    directions: Matrix
    masses: Vector
    as_of: Vector


@dataclass(frozen=True, slots=True)
class Watch:
    """A saved search: whose, and since when."""

    id: int
    user_id: UserId
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to be written; one for a shopper, a kind and a listing.

    before, after: prices, of a price drop. score: of a new car that fits. search_id: of the saved
    search that found a new car.
    """

    user_id: UserId
    listing_id: ListingId
    kind: Kind
    at: datetime
    before: int | None = None
    after: int | None = None
    score: float | None = None
    search_id: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as its reader sees it. search: number and name of the saved search, if it is kept.

    listing: the car as it is now.
    """

    kind: Kind
    at: datetime
    seen: bool
    listing: Listing
    before: int | None
    after: int | None
    search: tuple[int, str] | None


@dataclass(frozen=True, slots=True)
class Latest:
    """A shopper's latest notices, the latest first.

    unseen: how many of all are. until: the place, >= 0, after which no notice of theirs had been
    written; those written later have higher ones.
    """

    told: Sequence[Told]
    unseen: int
    until: int


class NoticeTransaction(Protocol):
    """One batch: everything below is committed together or not at all.

    Nobody else writes notices, merges users or changes the feature space before it ends.
    """

    def occasions(self, limit: int) -> list[Occasion]:
        """Take the oldest occasions away and return them, in the order in which they happened."""
        ...

    def arrived(self, moments: Collection[datetime], window: timedelta) -> Mapping[datetime, int]:
        """Return for each moment how many listings had arrived in the time just before it.

        A moment counts as part of that time, its beginning does not.
        """
        ...

    def for_sale(self) -> int:
        """Return how many listings are active, roughly."""
        ...

    def listings(self, ids: Iterable[ListingId]) -> dict[ListingId, Listing]:
        """Return listings of any status, as they are now."""
        ...

    def savers(self, ids: Iterable[ListingId]) -> list[Saver]:
        """Return who saved these listings and did not dismiss them since."""
        ...

    def space(self) -> FeatureSpace | None:
        """Return the active feature space, None before the first was fitted."""
        ...

    def vectors(self, ids: Iterable[ListingId]) -> dict[ListingId, Vector]:
        """Return the vectors, each of shape (dim,), of those listings that have one."""
        ...

    def shoppers(self, limit: int) -> Evident:
        """Return the shoppers last heard of who have any evidence, synthetic ones left out."""
        ...

    def searches(self) -> set[int]:
        """Return the numbers of all saved searches."""
        ...

    def filters(self, searches: Iterable[int]) -> dict[int, Filters]:
        """Return the filters of saved searches; those that cannot be read are left out."""
        ...

    def watches(self, searches: Iterable[int]) -> list[Watch]:
        """Return saved searches, those of synthetic shoppers left out, the oldest first."""
        ...

    def acquainted(
        self, pairs: Collection[tuple[UserId, ListingId]]
    ) -> set[tuple[UserId, ListingId]]:
        """Return those pairs of which the shopper has seen or dismissed the listing."""
        ...

    def told(self, kind: Kind, since: datetime) -> dict[UserId, int]:
        """Return how many notices of a kind shoppers have got since a moment."""
        ...

    def write(self, notices: Sequence[Notice]) -> list[Kind]:
        """Write notices, unseen; a price drop replaces the one before, another kind stays.

        Returns the kind of each that was written.
        """
        ...

    def take_back(self, kinds: Collection[Kind], ids: Collection[ListingId]) -> None:
        """Delete the notices of these kinds about these listings, whoever has them."""
        ...

    def take_back_drops(self, pairs: Collection[tuple[UserId, ListingId]]) -> None:
        """Delete price drops that are none any more."""
        ...

    def unseen(self, users: Iterable[UserId]) -> dict[UserId, int]:
        """Return how many notices each of the users has not seen."""
        ...


class NoticeStore(Protocol):
    """What whoever writes notices may ask. Sync; one per process."""

    def waiting(self) -> bool:
        """Return whether there is any occasion."""
        ...

    def transaction(self) -> AbstractContextManager[NoticeTransaction]:
        """Open a batch; leaving the block commits, an exception rolls back."""
        ...

    def forget(self, before: datetime) -> int:
        """Delete notices and counts of arrivals from before a moment; return how many notices."""
        ...


class Notices(Protocol):
    """What a reader of notices may ask; async. Every method is one round trip."""

    async def latest(self, user_id: UserId, limit: int) -> Latest:
        """Return a shopper's latest notices, and what is true of all.

        None about a car they dismissed, nor of a saved car that is not saved any more.
        """
        ...

    async def saw(self, user_id: UserId, until: int | None) -> None:
        """Note that a shopper has seen their notices: up to a place, or all there are."""
        ...
