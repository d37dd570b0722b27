"""A method with a stopwatch around it.

Owns:    how long a method took, all its calls together.
Imports: evaluation.method.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from carousel.evaluation.method import Ask, Method, Ranking
from carousel.evaluation.world import World
from carousel.recording.tables import Floats, Ints


class Timed:
    """A method that answers as the one inside and counts the seconds it takes."""

    def __init__(self, inside: Method, clock: Callable[[], float]) -> None:
        self._inside = inside
        self._clock = clock
        self.seconds = 0.0

    @property
    def name(self) -> str:
        """Return the name of the one inside."""
        return self._inside.name

    def begin(self, world: World) -> None:
        """Pass on."""
        with self._running():
            self._inside.begin(world)

    def observe(self, world: World, event: int) -> None:
        """Pass on."""
        with self._running():
            self._inside.observe(world, event)

    def listed(self, world: World, row: int) -> None:
        """Pass on."""
        with self._running():
            self._inside.listed(world, row)

    def repriced(self, world: World, row: int) -> None:
        """Pass on."""
        with self._running():
            self._inside.repriced(world, row)

    def left(self, world: World, row: int) -> None:
        """Pass on."""
        with self._running():
            self._inside.left(world, row)

    def rank(self, world: World, ask: Ask) -> Ranking:
        """Pass on."""
        with self._running():
            return self._inside.rank(world, ask)

    def score(self, world: World, ask: Ask, rows: Ints) -> Floats:
        """Pass on."""
        with self._running():
            return self._inside.score(world, ask, rows)

    @contextmanager
    def _running(self) -> Iterator[None]:
        started = self._clock()
        yield
        self.seconds += self._clock() - started
