"""What the monitor may ask of the servers: it looks, and changes nothing.

Owns:    what is told of the log, of a pipeline's place in it, of a shopper as kept and as archived,
         of vectors and of rows that should not be there.
Imports: domain, storage.ports.log.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from carousel.domain.events import Event
from carousel.domain.facts import Facts
from carousel.domain.features import FeatureSpace, Vector
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.storage.ports.log import Position, RawEntry


@dataclass(frozen=True, slots=True)
class ShardState:
    """One shard of the log.

    entries:     that it holds. appended: that were ever appended.
    first, last: positions of the oldest and of the newest it holds; None where it holds none.
    """

    entries: int
    appended: int
    first: Position | None
    last: Position | None


@dataclass(frozen=True, slots=True)
class LogState:
    """The log at a moment.

    now:     by its own clock, seconds since 1970.
    shards:  by number.
    letters: dead letters that are kept.
    """

    now: float
    shards: Mapping[int, ShardState]
    letters: int


@dataclass(frozen=True, slots=True)
class ValkeyState:
    """A Valkey.

    memory:  bytes that it uses. evicted: keys it threw out since it was started.
    on_disk: what is wrong with writing to disk, empty if nothing is or nothing is to be written.
    """

    memory: int
    evicted: int
    on_disk: str


@dataclass(frozen=True, slots=True)
class Behind:
    """What a pipeline that follows the archive has not applied of a shard.

    entries: how many, up to a limit. oldest: the place in the log of the first, None without any.
    """

    entries: int
    oldest: Position | None


@dataclass(frozen=True, slots=True)
class InUse:
    """The active model of a kind: its version, when it was published, what it is worth."""

    kind: str
    version: str
    trained_at: datetime
    worth: float | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A shopper's state as it is kept; bytes, for they may be no state at all."""

    user_id: UserId
    evidence: bytes
    mass: float
    as_of: datetime
    trail: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """An event of the archive, by somebody, about something; its place in the log."""

    at: datetime
    event: Event
    position: Position


@dataclass(frozen=True, slots=True)
class Past:
    """What the archive says of a shopper.

    events:    in the order in which they were archived, impressions apart.
    reordered: whether their order is not the one in which they were folded: something was merged
               or forgotten.
    """

    events: Sequence[Told]
    reordered: bool


@dataclass(frozen=True, slots=True)
class Car:
    """A listing as events about it are interpreted, now.

    vector, facts: None where it has none.
    touched:       when it was last written, None if never since it was first.
    """

    listing: Listing
    vector: Vector | None
    facts: Facts | None
    touched: datetime | None


@dataclass(frozen=True, slots=True)
class Vectored:
    """A listing with its vectors as they are kept: in full, and as the index has it."""

    listing: Listing
    direction: bytes
    embedding: bytes | None


@dataclass(frozen=True, slots=True)
class Lot:
    """Rows with vectors: the id of each, its vectors column by column, and its mass."""

    ids: Sequence[int]
    columns: Sequence[Sequence[bytes | None]]
    masses: Sequence[float]


class Watching(Protocol):
    """Servers, pipelines and models: one look, all answers are of one moment. Blocks.

    Every method raises StoreUnavailableError when the server does not answer, or not in time.
    """

    def size(self) -> int:
        """Return the size of the database, in bytes."""
        ...

    def connections(self) -> Mapping[str, int]:
        """Return how many connections the server has, by who opened them."""
        ...

    def cursors(self, pipeline: str) -> Mapping[int, Position]:
        """Return where a pipeline stands in each shard it has touched."""
        ...

    def latent_serving(self) -> str | None:
        """Return the version of the latent space that serves."""
        ...

    def behind_archive(self, pipeline: str, most: int) -> Mapping[int, Behind]:
        """Return what a pipeline has not applied of each shard of the archive."""
        ...

    def in_use(self) -> Sequence[InUse]:
        """Return the active models."""
        ...

    def archived(self, events: Collection[tuple[UserId, str]]) -> set[tuple[UserId, str]]:
        """Return those events, by user and id, that need not be looked for any further.

        They are archived, under their user or the account that one was merged into; or they were
        forgotten; or their user is a synthetic shopper, whose events are not archived.
        """
        ...


