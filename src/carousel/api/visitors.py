"""Visitors: a token without an account, and what it was good for put down to one at log-in.

Owns:    POST /visitors, POST /users/me/merge.
Imports: storage.ports, api.

A visitor is a shopper to every other route. What bounds their number is said in ``api.reception``.
Merged is only who asks for it, with both tokens in hand. From then on the visitor's token is
refused and does not open the account: it lives for 30 days in a browser that others may use. A
process that has not heard of the merge takes events of it for up to 30 s; they count for the
account, as all do that still stand in the log.
"""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.callers import MERGED, VISITOR, account
from carousel.api.limits import read_json
from carousel.api.parts import Parts, parts_of
from carousel.api.problems import FieldError, ProblemError, refusal
from carousel.api.tokens import VISITOR_SECONDS
from carousel.domain.listing import UserId
from carousel.storage.ports import SYNTHETIC

EXAMPLE_TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2ln"  # noqa: S105  # it names nobody

router = APIRouter(tags=["visitors"])


class VisitorToken(TypedDict):
    """A bearer token of somebody without an account."""

    token: str


class MergedVisitor(TypedDict):
    """How many events the account has got, and the version of its state now."""

    events: int
    version: int


@router.post(
    "/visitors",
    operation_id="admit_visitor",
    summary="Begin without an account",
    description=(
        "Gives a token, good for 30 days, with which everything works as for a shopper. Nobody is "
        "asked for anything, and no body is sent."
    ),
    status_code=HTTPStatus.CREATED,
    response_model=VisitorToken,
    responses={
        **doc.answer("a visitor", {"token": EXAMPLE_TOKEN}, 201),
        **doc.problems(503),
    },
)
async def admit_visitor(request: Request) -> Response:
    """Answer POST /visitors."""
    parts = parts_of(request)
    visitor_id = await parts.reception.admit()
    admitted: VisitorToken = {"token": parts.tokens.issue(visitor_id, VISITOR_SECONDS)}
    return Response(to_json(admitted), HTTPStatus.CREATED, media_type="application/json")


@router.post(
    "/users/me/merge",
    operation_id="merge_visitor",
    summary="What I did before I logged in counts for me",
    description=(
        "Sent with the account's token; the visitor's is in the body. Afterwards everything is as "
        "if the account had done it all: what it likes, what it saved and dismissed (the latest "
        "wins), also what is still on its way. May be repeated; the visitor's token is refused "
        "from then on, and cannot be merged into another account."
    ),
    response_model=MergedVisitor,
    responses={
        **doc.answer("it counts for the account", {"events": 12, "version": 8}),
        **doc.problems(400, 401, 403, 409, 413, 415, 422, 503),
    },
    openapi_extra={
        "security": doc.BEARER,
        "requestBody": doc.body(
            {
                "type": "object",
                "required": ["visitor_token"],
                "properties": {"visitor_token": {"type": "string"}},
            },
            {"one": {"value": {"visitor_token": EXAMPLE_TOKEN}}},
        ),
    },
)
async def merge_visitor(request: Request) -> Response:
    """Answer POST /users/me/merge."""
    parts = parts_of(request)
    user = await account(request)
    if user.role == SYNTHETIC:  # a person's past must go on counting
        raise ProblemError(
            HTTPStatus.FORBIDDEN, "account_needed", "A synthetic shopper takes over nobody's past."
        )
    visitor_id = await _visitor_of(parts, await read_json(request))
    merged = await parts.reception.merge(visitor_id, user.id)
    if merged is None:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "visitor_taken",
            "What this visitor did counts for another account already.",
        )
    parts.accounts.forget(visitor_id)
    parts.fanout.tell(user.id, merged.version)
    shown: MergedVisitor = {"events": merged.events, "version": merged.version}
    return Response(to_json(shown), media_type="application/json")


async def _visitor_of(parts: Parts, stated: object) -> UserId:
    """Return whom the token in a body belongs to, a visitor who may be merged already.

    Raises:
        ProblemError: 422, it belongs to no visitor.
    """
    token = stated.get("visitor_token") if isinstance(stated, dict) else None
    if not isinstance(token, str):
        raise _refused("must be the token of a visitor")
    try:
        user_id = parts.tokens.user_of(token)
    except ProblemError as error:
        expired = error.code == "token_expired"
        raise _refused("has expired" if expired else "is not one of ours") from None
    user = await parts.accounts.get(user_id)
    if user is None:
        raise _refused("belongs to nobody any more")
    if user.role not in {VISITOR, MERGED}:
        raise _refused("belongs to an account, not to a visitor")
    return user_id


def _refused(message: str) -> ProblemError:
    return refusal("invalid_visitor_token", [FieldError("visitor_token", message)])
