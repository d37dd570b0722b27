"""Candidates in the order of a trained ranker: their chance to be opened.

Owns:    what a ranker is told of a request.
Imports: numpy, domain, storage.ports.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from carousel.domain.features import Matrix, Vector
from carousel.domain.matching import features as matching
from carousel.domain.model import Model
from carousel.domain.ranker.ranking import KIND, Ranker, from_model
from carousel.domain.trail import Trail
from carousel.storage.ports import ServingStore
from carousel.storage.ports.serving import Described


@dataclass(frozen=True, slots=True)
class Rated:
    """Candidates with their chances.

    rows:   features, shape (n, f).
    chance: to be opened, in [0, 1], shape (n,).
    order:  what to rank by, in [0, 1], shape (n,).
    """

    ranker: Ranker
    rows: Matrix
    chance: Vector
    order: Vector


async def active_ranker(store: ServingStore) -> Ranker | None:
    """Return the ranker that serves, None before one was trained."""
    model = await store.model(KIND)
    return None if model is None else _ranker(_Same(model))


def rate(  # noqa: PLR0913 (who is asked about what, when; each is one thing)
    ranker: Ranker,
    cars: Described,
    trail: Trail,
    wanted: Vector | None,
    *,
    now: float,
    params: matching.Params,
    contacts: float = 0.0,
) -> Rated:
    """Return the chances of cars.

    Args:
        ranker: the one that serves.
        cars: n candidates.
        trail: the shopper's.
        wanted: their preference, unit norm, shape (dim,); None for a stranger.
        now: epoch seconds.
        params: of the features, as the ranker was trained with.
        contacts: power of the chance of a contact in what is ranked by; at 0 openings alone count,
            at 1 contacts.
    """
    unknown = np.full(len(cars.ids), np.nan)
    segment, model = ranker.market.opened(cars.facts)
    known = matching.Shared(
        content=unknown if wanted is None else cars.vectors @ wanted,
        latent=unknown,
        popular=np.log1p(np.maximum(np.nan_to_num(cars.counts), 0.0)),
        segment=segment,
        model=model,
        deal=ranker.market.deal(cars.facts),
    )
    rows = matching.features(cars.facts, known, trail, now=now, params=params)
    chance = order = ranker.chance(rows)
    if contacts:
        order = chance * np.nan_to_num(ranker.called(rows), nan=1.0) ** contacts
    return Rated(ranker, rows, chance, order)


class _Same:
    """A model by which it is: reading its contents to tell it from others would take longer."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def __hash__(self) -> int:
        return id(self.model)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.model is self.model


@lru_cache(maxsize=2)
def _ranker(kept: _Same) -> Ranker:
    return from_model(kept.model)
