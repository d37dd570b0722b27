"""The engine's index and ranker at the split; methods that are compared side by side share them.

Owns:    the feature space of the cars alive, the vectors of all cars published, the ranker.
Imports: domain, training, evaluation.world.

Fitting is a function of the cars alone, so equal cars may have one space. Serving keeps what it
computes from a space by the very object, and would compute it anew for every method's own.
"""

from collections.abc import Sequence
from functools import lru_cache

from carousel.domain.car_features import describe, fit_space
from carousel.domain.errors import ModelError
from carousel.domain.features import FeatureSpace, Matrix
from carousel.domain.listing import Listing
from carousel.domain.model import Model
from carousel.evaluation.world import World
from carousel.recording.tables import Recording
from carousel.training.ranking import train_ranker


def space_of(world: World) -> FeatureSpace:
    """Return the feature space of the cars alive."""
    return _fitted(tuple(world.listing(row) for row in world.rows().tolist()))


def published_vectors(world: World, space: FeatureSpace) -> Matrix:
    """Return the vectors of all cars published, shape (published, dim); to be read only."""
    return _encoded(tuple(world.listing(row) for row in range(world.published)), space)


def vectors(listings: Sequence[Listing], space: FeatureSpace) -> Matrix:
    """Return the vectors of some cars, shape (n, dim)."""
    return space.vectors([describe(listing) for listing in listings])


def ranker_of(world: World) -> Model | None:
    """Return the ranker of all that was shown so far; None where too little was."""
    return _trained(_Same(world.recording), world.now)


class _Same:
    """A recording by which it is: its contents are not compared."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording

    def __hash__(self) -> int:
        return id(self.recording)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.recording is self.recording


@lru_cache(maxsize=2)
def _trained(kept: _Same, until: float) -> Model | None:
    try:
        return train_ranker(kept.recording, until)
    except ModelError:
        return None


@lru_cache(maxsize=2)
def _fitted(listings: tuple[Listing, ...]) -> FeatureSpace:
    return fit_space(listings)


@lru_cache(maxsize=2)
def _encoded(listings: tuple[Listing, ...], space: FeatureSpace) -> Matrix:
    found = vectors(listings, space)
    found.flags.writeable = False
    return found
