"""The latent space learned from a recording: factors of reactions, foretold from attributes.

Owns:    the training of kind "factors" and its params.
Imports: numpy, domain, recording, training.{holdout, reactions}.

1. Reactions become weights of pairs of shopper and listing: old ones count less, many of one pair
   ever less, and a crawler's day no more than a keen shopper's.
2. Factors of both sides (domain/factors.py).
3. The map from everything a listing states to its factors: ridge regression, a listing weighing
   as much as was reacted to it, solved exactly.
4. The lengths are set so that what is foretold of a listing of the inventory is 1 on average.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

import numpy as np

from carousel.domain import attributes as axes
from carousel.domain.attributes import Attributes, Encoded
from carousel.domain.car_features import BLOCKS, describe
from carousel.domain.errors import ModelError
from carousel.domain.factors import FactorParams, Sparse, factorise
from carousel.domain.features import Matrix, Vector
from carousel.domain.latent import LEAST, Latent, Settings, shortened, to_model
from carousel.domain.model import Model
from carousel.recording.tables import Flags, Recording
from carousel.training.holdout import figures
from carousel.training.reactions import (
    DAY_SECONDS,
    Weighing,
    pairs,
    reactions_until,
    weights,
)

SPREAD = 0.1
"""Standard deviation of a starting factor's length; a smaller one only costs a sweep."""

HELD_OUT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class FactorTraining:
    """What an experiment may change.

    factors:  k.
    weighing: of reactions.
    als:      of the factorisation.
    ridge:    of the map from attributes, in units of pair weights.
    rarest:   listings that a name needs to be an attribute.
    reading:  how the space is read.
    seed:     of the start.
    """

    factors: int = 64
    weighing: Weighing = field(default_factory=Weighing)
    als: FactorParams = field(
        default_factory=lambda: FactorParams(
            unobserved=0.003, regularisation=0.003, sweeps=10, single=True
        )
    )
    ridge: float = 10.0
    rarest: int = 3
    reading: Settings = field(default_factory=Settings)
    seed: int = 0


DEFAULTS = FactorTraining()

ItemFactors: TypeAlias = Callable[[Sparse, FactorTraining], Matrix]
"""Factorises weighted pairs of shoppers and listings; returns the listings' factors.

Shape (listings, k); a listing that nobody reacted to has zeros.
"""


def item_factors_here(observed: Sparse, params: FactorTraining) -> Matrix:
    """Return the listings' factors, computed in this process; see ``ItemFactors``."""
    k = params.factors
    dice = np.random.default_rng(params.seed)
    start = dice.normal(0.0, SPREAD / np.sqrt(k), (observed.columns, k))
    return factorise(observed, start, params.als).items


def train_factors(
    recording: Recording,
    until: float,
    params: FactorTraining = DEFAULTS,
    held_out: timedelta = HELD_OUT,
    item_factors: ItemFactors = item_factors_here,
) -> Model:
    """Return a latent space of what happened before a moment, with figures of its worth.

    The figures are of a space trained on less: on what lies before the last ``held_out``, which
    it is then measured on; see ``training.holdout``.

    Args:
        recording: what happened; what lies after ``until`` is not looked at.
        until: epoch seconds.
        params: of the training.
        held_out: length of the last part; of a short recording a quarter at most.
        item_factors: what factorises.

    Raises:
        ModelError: nobody had reacted to any car by then.
    """
    length = min(held_out.total_seconds(), (until - recording.begins) / 4)
    since = (until - length) // DAY_SECONDS * DAY_SECONDS
    earlier = latent_before(recording, since, params, item_factors)
    worth = figures(recording, earlier, since, until)
    return to_model(latent_before(recording, until, params, item_factors), worth)


def latent_before(
    recording: Recording,
    until: float,
    params: FactorTraining,
    item_factors: ItemFactors = item_factors_here,
) -> Latent:
    """Return the latent space of what happened before a moment, epoch seconds.

    Raises:
        ModelError: nobody had reacted to any car by then.
    """
    seen = reactions_until(recording, until)
    lives = recording.lives
    published = int(np.searchsorted(lives.listed_at, until))
    counted = weights(seen, until, params.weighing)
    observed = pairs(seen, counted, (len(recording.users), published), params.weighing)
    if not len(observed.data):
        raise ModelError("Nobody has reacted to any car yet; factors cannot be learned.")
    things = [describe(listing) for listing in recording.listings[:published]]
    attributes = axes.fit(BLOCKS, things, params.rarest)
    inventory = lives.left_at[:published] > until
    encoded = attributes.encode(things)
    return latent_of(attributes, encoded, observed, inventory, params, item_factors)


def latent_of(  # noqa: PLR0913, PLR0917 (what is known of listings, of pairs, and how to learn)
    attributes: Attributes,
    listings: Encoded,
    observed: Sparse,
    inventory: Flags,
    params: FactorTraining,
    item_factors: ItemFactors = item_factors_here,
) -> Latent:
    """Return the latent space of weighted pairs.

    Args:
        attributes: what is looked at.
        listings: what each states.
        observed: shoppers x listings.
        inventory: which listings are for sale; all count if none is.
        params: of the training.
        item_factors: what factorises.
    """
    found = item_factors(observed, params)
    worth: Vector = np.zeros(observed.columns)
    worth += np.bincount(observed.indices, observed.data, minlength=observed.columns)
    count = len(attributes.coordinates)
    gram = listings.moment(worth, count) + params.ridge * np.eye(count)
    target = listings.transposed_times(worth[:, None] * found, count)
    by_attribute: Matrix = np.asarray(np.linalg.solve(gram, target), np.float64)
    alive = inventory if inventory.any() else np.ones(len(inventory), np.bool_)
    mean = listings.transposed_times(alive[:, None] / alive.sum(), count)[:, 0]
    raw = listings.times(by_attribute)[alive] - mean @ by_attribute
    length = max(float(np.linalg.norm(raw, axis=1).mean()), LEAST)
    factors = shortened(raw / length, params.reading.norm)
    return Latent(
        attributes=attributes,
        weights=by_attribute / length,
        mean=mean,
        moment=factors.T @ factors / len(factors),
        settings=params.reading,
    )
