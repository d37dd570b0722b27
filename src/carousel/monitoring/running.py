"""The monitor as a process: the checks in the background, the pages in front.

Owns:    what runs beside what, and how it ends.
Imports: starlette, uvicorn, observability, monitoring.
"""

import asyncio
import logging
import random
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from carousel.domain.listing import UserId
from carousel.monitoring.app import Shown, create_app
from carousel.monitoring.check import Check
from carousel.monitoring.growth import Growth
from carousel.monitoring.last_events import LastEvents
from carousel.monitoring.operating import Live, operator_routes
from carousel.monitoring.reach import Reach
from carousel.monitoring.schedule import Schedule
from carousel.monitoring.scraping import GROWING, KEPT, Scraping
from carousel.observability.logs import logger

PATIENCE = 1  # seconds that requests under way get at the end

log = logger(__name__)


@dataclass(slots=True)
class Background:
    """What goes on while the pages are shown; if one part ends, the process does."""

    parts: Mapping[str, Callable[[], Coroutine[None, None, None]]]
    server: "Server | None" = None
    failed: bool = False
    _tasks: list[asyncio.Task[None]] = field(default_factory=list, init=False)

    def alive(self) -> bool:
        """Return whether every part still runs."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    @asynccontextmanager
    async def running(self, _: Starlette) -> AsyncIterator[None]:
        """Run the parts for the length of the block."""
        for name, part in self.parts.items():
            task = asyncio.create_task(part(), name=name)
            task.add_done_callback(self._ended)
            self._tasks.append(task)
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        log.error("a part of the monitor ended", part=task.get_name(), exc_info=task.exception())
        self.failed = True
        if self.server is not None:
            self.server.should_exit = True


class Server(uvicorn.Server):
    """A server that lets its open streams end before it waits for what is under way."""

    def __init__(self, config: uvicorn.Config, closing: asyncio.Event) -> None:
        super().__init__(config)
        self._closing = closing

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then as uvicorn does."""
        self._closing.set()
        await super().shutdown(sockets)


@dataclass(frozen=True, slots=True)
class MonitorParams:
    """What a monitor needs to know.

    reach:     where everything is.
    checks:    all of them.
    runbooks:  directory of the runbooks, None where they are not.
    pseudonym: returns the name by which a shopper is called on the pages.
    """

    reach: Reach
    checks: Sequence[Check]
    runbooks: Path | None
    pseudonym: Callable[[UserId], str]


def serve(params: MonitorParams, listener: socket.socket) -> None:
    """Check and show until SIGINT or SIGTERM.

    Args:
        params: of the monitor.
        listener: bound and listening.

    Raises:
        SystemExit: a part of it ended by itself, which is a mistake of ours; exit code 1.
    """
    # It says a line for each request, hundreds a minute.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    schedule = Schedule(params.checks, random.random)
    events = LastEvents(params.reach.database_url, params.reach.log_url, params.pseudonym)
    growth = Growth(GROWING, KEPT)
    live = Live(schedule, growth, events.read)
    scraping = Scraping(params.reach.targets, schedule.clock.now, live.tick, growth)
    background = Background(
        {"checks": schedule.run, "looks at processes": scraping.run, "live figures": live.run}
    )
    app = create_app(Shown(schedule, params.runbooks, background.alive), operator_routes(live))
    app.router.lifespan_context = background.running
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=PATIENCE,
    )
    background.server = Server(config, live.closing)
    background.server.run(sockets=[listener])
    if background.failed:
        sys.exit(1)
