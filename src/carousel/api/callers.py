"""Who is calling: from the Authorization header to an account.

Owns:    the three kinds of caller: anyone, a user, an operator.
Imports: api.parts, api.tokens, api.problems, FastAPI.
"""

from http import HTTPStatus

from fastapi import Request

from carousel.api.parts import parts_of
from carousel.api.problems import ProblemError
from carousel.api.tokens import unauthorised
from carousel.storage.ports import User

OPERATOR = "operator"


async def caller(request: Request) -> User:
    """Return the account that calls.

    Raises:
        ProblemError: 401, there is no token, it is not good, or its account is gone.
    """
    user = await caller_if_any(request)
    if user is None:
        raise unauthorised(
            "token_missing", "Log in and send the token as the header Authorization: Bearer TOKEN."
        )
    return user


async def caller_if_any(request: Request) -> User | None:
    """Return the account that calls, None when there is no Authorization header.

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
