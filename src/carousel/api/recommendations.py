"""The recommendation list of the shopper who asks.

Owns:    GET /cars/recommendations; how a slate is rendered.
Imports: observability.metrics, serving, api.

The hot path: a remembered answer goes out as the bytes that were kept.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, NotRequired, cast

from fastapi import APIRouter, Request, Response
from pydantic import Field
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.callers import caller
from carousel.api.listing_view import EXAMPLE_CARD, Card, card
from carousel.api.parts import parts_of
from carousel.api.queries import ListOptions, read_query
from carousel.api.relaxed import EXAMPLE_RELAXED, Relaxed, relaxed
from carousel.api.why import EXAMPLE_WHY, Why, named, why
from carousel.observability.metrics import SLATE_CARS, SLATE_MODELS, SLATES, SLATES_RELAXED
from carousel.serving.caching import remembered, request_key
from carousel.serving.experimenting import Asked, recommend_for
from carousel.serving.pipeline import Slate
from carousel.serving.relaxing import FullSlate
from carousel.serving.stages import stage
from carousel.storage.ports import SYNTHETIC

router = APIRouter(tags=["recommendations"])

SERVED_BY: doc.Document = {
    "description": (
        "where the list comes from: `live`, made for this shopper just now; `cached`, made before "
        "and still true; `popular`, made just now for somebody of whom nothing is known"
    ),
    "schema": {"type": "string", "enum": ["live", "cached", "popular"]},
}


class RecommendedCard(Card):
    """A card with the main reason why it stands there, and what part chance had in it.

    An impression of it sends ``propensity``, ``random``, ``eligible`` and ``arm`` back as they
    are.
    """

    reason: str
    why: Why
    propensity: Annotated[
        float | None, Field(description="probability of this car at this place, where known")
    ]
    random: Annotated[bool, Field(description="whether chance alone put it there")]
    eligible: Annotated[int, Field(description="how many cars chance would have drawn from")]
    arm: NotRequired[
        Annotated[str, Field(description="of an experiment, that chose it; an impression says it")]
    ]
    relaxed: NotRequired[
        Annotated[
            list[str],
            Field(description="the filters it does not pass, as sentences; absent if it passes"),
        ]
    ]


class Recommended(TypedDict):
    """A slate: its id names it in impressions, its version is that of the shopper's state.

    ``relaxed``: only if too few cars pass the filters; the smallest concession first.
    """

    recommended: list[RecommendedCard]
    slate: str
    version: int
    personal: bool
    arm: NotRequired[
        Annotated[str, Field(description="EXPERIMENT/CONFIGURATION that the list was made for")]
    ]
    relaxed: NotRequired[list[Relaxed]]


@router.get(
    "/cars/recommendations",
    operation_id="get_recommendations",
    summary="Cars for me, best first",
    description=(
        "Cars that pass the filters come first. Where too few do, others fill the list: the "
        "filters give way a little at a time, the make as the last choice and the price after "
        "everything else, and `relaxed` says what gave way for which car. A car that is "
        "dismissed, excluded or not for sale never comes back."
    ),
    response_model=Recommended,
    responses={
        **doc.answer(
            "a slate",
            {
                "recommended": [
                    {
                        **EXAMPLE_CARD,
                        "selling_price": 9700,
                        "reason": "Like the Skoda Octavia you saved",
                        "why": EXAMPLE_WHY,
                        "propensity": 0.93,
                        "random": False,
                        "eligible": 187,
                        "arm": "boldness/bolder",
                        "relaxed": [EXAMPLE_RELAXED["sentence"]],
                    }
                ],
                "slate": "5f0c66b2a9e71d34",
                "version": 7,
                "personal": True,
                "arm": "boldness/bolder",
                "relaxed": [EXAMPLE_RELAXED],
            },
            headers={"X-Served-By": SERVED_BY},
        ),
        **doc.problems(401, 422, 503),
    },
    openapi_extra={
        "security": doc.BEARER,
        "parameters": doc.query(ListOptions, filters=True),
    },
)
async def get_recommendations(request: Request) -> Response:
    """Answer GET /cars/recommendations."""
    parts = parts_of(request)
    user = await caller(request)
    filters, options = read_query(request.scope["query_string"], ListOptions)

    now = datetime.now(UTC)
    assigned = parts.plan.assigned(user.id, now, parts.knobs)

    served_by = "cached"

    async def make() -> tuple[Slate, bytes]:
        nonlocal served_by
        asked = Asked(user.id, filters, options.limit, options.without, now)
        served = await recommend_for(parts.store, asked, assigned)
        if user.role != SYNTHETIC:
            parts.shadow.consider(asked, assigned, served.full.slate)
        full = await named(parts.store, served.full)
        with stage("render"):
            body = render(full, parts.currency, served.arm, served.arms)
        _count(full)
        served_by = "live" if full.slate.personal else "popular"
        return full.slate, body

    key = request_key(filters, options.limit, options.without, assigned.remembered)
    body = await remembered(parts.store, parts.cache, user.id, key, make)
    SLATES.labels(served_by).inc()
    return Response(body, headers={"X-Served-By": served_by}, media_type="application/json")


def _count(full: FullSlate) -> None:
    """Count a list that was made."""
    cars = [entry.listing for entry in full.slate.entries]
    SLATE_CARS.observe(len(cars))
    if cars:
        SLATE_MODELS.observe(len({(car.make, car.model) for car in cars}) / len(cars))
    if full.relaxed:
        SLATES_RELAXED.inc()


def render(
    full: FullSlate, currency: str, arm: str | None = None, arms: Sequence[str] = ()
) -> bytes:
    """Return a slate as JSON; ``arm`` it was made for, ``arms`` that chose each entry, if any."""
    slate = full.slate
    cards: list[RecommendedCard] = []
    for number, (entry, needed) in enumerate(zip(slate.entries, full.needed, strict=True)):
        shown = {**card(entry.listing, currency), "reason": entry.reason.text}
        shown["why"] = why(entry.reason)
        shown |= {name: getattr(entry, name) for name in ("propensity", "random", "eligible")}
        place = cast("RecommendedCard", shown)
        if arms:
            place["arm"] = arms[number]
        if needed:
            place["relaxed"] = [step.sentence for step in needed]
        cards.append(place)
    answer: Recommended = {
        "recommended": cards,
        "slate": slate.id,
        "version": slate.version,
        "personal": slate.personal,
    }
    if arm is not None:
        answer["arm"] = arm
    if full.relaxed:
        answer["relaxed"] = relaxed(full.relaxed)
    return to_json(answer)
