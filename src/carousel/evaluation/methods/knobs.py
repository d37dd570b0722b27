"""The engine's knobs as they stand in comparisons: as it serves, and with one thing changed.

Owns:    the variants of ours, by name.
Imports: domain, serving.knobs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from carousel.domain import preference, reranking, scoring
from carousel.serving.knobs import Knobs

PATIENT = Knobs(deadline=60.0)
"""As the engine serves, but a channel is never late: a busy machine must not change a result."""


@dataclass(frozen=True, slots=True)
class Variant:
    """The engine with one thing changed. label and sentence: as a person reads them."""

    label: str
    sentence: str
    knobs: Knobs = field(default=PATIENT)


VARIANTS: Mapping[str, Variant] = {
    "carousel": Variant(
        "Carousel",
        "The engine as it serves: the request path itself, told every event as it happens.",
    ),
    "carousel-unranked": Variant(
        "Carousel, no ranker",
        "The engine by its blend of likeness, popularity and freshness alone, nothing trained.",
        replace(PATIENT, ranked=False),
    ),
    "carousel-no-diversity": Variant(
        "Carousel, no variety",
        "The engine by score alone: no marginal relevance, no cap on look-alikes.",
        replace(PATIENT, diversity=reranking.Params(relevance=1.0, cap=1_000_000)),
    ),
    "carousel-no-popularity": Variant(
        "Carousel, no popularity",
        "The engine without the share of what other shoppers react to.",
        replace(PATIENT, score=scoring.Params(popular_share=0.0)),
    ),
    "carousel-no-fold-in": Variant(
        "Carousel, no fold-in",
        "The engine with the plain decayed sum as preference, not folded in.",
        replace(PATIENT, taste=preference.Params(alpha=0.0)),
    ),
    "carousel-long-memory": Variant(
        "Carousel, long memory",
        "The engine with a half-life of 56 days instead of 14.",
        replace(PATIENT, taste=preference.Params(half_life=timedelta(days=56))),
    ),
    "carousel-short-memory": Variant(
        "Carousel, short memory",
        "The engine with a half-life of 2 days instead of 14.",
        replace(PATIENT, taste=preference.Params(half_life=timedelta(days=2))),
    ),
}
