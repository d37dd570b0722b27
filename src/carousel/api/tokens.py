"""Bearer tokens: signed statements of who is calling, and nothing else.

Owns:    issuing and checking JSON Web Tokens (HS256).
Imports: api.problems, joserfc.

A token is checked once; its user is then remembered until it expires, in a bounded memory.
"""

import re
import time
from collections.abc import Callable
from http import HTTPStatus

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import OctKey

from carousel.api.problems import ProblemError
from carousel.domain.listing import UserId

ALGORITHM = "HS256"
ISSUER = "carousel"
AUDIENCE = "carousel-api"
SECONDS = 24 * 3600  # how long a token is good for
VISITOR_SECONDS = 30 * SECONDS  # a visitor cannot log in again; two half-lives of what is known
LONGEST = 2_048  # characters; ours have about 230
REMEMBERED = 20_000


class Tokens:
    """Issues and checks tokens with one secret.

    secret: at least 32 bytes of UTF-8. clock: seconds since 1970.
    """

    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._key = OctKey.import_key(secret.encode())
        self._clock = clock
        self._known: dict[str, tuple[UserId, float]] = {}

    def issue(self, user_id: UserId, seconds: int = SECONDS) -> str:
        """Return a token of this user, good for a day or for as long as is said."""
        now = int(self._clock())
        claims = {
            "sub": str(user_id),
            "iat": now,
            "exp": now + seconds,
            "iss": ISSUER,
            "aud": AUDIENCE,
        }
        return jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, claims, self._key, [ALGORITHM])

    def user_of(self, token: str) -> UserId:
        """Return whose token this is.

        Raises:
            ProblemError: 401, the token is malformed, forged, expired or meant for another service.
        """
        known = self._known.get(token)
        if known is None:
            known = self._check(token)
            if len(self._known) >= REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[token] = known
        user_id, expires = known
        if expires <= self._clock():
            self._known.pop(token, None)
            raise _expired()
        return user_id

    def _check(self, token: str) -> tuple[UserId, float]:
        if len(token) > LONGEST:
            raise _invalid()
        # joserfc checks the signature only; expiry and addressee are ours to ask for.
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=0,
            sub={"essential": True},
            iat={"essential": True},
            exp={"essential": True},
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": AUDIENCE},
        )
        try:
            decoded = jwt.decode(token, self._key, [ALGORITHM])
            registry.validate(decoded.claims)
        except ExpiredTokenError as error:
            raise _expired() from error
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise _invalid() from error
        subject = decoded.claims["sub"]
        if decoded.header.get("typ") != "JWT" or not re.fullmatch(r"[1-9][0-9]{0,17}", subject):
            raise _invalid()
        return int(subject), float(decoded.claims["exp"])


def unauthorised(code: str, detail: str) -> ProblemError:
    """Return a 401 that says how to authenticate."""
    return ProblemError(
        HTTPStatus.UNAUTHORIZED, code, detail, headers={"WWW-Authenticate": "Bearer"}
    )


def _invalid() -> ProblemError:
    return unauthorised("token_invalid", "The token is not one of ours; log in again.")


def _expired() -> ProblemError:
    return unauthorised("token_expired", "The token has expired; log in again.")