class WatchingRows(Protocol):
    """Rows that should, or should not, be there: one look, of one moment. Blocks.

    Where something is counted, a few ids of it are told as well.
    """

    def statuses(self) -> Mapping[str, int]:
        """Return how many listings there are of each status."""
        ...

    def without_vector(self) -> tuple[int, Sequence[ListingId]]:
        """Return how many active listings have no vector."""
        ...

    def shown_lately(self, least: float) -> int:
        """Return how many active listings have had at least so many impressions, decayed."""
        ...

    def findable_unsold(self) -> tuple[int, Sequence[ListingId]]:
        """Return how many inventory rows are of listings that are not active."""
        ...

    def missing_in_inventory(self) -> tuple[int, Sequence[ListingId]]:
        """Return how many active listings the inventory lacks."""
        ...

    def revisions(self, ids: Iterable[ListingId]) -> Mapping[ListingId, tuple[int, bool]]:
        """Return revision of those listings that there are, and whether each is active."""
        ...

    def versions(self, user_ids: Iterable[UserId]) -> Mapping[UserId, int]:
        """Return the state version of those shoppers who have a state."""
        ...

    def newest(self) -> ListingId:
        """Return the largest id in the inventory, 0 without any."""
        ...

    def orphans(self) -> Mapping[str, tuple[int, Sequence[int]]]:
        """Return, by table and column, how many rows are about nothing there is."""
        ...


class WatchingVectors(Protocol):
    """Vectors: one look, all answers are of one moment. Blocks."""

    def space(self) -> FeatureSpace | None:
        """Return the active feature space, None before the first was fitted."""
        ...

    def strange_latents(self) -> Mapping[str, int]:
        """Return, by table, how many latent states are of a version that is not kept."""
        ...

    def vectored(self, after: ListingId, limit: int) -> Sequence[Vectored]:
        """Return listings with their vectors, by ascending id from ``after`` on."""
        ...

    def vectored_among(self, ids: Iterable[ListingId]) -> Sequence[Vectored]:
        """Return those of the listings that have vectors."""
        ...

    def written_since(self, mark: str, limit: int) -> tuple[str, set[ListingId]]:
        """Return the next mark, and the listings whose vectors were written since a mark.

        ``mark`` is what the call before returned; since an empty one, nothing was written.
        """
        ...

    def lot(self, of: str, after: int, limit: int) -> Lot:
        """Return rows of a kind of vector by ascending id from ``after`` on.

        Kinds: listing, inventory, shopper, listing_latent, shopper_latent; of the latent ones those
        of the version that serves.
        """
        ...


class WatchingShoppers(Protocol):
    """Shoppers, kept and archived: one look, all answers are of one moment. Blocks."""

    def recent(self, each: int) -> set[UserId]:
        """Return the shoppers of the latest archived acts, so many acts of each shard."""
        ...

    def some(self, after: UserId, limit: int) -> Sequence[UserId]:
        """Return shoppers with a state by ascending id from ``after`` on."""
        ...

    def marks(self, user_ids: Iterable[UserId]) -> Mapping[UserId, str]:
        """Return of those shoppers who have a state what changes whenever it is written."""
        ...

    def space(self) -> FeatureSpace | None:
        """Return the active feature space, None before the first was fitted."""
        ...

    def space_since(self) -> datetime | None:
        """Return when the active feature space was fitted."""
        ...

    def kept(self, user_ids: Iterable[UserId]) -> Mapping[UserId, Kept]:
        """Return the states of shoppers, synthetic ones left out."""
        ...

    def pasts(self, user_ids: Collection[UserId], most: int) -> Mapping[UserId, Past]:
        """Return what the archive says of shoppers, at most so many acts of each."""
        ...

    def cars(self, ids: Iterable[ListingId]) -> Mapping[ListingId, Car]:
        """Return listings of any status."""
        ...


class WatchingLog(Protocol):
    """The log, looked at. Blocks. Every method raises LogUnavailableError."""

    def state(self) -> LogState:
        """Return the log at this moment."""
        ...

    def server(self) -> ValkeyState:
        """Return how its server is."""
        ...

    def after(self, shard: int, position: Position, limit: int) -> Sequence[Position]:
        """Return the positions of the entries behind one, in order, up to a limit."""
        ...

    def until(self, shard: int, position: Position, limit: int) -> Sequence[RawEntry]:
        """Return the last entries up to a position and with it, the latest first."""
        ...

    def buried(self, wanted: Collection[tuple[int, Position]]) -> set[tuple[int, Position]]:
        """Return those places of the log whose entries are dead letters."""
        ...


class WatchingCache(Protocol):
    """The cache, looked at; it need not be at home. Blocks; raises StoreUnavailableError."""

    def server(self) -> ValkeyState:
        """Return how its server is."""
        ...

    def slates(self, most: int) -> Iterator[tuple[str, bytes]]:
        """Yield key and head of finished answers; goes on where it ended the last time."""
        ...
