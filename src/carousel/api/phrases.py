"""The search box: free text as filters, and suggestions while it is typed.

Owns:    GET /cars/phrase, GET /cars/suggestions.
Imports: domain.phrase, serving.understanding, api.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Request, Response
from pydantic import Field
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.listing_view import CHOICES, shown_name
from carousel.api.parts import parts_of
from carousel.api.queries import Options, read_query
from carousel.domain.phrase.amounts import Terms
from carousel.domain.phrase.reading import LONGEST
from carousel.domain.phrase.settling import Chip
from carousel.serving.understanding import suggest, understand

router = APIRouter(tags=["cars"])

Text = Annotated[
    str, Field(max_length=LONGEST, description="what the shopper typed; empty asks for nothing")
]


class PhraseOptions(Options):
    """What was said."""

    text: Text = ""


class SuggestionOptions(Options):
    """What was typed so far, and how many suggestions there is room for."""

    text: Text = ""
    limit: Annotated[int, Field(ge=1, le=20)] = 8


class PhraseChip(TypedDict):
    """A part of a phrase and the query parameter that it sets.

    Chips of one name that can be repeated are alternatives. Chips of one span belong together: who
    takes one away takes them all.
    """

    name: Annotated[str, Field(description="a query parameter of the search")]
    value: Annotated[str, Field(description="what to set it to")]
    text: Annotated[str, Field(description="the shopper's own words")]
    start: Annotated[int, Field(description="where they begin, in characters (code points)")]
    end: Annotated[int, Field(description="where they end, exclusive")]
    corrected: Annotated[bool, Field(description="whether the words were mistyped")]


class Phrase(TypedDict):
    """What a phrase asks for, and how many active cars that is."""

    chips: list[PhraseChip]
    ignored: Annotated[list[str], Field(description="words that were not understood")]
    sort: Annotated[str | None, Field(description="an order of the search, where one was asked")]
    total: int


class PhraseSuggestion(TypedDict):
    """A phrase to offer, and how many active cars it finds; ``chips`` are of its own text."""

    text: str
    kind: Literal["make", "model", "phrase"]
    count: int
    chips: list[PhraseChip]


class Suggestions(TypedDict):
    """Phrases to offer, the likeliest first."""

    suggestions: list[PhraseSuggestion]


_EXAMPLE_CHIPS: list[PhraseChip] = [
    {"name": "brand", "value": "Skoda", "text": "scoda", "start": 0, "end": 5, "corrected": True},
    {
        "name": "max_price", "value": "15000", "text": "under 15k", "start": 6, "end": 15,
        "corrected": False,
    },
]  # fmt: skip


@router.get(
    "/cars/phrase",
    operation_id="read_phrase",
    summary="Free text as filters of the search",
    description=(
        "English, German and Czech words, in any case, with or without marks, also mistyped. "
        "Makes, models, colours and regions are those of the active cars. A price is "
        "understood in the marketplace's currency only."
    ),
    response_model=Phrase,
    responses={
        **doc.answer(
            "scoda under 15k",
            {"chips": _EXAMPLE_CHIPS, "ignored": [], "sort": None, "total": 212},
        ),
        **doc.problems(422, 503),
    },
    openapi_extra={"parameters": doc.query(PhraseOptions, filters=False)},
)
async def read_phrase(request: Request) -> Response:
    """Answer GET /cars/phrase."""
    parts = parts_of(request)
    _, options = read_query(request.scope["query_string"], PhraseOptions)
    terms = _terms(parts.currency)
    understood = await understand(parts.store, parts.vocabulary, options.text, terms)
    found: Phrase = {
        "chips": _chips(understood.reading.chips),
        "ignored": list(understood.reading.ignored),
        "sort": understood.reading.sort,
        "total": understood.total,
    }
    return Response(to_json(found), media_type="application/json")


@router.get(
    "/cars/suggestions",
    operation_id="get_suggestions",
    summary="What a shopper who is typing may want to say",
    description=(
        "Whole phrases to put into the search box. Before anything is typed, the most frequent "
        "makes. Each finds at least one car."
    ),
    response_model=Suggestions,
    responses={
        **doc.answer(
            "after: sc",
            {
                "suggestions": [
                    {
                        "text": "Skoda",
                        "kind": "make",
                        "count": 812,
                        "chips": [{**_EXAMPLE_CHIPS[0], "text": "Skoda", "corrected": False}],
                    }
                ]
            },
        ),
        **doc.problems(422, 503),
    },
    openapi_extra={"parameters": doc.query(SuggestionOptions, filters=False)},
)
async def get_suggestions(request: Request) -> Response:
    """Answer GET /cars/suggestions."""
    parts = parts_of(request)
    _, options = read_query(request.scope["query_string"], SuggestionOptions)
    terms = _terms(parts.currency)
    suggested = await suggest(parts.store, parts.vocabulary, options.text, terms, options.limit)
    found: Suggestions = {
        "suggestions": [
            {
                "text": one.proposal.text,
                "kind": cast("Literal['make', 'model', 'phrase']", one.proposal.kind),
                "count": one.count,
                "chips": _chips(one.proposal.reading.chips),
            }
            for one in suggested
        ]
    }
    return Response(to_json(found), media_type="application/json")


def _terms(currency: str) -> Terms:
    return Terms(datetime.now(UTC).year, currency)


def _chips(chips: Sequence[Chip]) -> list[PhraseChip]:
    return [
        {
            "name": one.name,
            "value": shown_name(one.value) if one.name in CHOICES else one.value,
            "text": one.text,
            "start": one.start,
            "end": one.end,
            "corrected": one.corrected,
        }
        for one in chips
    ]
