"""Live updates: a stream that says "your list changed", "these are sold", "these cost that now".

Owns:    GET /users/me/updates (server-sent events).
Imports: api, starlette.

Protocol: ``event: current`` once, with the version at the beginning; ``event: updated`` with the
new version whenever the list changed (versions may be skipped, the newest is always told), and,
where it is traced, a ``traceparent`` that whoever then asks for the list may send as a header;
``event: gone`` with the listings that are no longer for sale, whoever shows them; ``event:
priced`` with those that have another price or are for sale again, and what they cost; ``event:
notices`` with the number of those that are unseen when there is a new one; a comment line when it
is quiet. A client that was away compares versions.
"""

import asyncio
import contextlib
import json
from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from starlette.types import Receive, Scope, Send

from carousel.api import documentation as doc
from carousel.api.callers import caller
from carousel.api.fanout import Listener, News
from carousel.api.parts import Parts, parts_of
from carousel.domain.listing import UserId

router = APIRouter(tags=["users"])

HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",  # a proxy must not collect what is meant for now
}


@router.get(
    "/users/me/updates",
    operation_id="stream_updates",
    summary="Hear at once that my list changed, what was sold or repriced, that there are notices",
    description="Lines of server-sent events until either side ends it.",
    response_class=Response,
    responses={
        200: {
            "description": "a stream",
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "example": 'event: updated\ndata: {"version": 7}\n\n',
                }
            },
        },
        **doc.problems(401, 429, 503),
    },
    openapi_extra={"security": doc.BEARER},
)
async def stream_updates(request: Request) -> Response:
    """Answer GET /users/me/updates."""
    parts = parts_of(request)
    user = await caller(request)
    return UpdateStream(parts, user.id)


class UpdateStream(Response):
    """A stream of versions to one client."""

    def __init__(self, parts: Parts, user_id: UserId) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._parts = parts
        self._user_id = user_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the client leaves or the process stops."""
        del scope
        # Listen first: what changes while the version is read must not be missed.
        with self._parts.fanout.listen(self._user_id) as listener:
            version = (await self._parts.store.shopper(self._user_id)).version
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            pump = asyncio.ensure_future(self._pump(listener, version, send))
            gone = asyncio.ensure_future(_disconnected(receive))
            try:
                await asyncio.wait({pump, gone}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (pump, gone):
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError, OSError):
                        await task

    async def _pump(self, listener: Listener, version: int, send: Send) -> None:
        async def say(text: str, *, more: bool = True) -> None:
            await send({"type": "http.response.body", "body": text.encode(), "more_body": more})

        await say(_event("current", {"version": version}))
        while not listener.closed:
            news = await listener.take(self._parts.heartbeat)
            if news is not None:
                await say(_told(news))
            elif not listener.closed:
                await say(": still here\n\n")
        await say("", more=False)


def _told(news: News) -> str:
    """Return news as events; what is gone first, so that nobody shows it in the new list."""
    gone = _event("gone", {"listings": news.gone}) if news.gone else ""
    prices = [{"id": one, "selling_price": price} for one, price in news.priced]
    priced = _event("priced", {"listings": prices}) if prices else ""
    changed: dict[str, object] = {"version": news.version}
    if news.trace is not None:
        changed["traceparent"] = news.trace
    updated = "" if news.version is None else _event("updated", changed)
    notices = "" if news.unseen is None else _event("notices", {"unseen": news.unseen})
    return gone + priced + updated + notices


def _event(name: str, data: Mapping[str, object]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
