"""What is kept of the prices of several cars, for lists that show a verdict beside each.

Owns:    GET /cars/verdicts.
Imports: storage.ports, api.
"""

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.cars_by_id import MOST_CARS, ByIdOptions
from carousel.api.parts import parts_of
from carousel.api.prices import Number, rounded
from carousel.api.queries import read_query
from carousel.domain.fair_price import Appraisal, Verdict
from carousel.domain.listing import ListingId

router = APIRouter(tags=["cars"])


class CarVerdict(TypedDict):
    """How the asking price of a car compares; all ``null`` and 0 where there is no verdict."""

    id: int
    verdict: Verdict | None
    fair: Number
    comparables: int


class Verdicts(TypedDict):
    """One verdict, or none, for each car asked for, in the order asked."""

    verdicts: list[CarVerdict]


@router.get(
    "/cars/verdicts",
    operation_id="get_verdicts",
    summary="Price verdicts of several cars",
    description=(
        f"At most {MOST_CARS} ids; each is answered once. What is told was kept when the car was "
        "last appraised, the same that its price and a search by verdict go by. There is none for "
        "a car that is not for sale, and for a few seconds none for one that is new or was changed."
    ),
    response_model=Verdicts,
    responses={
        **doc.answer(
            "the verdicts",
            {
                "verdicts": [
                    {"id": 4711, "verdict": "good", "fair": 14800, "comparables": 84},
                    {"id": 4712, "verdict": None, "fair": None, "comparables": 0},
                ]
            },
        ),
        **doc.problems(422, 503),
    },
    openapi_extra={"parameters": doc.query(ByIdOptions, filters=False)},
)
async def get_verdicts(request: Request) -> Response:
    """Answer GET /cars/verdicts."""
    _, options = read_query(request.scope["query_string"], ByIdOptions)
    ids = list(dict.fromkeys(options.id))
    kept = await parts_of(request).store.appraisals(ids)
    answer: Verdicts = {"verdicts": [_verdict(one, kept.get(one)) for one in ids]}
    return Response(to_json(answer), media_type="application/json")


def _verdict(car_id: ListingId, said: Appraisal | None) -> CarVerdict:
    return {
        "id": car_id,
        "verdict": None if said is None else said.verdict,
        "fair": None if said is None else rounded(said.fair),
        "comparables": 0 if said is None else said.comparables,
    }
