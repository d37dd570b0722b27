"""The engine's index of a market at the split; methods that are compared side by side share it.

Owns:    fitting the feature space to the cars alive, the vectors of all cars published.
Imports: domain, evaluation.world.

Fitting is a function of the cars alone, so equal cars may have one space. Serving keeps what it
computes from a space by the very object, and would compute it anew for every method's own.
"""

from collections.abc import Sequence
from functools import lru_cache

from carousel.domain.car_features import describe, fit_space
from carousel.domain.features import FeatureSpace, Matrix
from carousel.domain.listing import Listing
from carousel.evaluation.world import World


def space_of(world: World) -> FeatureSpace:
    """Return the feature space of the cars alive."""
    return _fitted(tuple(world.listing(row) for row in world.rows().tolist()))


def published_vectors(world: World, space: FeatureSpace) -> Matrix:
    """Return the vectors of all cars published, shape (published, dim); to be read only."""
    return _encoded(tuple(world.listing(row) for row in range(world.published)), space)


def vectors(listings: Sequence[Listing], space: FeatureSpace) -> Matrix:
    """Return the vectors of some cars, shape (n, dim)."""
    return space.vectors([describe(listing) for listing in listings])


@lru_cache(maxsize=2)
def _fitted(listings: tuple[Listing, ...]) -> FeatureSpace:
    return fit_space(listings)


@lru_cache(maxsize=2)
def _encoded(listings: tuple[Listing, ...], space: FeatureSpace) -> Matrix:
    found = vectors(listings, space)
    found.flags.writeable = False
    return found
