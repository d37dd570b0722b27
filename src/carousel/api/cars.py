"""Cars as everyone sees them: search, one car, similar ones, popular ones.

Owns:    GET /cars/search, /cars/detail/{id}, /cars/{id}/similar, /cars/popular.
Imports: serving, storage.ports, api.

Search and detail of a caller with a token count as the events ``search`` and ``view``: clients of
the prototype send no events of their own. The event is appended after the answer.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, NotRequired, cast

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field
from pydantic_core import to_json
from starlette.background import BackgroundTask
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.callers import caller_if_any
from carousel.api.differences import EXAMPLE_CLOSEST, Closest, closest_card
from carousel.api.events import append_after_answer
from carousel.api.listing_view import EXAMPLE_CARD, Card, card
from carousel.api.parts import Parts, parts_of
from carousel.api.problems import FieldError, ProblemError, refusal
from carousel.api.queries import (
    DetailOptions,
    ListOptions,
    SearchOptions,
    SimilarOptions,
    read_query,
)
from carousel.api.relaxed import Relaxed, relaxed
from carousel.api.tokens import unauthorised
from carousel.api.why import Why, why, with_names
from carousel.domain.events import LARGEST_ID, Search, View
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, UserId
from carousel.serving.differences import closest
from carousel.serving.pipeline import recommend
from carousel.serving.popular import popular
from carousel.serving.reasons import Reason
from carousel.serving.relaxing import nearest_relaxation
from carousel.storage.ports import Sort

RANKED = 200  # how many cars the order "recommended" ranks; the rest follows, newest first

router = APIRouter(tags=["cars"])

CarId = Annotated[int, Path(ge=1, le=LARGEST_ID, examples=[4711])]


class FoundCard(Card):
    """A card; in the order `recommended` with the main reason why a ranked car stands there."""

    reason: NotRequired[str]
    why: NotRequired[Why]


class PopularCard(Card):
    """A card with the reason why it is in the list."""

    reason: str
    why: Why


class Found(TypedDict):
    """A page of a search; ``total`` counts all that match. ``nearest``: only if that is 0."""

    listings: list[FoundCard]
    total: int
    limit: int
    offset: int
    nearest: NotRequired[
        Annotated[
            list[Relaxed],
            Field(description="the least that must give way, all of it together, to find any car"),
        ]
    ]


class Similar(TypedDict):
    """Cars like one car, best first."""

    similar: list[Closest]


class Popular(TypedDict):
    """Cars that many shoppers look at, best first."""

    popular: list[PopularCard]


@router.get(
    "/cars/search",
    operation_id="search_cars",
    summary="Find active cars",
    description=(
        "Lists are alternatives; names are compared without case, marks and punctuation; an empty "
        "parameter is none. With a token the first page counts as the event `search`, unless "
        "`record=false`. A search finds what was asked for and nothing else; where that is "
        "nothing, `nearest` says which filters to relax."
    ),
    response_model=Found,
    responses={
        **doc.answer("a page", {"listings": [EXAMPLE_CARD], "total": 1, "limit": 200, "offset": 0}),
        **doc.problems(401, 422, 503),
    },
    openapi_extra={
        "security": doc.BEARER_OR_NOT,
        "parameters": doc.query(SearchOptions, filters=True),
    },
)
async def search_cars(request: Request) -> Response:
    """Answer GET /cars/search."""
    parts = parts_of(request)
    user = await caller_if_any(request)
    filters, options = read_query(request.scope["query_string"], SearchOptions)
    if options.sort is Sort.RECOMMENDED:
        if user is None:
            raise unauthorised("token_missing", "Only with a token can cars be sorted for you.")
        listings, total = await _recommended(parts, user.id, filters, options)
    else:
        if options.sort is Sort.DISTANCE and filters.radius_km is None:
            message = "needs near_latitude, near_longitude and radius_km to sort by distance"
            raise refusal("invalid_query", [FieldError("sort", message)])
        page = await parts.store.search(filters, options.sort, options.limit, options.offset)
        listings, total = _cards(page.listings, parts), page.total
    found: Found = {
        "listings": listings,
        "total": total,
        "limit": options.limit,
        "offset": options.offset,
    }
    if total == 0 and (nearest := await nearest_relaxation(parts.store, filters)):
        found["nearest"] = relaxed(nearest)
    after = None
    if user is not None and options.record and options.offset == 0:
        after = BackgroundTask(append_after_answer, parts, user.id, Search(filters=filters))
    return Response(to_json(found), media_type="application/json", background=after)


@router.get(
    "/cars/detail/{car_id}",
    operation_id="get_car",
    summary="One car of any status",
    description="With a token it counts as the event `view`, unless `record=false`.",
    response_model=Card,
    responses={**doc.answer("the car", EXAMPLE_CARD), **doc.problems(401, 404, 422, 503)},
    openapi_extra={
        "security": doc.BEARER_OR_NOT,
        "parameters": doc.query(DetailOptions, filters=False),
    },
)
async def get_car(car_id: CarId, request: Request) -> Response:
    """Answer GET /cars/detail/{id}."""
    parts = parts_of(request)
    user = await caller_if_any(request)
    _, options = read_query(request.scope["query_string"], DetailOptions)
    listing = await parts.store.listing(car_id)
    if listing is None:
        raise unknown_car(car_id)
    after = None
    if user is not None and options.record:
        after = BackgroundTask(append_after_answer, parts, user.id, View(listing_id=car_id))
    shown = card(listing, parts.currency)
    return Response(to_json(shown), media_type="application/json", background=after)


@router.get(
    "/cars/{car_id}/similar",
    operation_id="get_similar_cars",
    summary="Active cars like this one, whatever its own status",
    description=(
        "All of them pass the filters, and nothing gives way: there may be fewer than asked for. "
        "The car asked about need not pass. Each says what it has otherwise."
    ),
    response_model=Similar,
    responses={
        **doc.answer("similar cars", {"similar": [EXAMPLE_CLOSEST]}),
        **doc.problems(404, 422, 503),
    },
    openapi_extra={"parameters": doc.query(SimilarOptions, filters=True)},
)
async def get_similar_cars(car_id: CarId, request: Request) -> Response:
    """Answer GET /cars/{id}/similar."""
    parts = parts_of(request)
    filters, options = read_query(request.scope["query_string"], SimilarOptions)
    others = await closest(
        parts.store, car_id, options.limit, filters=filters, without=options.without
    )
    if others is None:
        raise unknown_car(car_id)
    found: Similar = {"similar": [closest_card(other, parts.currency) for other in others]}
    return Response(to_json(found), media_type="application/json")


@router.get(
    "/cars/popular",
    operation_id="get_popular_cars",
    summary="Active cars that many shoppers look at, then the newest",
    response_model=Popular,
    responses={
        **doc.answer(
            "popular cars",
            {
                "popular": [
                    {
                        **EXAMPLE_CARD,
                        "reason": "Popular with other shoppers",
                        "why": {"key": "popular", "part": "market", "values": {}, "cause": []},
                    }
                ]
            },
        ),
        **doc.problems(422, 503),
    },
    openapi_extra={"parameters": doc.query(ListOptions, filters=True)},
)
async def get_popular_cars(request: Request) -> Response:
    """Answer GET /cars/popular."""
    parts = parts_of(request)
    filters, options = read_query(request.scope["query_string"], ListOptions)
    listed = await popular(
        parts.store, filters, options.limit, options.without, now=datetime.now(UTC)
    )
    cards = [_reasoned(listing, reason, parts) for listing, reason in listed]
    found: Popular = {"popular": cards}
    return Response(to_json(found), media_type="application/json")


def unknown_car(car_id: int) -> ProblemError:
    """Return the 404 of a car that does not exist."""
    return ProblemError(HTTPStatus.NOT_FOUND, "unknown_car", f"No car has the id {car_id}.")


def _cards(listings: Iterable[Listing], parts: Parts) -> list[FoundCard]:
    return [cast("FoundCard", card(listing, parts.currency)) for listing in listings]


def _reasoned(listing: Listing, reason: Reason, parts: Parts) -> PopularCard:
    shown = {**card(listing, parts.currency), "reason": reason.text, "why": why(reason)}
    return cast("PopularCard", shown)


async def _recommended(
    parts: Parts, user_id: UserId, filters: Filters, options: SearchOptions
) -> tuple[list[FoundCard], int]:
    """Return a page in the shopper's own order: the ranked cars, then the others, newest first.

    And how many cars there are in all.
    """
    now = datetime.now(UTC)
    slate = await recommend(parts.store, user_id, filters, RANKED, now=now, knobs=parts.knobs)
    total = (await parts.store.search(filters, Sort.NEWEST, 1, 0)).total
    end = options.offset + options.limit
    shown = await with_names(parts.store, slate.entries[options.offset : end])
    cards = [cast("FoundCard", _reasoned(one.listing, one.reason, parts)) for one in shown]
    if len(cards) < options.limit and total > len(slate.entries):
        ranked = frozenset(entry.listing.id for entry in slate.entries)
        rest = await parts.store.newest(filters, end - len(ranked), ranked)
        first = max(0, options.offset - len(ranked))
        cards += _cards(await parts.store.active(rest.ids[first:]), parts)
    return cards, total
