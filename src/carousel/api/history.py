"""What a shopper did, told to the shopper, and forgotten when they say so.

Owns:    GET /users/me/views; GET, DELETE /users/me/events; GET /users/me/events/count; DELETE
         /users/me/events/{id}.
Imports: domain, storage.ports, api.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, NotRequired
from urllib.parse import parse_qsl

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.callers import caller
from carousel.api.filters_view import EXAMPLE_FILTERS, StatedFilters, filters_view
from carousel.api.listing_view import CHOICES, EXAMPLE_CARD, Card, card, meant, shown
from carousel.api.moments import moment
from carousel.api.parts import Parts, parts_of
from carousel.api.problems import FieldError, ProblemError, refusal
from carousel.api.queries import Options, read_query
from carousel.domain.car_kinds import Axis, CarKind
from carousel.domain.events import LARGEST_ID, Dismiss, Search, Undismiss
from carousel.domain.listing import Line
from carousel.storage.ports import User
from carousel.storage.ports.own import Done, Forgotten, Which

EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
LATEST_US = 253_402_300_799_999_999  # the last microsecond of the year 9999
LONGEST_NAME = 200

_NAME = TypeAdapter(Line)  # whatever a car may be called

KINDS = {
    "brand": Axis.MAKE,
    "body": Axis.BODY,
    "fuel": Axis.FUEL,
    "transmission": Axis.TRANSMISSION,
}
"""The parameters that name a kind of car to forget."""

KIND_PARAMETERS: Sequence[Mapping[str, object]] = [
    {"name": name, "in": "query", "required": False, "schema": schema}
    for name, schema in {
        "brand": {"type": "string", "maxLength": LONGEST_NAME},
        **{
            name: {"type": "string", "enum": [shown(one) for one in CHOICES[name]]}
            for name in KINDS
            if name in CHOICES
        },
    }.items()
]

router = APIRouter(tags=["users"])

EventId = Annotated[
    str, Path(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$", examples=["9f1c1c0e"])
]


class ViewsOptions(Options):
    """How many cars to return."""

    limit: Annotated[int, Field(ge=1, le=100)] = 24


class EventsOptions(Options):
    """A page of events."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    before: Annotated[
        str | None,
        Field(max_length=40, description="`next` of the page before"),
    ] = None


class Viewed(TypedDict):
    """A car that was opened, and when it was last."""

    car: Card
    at: Annotated[str, Field(description="ISO 8601, UTC")]


class Views(TypedDict):
    """Cars that were opened, each once, the latest first."""

    viewed: list[Viewed]


class DoneWith(TypedDict):
    """The car that an event is about."""

    id: int
    brand: str
    name: str
    status: str


class DoneEvent(TypedDict):
    """Something the shopper did. ``reason``: of a dismissal. ``filters``: of a search."""

    id: str
    type: str
    at: Annotated[str, Field(description="ISO 8601, UTC")]
    reason: NotRequired[str]
    filters: NotRequired[StatedFilters]
    car: NotRequired[DoneWith]


class History(TypedDict):
    """Events, the latest first; ``next`` leads to the ones before, null if there are none."""

    events: list[DoneEvent]
    next: str | None


class Count(TypedDict):
    """How much a part of my past is."""

    events: Annotated[int, Field(description="things done, impressions apart")]
    saved: Annotated[int, Field(description="cars that are saved")]
    hidden: Annotated[int, Field(description="cars that are hidden")]
    viewed: Annotated[int, Field(description="cars that were opened, each once")]
    contacted: Annotated[int, Field(description="cars that were asked about, each once")]
    searched: Annotated[int, Field(description="searches")]


