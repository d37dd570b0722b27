"""The shoppers a listing fits: whom to tell that it is new, or cheaper.

Owns:    GET /listings/{id}/shoppers.
Imports: serving, api.
"""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.callers import operator
from carousel.api.cars import CarId, unknown_car
from carousel.api.parts import parts_of
from carousel.api.queries import Options, read_query
from carousel.serving.shoppers import shoppers_for

DECIMALS = 4

router = APIRouter(tags=["listings"])


class ShoppersOptions(Options):
    """How many shoppers to return."""

    limit: Annotated[int, Field(ge=1, le=1_000)] = 100


class FittingShopper(TypedDict):
    """A shopper; ``score`` is ``likeness`` of car and preference times ``confidence``."""

    id: int
    score: float
    likeness: float
    confidence: float


class Shoppers(TypedDict):
    """Shoppers, best first, and how many were considered."""

    shoppers: list[FittingShopper]
    considered: int


@router.get(
    "/listings/{car_id}/shoppers",
    operation_id="get_shoppers",
    summary="Shoppers whom a listing fits best",
    description=(
        "For an alert about a new car or a price-drop message. Of the 20,000 shoppers last heard "
        "of, without those who dismissed the car and those who would rather have anything else."
    ),
    response_model=Shoppers,
    responses={
        **doc.answer(
            "shoppers",
            {
                "shoppers": [{"id": 17, "score": 0.42, "likeness": 0.6, "confidence": 0.7}],
                "considered": 1840,
            },
        ),
        **doc.problems(401, 403, 404, 422, 503),
    },
    openapi_extra={
        "security": doc.BEARER,
        "parameters": doc.query(ShoppersOptions, filters=False),
    },
)
async def get_shoppers(car_id: CarId, request: Request) -> Response:
    """Answer GET /listings/{id}/shoppers."""
    parts = parts_of(request)
    await operator(request)
    _, options = read_query(request.scope["query_string"], ShoppersOptions)
    if await parts.known.missing([car_id]):
        raise unknown_car(car_id)
    found = await shoppers_for(
        parts.store, car_id, options.limit, now=datetime.now(UTC), taste=parts.knobs.taste
    )
    shoppers: Shoppers = {
        "shoppers": [
            {
                "id": fit.user_id,
                "score": round(fit.score, DECIMALS),
                "likeness": round(fit.likeness, DECIMALS),
                "confidence": round(fit.confidence, DECIMALS),
            }
            for fit in found.fits
        ],
        "considered": found.considered,
    }
    return Response(to_json(shoppers), media_type="application/json")
