"""What every method must beat: chance, the newest, the popular.

Owns:    the methods that know nothing about the shopper.
Imports: numpy, domain.popularity, evaluation.
"""

import numpy as np
import numpy.typing as npt

from carousel.domain.popularity import HALF_LIFE
from carousel.evaluation.method import Ask
from carousel.evaluation.methods.choosing import ByScore
from carousel.evaluation.methods.recorded import LIKES, STRENGTHS, past_likes
from carousel.evaluation.world import World
from carousel.recording.tables import Floats, Ints

_Words = npt.NDArray[np.uint64]


class Random(ByScore):
    """Listings by the dice of this very ask: the same question has the same answer."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__("random")
        self._seed = seed

    def score(self, world: World, ask: Ask, rows: Ints) -> Floats:
        """Return uniform numbers in [0, 1), one a listing, whatever else is asked."""
        del world
        key = np.array([self._seed, ask.shopper, np.float64(ask.at).view(np.int64)]).view(np.uint64)
        state = np.zeros(1, np.uint64)
        for word in key:
            state = _mixed(state + word)
        return _mixed(state + rows.astype(np.uint64)).astype(np.float64) / 2.0**64


def _mixed(words: _Words) -> _Words:
    """Return words of which each bit depends on all bits given.

    Source: SplitMix64, Steele, Lea & Flood, OOPSLA 2014.
    """
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


class Newest(ByScore):
    """The listings published last."""

    def __init__(self) -> None:
        super().__init__("newest")

    def score(self, world: World, ask: Ask, rows: Ints) -> Floats:
        """Return when each was published, epoch seconds."""
        del ask
        return world.recording.lives.listed_at[rows]


class Popular(ByScore):
    """The listings shoppers react to most these days, with the engine's half-life."""

    def __init__(self) -> None:
        super().__init__("popular")

    def begin(self, world: World) -> None:
        """Add up the past reactions."""
        events = world.recording.events
        likes = past_likes(world)
        self._start = world.now
        # All sums age alike, so it is enough that a later reaction starts larger.
        counts = STRENGTHS[events.type[likes]] * np.exp2(self._ages(events.at[likes]))
        self._liking = np.zeros(len(world.recording.listings))
        np.add.at(self._liking, events.listing[likes], counts)

    def _ages(self, at: Floats) -> Floats:
        return (at - self._start) / HALF_LIFE.total_seconds()

    def observe(self, world: World, event: int) -> None:
        """Add a reaction to the listing it is about."""
        events = world.recording.events
        kind = events.type[event]
        if LIKES[kind]:
            age = self._ages(events.at[event : event + 1])[0]
            self._liking[events.listing[event]] += STRENGTHS[kind] * np.exp2(age)

    def score(self, world: World, ask: Ask, rows: Ints) -> Floats:
        """Return the decayed sum of reactions to each, in strengths of this moment."""
        del world
        return self._liking[rows] * float(np.exp2(-self._ages(np.array([ask.at]))[0]))
