"""From scores to a slate: the best listings, and methods that are nothing but a score.

Owns:    taking the best of many, ties broken by row; the part that such methods have in common.
Imports: numpy, evaluation.{method, world}.
"""

from abc import ABC, abstractmethod

import numpy as np

from carousel.evaluation.method import Ask, Ranking
from carousel.evaluation.world import World
from carousel.recording.tables import Floats, Ints


def best(rows: Ints, scores: Floats, limit: int) -> Ranking:
    """Return the listings of the highest scores, best first, of equal ones the lower row first.

    Args:
        rows: listings, ascending, shape (n,).
        scores: shape (n,), higher is better.
        limit: how many at most.

    >>> slate = best(np.array([3, 5, 8, 9]), np.array([1.0, 2.0, 2.0, 1.0]), limit=3)
    >>> slate.rows.tolist(), slate.scores.tolist()
    ([5, 8, 3], [2.0, 2.0, 1.0])
    """
    count = len(rows)
    if limit < count:
        last = np.partition(scores, count - limit)[count - limit]
        above = np.flatnonzero(scores > last)
        level = np.flatnonzero(scores == last)[: limit - len(above)]
        places = np.concatenate([above, level])
    else:
        places = np.arange(count)
    places = places[np.lexsort((rows[places], -scores[places]))]
    return Ranking(rows[places], scores[places])


class ByScore(ABC):
    """A method that scores every listing by itself and shows the best.

    It hears of nothing unless it says so: each of these calls may be replaced.
    """

    # ruff: noqa: B027 (to hear of nothing is a choice, not something forgotten)

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def name(self) -> str:
        """Return the key of its row in tables."""
        return self._name

    def begin(self, world: World) -> None:
        """Learn nothing."""

    def observe(self, world: World, event: int) -> None:
        """Learn nothing from an event."""

    def listed(self, world: World, row: int) -> None:
        """Need not know of a new listing."""

    def repriced(self, world: World, row: int) -> None:
        """Need not know of a new price."""

    def left(self, world: World, row: int) -> None:
        """Need not know of a listing that left: only the alive are asked for."""

    def rank(self, world: World, ask: Ask) -> Ranking:
        """Return the listings of the highest scores."""
        return best(ask.rows, self.score(world, ask, ask.rows), ask.limit)

    @abstractmethod
    def score(self, world: World, ask: Ask, rows: Ints) -> Floats:
        """Return how high the method thinks of given listings."""
