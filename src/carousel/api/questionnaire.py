"""The questionnaire: what a page may ask somebody new, and the answers as searches of theirs.

Owns:    GET /questionnaire, POST /users/me/questionnaire; the questions in words.
Imports: domain.{events, questionnaire}, api, pydantic.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, Literal, NotRequired

from fastapi import APIRouter, Request, Response
from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.callers import caller
from carousel.api.events import Accepted, append
from carousel.api.limits import read_json
from carousel.api.listing_view import meant, shown
from carousel.api.parts import parts_of
from carousel.api.problems import FieldError, mistakes, refusal
from carousel.domain.events import Search
from carousel.domain.listing import Fuel, Transmission
from carousel.domain.questionnaire import (
    LARGEST_AMOUNT,
    MOST_USES,
    USUAL_RADIUS_KM,
    Answers,
    Size,
    Use,
    searches_of,
)

LONGEST_ID = 60  # of the answers; the events' own ids are a little longer

APART = timedelta(milliseconds=1)
"""Between the searches of several uses: the use named first is the latest, which counts most."""

EXAMPLE_ANSWERS: doc.Document = {
    "budget": {"up_to": 12000},
    "use": ["city", "work"],
    "size": ["small"],
    "fuel": ["Petrol", "Hybrid"],
    "transmission": ["Automatic"],
    "place": {"latitude": 49.195, "longitude": 16.607, "radius_km": 100},
}

USES = {
    Use.CITY: "Getting about in town",
    Use.FAMILY: "The family",
    Use.LONG_DISTANCE: "Long distances",
    Use.WORK: "Work, carrying things",
    Use.FUN: "Fun",
    Use.TOWING: "Towing",
    Use.OUTDOORS: "Snow and field tracks",
}
SIZES = {Size.SMALL: "Small", Size.MEDIUM: "Medium", Size.LARGE: "Large"}

router = APIRouter(tags=["questionnaire"])

_ID = TypeAdapter(
    Annotated[str, Field(min_length=1, max_length=LONGEST_ID, pattern=r"^[\x21-\x7e]+$")]
)


class Choice(TypedDict):
    """One possible answer: the value to send, and what to show."""

    value: str
    text: str


class Entry(TypedDict):
    """A number to be entered under a name, between two limits; ``usual`` where none is sent."""

    name: str
    text: str
    least: float
    most: float
    usual: NotRequired[float]


class Question(TypedDict):
    """What may be asked.

    choices: send a list of values, at most ``most``. entries: send an object of numbers; a place
    needs its latitude and longitude, which a map or the browser knows.
    """

    key: str
    text: str
    type: Literal["choices", "numbers", "place"]
    most: NotRequired[int]
    choices: NotRequired[list[Choice]]
    entries: NotRequired[list[Entry]]


class Questions(TypedDict):
    """All questions, in the order to be asked; every one may be left out."""

    questions: list[Question]
    currency: str


def _choices(texts: Iterable[tuple[StrEnum, str]]) -> list[Choice]:
    return [{"value": value.value, "text": text} for value, text in texts]


def _kinds(kinds: Iterable[StrEnum]) -> list[Choice]:
    return [{"value": shown(kind), "text": shown(kind)} for kind in kinds]


QUESTIONS: list[Question] = [
    {
        "key": "budget",
        "text": "What may it cost?",
        "type": "numbers",
        "entries": [
            {"name": "up_to", "text": "At most", "least": 1, "most": LARGEST_AMOUNT},
            {"name": "about", "text": "About", "least": 1, "most": LARGEST_AMOUNT},
        ],
    },
    {
        "key": "use",
        "text": "What is it for?",
        "type": "choices",
        "most": MOST_USES,
        "choices": _choices(USES.items()),
    },
    {
        "key": "size",
        "text": "How large?",
        "type": "choices",
        "most": len(Size),
        "choices": _choices(SIZES.items()),
    },
    {
        "key": "fuel",
        "text": "What should it run on?",
        "type": "choices",
        "most": len(Fuel),
        "choices": _kinds(Fuel),
    },
    {
        "key": "transmission",
        "text": "Which gearbox?",
        "type": "choices",
        "most": len(Transmission),
        "choices": _kinds(Transmission),
    },
    {
        "key": "place",
        "text": "Where are you, and how far would you go for it?",
        "type": "place",
        "entries": [
            {"name": "latitude", "text": "Latitude", "least": -90, "most": 90},
            {"name": "longitude", "text": "Longitude", "least": -180, "most": 180},
            {
                "name": "radius_km",
                "text": "Kilometres at most",
                "least": 1,
                "most": 20_000,
                "usual": USUAL_RADIUS_KM,
            },
        ],
    },
]


def _schema() -> doc.Document:
    """Return the JSON schema of the answers to QUESTIONS."""
    properties: doc.Document = {"id": {"type": "string", "maxLength": LONGEST_ID}}
    for question in QUESTIONS:
        schema: doc.Document = {"description": question["text"]}
        if "choices" in question:
            values = [choice["value"] for choice in question["choices"]]
            schema |= {"type": "array", "maxItems": question.get("most")}
            schema["items"] = {"type": "string", "enum": values}
        if "entries" in question:
            kind = "number" if question["type"] == "place" else "integer"
            schema |= {"type": "object", "additionalProperties": False}
            schema["properties"] = {
                entry["name"]: {"type": kind, "minimum": entry["least"], "maximum": entry["most"]}
                for entry in question["entries"]
            }
        properties[question["key"]] = schema
    return {"type": "object", "properties": properties, "additionalProperties": False}


@router.get(
    "/questionnaire",
    operation_id="get_questionnaire",
    summary="What to ask somebody new",
    description="Questions and choices for a page to draw; `POST /users/me/questionnaire` answers.",
    response_model=Questions,
    responses={**doc.answer("the questions", {"questions": QUESTIONS[1:3], "currency": "EUR"})},
)
async def get_questionnaire(request: Request) -> Response:
    """Answer GET /questionnaire."""
    asked: Questions = {"questions": QUESTIONS, "currency": parts_of(request).currency}
    return Response(to_json(asked), media_type="application/json")


@router.post(
    "/users/me/questionnaire",
    operation_id="post_questionnaire",
    summary="Answer the questionnaire",
    description=(
        "The answers become events `search`, one for each use, and travel as every event does: 202 "
        "means that they are on disk. Every question may be left out, but not all. Answers that "
        "carry an `id` count once, however often they are sent."
    ),
    status_code=HTTPStatus.ACCEPTED,
    response_model=Accepted,
    responses={
        **doc.answer("on disk", {"accepted": 2, "ids": ["hello-1", "hello-2"]}, 202),
        **doc.problems(400, 401, 413, 415, 422, 503),
    },
    openapi_extra={
        "security": doc.BEARER,
        "requestBody": doc.body(
            _schema(),
            {
                "all": {"summary": "Every question", "value": EXAMPLE_ANSWERS},
                "one": {"summary": "One question", "value": {"use": "family", "id": "hello"}},
            },
        ),
    },
)
async def post_questionnaire(request: Request) -> Response:
    """Answer POST /users/me/questionnaire."""
    parts = parts_of(request)
    user = await caller(request)
    answers, given_id = read_answers(await read_json(request))
    now = datetime.now(UTC)
    searches = searches_of(answers)
    events = [
        Search(
            id=None if given_id is None else f"{given_id}-{number}",
            occurred_at=now - APART * (len(searches) - number),
            filters=filters,
        )
        for number, filters in enumerate(searches, start=1)
    ]
    ids = await append(parts, user.id, events, now)
    accepted: Accepted = {"accepted": len(ids), "ids": ids}
    return Response(to_json(accepted), HTTPStatus.ACCEPTED, media_type="application/json")


def read_answers(stated: Any) -> tuple[Answers, str | None]:  # noqa: ANN401  # JSON as parsed
    """Return the answers of a body and the id they carry.

    A choice may stand alone or in a list, a fuel or gearbox in any spelling; null and "" are no
    answer.

    Raises:
        ProblemError: 422 naming every answer that is wrong.

    >>> answers, _ = read_answers({"use": "city", "fuel": ["PETROL", "Plug-in hybrid"], "size": ""})
    >>> answers.use[0].value, [fuel.value for fuel in answers.fuel], answers.size
    ('city', ['petrol', 'plugin_hybrid'], ())
    """
    if not isinstance(stated, dict):
        raise refusal("invalid_answers", [FieldError("body", "must be an object of answers")])
    given = {name: value for name, value in stated.items() if value not in (None, "")}
    wrong: list[FieldError] = []
    given_id = given.pop("id", None)
    try:
        given_id = None if given_id is None else _ID.validate_python(given_id, strict=True)
    except ValidationError:
        told = f"must be at most {LONGEST_ID} printable characters without blanks"
        wrong.append(FieldError("id", told))
    for name in ("budget", "place"):
        if name in given and not isinstance(given[name], dict):
            wrong.append(FieldError(name, "must be an object of numbers"))
            del given[name]
    answers = None
    try:
        answers = Answers.model_validate({n: _readable(n, value) for n, value in given.items()})
    except ValidationError as error:
        found = mistakes(error.errors(include_url=False, include_input=False))
        wrong += [one for one in found if not (wrong and one.field == "body")]
    if wrong or answers is None:
        raise refusal("invalid_answers", wrong)
    return answers, given_id


def _readable(name: str, value: object) -> object:
    """Return an answer in the form the domain reads."""
    if name in ("budget", "place") and isinstance(value, dict):
        return {key: number for key, number in value.items() if number not in (None, "")}
    values = value if isinstance(value, list) else [value]
    return [meant(name, one) for one in values if one not in (None, "")]
