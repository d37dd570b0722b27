"""The operator's door: listings in, changed and withdrawn.

Owns:    POST /listings, PATCH /listings/{id}, DELETE /listings/{id}.
Imports: storage.ports, api.

The catalogue is synchronous and runs in a thread; its transaction is over when the answer goes out,
so the very next request of anyone obeys the change.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.callers import operator
from carousel.api.cars import CarId, unknown_car
from carousel.api.desk import at_the_desk
from carousel.api.limits import read_json
from carousel.api.listing_view import EXAMPLE_CARD, Card, card, changes, facts
from carousel.api.parts import Parts, parts_of
from carousel.api.problems import FieldError, refusal
from carousel.domain.listing import ListingFacts, Status
from carousel.storage.ports import Catalogue, Standing, Upserted

MOST_LISTINGS = 1_000

router = APIRouter(tags=["listings"])


class Stored(TypedDict):
    """Ids in the order sent, and how many listings were new, changed or as they were."""

    ids: list[int]
    new: int
    changed: int
    unchanged: int


@router.post(
    "/listings",
    operation_id="put_listings",
    summary="Add or replace listings by their ref",
    description=(
        "A list of up to 1,000; all are stored or none. The same ref again is the same listing. "
        "Without `listed_at` a listing keeps its own, a new one gets the present."
    ),
    response_model=Stored,
    responses={
        **doc.answer("stored", {"ids": [4711], "new": 1, "changed": 0, "unchanged": 0}),
        **doc.problems(400, 401, 403, 413, 415, 422, 503),
    },
    openapi_extra={
        "security": doc.BEARER,
        "requestBody": doc.body(
            {
                "type": "array",
                "items": doc.listing_schema(partial=False),
                "maxItems": MOST_LISTINGS,
            },
            {"one": {"value": [doc.EXAMPLE_LISTING]}},
        ),
    },
)
async def put_listings(request: Request) -> Response:
    """Answer POST /listings."""
    parts = parts_of(request)
    await operator(request)
    stated = await read_json(request)
    if not isinstance(stated, list) or not all(isinstance(item, dict) for item in stated):
        raise refusal("invalid_listing", [FieldError("body", "must be a list of listings")])
    if len(stated) > MOST_LISTINGS:
        message = f"must have at most {MOST_LISTINGS} listings"
        raise refusal("too_many_listings", [FieldError("body", message)])

    def upsert(catalogue: Catalogue) -> Upserted:
        known = catalogue.standing(_refs(stated))
        return catalogue.upsert(_read(stated, known, datetime.now(UTC)))

    upserted = await at_the_desk(parts, upsert)
    stored: Stored = {
        "ids": list(upserted.ids),
        "new": upserted.new,
        "changed": upserted.changed,
        "unchanged": upserted.unchanged,
    }
    return Response(to_json(stored), media_type="application/json")


@router.patch(
    "/listings/{car_id}",
    operation_id="change_listing",
    summary="Change some fields of a listing",
    description="A field that is not stated stays; null forgets it, where it may be unknown.",
    response_model=Card,
    responses={
        **doc.answer("the listing as it is now", {**EXAMPLE_CARD, "status": "sold"}),
        **doc.problems(400, 401, 403, 404, 413, 415, 422, 503),
    },
    openapi_extra={
        "security": doc.BEARER,
        "requestBody": doc.body(
            doc.listing_schema(partial=True),
            {
                "sold": {"value": {"status": "sold"}},
                "cheaper": {"value": {"selling_price": 12900}},
            },
        ),
    },
)
async def change_listing(car_id: CarId, request: Request) -> Response:
    """Answer PATCH /listings/{id}."""
    parts = parts_of(request)
    await operator(request)
    stated = await read_json(request)
    if not isinstance(stated, dict):
        raise refusal("invalid_listing", [FieldError("body", "must be an object of changes")])
    change = changes(stated)
    if isinstance(change, list):
        raise refusal("invalid_listing", change)
    return await _patched(parts, car_id, change)


@router.delete(
    "/listings/{car_id}",
    operation_id="withdraw_listing",
    summary="Withdraw a listing",
    description="It is never shown in a list again; its detail stays readable.",
    response_model=Card,
    responses={
        **doc.answer("the withdrawn listing", {**EXAMPLE_CARD, "status": "withdrawn"}),
        **doc.problems(401, 403, 404, 422, 503),
    },
    openapi_extra={"security": doc.BEARER},
)
async def withdraw_listing(car_id: CarId, request: Request) -> Response:
    """Answer DELETE /listings/{id}."""
    parts = parts_of(request)
    await operator(request)
    return await _patched(parts, car_id, {"status": Status.WITHDRAWN})


async def _patched(parts: Parts, car_id: int, change: dict[str, object]) -> Response:
    listing = await at_the_desk(parts, lambda catalogue: catalogue.patch(car_id, change))
    if listing is None:
        raise unknown_car(car_id)
    return Response(to_json(card(listing, parts.currency)), media_type="application/json")


def _refs(stated: list[dict[str, Any]]) -> list[str]:
    refs = (item.get("ref") for item in stated)
    return [ref.strip() for ref in refs if isinstance(ref, str)]


def _read(
    stated: list[dict[str, Any]], known: Mapping[str, Standing], now: datetime
) -> list[ListingFacts]:
    fresh = Standing(now, Status.ACTIVE)
    batch: list[ListingFacts] = []
    wrong: list[FieldError] = []
    for n, item in enumerate(stated):
        ref = item.get("ref")
        standing = known.get(ref.strip(), fresh) if isinstance(ref, str) else fresh
        read = facts({"status": standing.status, **item}, standing.listed_at)
        if isinstance(read, ListingFacts):
            batch.append(read)
        else:
            wrong += [FieldError(f"[{n}].{w.field}", w.message) for w in read]
    if wrong:
        raise refusal("invalid_listing", wrong)
    return batch
