"""What a car should cost, with the cars that say so.

Owns:    GET /cars/{id}/price.
Imports: serving.appraising, storage.ports, api.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import TypeAlias

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.cars import CarId, unknown_car
from carousel.api.moments import moment
from carousel.api.parts import parts_of
from carousel.domain.fair_price import LEAST, Appraisal, Verdict
from carousel.domain.listing import Listing
from carousel.serving.appraising import Appraised, appraised
from carousel.storage.ports.appraisals import MOST_CHANGES, PriceChange

router = APIRouter(tags=["cars"])

NAMES = {
    "year": "year",
    "mileage": "km_driven",
    "power": "power_hp",
    "fuel": "fuel",
    "transmission": "transmission",
    "body": "body",
}
"""What the API calls the axes of an appraisal."""

Number: TypeAlias = int | None


class Driver(TypedDict):
    """A field that sets the car apart from the usual one of its model, and what that is worth."""

    field: str
    percent: float


class Comparable(TypedDict):
    """Another car of the model that is for sale."""

    id: int
    selling_price: int
    km_driven: Number
    year: int


class Asked(TypedDict):
    """What was asked for a car from a moment on, in UTC."""

    at: str
    selling_price: int


class WhyNot(StrEnum):
    """Why there is no verdict: comparable cars are few, or their prices too far apart."""

    FEW = "few"
    APART = "apart"


class Price(TypedDict):
    """How the asking price compares.

    ``verdict`` and all that belongs to it are ``null`` where it cannot be told; ``why_not`` says
    why, ``why_not_key`` the same in one word, and ``needed`` how many other cars of the model it
    takes. Four fifths of comparable cars, adjusted to this one, ask between ``low`` and ``high``.
    """

    verdict: Verdict | None
    why_not: str | None
    why_not_key: WhyNot | None
    needed: int
    selling_price: int
    currency: str
    fair: Number
    low: Number
    high: Number
    comparables: int
    drivers: list[Driver]
    others: list[Comparable]
    history: list[Asked]


@router.get(
    "/cars/{car_id}/price",
    operation_id="get_price",
    summary="What a car should cost, from the cars of its model that are for sale",
    description=(
        "The verdict is `great`, `good`, `fair`, `high` or `steep`. There is none with fewer than "
        f"{LEAST} comparable cars, or where their prices are so far apart that it would mean "
        "nothing. `drivers` are in percent of the price. `others` are all cars of the model that "
        "were looked at, the newest advert first, for a plot. `history` is what was asked, the "
        "oldest first, the present price last."
    ),
    response_model=Price,
    responses={
        **doc.answer(
            "price",
            {
                "verdict": "good",
                "why_not": None,
                "why_not_key": None,
                "needed": LEAST,
                "selling_price": 13900,
                "currency": "EUR",
                "fair": 14800,
                "low": 12900,
                "high": 16700,
                "comparables": 84,
                "drivers": [{"field": "km_driven", "percent": -6.2}],
                "others": [{"id": 4712, "selling_price": 15200, "km_driven": 61000, "year": 2019}],
                "history": [
                    {"at": "2026-04-01T09:30:00Z", "selling_price": 14500},
                    {"at": "2026-05-20T16:00:00Z", "selling_price": 13900},
                ],
            },
        ),
        **doc.problems(404, 422, 503),
    },
)
async def get_price(car_id: CarId, request: Request) -> Response:
    """Answer GET /cars/{id}/price."""
    parts = parts_of(request)
    listing = await parts.store.listing(car_id)
    if listing is None:
        raise unknown_car(car_id)
    found = await appraised(parts.store, listing)
    changes = await parts.store.price_changes(car_id)
    said = found.appraisal
    why_not = None if said is not None else _why_not(found)
    fair, low, high = _figures(said)
    answer: Price = {
        "verdict": None if said is None else said.verdict,
        "why_not": None if why_not is None else _in_words(why_not, len(found.ids)),
        "why_not_key": why_not,
        "needed": LEAST,
        "selling_price": listing.price,
        "currency": parts.currency,
        "fair": fair,
        "low": low,
        "high": high,
        "comparables": 0 if said is None else said.comparables,
        "drivers": [] if said is None else _drivers(said),
        "others": _others(found),
        "history": _history(listing, changes),
    }
    return Response(to_json(answer), media_type="application/json")


def _why_not(found: Appraised) -> WhyNot:
    return WhyNot.FEW if len(found.ids) < LEAST else WhyNot.APART


def _in_words(why_not: WhyNot, others: int) -> str:
    if why_not is WhyNot.FEW:
        return f"Only {others} other cars of this model are for sale; it takes {LEAST}."
    return "The cars of this model that are for sale differ too much from this one, or in price."


def _figures(said: Appraisal | None) -> tuple[Number, Number, Number]:
    if said is None:
        return None, None, None
    return rounded(said.fair), rounded(said.low), rounded(said.high)


def rounded(price: float) -> int:
    """Return a price to three digits: more would pretend to know more.

    >>> rounded(14_783.2), rounded(950.4)
    (14800, 950)
    """
    step = int(10 ** max(0, math.floor(math.log10(max(price, 1.0))) - 2))
    return round(price / step) * step


def _drivers(said: Appraisal) -> list[Driver]:
    return [
        {"field": NAMES[axis], "percent": round(100 * math.expm1(effect), 1)}
        for axis, effect in said.drivers.items()
    ]


def _others(found: Appraised) -> list[Comparable]:
    columns = (found.facts[name].tolist() for name in ("price", "mileage_km", "year"))
    return [
        {
            "id": listing_id,
            "selling_price": round(price),
            "km_driven": None if math.isnan(km) else round(km),
            "year": round(year),
        }
        for listing_id, price, km, year in zip(found.ids, *columns, strict=True)
    ]


def _history(listing: Listing, changes: Sequence[PriceChange]) -> list[Asked]:
    """Return what was asked since when, the present price last."""
    asked = [(change.at, change.after) for change in changes]
    if len(changes) < MOST_CHANGES:  # of more, nobody is told when the first of them began
        first = changes[0] if changes else None
        began = listing.listed_at if first is None else min(listing.listed_at, first.at)
        asked.insert(0, (began, listing.price if first is None else first.before))
    return [{"at": moment(at), "selling_price": price} for at, price in asked]
