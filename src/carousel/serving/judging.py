"""Candidates judged for a shopper: how likely each is opened, and why.

Owns:    who judges: the trained ranker where there is one, else the plain blend.
Imports: domain, serving.{hydrating, knobs, ranking, reasons}, storage.ports.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from carousel.domain import scoring
from carousel.domain.candidates import Candidates
from carousel.domain.features import Vector
from carousel.domain.matching.searches import suiting
from carousel.serving import reasons
from carousel.serving.hydrating import Shopper
from carousel.serving.knobs import Knobs
from carousel.serving.ranking import active_ranker, rate
from carousel.serving.reasons import Reason
from carousel.storage.ports import ServingStore
from carousel.storage.ports.serving import Described


@dataclass(frozen=True, slots=True)
class Judged:
    """Candidates that are active, with what is thought of them.

    chance:     that the shopper opens each, in [0, 1], shape (n,).
    reasons_of: why some of them, by their rows, are worth showing.
    """

    cars: Described
    chance: Vector
    reasons_of: Callable[[Sequence[int]], list[Reason]]


async def judge(
    store: ServingStore, candidates: Candidates, shopper: Shopper, now: datetime, knobs: Knobs
) -> Judged:
    """Return the candidates judged at a moment, aware."""
    ranker = await active_ranker(store) if knobs.ranked else None
    cars = await store.described(candidates.ids)
    if ranker is None:
        found = candidates.among(cars.ids)
        asked = suiting(cars.facts, shopper.state.trail.searches, now.timestamp())
        scores = scoring.score(
            found.vectors, shopper.wanted, shopper.confidence,
            found.support | {"searches": asked}, knobs.score,
        )  # fmt: skip
        chance = scoring.chance(scores.total, knobs.score)
        return Judged(cars, chance, partial(reasons.of_blend, scores))
    rated = rate(
        ranker, cars, shopper.state.trail, shopper.wanted,
        now=now.timestamp(), params=knobs.features,
    )  # fmt: skip
    return Judged(cars, rated.chance, partial(reasons.of_ranker, rated))
