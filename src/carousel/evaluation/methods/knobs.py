"""The engine's knobs as they stand in comparisons: as it serves, and with one thing changed.

Owns:    the variants of ours, by name.
Imports: domain, serving.{channels, knobs}.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from carousel.domain import preference
from carousel.domain.reranking import slate as rules
from carousel.domain.reranking.caps import Params as Caps
from carousel.domain.reranking.exploration import Params as Exploration
from carousel.domain.reranking.exposure import Params as Exposure
from carousel.domain.reranking.mixing import Params as Needs
from carousel.domain.reranking.variety import Params as Variety
from carousel.serving.channels import CHANNELS
from carousel.serving.knobs import Knobs

PATIENT = Knobs(deadline=60.0, slate=rules.Params(exploration=Exploration(places=0.0)))
"""As the engine serves but for two things.

A channel is never late: a busy machine must not change a result. And no place is left to chance,
where one of each slate is served so: no other method pays for what it learns, either. As served,
and what that costs, tells ``carousel-exploring``.
"""


def _laid(by: rules.Params) -> Knobs:
    """Return the knobs with other rules of re-ranking."""
    return replace(PATIENT, slate=by)


@dataclass(frozen=True, slots=True)
class Variant:
    """The engine with one thing changed. label and sentence: as a person reads them.

    trains: whether a ranker is trained at the split; else the one that comes with the program is
            asked.
    """

    label: str
    sentence: str
    knobs: Knobs = field(default=PATIENT)
    trains: bool = True


def _channels() -> dict[str, Variant]:
    """Return the engine without each channel that it asks, and with each that it does not."""
    asked = PATIENT.channels
    return {
        **{
            f"carousel-without-{name}": Variant(
                f"Carousel without {name}",
                f"The engine without the channel {name}: what only that finds cannot be shown.",
                replace(PATIENT, channels=tuple(one for one in asked if one != name)),
            )
            for name in asked
        },
        **{
            f"carousel-with-{name}": Variant(
                f"Carousel with {name}",
                f"The engine with the channel {name}, which it does not ask by default.",
                replace(PATIENT, channels=(*asked, name)),
            )
            for name in CHANNELS
            if name not in asked
        },
    }


VARIANTS: Mapping[str, Variant] = {
    "carousel": Variant(
        "Carousel",
        "The request path itself, told every event as it happens; no place is left to chance.",
    ),
    "carousel-starter": Variant(
        "Carousel, untrained ranker",
        "The engine by the ranker that comes with the program, which has seen no market like this.",
        trains=False,
    ),
    "carousel-unranked": Variant(
        "Carousel, no ranker",
        "The engine by its blend of likeness, popularity and freshness alone, nothing trained.",
        replace(PATIENT, ranked=False),
    ),
    "carousel-no-diversity": Variant(
        "Carousel, no variety",
        "The engine without marginal relevance and without caps on a seller or a model.",
        _laid(
            replace(
                PATIENT.slate, variety=Variety(trade=0.0), caps=Caps(seller=1, model=1, window=1)
            )
        ),
    ),
    "carousel-by-score": Variant(
        "Carousel, by score alone",
        "The engine without any rule of re-ranking.",
        _laid(rules.RELEVANCE_ALONE),
    ),
    "carousel-exploring": Variant(
        "Carousel, exploring",
        "The engine as it serves: with one place of each slate left to chance.",
        _laid(replace(PATIENT.slate, exploration=Exploration())),
    ),
    "carousel-no-needs": Variant(
        "Carousel, needs not in turn",
        "The engine with the needs of a shopper not taking turns.",
        _laid(replace(PATIENT.slate, needs=Needs(least=1.0))),
    ),
    "carousel-no-exposure": Variant(
        "Carousel, no exposure",
        "The engine without a bonus for new cars, and without a cap for those many call about.",
        _laid(replace(PATIENT.slate, exposure=Exposure(most=1.0, buyer=0.0))),
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
    **{
        f"carousel-unranked-{name}-memory": Variant(
            f"Carousel, no ranker, {name} memory",
            f"The blend alone, with a half-life of {days} days instead of 14.",
            replace(PATIENT, ranked=False, taste=preference.Params(half_life=timedelta(days=days))),
        )
        for name, days in (("long", 56), ("short", 2))
    },
    **_channels(),
}
