"""The event log: a door in for the API, a door out for the pipelines.

Owns:    what may be asked of the log.
Imports: domain.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, TypeAlias

from carousel.domain.events import LogEntry
from carousel.domain.listing import UserId

Position: TypeAlias = str
"""A place in one shard of the log, ``<ms>-<seq>``; BEGINNING is before every entry."""

BEGINNING: Position = "0-0"

NO_CAUSES: Mapping[UserId, "Cause"] = MappingProxyType({})


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


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a shopper's list changed.

    logged_ms: when the log took in the newest event that did it, by its clock, in ms since 1970.
    trace:     the traceparent of what applied the newest that is traced.
    """

    logged_ms: int
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """What a user's listeners are told: the new version of their state, or how many are unseen.

    cause: of a new version, where whoever sent it knew.
    """

    user_id: UserId
    number: int
    cause: Cause | None = None


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

    def read(self, after: Mapping[int, Position], limit: int) -> dict[int, list[RawEntry]]:
        """Return the next entries of each shard, oldest first, up to ``limit`` each.

        One round trip; a shard that has none yet is left out.
        """
        ...

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Keep entries in the dead-letter stream. May be repeated; duplicates are harmless."""
        ...

    def forget(self, shard: int, before: Position) -> None:
        """Allow the log to drop entries before a position that every pipeline has passed."""
        ...

    def nudge(
        self, versions: Mapping[UserId, int], causes: Mapping[UserId, Cause] = NO_CAUSES
    ) -> None:
        """Tell whoever listens that these users' lists changed, and why. May be lost."""
        ...
