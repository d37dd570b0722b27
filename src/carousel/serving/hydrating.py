"""What is known of who asks, read once and told to every stage after it.

Owns:    a shopper's state with the preference that it amounts to.
Imports: numpy, domain, serving.knobs, storage.ports.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

import numpy as np

from carousel.domain import preference
from carousel.domain.features import FeatureSpace, Vector
from carousel.domain.listing import ListingId, UserId
from carousel.domain.needs import Needs, needs_of
from carousel.domain.trail import KINDS, Trail, without
from carousel.serving.knobs import Knobs
from carousel.storage.ports import ServingStore, ShopperState

DISMISS = KINDS.index("dismiss")


@dataclass(frozen=True, slots=True)
class Shopper:
    """Who asks.

    state:      as it is stored, but for dismissals in the trail that were undone.
    space:      of the preference; None for a stranger.
    wanted:     the preference, unit norm, shape (dim,); None for a stranger.
    confidence: weight of the preference, in [0, 1).
    needs:      behind the trail.
    """

    state: ShopperState
    space: FeatureSpace | None
    wanted: Vector | None
    confidence: float
    needs: Needs


async def hydrate(store: ServingStore, user_id: UserId, now: datetime, knobs: Knobs) -> Shopper:
    """Return what is known of a shopper at a moment, aware."""
    state = await store.shopper(user_id)
    state = replace(state, trail=still_meant(state.trail, state.dismissed))
    needs = needs_of(state.trail, now.timestamp(), knobs.needs)
    if state.evidence is None or not state.space:
        return Shopper(state, None, None, 0.0, needs)
    space = await store.space(state.space)
    reader = reader_of(space, knobs.taste)
    wanted = reader.preference(state.evidence)
    confidence = 0.0 if wanted is None else reader.confidence(state.evidence, now)
    return Shopper(state, space, wanted, confidence, needs)


def still_meant(trail: Trail, dismissed: frozenset[ListingId]) -> Trail:
    """Return a trail without the dismissals that were undone.

    Of a car that was dismissed again only the last dismissal is meant: a trail does not know what
    was undone in between, and to turn a car down twice is no more than to turn it down.
    """
    turned = np.flatnonzero(trail.reactions["kind"] == DISMISS)
    last = {
        listing: place
        for place, listing in zip(
            turned.tolist(), trail.reactions["listing"][turned].tolist(), strict=True
        )
    }
    meant = {place for listing, place in last.items() if listing in dismissed}
    undone = [place for place in turned.tolist() if place not in meant]
    return without(trail, undone) if undone else trail


@lru_cache(maxsize=4)  # a space is fitted rarely; its matrix need not be inverted per request
def reader_of(space: FeatureSpace, params: preference.Params) -> preference.Reader:
    """Return what reads preferences in a space."""
    return preference.Reader(space, params)
