"""The outermost layer: a request id, security headers, and the last word when we are wrong.

Owns:    what every answer carries; the 500 that tells nothing but its request id.
Imports: api.{passing, problems}, observability, starlette's types.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from uuid import uuid4

from pydantic_core import to_json
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carousel.api.passing import Passing, Template
from carousel.api.problems import MEDIA_TYPE, TYPE_BASE
from carousel.observability.logs import logger
from carousel.observability.metrics import PROBLEMS

Headers = Sequence[tuple[bytes, bytes]]

CONTENT = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src {}; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
PICTURES = ("'self'", "data:")
SECURITY: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(self)"),
)
PRIVATE: Headers = ((b"cache-control", b"no-store"),)

log = logger(__name__)


class Edge:
    """Wraps the app; pure ASGI, because this runs on every request."""

    def __init__(
        self,
        app: ASGIApp,
        photo_origins: Sequence[str] = (),
        templates: Mapping[object, Template] = MappingProxyType({}),
    ) -> None:
        self._app = app
        self._templates = templates
        policy = CONTENT.format(" ".join((*PICTURES, *photo_origins)))
        self._security = ((b"content-security-policy", policy.encode()), *SECURITY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, passing = uuid4().hex, Passing(scope, self._templates)
        extra = [*self._security, (b"x-request-id", request_id.encode())]
        if scope["path"].startswith("/api/"):
            extra += PRIVATE
        started = False

        async def send_marked(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                passing.answers(message)
                headers = list(message.get("headers", ()))
                stated = {name for name, _ in headers}
                headers += [pair for pair in extra if pair[0] not in stated]
                message = {**message, "headers": headers}
            await send(message)

        with passing.followed(request_id):
            try:
                await self._app(scope, receive, send_marked)
            except ClientDisconnect:  # in the middle of a body: nobody is there to be answered
                passing.left()
            except Exception:
                log.exception("request failed")
                if started:
                    raise
                await _own_fault(request_id, send_marked)


async def _own_fault(request_id: str, send: Send) -> None:
    PROBLEMS.labels("internal_error").inc()
    body = to_json(
        {
            "type": f"{TYPE_BASE}internal_error",
            "title": "Internal error",
            "status": 500,
            "detail": f"This is our mistake; please report it with the request id {request_id}.",
            "code": "internal_error",
            "request_id": request_id,
        }
    )
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})
