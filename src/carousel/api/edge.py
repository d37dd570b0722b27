"""The outermost layer: a request id, security headers, and the last word when we are wrong.

Owns:    what every answer carries; the 500 that tells nothing but its request id.
Imports: api.problems, starlette's types.
"""

import logging
from collections.abc import Sequence
from uuid import uuid4

from pydantic_core import to_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from carousel.api.problems import MEDIA_TYPE, TYPE_BASE

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

log = logging.getLogger(__name__)


class Edge:
    """Wraps the app; pure ASGI, because this runs on every request."""

    def __init__(self, app: ASGIApp, photo_origins: Sequence[str] = ()) -> None:
        self._app = app
        policy = CONTENT.format(" ".join((*PICTURES, *photo_origins)))
        self._security = ((b"content-security-policy", policy.encode()), *SECURITY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid4().hex
        extra = [*self._security, (b"x-request-id", request_id.encode())]
        if scope["path"].startswith("/api/"):
            extra += PRIVATE
        started = False

        async def send_marked(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = list(message.get("headers", ()))
                stated = {name for name, _ in headers}
                headers += [pair for pair in extra if pair[0] not in stated]
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._app(scope, receive, send_marked)
        except Exception:
            log.exception("request %s failed", request_id)
            if started:
                raise
            await _own_fault(request_id, send_marked)


async def _own_fault(request_id: str, send: Send) -> None:
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
