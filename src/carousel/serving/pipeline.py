"""The request path, top to bottom: hydrate, retrieve and filter, merge, score, re-rank, explain.

Owns:    one recommendation request.
Imports: domain, storage.ports, serving, a stage a file.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.serving.ask import Ask
from carousel.serving.hydrating import Shopper, hydrate
from carousel.serving.judging import judge
from carousel.serving.knobs import Knobs
from carousel.serving.laying import lay_active, seed
from carousel.serving.reasons import Reason, by_chance
from carousel.serving.retrieving import retrieve
from carousel.serving.stages import stage
from carousel.storage.ports import ServingStore


@dataclass(frozen=True, slots=True)
class SlateEntry:
    """One place of a slate: the car, its score, the main reason why it stands there, and chance.

    propensity: probability of this car at this place, given the candidates and the draws that
                rules other than exploration took; None where it is not known.
    random:     whether chance alone put it there.
    eligible:   how many cars chance would have drawn from.
    """

    listing: Listing
    score: float
    reason: Reason
    propensity: float | None
    random: bool
    eligible: int


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
    with stage("hydrate"):
        shopper = await hydrate(store, user_id, now, knobs)
    state = shopper.state
    chance = seed(user_id, state.trail, filters, now)
    asked = question(shopper, filters, limit, knobs, chance, without)
    with stage("retrieve"):
        candidates = await retrieve(store, asked, knobs)
    with stage("judge"):
        judged = await judge(store, candidates, shopper, now, knobs)
    with stage("lay"):
        places = await lay_active(
            store, judged.cars, judged.order, shopper, limit,
            now=now, knobs=knobs, seed=chance,
        )  # fmt: skip
    with stage("explain"):
        because = iter(judged.reasons_of([place.row for place in places if not place.random]))
    entries = tuple(
        SlateEntry(
            place.listing, float(judged.chance[place.row]),
            by_chance(place.listing.id, state.trail) if place.random else next(because),
            place.propensity, place.random, place.eligible,
        )
        for place in places
    )  # fmt: skip
    return Slate(
        _slate_id(user_id, state.version, entries),
        state.version,
        state.space,
        shopper.wanted is not None,
        entries,
    )


def question(  # noqa: PLR0913, PLR0917 (what channels are told; each is one thing)
    shopper: Shopper,
    filters: Filters,
    limit: int,
    knobs: Knobs,
    seed: int,
    without: frozenset[ListingId],
) -> Ask:
    """Return what the channels are asked for a slate; arguments as of ``recommend``."""
    state = shopper.state
    return Ask(
        shopper.wanted,
        shopper.space,
        filters,
        state.dismissed | without,
        max(knobs.pool, 3 * limit),
        state.latent,
        state.trail,
        shopper.needs if len(state.trail) else None,
        seed,
        knobs.retrieval,
    )


def _slate_id(user_id: UserId, version: int, entries: Sequence[SlateEntry]) -> str:
    shown: list[ListingId] = [entry.listing.id for entry in entries]
    return hashlib.sha256(f"{user_id}:{version}:{shown}".encode()).hexdigest()[:16]
