"""Who reacted to which listing how strongly, as the libraries on the market want it.

Owns:    the sparse matrix of past reactions, each shopper's own row of it, when to train again.
Imports: numpy, scipy, domain.events, evaluation.

scipy comes with the lab, so it is imported where it is needed.
"""

from abc import abstractmethod
from collections import defaultdict
from typing import Any

import numpy as np

from carousel.evaluation.method import Ask
from carousel.evaluation.methods.choosing import ByScore
from carousel.evaluation.methods.recorded import LIKES, STRENGTHS, past_likes
from carousel.evaluation.world import World
from carousel.recording.tables import Floats, Ints

DAY = 86_400.0


def reactions(world: World, until: float) -> Any:  # noqa: ANN401 (scipy has no types)
    """Return the summed strengths of the likes before a moment of the past.

    A csr_matrix of float32, shape (shoppers, listings published before that moment).
    """
    from scipy.sparse import coo_matrix  # noqa: PLC0415 (comes with the lab)

    recording, likes = world.recording, past_likes(world)
    events = recording.events
    likes = likes[events.at[likes] < until]
    published = np.searchsorted(recording.lives.listed_at[: world.published], until)
    strengths = STRENGTHS[events.type[likes]].astype(np.float32)
    places = events.shopper[likes], events.listing[likes]
    return coo_matrix((strengths, places), shape=(len(recording.users), published)).tocsr()


class Collaborative(ByScore):
    """A model of shoppers and listings by their ids, trained again every midnight, UTC.

    Between two trainings a shopper's own row is up to date, the listings are not: one that nobody
    had reacted to at midnight is unknown and ranks last.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)

    def begin(self, world: World) -> None:
        """Train on all past likes."""
        self._rows: defaultdict[int, dict[int, float]] = defaultdict(dict)
        for event in past_likes(world):
            self._add(world, int(event))
        self._train(world, world.now)

    def _add(self, world: World, event: int) -> None:
        events = world.recording.events
        row, listing = self._rows[int(events.shopper[event])], int(events.listing[event])
        row[listing] = row.get(listing, 0.0) + float(STRENGTHS[events.type[event]])

    def _train(self, world: World, until: float) -> None:
        """Train on what lay before a moment, whenever it is that somebody asks."""
        matrix = reactions(world, until)
        self._trained = until
        self._columns = matrix.shape[1]
        self._known = np.zeros(len(world.recording.listings), np.bool_)
        self._known[: self._columns] = matrix.getnnz(axis=0) > 0
        self.train(matrix)

    def observe(self, world: World, event: int) -> None:
        """Add a like to the shopper's row."""
        if LIKES[world.recording.events.type[event]]:
            self._add(world, event)

    def score(self, world: World, ask: Ask, rows: Ints) -> Floats:
        """Return the model's score of each; of unknown listings one less than the least."""
        midnight = world.now // DAY * DAY
        if midnight > self._trained:
            self._train(world, midnight)
        scores, known = np.zeros(len(rows)), self._known[rows]
        own = {car: s for car, s in self._rows[ask.shopper].items() if car < self._columns}
        if own and known.any():
            scores[known] = self.predict(self._row_of(own), rows[known])
            scores[~known] = scores[known].min() - 1.0
        return scores

    def _row_of(self, own: dict[int, float]) -> Any:  # noqa: ANN401 (scipy has no types)
        from scipy.sparse import csr_matrix  # noqa: PLC0415 (comes with the lab)

        cars = np.array(sorted(own), np.int32)
        strengths = np.array([own[car] for car in cars.tolist()], np.float32)
        ends = np.array([0, len(cars)], np.int32)
        return csr_matrix((strengths, cars, ends), shape=(1, self._columns))

    @abstractmethod
    def train(self, matrix: Any) -> None:  # noqa: ANN401 (scipy has no types)
        """Fit the model to ``reactions``."""

    @abstractmethod
    def predict(self, row: Any, listings: Ints) -> Floats:  # noqa: ANN401 (scipy has no types)
        """Return the scores of listings known to the model for a shopper's row of reactions."""
