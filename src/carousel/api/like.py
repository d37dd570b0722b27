"""Cars like several others at once.

Owns:    POST /cars/like.
Imports: serving, domain.filters, api, pydantic.

A POST that changes nothing: the cars may be twenty, and filters come with them.
"""

from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.limits import read_json
from carousel.api.listing_view import EXAMPLE_CARD, HTTP_NAMES, Card, card
from carousel.api.parts import parts_of
from carousel.api.problems import FieldError, mistakes, refusal
from carousel.api.queries import MOST_EXCLUDED, stated_filters
from carousel.domain.events import LARGEST_ID
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.serving.like import like_these

router = APIRouter(tags=["cars"])

CarKey: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=LARGEST_ID)]


class LikeRequest(BaseModel):
    """Which cars to look like, what must hold, and how many to return."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    listings: Annotated[
        tuple[CarKey, ...],
        Field(min_length=1, max_length=20, description="ids of cars of any status"),
    ]
    filters: Annotated[Filters, Field(description="as the filters of a search")] = NO_FILTERS
    limit: Annotated[int, Field(strict=True, ge=1, le=100)] = 12
    include_given: Annotated[
        bool, Field(strict=True, description="whether the cars named may be answers themselves")
    ] = False
    exclude: Annotated[
        tuple[CarKey, ...],
        Field(max_length=MOST_EXCLUDED, description="ids of cars that must not come back"),
    ] = ()


_SCHEMA = LikeRequest.model_json_schema(ref_template=doc.REF)
_SCHEMA.pop("$defs")  # they stand once among the schemas of the whole document


class AlikeCard(Card):
    """A card, and the id of the car named that it is most like."""

    like: int


class Like(TypedDict):
    """Cars like those named, best first; ``wishes`` says which of them were taken together."""

    cars: list[AlikeCard]
    wishes: list[list[int]]


@router.post(
    "/cars/like",
    operation_id="get_cars_like",
    summary="Active cars like any of these",
    description=(
        "Up to 20 cars of any status. They may be of several wishes, say a van and a city car: "
        "nothing is averaged between wishes, each gets its places in proportion to its cars. The "
        "cars named are left out, unless `include_given` is true; those of `exclude` always are. "
        "Changes nothing, needs no token."
    ),
    response_model=Like,
    responses={
        **doc.answer("cars", {"cars": [{**EXAMPLE_CARD, "like": 42}], "wishes": [[42, 44], [43]]}),
        **doc.problems(400, 413, 415, 422, 503),
    },
    openapi_extra={
        "requestBody": doc.body(
            _SCHEMA,
            {
                "two": {
                    "summary": "Like two cars, up to 15,000",
                    "value": {"listings": [42, 43], "filters": {"max_price": 15000}, "limit": 12},
                }
            },
        )
    },
)
async def get_cars_like(request: Request) -> Response:
    """Answer POST /cars/like."""
    parts = parts_of(request)
    asked = _read(await read_json(request))
    unknown = await parts.known.missing(frozenset(asked.listings))
    if unknown:
        raise refusal(
            "unknown_car",
            [
                FieldError(f"listings[{n}]", "belongs to no car")
                for n, listing_id in enumerate(asked.listings)
                if listing_id in unknown
            ],
        )
    found = await like_these(
        parts.store,
        asked.listings,
        asked.filters,
        asked.limit,
        include_given=asked.include_given,
        without=frozenset(asked.exclude),
    )
    like: Like = {
        "cars": [
            {**card(entry.listing, parts.currency), "like": entry.reference}
            for entry in found.entries
        ],
        "wishes": [list(wish) for wish in found.wishes],
    }
    return Response(to_json(like), media_type="application/json")


def _read(stated: Any) -> LikeRequest:  # noqa: ANN401  # JSON as parsed
    if isinstance(stated, dict) and isinstance(stated.get("filters"), dict):
        stated = {**stated, "filters": stated_filters(stated["filters"])}
    try:
        return LikeRequest.model_validate(stated)
    except ValidationError as error:
        found = mistakes(error.errors(include_url=False, include_input=False), HTTP_NAMES)
        raise refusal("invalid_body", found) from error
