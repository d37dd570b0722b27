"""Shoppers for a car: the recommendation the other way round, for an alert or a price-drop message.

Owns:    which shoppers a listing fits best.
Imports: domain, storage.ports.

The score is what the car's content gives it in the shopper's own list: how near it is to their
preference, times how much is known of them by now.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from carousel.domain import preference
from carousel.domain.features import Vector
from carousel.domain.listing import ListingId, UserId
from carousel.storage.ports import ServingStore

RECENT = 20_000  # how many shoppers are considered, those last heard of


@dataclass(frozen=True, slots=True)
class Fit:
    """A shopper whom a car fits.

    likeness:   inner product of the preference and the car, in (0, 1].
    confidence: how much is known of the shopper by now, in (0, 1).
    """

    user_id: UserId
    likeness: float
    confidence: float

    @property
    def score(self) -> float:
        """Return what shoppers are ordered by."""
        return self.likeness * self.confidence


@dataclass(frozen=True, slots=True)
class Fitting:
    """The shoppers a car fits, best first, and how many were considered."""

    fits: Sequence[Fit]
    considered: int


async def shoppers_for(  # noqa: PLR0913 (what, how many, when, how read, of how many)
    store: ServingStore,
    listing_id: ListingId,
    limit: int,
    *,
    now: datetime,
    taste: preference.Params,
    recent: int = RECENT,
) -> Fitting:
    """Return the shoppers whose preference a listing of any status fits best.

    Of the ``recent`` shoppers last heard of, without those who dismissed it. Whoever would rather
    have anything else, a product below nought, is not fitted by it.
    """
    vectors, audience = await asyncio.gather(
        store.vectors([listing_id]), store.audience(listing_id, recent)
    )
    vector = vectors.get(listing_id)
    if vector is None or not audience.shoppers:
        return Fitting((), len(audience.shoppers))
    reader = preference.Reader(await store.space(audience.space), taste)
    # Many shoppers are a tenth of a second of arithmetic: others' requests need not wait for it.
    fits = await asyncio.to_thread(_fits, reader, audience.shoppers, vector, now)
    return Fitting(fits[:limit], len(audience.shoppers))


def _fits(
    reader: preference.Reader,
    shoppers: Mapping[UserId, preference.Evidence],
    vector: Vector,
    now: datetime,
) -> list[Fit]:
    fits: list[Fit] = []
    for user_id, evidence in shoppers.items():
        wanted = reader.preference(evidence)
        likeness = 0.0 if wanted is None else float(wanted @ vector)
        if likeness > 0:
            confidence = reader.confidence(evidence, now)
            fits.append(Fit(user_id, likeness, confidence))
    return sorted(fits, key=lambda fit: (-fit.score, fit.user_id))
