"""The request path, top to bottom: hydrate, retrieve and filter, merge, score, re-rank, explain.

Owns:    one recommendation request.
Imports: domain, storage.ports, serving.{channels, knobs, ranking, reasons}.
"""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from carousel.domain import preference, reranking, scoring
from carousel.domain.candidates import Candidates, Found, merge, nothing
from carousel.domain.car_features import DIM
from carousel.domain.features import FeatureSpace, Vector
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.serving import reasons
from carousel.serving.ask import Ask
from carousel.serving.channels import CHANNELS
from carousel.serving.knobs import Knobs
from carousel.serving.ranking import active_ranker, rate
from carousel.serving.reasons import Reason
from carousel.storage.ports import ServingStore, ShopperState

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SlateEntry:
    """One place of a slate: the car, its score and the main reason why it stands there."""

    listing: Listing
    score: float
    reason: Reason


@dataclass(frozen=True, slots=True)
class Slate:
    """An answer, best first.

    id:       names this list in impressions; equal inputs give equal ids.
    version:  of the shopper's state it was made from. space: of the feature space.
    personal: whether the shopper's own evidence had a part in it.
    """

    id: str
    version: int
    space: str
    personal: bool
    entries: tuple[SlateEntry, ...]


async def recommend(  # noqa: PLR0913 (who, what, how many, when: each is one thing)
    store: ServingStore,
    user_id: UserId,
    filters: Filters,
    limit: int,
    *,
    now: datetime,
    knobs: Knobs,
    without: frozenset[ListingId] = frozenset(),
) -> Slate:
    """Return the slate for a shopper; a stranger gets what is popular and new.

    Args:
        store: where everything is known.
        user_id: who asks.
        filters: that every car passes.
        limit: places.
        now: aware.
        knobs: what an experiment may change.
        without: listings that must not come back.
    """
    state = await store.shopper(user_id)
    space = await store.space(state.space) if state.evidence is not None and state.space else None
    wanted, confidence = _taste(state, space, now, knobs)
    ask = Ask(
        wanted, space, filters, state.dismissed | without, max(knobs.pool, 3 * limit),
        state.latent, state.trail,
    )  # fmt: skip
    ranker = await active_ranker(store) if knobs.ranked else None
    candidates = merge(await _retrieve(store, ask, knobs), DIM)
    if ranker is None:
        scores = scoring.score(
            candidates.vectors, wanted, confidence, candidates.support, knobs.score
        )
        chosen = _chosen(candidates, scores.total, limit, knobs)
        because = reasons.of_blend(scores, chosen)
        worth = [float(scores.total[i]) for i in chosen]
    else:
        cars = await store.described(candidates.ids)
        candidates = candidates.among(cars.ids)
        rated = rate(ranker, cars, state.trail, wanted, now=now.timestamp(), params=knobs.features)
        # Variety weighs relevance against likeness, so the best car's relevance must be about 1.
        best = max(float(rated.chance.max(initial=0.0)), 1e-12)
        chosen = _chosen(candidates, rated.chance / best, limit, knobs)
        because = reasons.of_ranker(rated, chosen)
        worth = [float(rated.chance[i]) for i in chosen]
    # Read last: a car sold while the slate was made is not in the answer.
    listings = {c.id: c for c in await store.active([candidates.ids[i] for i in chosen])}
    entries = tuple(
        SlateEntry(listing, score, reason)
        for i, score, reason in zip(chosen, worth, because, strict=True)
        if (listing := listings.get(candidates.ids[i])) is not None
    )
    return Slate(
        _slate_id(user_id, state.version, entries),
        state.version,
        state.space,
        wanted is not None,
        entries,
    )


def _chosen(candidates: Candidates, scores: Vector, limit: int, knobs: Knobs) -> list[int]:
    return list(
        reranking.diversify(scores, candidates.vectors, candidates.looks, limit, knobs.diversity)
    )


def _taste(
    state: ShopperState, space: FeatureSpace | None, now: datetime, knobs: Knobs
) -> tuple[Vector | None, float]:
    if state.evidence is None or space is None:
        return None, 0.0
    reader = _reader(space, knobs.taste)
    wanted = reader.preference(state.evidence)
    return wanted, 0.0 if wanted is None else reader.confidence(state.evidence, now)


@lru_cache(maxsize=4)  # a space is fitted rarely; its matrix need not be inverted per request
def _reader(space: FeatureSpace, params: preference.Params) -> preference.Reader:
    return preference.Reader(space, params)


async def _retrieve(store: ServingStore, ask: Ask, knobs: Knobs) -> list[Found]:
    """Ask all channels at once; one that fails or is late contributes nothing."""
    asked = (_in_time(name, store, ask, knobs.deadline) for name in knobs.channels)
    return list(await asyncio.gather(*asked))


async def _in_time(name: str, store: ServingStore, ask: Ask, deadline: float) -> Found:
    try:
        return await asyncio.wait_for(CHANNELS[name](store, ask), deadline)
    except Exception:  # any failure of one channel: the slate is made without it
        log.warning("channel %s gave nothing", name, exc_info=True)
        return nothing(name)


def _slate_id(user_id: UserId, version: int, entries: Sequence[SlateEntry]) -> str:
    shown: list[ListingId] = [entry.listing.id for entry in entries]
    return hashlib.sha256(f"{user_id}:{version}:{shown}".encode()).hexdigest()[:16]