@router.get(
    "/users/me/views",
    operation_id="get_views",
    summary="Which cars I opened last",
    description="Of any status: a car that was sold meanwhile is still told.",
    response_model=Views,
    responses={
        **doc.answer("cars", {"viewed": [{"car": EXAMPLE_CARD, "at": "2026-11-02T18:40:00Z"}]}),
        **doc.problems(401, 422, 503),
    },
    openapi_extra={
        "security": doc.BEARER,
        "parameters": doc.query(ViewsOptions, filters=False),
    },
)
async def get_views(request: Request) -> Response:
    """Answer GET /users/me/views."""
    parts = parts_of(request)
    user = await caller(request)
    _, options = read_query(request.scope["query_string"], ViewsOptions)
    found = await parts.own.viewed(user.id, options.limit)
    views: Views = {
        "viewed": [{"car": card(car, parts.currency), "at": moment(at)} for car, at in found]
    }
    return Response(to_json(views), media_type="application/json")


@router.get(
    "/users/me/events",
    operation_id="get_events",
    summary="What I did",
    description="Everything but impressions; an event appears a moment after it was accepted.",
    response_model=History,
    responses={
        **doc.answer(
            "a page",
            {
                "events": [
                    {
                        "id": "9f1c1c0e",
                        "type": "dismiss",
                        "at": "2026-11-02T18:40:00Z",
                        "reason": "too_expensive",
                        "car": {
                            "id": 4711,
                            "brand": "Skoda",
                            "name": "Skoda Octavia 2.0 TDI Style",
                            "status": "active",
                        },
                    },
                    {
                        "id": "77aa01",
                        "type": "search",
                        "at": "2026-11-02T18:39:00Z",
                        "filters": EXAMPLE_FILTERS,
                    },
                ],
                "next": "1793644740000000-512",
            },
        ),
        **doc.problems(401, 422, 503),
    },
    openapi_extra={
        "security": doc.BEARER,
        "parameters": doc.query(EventsOptions, filters=False),
    },
)
async def get_events(request: Request) -> Response:
    """Answer GET /users/me/events."""
    parts = parts_of(request)
    user = await caller(request)
    _, options = read_query(request.scope["query_string"], EventsOptions)
    before = None if options.before is None else read_cursor(options.before)
    found = await parts.own.done(user.id, options.limit + 1, before)
    page = found[: options.limit]
    more = len(found) > options.limit
    history: History = {
        "events": [_event(one) for one in page],
        "next": cursor(page[-1]) if more else None,
    }
    return Response(to_json(history), media_type="application/json")


@router.get(
    "/users/me/events/count",
    operation_id="count_events",
    summary="How much forgetting would take",
    description=(
        "What would go with `DELETE /users/me/events` and the same parameter. "
        "What was accepted a moment ago and is still on its way is not counted."
    ),
    response_model=Count,
    responses={
        **doc.answer(
            "the numbers",
            {"events": 31, "saved": 9, "hidden": 1, "viewed": 14, "contacted": 0, "searched": 2},
        ),
        **doc.problems(401, 422, 503),
    },
    openapi_extra={"security": doc.BEARER, "parameters": KIND_PARAMETERS},
)
async def count_events(request: Request) -> Response:
    """Answer GET /users/me/events/count."""
    user = await caller(request)
    kind = read_kind(request.scope["query_string"])
    counted = await parts_of(request).forgetter.count(user.id, kind)
    return Response(to_json(counted), media_type="application/json")


