"""The middle rung between the prototype and the engine: our vectors, its plain mean.

Owns:    the flat mean of the vectors of the cars a shopper reacted to, by cosine.
Imports: numpy, domain.car_features, evaluation.
"""

import numpy as np

from carousel.domain.car_features import DIM
from carousel.evaluation.method import Ask
from carousel.evaluation.methods.car_vectors import CarVectors
from carousel.evaluation.methods.choosing import ByScore
from carousel.evaluation.methods.indexing import published_vectors, space_of, vectors
from carousel.evaluation.methods.recorded import LIKES, past_likes
from carousel.evaluation.world import World
from carousel.recording.tables import Floats, Ints


class BumpsMean(ByScore):
    """Cars by the cosine with the mean of those reacted to; a stranger gets the first ones."""

    def __init__(self) -> None:
        super().__init__("bumps-mean")

    def begin(self, world: World) -> None:
        """Fit the feature space to the cars alive; take in all past reactions."""
        space = space_of(world)
        self._cars = CarVectors(
            world, published_vectors(world, space), lambda listings: vectors(listings, space)
        )
        # A cosine does not change with the length, so the sum says what the mean says.
        self._sums = np.zeros((len(world.recording.users), DIM))
        events, likes = world.recording.events, past_likes(world)
        np.add.at(self._sums, events.shopper[likes], self._cars.of(events.listing[likes]))

    def observe(self, world: World, event: int) -> None:
        """Add a car viewed, saved or asked about."""
        events = world.recording.events
        if LIKES[events.type[event]]:
            self._sums[events.shopper[event]] += self._cars.one(int(events.listing[event]))

    def listed(self, world: World, row: int) -> None:
        """Encode the new listing."""
        self._cars.renew(world, row)

    def repriced(self, world: World, row: int) -> None:
        """Encode the listing with its new price."""
        self._cars.renew(world, row)

    def score(self, world: World, ask: Ask, rows: Ints) -> Floats:
        """Return the cosine of each with the shopper's mean; zeros for a stranger."""
        del world
        wanted = self._sums[ask.shopper]
        norm = float(np.linalg.norm(wanted))
        if norm == 0.0:
            return np.zeros(len(rows))
        return np.asarray(self._cars.of(rows) @ (wanted / norm).astype(np.float32), np.float64)
