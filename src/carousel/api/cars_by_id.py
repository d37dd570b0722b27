"""Several cars by their ids, for pages that remember ids: saved, compared, last looked at.

Owns:    GET /cars.
Imports: storage.ports, api.
"""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.listing_view import EXAMPLE_CARD, Card, card
from carousel.api.parts import parts_of
from carousel.api.queries import Options, read_query
from carousel.domain.events import LARGEST_ID

MOST_CARS = 100

router = APIRouter(tags=["cars"])


class ByIdOptions(Options):
    """Which cars."""

    id: Annotated[
        tuple[Annotated[int, Field(ge=1, le=LARGEST_ID)], ...],
        Field(max_length=MOST_CARS, description="ids of cars; the parameter may be repeated"),
    ] = ()


class CarsById(TypedDict):
    """The cars that exist among those asked for, whatever became of them, in the order asked."""

    cars: list[Card]


@router.get(
    "/cars",
    operation_id="get_cars",
    summary="Cars of any status by their ids",
    description=(
        f"At most {MOST_CARS} ids. The cars come in the order asked, each once; an id that belongs "
        "to no car is left out. Looking at them counts as no event."
    ),
    response_model=CarsById,
    responses={
        **doc.answer("the cars", {"cars": [EXAMPLE_CARD]}),
        **doc.problems(422, 503),
    },
    openapi_extra={"parameters": doc.query(ByIdOptions, filters=False)},
)
async def get_cars(request: Request) -> Response:
    """Answer GET /cars."""
    parts = parts_of(request)
    _, options = read_query(request.scope["query_string"], ByIdOptions)
    listings = await parts.store.listings(list(dict.fromkeys(options.id)))
    found: CarsById = {"cars": [card(one, parts.currency) for one in listings]}
    return Response(to_json(found), media_type="application/json")
