"""The operator's page and its figures, now and live.

Owns:    GET /operator, /operator/figures, /operator/live; who follows the figures.
Imports: starlette, monitoring.

The figures are reckoned once for all who follow them, every two seconds, and only while somebody
does. The latest events are asked for apart from them: a log that is away leaves their place empty.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from carousel.monitoring.figures import Figures, Past, figures
from carousel.monitoring.growth import Growth
from carousel.monitoring.last_events import EventView
from carousel.monitoring.operator_page import operator_page
from carousel.monitoring.schedule import Schedule
from carousel.monitoring.threads import InThread
from carousel.monitoring.views import checks_view
from carousel.observability.logs import logger

MOST_FOLLOWERS = 50
EVENT_SECONDS = 1.5  # that the latest events may take

log = logger(__name__)


@dataclass(slots=True)
class Live:
    """The figures, and who follows them.

    read_events: returns the latest events, newest first; blocks, may raise.
    closing:     is set when the process ends.
    """

    schedule: Schedule
    growth: Growth
    read_events: Callable[[], Sequence[EventView]]
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _past: Past = field(default_factory=Past, init=False)
    _followers: set["asyncio.Queue[str]"] = field(default_factory=set, init=False)
    _ticked: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _asking: "asyncio.Task[Sequence[EventView]] | None" = field(default=None, init=False)

    def tick(self) -> None:
        """Note that every process was looked at anew."""
        self._past.take(self.schedule.clock.now(), self.growth.now)
        self._ticked.set()

    async def run(self) -> None:
        """Send the figures to who follows them until cancelled."""
        while True:
            await self._ticked.wait()
            self._ticked.clear()
            if self._followers:
                text = json.dumps(await self.document(), allow_nan=False)
                for queue in self._followers:
                    while not queue.empty():  # who is slow gets the newest
                        queue.get_nowait()
                    queue.put_nowait(text)

    async def document(self) -> Figures:
        """Return all that the page shows."""
        now = self.schedule.clock.now()
        checks = checks_view(self.schedule.checks, self.schedule.results, now)
        return {
            **figures(self.growth, self._past, now),
            "checks": [
                {key: one[key] for key in ("name", "state", "sentence", "age_seconds")}
                for one in checks["checks"]
            ],
            "latest": await self._latest(),
        }

    async def _latest(self) -> Sequence[EventView] | None:
        # All who ask at the same time get the same answer; one that hangs is asked only once.
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(InThread(self.read_events)())
        try:
            return await asyncio.wait_for(asyncio.shield(self._asking), EVENT_SECONDS)
        except Exception as error:  # noqa: BLE001  # whatever it is, they are not known
            log.debug("the latest events cannot be read", error=type(error).__name__)
            return None

    @contextlib.contextmanager
    def following(self) -> Iterator["asyncio.Queue[str]"]:
        """Follow the figures for the length of the block."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._followers.add(queue)
        try:
            yield queue
        finally:
            self._followers.discard(queue)

    @property
    def full(self) -> bool:
        """Return whether nobody else can follow."""
        return len(self._followers) >= MOST_FOLLOWERS


def operator_routes(live: Live) -> list[Route]:
    """Return the routes of the operator's page."""

    async def shell(_: Request) -> Response:
        return HTMLResponse(operator_page(live.schedule.checks))

    async def now(_: Request) -> Response:
        text = json.dumps(await live.document(), allow_nan=False)
        return Response(text, media_type="application/json")

    async def follow(_: Request) -> Response:
        if live.full:
            said = json.dumps({"title": "Busy", "detail": "Too many follow the figures already."})
            return Response(said, HTTPStatus.SERVICE_UNAVAILABLE, media_type="application/json")
        return FiguresStream(live)

    return [
        Route("/operator", shell),
        Route("/operator/figures", now),
        Route("/operator/live", follow, methods=["GET"]),
    ]


class FiguresStream(Response):
    """The figures, now and every two seconds, to one client."""

    media_type = "text/event-stream"

    def __init__(self, live: Live) -> None:
        super().__init__(headers={"x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._live = live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the client leaves or the process stops."""
        if scope["method"] == "HEAD":
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        tasks = [
            asyncio.ensure_future(one)
            for one in (self._pump(send), _left(receive), self._live.closing.wait())
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(OSError):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pump(self, send: Send) -> None:
        with self._live.following() as queue:
            text = json.dumps(await self._live.document(), allow_nan=False)
            while True:
                body = f"event: figures\ndata: {text}\n\n".encode()
                await send({"type": "http.response.body", "body": body, "more_body": True})
                text = await queue.get()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