@router.delete(
    "/users/me/events/{event_id:path}",  # whoever sends an event names it; a slash may be in it
    operation_id="forget_event",
    summary="Forget one thing I did",
    description=(
        "As if it had never been: it is gone from the history, from everything that was learned "
        "of it, and from what the car had of it, and does not come back however often it is sent. "
        "May be repeated. An event that was accepted but is still on its way can be forgotten too."
    ),
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses={204: {"description": "forgotten"}, **doc.problems(401, 404, 422, 503)},
    openapi_extra={"security": doc.BEARER},
)
async def forget_event(event_id: EventId, request: Request) -> Response:
    """Answer DELETE /users/me/events/{id}."""
    parts = parts_of(request)
    user = await caller(request)
    if await _forget(parts, request, user, Which(id=event_id)) is None:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, "unknown_event", f"Nothing you did has the id {event_id}."
        )
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.delete(
    "/users/me/events",
    operation_id="forget_events",
    summary="Forget everything I did, or all about a kind of car",
    description=(
        "With one of `brand`, `body`, `fuel` or `transmission`: what I did with such cars and my "
        "searches for them. Without: everything, also what I was shown. An empty or unknown "
        "parameter is refused: nobody forgets everything by a slip of the pen. Saved searches stay."
    ),
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses={204: {"description": "forgotten"}, **doc.problems(401, 422, 503)},
    openapi_extra={
        "security": doc.BEARER,
        "parameters": KIND_PARAMETERS,
    },
)
async def forget_events(request: Request) -> Response:
    """Answer DELETE /users/me/events."""
    parts = parts_of(request)
    user = await caller(request)
    kind = read_kind(request.scope["query_string"])
    await _forget(parts, request, user, Which(kind=kind))
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _forget(parts: Parts, request: Request, user: User, which: Which) -> Forgotten | None:
    """Forget, and tell the open pages of this process at once.

    Raises:
        ProblemError: 401, the caller is a visitor who was merged into an account meanwhile.
    """
    found = await parts.forgetter.forget(user.id, which)
    if found is None:
        parts.accounts.forget(user.id)
        await caller(request)
    elif found.events:
        parts.fanout.tell(user.id, found.version)
    return found


def read_kind(query: bytes) -> CarKind | None:
    """Return the kind of car that a query string names, None if it is empty.

    Raises:
        ProblemError: 422, it says anything else.

    >>> read_kind(b"fuel=Plug-in+Hybrid").name, read_kind(b"")
    ('plugin_hybrid', None)
    """
    if not query:
        return None
    pairs = parse_qsl(query.decode("utf-8", "replace"), keep_blank_values=True)
    if len(pairs) != 1 or pairs[0][0] not in KINDS:
        told = "must be empty, or name one brand, body, fuel or transmission"
        raise refusal("invalid_query", [FieldError("query", told)])
    ((name, value),) = pairs
    stated = str(meant(name, value.strip()))
    if name in CHOICES:
        if stated not in set(CHOICES[name]):
            choices = ", ".join(shown(one) for one in CHOICES[name])
            raise refusal("invalid_query", [FieldError(name, f"must be one of {choices}")])
    else:
        try:
            stated = _NAME.validate_python(stated)
        except ValidationError as error:
            told = f"must be one line of 1 to {LONGEST_NAME} characters"
            raise refusal("invalid_query", [FieldError(name, told)]) from error
    return CarKind(KINDS[name], stated)


def cursor(last: Done) -> str:
    """Return what leads to the events before one; ``read_cursor`` reads it."""
    return f"{(last.at - EPOCH) // MICROSECOND}-{last.place}"


def read_cursor(text: str) -> tuple[datetime, int]:
    """Return the moment and the place that a cursor names.

    Raises:
        ProblemError: 422, it is none.

    >>> read_cursor("1793644740000000-512")[1]
    512
    """
    found = re.fullmatch(r"([0-9]{1,18})-([0-9]{1,19})", text)
    if found is not None:
        at, place = int(found[1]), int(found[2])
        if at <= LATEST_US and place <= LARGEST_ID:
            return EPOCH + timedelta(microseconds=at), place
    raise refusal("invalid_query", [FieldError("before", "is not the `next` of a page")])


def _event(one: Done) -> DoneEvent:
    event = one.event
    told: DoneEvent = {"id": one.id, "type": event.type, "at": moment(one.at)}
    if isinstance(event, Dismiss | Undismiss):
        told["reason"] = event.reason.value
    if isinstance(event, Search):
        told["filters"] = filters_view(event.filters)
    if one.car is not None:
        told["car"] = {
            "id": one.car.id,
            "brand": one.car.make,
            "name": one.car.name,
            "status": one.car.status.value,
        }
    return told
