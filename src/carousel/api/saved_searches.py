"""Searches that a shopper keeps under a name, and how much they find by now.

Owns:    GET, POST /users/me/searches; DELETE /users/me/searches/{id}, POST .../seen.
Imports: domain.{events, filters}, storage.ports, api.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import to_json
from starlette.background import BackgroundTask
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.callers import caller
from carousel.api.events import append_after_answer
from carousel.api.filters_view import EXAMPLE_FILTERS, StatedFilters, filters_view
from carousel.api.limits import read_json
from carousel.api.moments import moment
from carousel.api.parts import Parts, parts_of
from carousel.api.problems import FieldError, ProblemError, mistakes, refusal
from carousel.api.queries import stated_filters
from carousel.domain.events import LARGEST_ID, Search
from carousel.domain.filters import Filters
from carousel.domain.listing import Line
from carousel.storage.ports.own import MOST_SEARCHES, SavedSearch

LONGEST_NAME = 100

EXAMPLE_SEARCH: dict[str, object] = {
    "id": 3,
    "name": "Estates for the family",
    "filters": EXAMPLE_FILTERS,
    "created_at": "2026-10-30T09:15:00Z",
    "seen_at": "2026-11-02T18:40:00Z",
    "total": 31,
    "new": 2,
}

router = APIRouter(tags=["users"])

SearchId = Annotated[int, Path(ge=1, le=LARGEST_ID, examples=[3])]

_NAME = TypeAdapter(Annotated[Line, Field(min_length=1, max_length=LONGEST_NAME)])


class Saved(TypedDict):
    """A saved search."""

    id: int
    name: str
    filters: StatedFilters
    created_at: Annotated[str, Field(description="ISO 8601, UTC")]
    seen_at: Annotated[str, Field(description="when the shopper looked last; ISO 8601, UTC")]
    total: Annotated[int, Field(description="active cars that pass")]
    new: Annotated[
        int,
        Field(
            description="of these, how many have a listing date later than `seen_at`; all "
            "that came count, also in a bulk load, of which no notice tells"
        ),
    ]


class SavedSearches(TypedDict):
    """A shopper's saved searches, the latest first."""

    searches: list[Saved]


@router.get(
    "/users/me/searches",
    operation_id="get_saved_searches",
    summary="Which searches I saved, and what they find",
    response_model=SavedSearches,
    responses={
        **doc.answer("saved searches", {"searches": [EXAMPLE_SEARCH]}),
        **doc.problems(401, 503),
    },
    openapi_extra={"security": doc.BEARER},
)
async def get_saved_searches(request: Request) -> Response:
    """Answer GET /users/me/searches."""
    user = await caller(request)
    parts = parts_of(request)
    saved: SavedSearches = {"searches": await _shown(parts, await parts.own.searches(user.id))}
    return Response(to_json(saved), media_type="application/json")


@router.post(
    "/users/me/searches",
    operation_id="save_search",
    summary="Save a search under a name",
    description=(
        f"At most {MOST_SEARCHES}. Saving also counts as the event `search`: what is worth a name "
        "says something about taste."
    ),
    status_code=HTTPStatus.CREATED,
    response_model=Saved,
    responses={
        **doc.answer("saved", EXAMPLE_SEARCH, 201),
        **doc.problems(400, 401, 409, 413, 415, 422, 503),
    },
    openapi_extra={
        "security": doc.BEARER,
        "requestBody": doc.body(
            {
                "type": "object",
                "required": ["name", "filters"],
                "properties": {
                    "name": {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME},
                    "filters": {"$ref": doc.REF.format(model="StatedFilters")},
                },
            },
            {"one": {"value": {"name": "Estates for the family", "filters": EXAMPLE_FILTERS}}},
        ),
    },
)
async def save_search(request: Request) -> Response:
    """Answer POST /users/me/searches."""
    parts = parts_of(request)
    user = await caller(request)
    name, filters = read_search(await read_json(request))
    saved = await parts.own.save_search(user.id, name, filters)
    if saved is None:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "too_many_searches",
            f"There are {MOST_SEARCHES} saved searches already; delete one first.",
        )
    said = Search(filters=filters, occurred_at=datetime.now(UTC))
    after = BackgroundTask(append_after_answer, parts, user.id, said)
    (shown,) = await _shown(parts, [saved])
    return Response(to_json(shown), HTTPStatus.CREATED, None, "application/json", after)


@router.delete(
    "/users/me/searches/{search_id}",
    operation_id="delete_saved_search",
    summary="Delete a saved search, and what was told of its finds",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses={204: {"description": "deleted"}, **doc.problems(401, 404, 422, 503)},
    openapi_extra={"security": doc.BEARER},
)
async def delete_saved_search(search_id: SearchId, request: Request) -> Response:
    """Answer DELETE /users/me/searches/{id}."""
    user = await caller(request)
    if not await parts_of(request).own.drop_search(user.id, search_id):
        raise _unknown(search_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post(
    "/users/me/searches/{search_id}/seen",
    operation_id="see_saved_search",
    summary="I have seen what it finds: only later cars are new",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses={204: {"description": "noted"}, **doc.problems(401, 404, 422, 503)},
    openapi_extra={"security": doc.BEARER},
)
async def see_saved_search(search_id: SearchId, request: Request) -> Response:
    """Answer POST /users/me/searches/{id}/seen."""
    user = await caller(request)
    if not await parts_of(request).own.look_at_search(user.id, search_id):
        raise _unknown(search_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def read_search(stated: Any) -> tuple[str, Filters]:  # noqa: ANN401  # JSON as parsed
    """Return the name and the filters of a body.

    Raises:
        ProblemError: 422 naming everything that is wrong.

    >>> name, filters = read_search({"name": " Estates ", "filters": {"body": "estate"}})
    >>> name, [body.value for body in filters.body]
    ('Estates', ['estate'])
    """
    if not isinstance(stated, dict):
        raise refusal("invalid_search", [FieldError("body", "must be an object")])
    wrong = [
        FieldError(name, "is not a known field") for name in stated.keys() - {"name", "filters"}
    ]
    name, filters, given = stated.get("name"), Filters(), stated.get("filters")
    try:
        name = _NAME.validate_python(name.strip() if isinstance(name, str) else name)
    except ValidationError:
        told = f"must be one line of 1 to {LONGEST_NAME} characters"
        wrong.append(FieldError("name", told))
    if isinstance(given, dict):
        try:
            filters = Filters.model_validate(stated_filters(given))
        except ValidationError as error:
            found = mistakes(error.errors(include_url=False, include_input=False), whole="filters")
            wrong += [FieldError(_inside(one.field), one.message) for one in found]
        else:
            if filters.empty:
                wrong.append(FieldError("filters", "must filter something"))
    else:
        wrong.append(FieldError("filters", "must be an object of filters"))
    if wrong:
        raise refusal("invalid_search", wrong)
    return str(name), filters


def _inside(field: str) -> str:
    return field if field == "filters" else f"filters.{field}"


async def _shown(parts: Parts, found: Sequence[SavedSearch]) -> list[Saved]:
    counts = await parts.store.counts([(one.filters, one.seen_at) for one in found])
    return [
        {
            "id": one.id,
            "name": one.name,
            "filters": filters_view(one.filters),
            "created_at": moment(one.created_at),
            "seen_at": moment(one.seen_at),
            "total": total,
            "new": new,
        }
        for one, (total, new) in zip(found, counts, strict=True)
    ]


def _unknown(search_id: int) -> ProblemError:
    return ProblemError(
        HTTPStatus.NOT_FOUND, "unknown_search", f"You have no saved search {search_id}."
    )
