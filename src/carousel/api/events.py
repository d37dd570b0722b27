"""Events in: what shoppers did, on disk in the log before the answer says so.

Owns:    POST /events; the one function through which every event reaches the log.
Imports: domain.events, observability, storage.ports, api.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.callers import caller
from carousel.api.limits import read_json
from carousel.api.parts import Parts, parts_of
from carousel.api.problems import FieldError, ProblemError, code_of, mistakes, refusal
from carousel.api.queries import stated_filters
from carousel.domain.errors import CarouselError
from carousel.domain.events import Event, LogEntry, listing_of
from carousel.domain.listing import UserId
from carousel.observability.logs import request_id
from carousel.observability.metrics import APPEND_TIME, EVENTS_ACCEPTED, EVENTS_REFUSED
from carousel.observability.traces import PRODUCER, span, traceparent

MOST_EVENTS = 1_000
FLAGS = frozenset({"random"})  # fields of events that are true or false
CLOCK_SKEW = timedelta(minutes=5)  # how far a client's clock may be ahead
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)

log = logging.getLogger(__name__)
router = APIRouter(tags=["events"])

_EVENTS: TypeAdapter[list[Event]] = TypeAdapter(list[Event])


class Accepted(TypedDict):
    """How many events are in the log, and their ids in the order sent."""

    accepted: int
    ids: list[str]


@router.post(
    "/events",
    operation_id="post_events",
    summary="Tell what the shopper did",
    description=(
        "One event or a list of up to 1,000. 202 means that all of them are on disk; with any "
        "other answer none of them counts. An event whose `id` was sent before counts once, so a "
        "request may be repeated."
    ),
    status_code=HTTPStatus.ACCEPTED,
    response_model=Accepted,
    responses={
        **doc.answer("on disk", {"accepted": 1, "ids": ["9f1c1c0e"]}, 202),
        **doc.problems(400, 401, 413, 415, 422, 503),
    },
    openapi_extra={
        "security": doc.BEARER,
        "requestBody": doc.body(
            {
                "oneOf": [
                    {"$ref": doc.REF.format(model="Event")},
                    {
                        "type": "array",
                        "items": {"$ref": doc.REF.format(model="Event")},
                        "maxItems": MOST_EVENTS,
                    },
                ]
            },
            doc.EXAMPLE_EVENTS,
        ),
    },
)
async def post_events(request: Request) -> Response:
    """Answer POST /events."""
    with _refusals_counted():
        accepted = await _accept(request)
    return Response(to_json(accepted), HTTPStatus.ACCEPTED, media_type="application/json")


async def _accept(request: Request) -> Accepted:
    parts = parts_of(request)
    user = await caller(request)
    stated = await read_json(request)
    now = datetime.now(UTC)
    events = read_events(stated, now)
    unknown = await parts.known.missing({i for i in map(listing_of, events) if i is not None})
    if unknown:
        alone = isinstance(stated, dict)
        raise refusal(
            "unknown_car",
            [
                FieldError("listing_id" if alone else f"[{n}].listing_id", "belongs to no car")
                for n, event in enumerate(events)
                if listing_of(event) in unknown
            ],
        )
    ids = await append(parts, user.id, events, now)
    return {"accepted": len(ids), "ids": ids}


def read_events(stated: Any, now: datetime) -> list[Event]:  # noqa: ANN401  # JSON as parsed
    """Return the events of a body, one object or a list.

    Args:
        stated: the parsed JSON.
        now: aware; an event may not be later than this, give or take clocks that differ.

    Raises:
        ProblemError: 422 naming every event that is wrong.
    """
    alone = isinstance(stated, dict)
    items = [stated] if alone else stated
    if not isinstance(items, list):
        raise refusal("invalid_event", [FieldError("body", "must be an event or a list of them")])
    if len(items) > MOST_EVENTS:
        raise refusal(
            "too_many_events", [FieldError("body", f"must have at most {MOST_EVENTS} events")]
        )
    wrong = [
        FieldError(f"[{n}].{name}", "must not be true or false") for n, name in _booleans(items)
    ]
    events: list[Event] = []
    try:
        events = _EVENTS.validate_python([_readable(item) for item in items])
    except ValidationError as error:
        named = {one.field for one in wrong}
        found = mistakes(map(_without_tag, error.errors(include_url=False, include_input=False)))
        wrong += [one for one in found if one.field not in named]
    wrong += [
        FieldError(f"[{n}].occurred_at", message)
        for n, event in enumerate(events)
        if (message := _wrong_time(event.occurred_at, now))
    ]
    if wrong:
        raise refusal("invalid_event", [_alone(w) for w in wrong] if alone else wrong)
    return events


async def append(
    parts: Parts, user_id: UserId, events: Sequence[Event], now: datetime
) -> list[str]:
    """Append a user's events to the log and return their ids; they are on disk then.

    Raises:
        LogUnavailableError: nothing is promised.
    """
    if not events:
        return []
    with span("append", {"events": len(events)}, kind=PRODUCER):
        request, trace = request_id(), traceparent()
        entries = [
            LogEntry(
                id=event.id or uuid4().hex,
                user_id=user_id,
                at=event.occurred_at.astimezone(UTC) if event.occurred_at else now,
                event=event,
                request=request,
                trace=trace,
            )
            for event in events
        ]
        began = time.perf_counter()
        await parts.sink.append(entries)
        APPEND_TIME.observe(time.perf_counter() - began)
    for entry in entries:
        EVENTS_ACCEPTED.labels(entry.event.type).inc()
    return [entry.id for entry in entries]


async def append_after_answer(parts: Parts, user_id: UserId, event: Event) -> None:
    """Append the event that a request of the prototype's kind is; a failure is only logged."""
    try:
        await append(parts, user_id, [event], datetime.now(UTC))
    except CarouselError:
        log.warning("a %s event of a request was lost", event.type, exc_info=True)


@contextmanager
def _refusals_counted() -> Iterator[None]:
    try:
        yield
    except (ProblemError, CarouselError) as error:
        EVENTS_REFUSED.labels(code_of(error)).inc()
        raise


def _readable(item: object) -> object:
    """Return an event with the filters of a search in the form the domain reads."""
    if isinstance(item, dict) and isinstance(item.get("filters"), dict):
        return {**item, "filters": stated_filters(item["filters"])}
    return item


def _booleans(items: list[Any]) -> list[tuple[int, str]]:
    """Return where an event says true or false for a number: pydantic would read 1 and 0."""
    return [
        (n, name)
        for n, item in enumerate(items)
        if isinstance(item, dict)
        for name, value in item.items()
        if isinstance(value, bool) and name not in FLAGS
    ]


def _wrong_time(occurred_at: datetime | None, now: datetime) -> str | None:
    if occurred_at is None:
        return None
    if occurred_at > now + CLOCK_SKEW:
        return "is in the future"
    return "is before the year 2000" if occurred_at < EARLIEST else None


def _without_tag(error: ErrorDetails) -> dict[str, Any]:
    """Return a finding without the event type that pydantic puts into its place."""
    location = error["loc"]
    return {**error, "loc": (location[0], *location[2:])}


def _alone(wrong: FieldError) -> FieldError:
    return FieldError(wrong.field.removeprefix("[0]").removeprefix(".") or "body", wrong.message)
