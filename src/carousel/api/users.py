"""Accounts: the development login, who I am, what I reacted to.

Owns:    POST /token/fake-token, GET /users/me, GET /users/me/reactions.
Imports: storage.ports, api.
"""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api import documentation as doc
from carousel.api.callers import caller
from carousel.api.limits import read_json
from carousel.api.parts import parts_of
from carousel.api.problems import FieldError, ProblemError, refusal

LONGEST_EMAIL = 254  # RFC 5321

router = APIRouter(tags=["users"])


class IssuedToken(TypedDict):
    """A bearer token."""

    token: str


class Me(TypedDict):
    """Who calls. ``role`` is ``shopper``, ``operator``, ``synthetic`` or ``visitor``.

    A visitor has no names; a synthetic shopper is nobody: it tries the system.
    """

    email: str | None
    first_name: str | None
    surname: str | None
    role: str


class Reactions(TypedDict):
    """Ids of the cars a user saved and of those not to be shown again."""

    favourites: list[int]
    dismissed: list[int]


@router.post(
    "/token/fake-token",
    operation_id="issue_fake_token",
    summary="Log in by e-mail alone (development only)",
    response_model=IssuedToken,
    responses={
        **doc.answer("logged in", {"token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2ln"}),
        **doc.problems(400, 404, 413, 415, 422, 503),
    },
    openapi_extra={
        "requestBody": doc.body(
            {
                "type": "object",
                "required": ["email"],
                "properties": {"email": {"type": "string", "maxLength": LONGEST_EMAIL}},
            },
            {"john": {"value": {"email": "john1@example.com"}}},
        )
    },
)
async def issue_fake_token(request: Request) -> Response:
    """Answer POST /token/fake-token."""
    parts = parts_of(request)
    if not parts.development_login:
        raise ProblemError(
            HTTPStatus.NOT_FOUND,
            "development_login_off",
            "The development login is switched off here.",
        )
    stated = await read_json(request)
    email = stated.get("email") if isinstance(stated, dict) else None
    if not isinstance(email, str) or not 1 <= len(email.strip()) <= LONGEST_EMAIL:
        raise refusal("invalid_body", [FieldError("email", "must be an e-mail address")])
    user = await parts.store.user_by_email(email.strip())
    if user is None:
        raise ProblemError(
            HTTPStatus.NOT_FOUND, "unknown_user", "No account has this e-mail address."
        )
    issued: IssuedToken = {"token": parts.tokens.issue(user.id)}
    return Response(to_json(issued), media_type="application/json")


@router.get(
    "/users/me",
    operation_id="get_me",
    summary="Who am I",
    response_model=Me,
    responses={
        **doc.answer(
            "who calls; of a visitor all but the role is null",
            {
                "email": "john1@example.com",
                "first_name": "John",
                "surname": "One",
                "role": "shopper",
            },
        ),
        **doc.problems(401, 503),
    },
    openapi_extra={"security": doc.BEARER},
)
async def get_me(request: Request) -> Response:
    """Answer GET /users/me."""
    user = await caller(request)
    me: Me = {
        "email": user.email or None,
        "first_name": user.first_name or None,
        "surname": user.surname or None,
        "role": user.role,
    }
    return Response(to_json(me), media_type="application/json")


@router.get(
    "/users/me/reactions",
    operation_id="get_reactions",
    summary="Which cars I saved and which I dismissed",
    response_model=Reactions,
    responses={
        **doc.answer("saved and dismissed cars", {"favourites": [4711], "dismissed": [12, 99]}),
        **doc.problems(401, 503),
    },
    openapi_extra={"security": doc.BEARER},
)
async def get_reactions(request: Request) -> Response:
    """Answer GET /users/me/reactions."""
    user = await caller(request)
    found = await parts_of(request).store.reactions(user.id)
    reactions: Reactions = {
        "favourites": list(found.get("favourites", ())),
        "dismissed": list(found.get("dismissed", ())),
    }
    return Response(to_json(reactions), media_type="application/json")
