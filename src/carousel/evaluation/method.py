"""What a way of recommending is, to the lab: something that hears of the past and ranks the alive.

Owns:    the seam between the replay and everything it compares.
Imports: numpy, domain.filters, evaluation.world.
"""

from dataclasses import dataclass
from typing import Protocol

from carousel.domain.filters import Filters
from carousel.evaluation.world import World
from carousel.recording.tables import Floats, Ints


@dataclass(frozen=True, slots=True)
class Ask:
    """One request of a replay.

    shopper: row of the recording. at: epoch seconds.
    filters: hard filters in force, the empty ones for a home page.
    rows:    listings alive at that moment that pass the filters, ascending.
    limit:   places of the slate.
    """

    shopper: int
    at: float
    filters: Filters
    rows: Ints
    limit: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """A slate: rows, best first, shape (k,), and the method's own scores, shape (k,)."""

    rows: Ints
    scores: Floats


class Method(Protocol):
    """A way of recommending. The replay calls it in order of time and from one thread.

    Before ``begin`` nothing is called. From then on every event and every change of the market is
    told once, as it happens; what is told is already in the world.
    """

    @property
    def name(self) -> str:
        """Return the key of its row in tables: lower case, words joined by hyphens."""
        ...

    def begin(self, world: World) -> None:
        """Learn from all that lies before the split; ``world`` stands at it."""
        ...

    def observe(self, world: World, event: int) -> None:
        """Hear of an event, a row of ``world.recording.events``."""
        ...

    def listed(self, world: World, row: int) -> None:
        """Hear that a listing was published."""
        ...

    def repriced(self, world: World, row: int) -> None:
        """Hear that a listing has a new price."""
        ...

    def left(self, world: World, row: int) -> None:
        """Hear that a listing is no longer for sale."""
        ...

    def rank(self, world: World, ask: Ask) -> Ranking:
        """Return the slate for a shopper, at most ``ask.limit`` distinct listings, best first."""
        ...

    def score(self, world: World, ask: Ask, rows: Ints) -> Floats:
        """Return how high the method thinks of given listings, shape (n,), higher is better.

        Comparable within one ask only.
        """
        ...
