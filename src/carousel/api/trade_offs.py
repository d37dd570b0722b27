"""Cars that are better than one car in one respect, and what that costs in the others.

Owns:    GET /cars/{id}/trade-offs.
Imports: serving, api.
"""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, WithJsonSchema
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.cars import CarId, unknown_car
from carousel.api.differences import METRES, Differences, shown_differences
from carousel.api.listing_view import EXAMPLE_CARD, HTTP_NAMES, Card, card
from carousel.api.parts import parts_of
from carousel.api.problems import FieldError, refusal
from carousel.api.queries import Excluding, read_query
from carousel.domain.filters import Filters
from carousel.domain.trade_offs import Point, Toward
from carousel.serving.trade_offs import TradeOff, trade_offs

CIRCLE = ("near_latitude", "near_longitude", "radius_km")
EVERYWHERE = b"radius_km=20000&"  # the largest that a filter takes, half the way round the earth

router = APIRouter(tags=["cars"])


class TradeOffOptions(Excluding):
    """In what respect the others shall be better, and how many to return."""

    toward: Annotated[
        Toward,
        WithJsonSchema(
            {
                "type": "string",
                "enum": list(Toward),
                "description": "`closer` needs near_latitude and near_longitude",
            }
        ),
    ] = Toward.CHEAPER
    limit: Annotated[int, Field(ge=1, le=100)] = 6


class TradeOffCard(Card):
    """A card against the car asked about.

    ``different`` names what the two cars are: brand, model, body, fuel, transmission.
    ``distance_km`` is from the place given, ``null`` without one or where the car has none.
    """

    gained: Differences
    given_up: Differences
    different: list[str]
    distance_km: float | None


class TradeOffs(TypedDict):
    """Cars that are better in one respect, best first."""

    toward: str
    trade_offs: list[TradeOffCard]


@router.get(
    "/cars/{car_id}/trade-offs",
    operation_id="get_trade_offs",
    summary="Active cars much like this one, but cheaper, newer, closer, ...",
    description=(
        "They are better by a noticeable step: 5 % of the price, a year, 10 % of the kilometres "
        "(2,000 km at least), of the distance (5 km at least) or of the power (5 hp at least); by "
        "less only where no car is better by that. What is given up elsewhere is as little as can "
        "be, and told in numbers. near_latitude and near_longitude may come without radius_km: "
        "they tell how far each car is, and `closer` needs them."
    ),
    response_model=TradeOffs,
    responses={
        **doc.answer(
            "trade-offs",
            {
                "toward": "cheaper",
                "trade_offs": [
                    {
                        **EXAMPLE_CARD,
                        "gained": {"selling_price": -1200},
                        "given_up": {"year": -1, "km_driven": 12500},
                        "different": ["transmission"],
                        "distance_km": None,
                    }
                ],
            },
        ),
        **doc.problems(404, 422, 503),
    },
    openapi_extra={"parameters": doc.query(TradeOffOptions, filters=True)},
)
async def get_trade_offs(car_id: CarId, request: Request) -> Response:
    """Answer GET /cars/{id}/trade-offs."""
    parts = parts_of(request)
    filters, options, here = _read(request)
    found = await trade_offs(
        parts.store,
        car_id,
        options.toward,
        filters,
        options.limit,
        here=here,
        without=options.without,
    )
    if found is None:
        raise unknown_car(car_id)
    answer: TradeOffs = {
        "toward": options.toward.value,
        "trade_offs": [_shown(entry, parts.currency) for entry in found],
    }
    return Response(to_json(answer), media_type="application/json")


def _read(request: Request) -> tuple[Filters, TradeOffOptions, Point | None]:
    """Return what is asked; who says where they are need not say how far is too far."""
    query: bytes = request.scope["query_string"]
    stated = {name for name, value in request.query_params.items() if value.strip()}
    unbounded = stated >= {*CIRCLE[:2]} and CIRCLE[2] not in stated
    filters, options = read_query(EVERYWHERE + query if unbounded else query, TradeOffOptions)
    here = None
    if filters.near_latitude is not None and filters.near_longitude is not None:
        here = (filters.near_latitude, filters.near_longitude)
    elif options.toward is Toward.CLOSER:
        message = "needs near_latitude and near_longitude to look for a closer car"
        raise refusal("invalid_query", [FieldError("toward", message)])
    if unbounded:  # not even a car that does not say where it stands is left out
        filters = filters.model_copy(update=dict.fromkeys(CIRCLE))
    return filters, options, here


def _shown(entry: TradeOff, currency: str) -> TradeOffCard:
    return {
        **card(entry.listing, currency),
        "gained": shown_differences(entry.gained),
        "given_up": shown_differences(entry.given_up),
        "different": [HTTP_NAMES.get(name, name) for name in entry.different],
        "distance_km": None if entry.distance is None else round(entry.distance, METRES),
    }
