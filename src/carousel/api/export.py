"""Everything that is kept about the caller, as one document to take away.

Owns:    GET /users/me/export.
Imports: storage.ports, api.

Written piece by piece while it is read: a history of any length costs no more memory than a short
one. A document that breaks off is no JSON, so nobody takes a part for the whole.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NotRequired

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic_core import from_json, to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.callers import caller
from carousel.api.moments import moment
from carousel.api.parts import Parts, parts_of
from carousel.api.shopper_profile import EXAMPLE_PROFILE, ShopperProfile, told_profile
from carousel.api.users import Me
from carousel.storage.ports import User

FILE_NAME = "carousel-export.json"
HEADERS = {
    "content-disposition": f'attachment; filename="{FILE_NAME}"',
    "cache-control": "no-store",
}

router = APIRouter(tags=["users"])


class ExportedEvent(TypedDict):
    """Something that happened, impressions among it, as it is kept."""

    id: str
    at: str
    event: dict[str, Any]


class ExportedReaction(TypedDict):
    """Whether a car is, since ``at``, a favourite or dismissed."""

    kind: str
    listing_id: int
    holds: bool
    at: str


class ExportedSearch(TypedDict):
    """A saved search."""

    id: int
    name: str
    filters: dict[str, Any]
    created_at: str
    seen_at: str


class ExportedArrival(TypedDict):
    """When a visitor came who the caller is, or who was merged into the caller's account."""

    visitor: int
    since: str


class ExportedStep(TypedDict):
    """One of the last things the caller did, by which lists are made.

    ``listing_id``, ``reason``, ``facts``: of a reaction; the facts are the car's at that moment.
    ``asked``: of a search. Of makes, models and sellers only a hash is kept.
    """

    kind: str
    at: str
    listing_id: NotRequired[int]
    reason: NotRequired[str | None]
    facts: NotRequired[dict[str, Any]]
    asked: NotRequired[dict[str, Any]]


class ExportedState(TypedDict):
    """A sum over all events, of which lists are made: numbers without names."""

    version: int | str
    mass: float
    as_of: str
    evidence: list[float]


class ExportedFingerprint(TypedDict):
    """What is kept of a forgotten event, so that it does not come back: a hash of its id."""

    fingerprint: str
    at: str


class Export(TypedDict):
    """Everything that is kept about the caller. ``notices`` are rows as they are kept."""

    exported_at: str
    account: Me
    profile: ShopperProfile
    reactions: list[ExportedReaction]
    saved_searches: list[ExportedSearch]
    notices: list[dict[str, Any]]
    arrivals: list[ExportedArrival]
    trail: list[ExportedStep]
    learned: list[ExportedState]
    tastes: list[ExportedState]
    forgotten: list[ExportedFingerprint]
    events: list[ExportedEvent]


EXAMPLE_EXPORT: dict[str, object] = {
    "exported_at": "2026-11-02T18:45:00Z",
    "account": {
        "email": "john1@example.com",
        "first_name": "John",
        "surname": "One",
        "role": "shopper",
    },
    "profile": EXAMPLE_PROFILE,
    "reactions": [
        {"kind": "favourite", "listing_id": 4711, "holds": True, "at": "2026-11-02T18:40:00Z"}
    ],
    "saved_searches": [],
    "notices": [],
    "arrivals": [{"visitor": 1207, "since": "2026-10-30T09:14:10Z"}],
    "trail": [
        {
            "kind": "favourite",
            "at": "2026-11-02T18:40:00Z",
            "listing_id": 4711,
            "reason": None,
            "facts": {"price": 14500.0, "year": 2018.0, "make": 2583010429, "body": "estate"},
        },
        {"kind": "search", "at": "2026-11-02T18:30:00Z", "asked": {"max_price": 15000.0}},
    ],
    "learned": [
        {"version": 12, "mass": 4.2, "as_of": "2026-11-02T18:40:00Z", "evidence": [0.31, -0.12]}
    ],
    "tastes": [],
    "forgotten": [],
    "events": [
        {
            "id": "9f1c1c0e",
            "at": "2026-11-02T18:40:00Z",
            "event": {"type": "favourite", "listing_id": 4711},
        }
    ],
}


@router.get(
    "/users/me/export",
    operation_id="export_mine",
    summary="Take away everything that is kept about me",
    response_model=Export,
    responses={**doc.answer("a file to save", EXAMPLE_EXPORT), **doc.problems(401, 503)},
    openapi_extra={"security": doc.BEARER},
)
async def export_mine(request: Request) -> Response:
    """Answer GET /users/me/export."""
    parts = parts_of(request)
    user = await caller(request)
    told = await told_profile(parts, user.id)
    kept = await parts.own.kept(user.id)
    return StreamingResponse(
        _pieces(parts, user, told, kept), media_type="application/json", headers=HEADERS
    )


async def _pieces(
    parts: Parts,
    user: User,
    told: ShopperProfile,
    kept: Mapping[str, Sequence[Mapping[str, Any]]],
) -> AsyncIterator[bytes]:
    """Yield the document, the events last and in batches."""
    account: Me = {
        "email": user.email or None,
        "first_name": user.first_name or None,
        "surname": user.surname or None,
        "role": user.role,
    }
    head = {
        "exported_at": moment(datetime.now(UTC)),
        "account": account,
        "profile": told,
        **{name: [_plain(row) for row in rows] for name, rows in kept.items()},
    }
    yield to_json(head).removesuffix(b"}") + b',"events":['
    between = b""
    async for batch in parts.own.archive(user.id):
        yield between + b",".join(to_json(_plain(row)) for row in batch)
        between = b","
    yield b"]}"


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its moments as HTTP shows them, and what is JSON inside as such."""
    shown: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, datetime):
            shown[name] = moment(value)
        elif isinstance(value, dict):
            shown[name] = _plain(value)
        elif name in {"event", "filters"} and isinstance(value, str):
            shown[name] = from_json(value)
        else:
            shown[name] = value
    return shown
