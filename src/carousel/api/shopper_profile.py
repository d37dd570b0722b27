"""What the shopper seems to like, in words a person can read.

Owns:    GET /users/me/profile.
Imports: domain.{facts, shopper_profile}, storage.ports, api.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.callers import caller
from carousel.api.listing_view import HTTP_NAMES, shown_name
from carousel.api.moments import moment
from carousel.api.parts import Parts, parts_of
from carousel.domain.facts import code_of
from carousel.domain.listing import UserId
from carousel.domain.shopper_profile import Profile, Range, Shares, profile

router = APIRouter(tags=["users"])

SHARE_DIGITS = 3


class Share(TypedDict):
    """A name, and its share of what the shopper's steps say, in (0, 1]."""

    name: str
    share: float


class Likes(TypedDict):
    """Shares of each kind of name, the largest first; each kind sums to 1 at most."""

    brands: list[Share]
    bodies: list[Share]
    fuels: list[Share]
    transmissions: list[Share]


class Span(TypedDict):
    """Of the cars liked a tenth is below ``low``, half below ``typical``, 1/10 above ``high``."""

    low: int
    typical: int
    high: int


class Spans(TypedDict):
    """Usual ranges of the cars liked; null where none of them states it."""

    selling_price: Span | None
    year: Span | None
    km_driven: Span | None
    power_hp: Span | None


class ShopperProfile(TypedDict):
    """What the shopper seems to like.

    ``personal``: whether lists follow it. ``events``: how many are kept, impressions apart, the
    first of them at ``since``. Later steps count more; only the last ones are told here.
    """

    personal: bool
    version: int
    since: str | None
    events: int
    likes: Likes
    ranges: Spans
    currency: str


EXAMPLE_PROFILE: dict[str, object] = {
    "personal": True,
    "version": 12,
    "since": "2026-10-30T09:15:00Z",
    "events": 31,
    "likes": {
        "brands": [{"name": "Skoda", "share": 0.62}, {"name": "Audi", "share": 0.2}],
        "bodies": [{"name": "Estate", "share": 0.71}],
        "fuels": [{"name": "Diesel", "share": 0.55}],
        "transmissions": [{"name": "Manual", "share": 0.8}],
    },
    "ranges": {
        "selling_price": {"low": 9900, "typical": 13900, "high": 16500},
        "year": {"low": 2015, "typical": 2018, "high": 2020},
        "km_driven": {"low": 40000, "typical": 84000, "high": 130000},
        "power_hp": None,
    },
    "currency": "EUR",
}


@router.get(
    "/users/me/profile",
    operation_id="get_profile",
    summary="What I seem to like",
    description=(
        "Read from the latest steps by which cars are found and ranked: each weighs its strength "
        "times what is left of it by now. What was dismissed counts against its names."
    ),
    response_model=ShopperProfile,
    responses={**doc.answer("profile", EXAMPLE_PROFILE), **doc.problems(401, 503)},
    openapi_extra={"security": doc.BEARER},
)
async def get_profile(request: Request) -> Response:
    """Answer GET /users/me/profile."""
    user = await caller(request)
    told = await told_profile(parts_of(request), user.id)
    return Response(to_json(told), media_type="application/json")


async def told_profile(parts: Parts, user_id: UserId) -> ShopperProfile:
    """Return a shopper's profile as HTTP shows it."""
    state = await parts.store.shopper(user_id)
    doings = await parts.own.doings(user_id)
    ids = set(state.trail.reactions["listing"].tolist())
    names = sorted(await parts.own.makes(user_id, ids))
    found = profile(
        state.trail,
        state.dismissed,
        datetime.now(UTC).timestamp(),
        {code_of(name): name for name in names},
        parts.knobs.taste,
    )
    return {
        "personal": state.evidence is not None,
        "version": state.version,
        "since": None if doings.since is None else moment(doings.since),
        "events": doings.events,
        "likes": _likes(found.shares),
        "ranges": _spans(found),
        "currency": parts.currency,
    }


def _likes(shares: Mapping[str, Shares]) -> Likes:
    return {
        "brands": _shares(shares["make"]),
        "bodies": _shares(shares["body"]),
        "fuels": _shares(shares["fuel"]),
        "transmissions": _shares(shares["transmission"]),
    }


def _shares(shares: Shares) -> list[Share]:
    return [
        {"name": shown_name(name), "share": round(share, SHARE_DIGITS)}
        for name, share in shares.items()
    ]


def _spans(found: Profile) -> Spans:
    ranges = {HTTP_NAMES.get(name, name): _span(one) for name, one in found.ranges.items()}
    return {
        "selling_price": ranges["selling_price"],
        "year": ranges["year"],
        "km_driven": ranges["km_driven"],
        "power_hp": ranges["power_hp"],
    }


def _span(found: Range | None) -> Span | None:
    if found is None:
        return None
    return {
        "low": round(found.low),
        "typical": round(found.typical),
        "high": round(found.high),
    }
