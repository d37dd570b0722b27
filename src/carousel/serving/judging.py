"""Candidates judged for a shopper: how likely each is opened, and why.

Owns:    who judges: the trained ranker, else the one to start with, else the plain blend.
Imports: numpy, domain, observability.loaded, serving.{blend_causes, causes, hydrating, knobs,
         ranking, reasons, starting}, storage.ports.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np

from carousel.domain import scoring
from carousel.domain.candidates import Candidates
from carousel.domain.features import Vector
from carousel.domain.matching.searches import suiting
from carousel.domain.needs import DAY
from carousel.domain.ranker.ranking import KIND, Ranker
from carousel.observability.loaded import tell_loaded
from carousel.serving import reasons
from carousel.serving.blend_causes import Taste
from carousel.serving.causes import Past
from carousel.serving.channels.graph import NAME, active_graph
from carousel.serving.hydrating import Shopper, reader_of
from carousel.serving.knobs import Knobs
from carousel.serving.others import Others
from carousel.serving.ranking import active_ranker, rate
from carousel.serving.reasons import Reason
from carousel.serving.starting import starter
from carousel.storage.ports import ServingStore
from carousel.storage.ports.serving import Described


@dataclass(frozen=True, slots=True)
class Judged:
    """Candidates that are active, with what is thought of them.

    chance:     that the shopper opens each, in [0, 1], shape (n,).
    order:      what to rank by, in [0, 1], shape (n,).
    reasons_of: why some of them, by their rows, are worth showing.
    """

    cars: Described
    chance: Vector
    order: Vector
    reasons_of: Callable[[Sequence[int]], list[Reason]]


async def ranker_for(store: ServingStore, knobs: Knobs) -> Ranker | None:
    """Return who ranks: the ranker trained here, else the starter, else nobody."""
    if not knobs.ranked:
        return None
    trained = await active_ranker(store)
    if trained is not None or not knobs.starter:
        return trained
    tell_loaded(KIND, "starter")
    return starter()


async def judge(
    store: ServingStore, candidates: Candidates, shopper: Shopper, now: datetime, knobs: Knobs
) -> Judged:
    """Return the candidates judged at a moment, aware."""
    ranker = await ranker_for(store, knobs)
    cars = await store.described(candidates.ids)
    walked = NAME in knobs.channels and len(shopper.state.trail.reactions) > 0
    graph = await active_graph(store) if walked else None
    others = None if graph is None else Others(graph, cars.ids, cars.facts)
    if ranker is None:
        found = candidates.among(cars.ids)
        asked = suiting(cars.facts, shopper.state.trail.searches, now.timestamp())
        scores = scoring.score(
            cars.vectors, shopper.wanted, shopper.confidence,
            found.support | {"searches": asked}, knobs.score,
        )  # fmt: skip
        chance = scoring.chance(scores.total, knobs.score)
        taste = await _taste(store, cars, shopper, now, knobs)
        days = np.maximum(now.timestamp() - cars.facts["listed_at"], 0.0) / DAY
        because = partial(reasons.of_blend, scores, taste=taste, others=others, days=days)
        return Judged(cars, chance, chance, because)
    rated = rate(
        ranker, cars, shopper.state.trail, shopper.wanted,
        now=now.timestamp(), params=knobs.features, contacts=knobs.contacts,
    )  # fmt: skip
    past = Past(cars.facts, shopper.state.trail, now.timestamp(), knobs.features)
    because = partial(reasons.of_ranker, rated, past=past, others=others)
    return Judged(cars, rated.chance, rated.order, because)


async def _taste(
    store: ServingStore,
    cars: Described,
    shopper: Shopper,
    now: datetime,
    knobs: Knobs,
) -> Taste | None:
    """Return what the personal part was made from, with the cars of the trail still for sale."""
    evidence, trail = shopper.state.evidence, shopper.state.trail
    if evidence is None or shopper.space is None or not len(trail.reactions):
        return None
    reacted = await store.described(list(dict.fromkeys(trail.reactions["listing"].tolist())))
    return Taste(
        cars.facts, cars.vectors, evidence, trail,
        dict(zip(reacted.ids, reacted.vectors, strict=True)),
        reader_of(shopper.space, knobs.taste), now, knobs.score.slope,
    )  # fmt: skip
