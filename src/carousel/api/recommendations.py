"""The recommendation list of the shopper who asks.

Owns:    GET /cars/recommendations; how a slate is rendered.
Imports: serving, api.

The hot path: a remembered answer goes out as the bytes that were kept.
"""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.callers import caller
from carousel.api.listing_view import EXAMPLE_CARD, Card, card
from carousel.api.parts import parts_of
from carousel.api.queries import ListOptions, read_query
from carousel.serving.caching import remembered
from carousel.serving.pipeline import Slate, recommend

router = APIRouter(tags=["recommendations"])


class RecommendedCard(Card):
    """A card with the main reason why it stands there."""

    reason: str


class Recommended(TypedDict):
    """A slate: its id names it in impressions, its version is that of the shopper's state."""

    recommended: list[RecommendedCard]
    slate: str
    version: int
    personal: bool


@router.get(
    "/cars/recommendations",
    operation_id="get_recommendations",
    summary="Cars for me, best first",
    response_model=Recommended,
    responses={
        **doc.answer(
            "a slate",
            {
                "recommended": [{**EXAMPLE_CARD, "reason": "Close to the cars you looked at"}],
                "slate": "5f0c66b2a9e71d34",
                "version": 7,
                "personal": True,
            },
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

    async def make() -> tuple[Slate, bytes]:
        slate = await recommend(
            parts.store, user.id, filters, options.limit, now=datetime.now(UTC), knobs=parts.knobs
        )
        return slate, render(slate, parts.currency)

    key = f"{options.limit}:{filters.model_dump_json(exclude_defaults=True)}"
    body = await remembered(parts.store, parts.cache, user.id, key, make)
    return Response(body, media_type="application/json")


def render(slate: Slate, currency: str) -> bytes:
    """Return a slate as JSON."""
    shown: Recommended = {
        "recommended": [
            {**card(entry.listing, currency), "reason": entry.reason} for entry in slate.entries
        ],
        "slate": slate.id,
        "version": slate.version,
        "personal": slate.personal,
    }
    return to_json(shown)
