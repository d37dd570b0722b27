"""What the shadow ranker would have shown, compared with what was shown.

Owns:    GET /models/ranker/shadow.
Imports: serving, api.
"""

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.callers import operator
from carousel.api.parts import parts_of

DECIMALS = 4

router = APIRouter(tags=["models"])


class ShadowCounts(TypedDict):
    """What this process found of a shadow.

    ``overlap``: share of the first ten cars that both lists have; ``order``: rank correlation of
    the cars in both; ``chance``: mean absolute difference of their chances to be opened.
    """

    version: str
    slates: int
    failures: int
    left_out: int
    overlap: float | None
    order: float | None
    chance: float | None
    milliseconds: float | None


class ShadowAnswer(TypedDict):
    """``share`` of the lists that are compared; ``shadow`` is null before the first was."""

    share: float
    shadow: ShadowCounts | None


@router.get(
    "/models/ranker/shadow",
    operation_id="get_shadow",
    summary="How the lists of the shadow ranker differ from those that are shown",
    description=(
        "Counted since the model became the shadow, by the one process that answers; each process "
        "sees its share of the requests, and says the same in its log once a minute."
    ),
    response_model=ShadowAnswer,
    responses={
        **doc.answer(
            "counts",
            {
                "share": 0.05,
                "shadow": {
                    "version": "5b1f0c66b2a9e71d",
                    "slates": 412,
                    "failures": 0,
                    "left_out": 3,
                    "overlap": 0.74,
                    "order": 0.91,
                    "chance": 0.0132,
                    "milliseconds": 7.9,
                },
            },
        ),
        **doc.problems(401, 403, 503),
    },
    openapi_extra={"security": doc.BEARER},
)
async def get_shadow(request: Request) -> Response:
    """Answer GET /models/ranker/shadow."""
    parts = parts_of(request)
    await operator(request)
    counts = parts.shadow.counts
    shadow: ShadowCounts | None = None
    if counts is not None:
        means = {
            name: None if one is None else round(one, DECIMALS)
            for name, one in counts.means().items()
        }
        shadow = {
            "version": counts.version,
            "slates": counts.slates,
            "failures": counts.failures,
            "left_out": counts.left_out,
            "overlap": means["overlap"],
            "order": means["order"],
            "chance": means["chance"],
            "milliseconds": means["milliseconds"],
        }
    answer: ShadowAnswer = {"share": parts.shadow.share, "shadow": shadow}
    return Response(to_json(answer), media_type="application/json")
