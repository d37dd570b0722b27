"""Who is calling: from the Authorization header to an account.

Owns:    the kinds of caller: anyone, a user (account or visitor), an account, an operator.
Imports: api.parts, api.tokens, api.problems, observability, FastAPI.
"""

from http import HTTPStatus

from fastapi import Request

from carousel.api.parts import parts_of
from carousel.api.problems import ProblemError
from carousel.api.tokens import unauthorised
from carousel.observability.logs import name_for, speak_of
from carousel.storage.ports import User

OPERATOR, VISITOR, MERGED = "operator", "visitor", "merged"


async def caller(request: Request) -> User:
    """Return the account or visitor that calls.

    Raises:
        ProblemError: 401, there is no token, it is not good, or whose it was is gone or merged.
    """
    user = await caller_if_any(request)
    if user is None:
        raise unauthorised(
            "token_missing", "Log in and send the token as the header Authorization: Bearer TOKEN."
        )
    return user


async def caller_if_any(request: Request) -> User | None:
    """Return the account or visitor that calls, None when there is no Authorization header.

    Raises:
        ProblemError: 401, a token was sent that is not good.
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise unauthorised("token_invalid", "The Authorization header must be: Bearer TOKEN.")
    parts = parts_of(request)
    user = await parts.accounts.get(parts.tokens.user_of(token.strip()))
    if user is None:
        raise unauthorised("account_gone", "The account of this token no longer exists.")
    if user.role == MERGED:
        raise unauthorised(
            "visitor_merged", "This visitor has logged in; send the token of the account."
        )
    speak_of(user=name_for(user.id))
    return user


async def account(request: Request) -> User:
    """Return the account that calls.

    Raises:
        ProblemError: 401 as ``caller``, 403 for a visitor.
    """
    user = await caller(request)
    if user.role == VISITOR:
        raise ProblemError(HTTPStatus.FORBIDDEN, "account_needed", "Log in to do this.")
    return user


async def operator(request: Request) -> User:
    """Return the operator that calls.

    Raises:
        ProblemError: 401 as ``caller``, 403 for everyone who is no operator.
    """
    user = await caller(request)
    if user.role != OPERATOR:
        raise ProblemError(HTTPStatus.FORBIDDEN, "operator_only", "Only an operator may do this.")
    return user
