"""Filters to suggest to whoever searches.

Owns:    GET /cars/refinements.
Imports: serving.refining, api.
"""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.callers import caller_if_any
from carousel.api.listing_view import HTTP_NAMES, shown_name
from carousel.api.parts import parts_of
from carousel.api.queries import Options, read_query
from carousel.serving.refining import refine

router = APIRouter(tags=["cars"])


class RefinementOptions(Options):
    """How many suggestions at most."""

    limit: Annotated[int, Field(ge=1, le=20)] = 6


class Refinement(TypedDict):
    """A query parameter to add to the search.

    ``count`` is how many cars the search finds with it: fewer than without, and at least one.
    """

    name: str
    value: str
    count: int
    personal: Annotated[bool, Field(description="whether what the shopper likes speaks for it")]


class Refinements(TypedDict):
    """Suggestions, best first."""

    refinements: list[Refinement]


@router.get(
    "/cars/refinements",
    operation_id="get_refinements",
    summary="Filters that are worth adding to a search",
    description=(
        "With a token those come first by which the cars that stay are nearer to what the shopper "
        "likes; a stranger, and whoever has no liking here, gets those that split the list well. "
        "At most two are about one field. A bound that is suggested takes the place of the one "
        "that is set."
    ),
    response_model=Refinements,
    responses={
        **doc.answer(
            "suggestions",
            {
                "refinements": [
                    {"name": "body", "value": "Estate", "count": 5230, "personal": True},
                    {"name": "max_price", "value": "15000", "count": 9870, "personal": False},
                ]
            },
        ),
        **doc.problems(401, 422, 503),
    },
    openapi_extra={
        "security": doc.BEARER_OR_NOT,
        "parameters": doc.query(RefinementOptions, filters=True),
    },
)
async def get_refinements(request: Request) -> Response:
    """Answer GET /cars/refinements."""
    parts = parts_of(request)
    user = await caller_if_any(request)
    filters, options = read_query(request.scope["query_string"], RefinementOptions)
    suggested = await refine(
        parts.store,
        None if user is None else user.id,
        filters,
        options.limit,
        now=datetime.now(UTC),
        knobs=parts.knobs,
    )
    answer: Refinements = {
        "refinements": [
            {
                "name": HTTP_NAMES.get(one.field, one.field),
                "value": shown_name(str(one.value)),
                "count": one.count,
                "personal": one.personal,
            }
            for one in suggested
        ]
    }
    return Response(to_json(answer), media_type="application/json")
