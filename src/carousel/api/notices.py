"""What a shopper should hear: a saved car is cheaper or gone, a new one fits or is what they seek.

Owns:    GET /users/me/notices, POST /users/me/notices/seen.
Imports: serving, storage.ports, api.

Notices are written by ``carousel stream``; that there is a new one is told by the update stream.
"""

import asyncio
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.callers import caller
from carousel.api.differences import EXAMPLE_CLOSEST, Closest, closest_card
from carousel.api.listing_view import EXAMPLE_CARD, Card, card
from carousel.api.moments import moment
from carousel.api.parts import Parts, parts_of
from carousel.api.queries import Options, read_query
from carousel.domain.events import LARGEST_ID
from carousel.domain.listing import ListingId
from carousel.domain.noticing import Kind
from carousel.serving.differences import compared
from carousel.serving.similar import similar
from carousel.storage.ports.notices import Told

MOST_CLOSEST = 5

router = APIRouter(tags=["users"])


class NoticesOptions(Options):
    """How many notices to return."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50


class SeenOptions(Options):
    """Up to where notices were seen."""

    until: Annotated[
        int | None,
        Field(
            ge=0,
            le=LARGEST_ID,
            description="`until` of the answer that was looked at; without it, all there are",
        ),
    ] = None


class NoticedSearch(TypedDict):
    """The saved search that found the car."""

    id: int
    name: str


class Notice(TypedDict):
    """A notice. ``car`` is the car as it is now."""

    kind: Kind
    at: Annotated[str, Field(description="ISO 8601, UTC")]
    seen: bool
    car: Card
    before: Annotated[int | None, Field(description="the price before it fell; of price_drop")]
    after: Annotated[int | None, Field(description="the price it fell to; of price_drop")]
    search: Annotated[
        NoticedSearch | None, Field(description="of search; null if it is kept no more")
    ]
    closest: Annotated[
        list[Closest], Field(description="of sold: up to 5 active cars like it, best first")
    ]


class Notices(TypedDict):
    """The latest notices first; ``unseen`` counts all of them.

    ``until``: given back when they were looked at, it leaves what came meanwhile unseen.
    """

    notices: list[Notice]
    unseen: int
    until: int


@router.get(
    "/users/me/notices",
    operation_id="get_notices",
    summary="What I should hear about cars",
    description=(
        "`price_drop` and `sold` are about cars I saved (`sold` also if one was withdrawn: its "
        "card says which), `fits` about new cars close to what I like, `search` about new cars "
        "that a saved search finds. Never about a car I dismissed or had seen."
    ),
    response_model=Notices,
    responses={
        **doc.answer(
            "notices",
            {
                "notices": [
                    {
                        "kind": "sold",
                        "at": "2026-11-02T08:30:00Z",
                        "seen": False,
                        "car": {**EXAMPLE_CARD, "status": "sold"},
                        "before": None,
                        "after": None,
                        "search": None,
                        "closest": [{**EXAMPLE_CLOSEST, "id": 4812}],
                    },
                    {
                        "kind": "price_drop",
                        "at": "2026-11-01T17:05:00Z",
                        "seen": True,
                        "car": {**EXAMPLE_CARD, "id": 4630},
                        "before": 14500,
                        "after": 13900,
                        "search": None,
                        "closest": [],
                    },
                ],
                "unseen": 1,
                "until": 2718,
            },
        ),
        **doc.problems(401, 422, 503),
    },
    openapi_extra={"security": doc.BEARER, "parameters": doc.query(NoticesOptions, filters=False)},
)
async def get_notices(request: Request) -> Response:
    """Answer GET /users/me/notices."""
    parts = parts_of(request)
    user = await caller(request)
    _, options = read_query(request.scope["query_string"], NoticesOptions)
    latest = await parts.notices.latest(user.id, options.limit)
    dismissed = frozenset[ListingId]()
    if any(one.kind is Kind.SOLD for one in latest.told):
        dismissed = (await parts.store.shopper(user.id)).dismissed
    found: Notices = {
        "notices": await asyncio.gather(*(_shown(parts, one, dismissed) for one in latest.told)),
        "unseen": latest.unseen,
        "until": latest.until,
    }
    return Response(to_json(found), media_type="application/json")


@router.post(
    "/users/me/notices/seen",
    operation_id="see_notices",
    summary="I have seen my notices",
    description=(
        "With `until` of what was read, what came after it stays unseen; without, all that there "
        "are count as seen. No body is sent."
    ),
    status_code=HTTPStatus.NO_CONTENT,
    responses={**doc.problems(401, 422, 503)},
    openapi_extra={"security": doc.BEARER, "parameters": doc.query(SeenOptions, filters=False)},
)
async def see_notices(request: Request) -> Response:
    """Answer POST /users/me/notices/seen."""
    user = await caller(request)
    _, options = read_query(request.scope["query_string"], SeenOptions)
    await parts_of(request).notices.saw(user.id, options.until)
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _shown(parts: Parts, told: Told, dismissed: frozenset[ListingId]) -> Notice:
    return {
        "kind": told.kind,
        "at": moment(told.at),
        "seen": told.seen,
        "car": card(told.listing, parts.currency),
        "before": told.before,
        "after": told.after,
        "search": None if told.search is None else {"id": told.search[0], "name": told.search[1]},
        "closest": await _closest(parts, told, dismissed),
    }


async def _closest(parts: Parts, told: Told, dismissed: frozenset[ListingId]) -> list[Closest]:
    """Return what to buy instead of a car that is gone, nothing that was dismissed."""
    if told.kind is not Kind.SOLD:
        return []
    found = await similar(parts.store, told.listing.id, MOST_CLOSEST, without=dismissed)
    return [closest_card(one, parts.currency) for one in compared(told.listing, found or [])]
