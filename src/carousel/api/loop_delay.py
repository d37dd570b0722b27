"""How late the event loop comes to what is due: every request waits for that long, too.

Owns:    measuring it.
Imports: observability.metrics.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from carousel.observability.metrics import LOOP_DELAY

EVERY_SECONDS = 0.1
REMEMBERED = 100  # delays: ten seconds


@asynccontextmanager
async def told_loop_delay() -> AsyncIterator[None]:
    """Tell how late this event loop is for the length of the block.

    Who scrapes asks from a thread, so that a loop that stands still is told while it does.
    """
    delays: deque[float] = deque([0.0], maxlen=REMEMBERED)
    due = time.monotonic() + EVERY_SECONDS

    async def measure() -> None:
        nonlocal due
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            now = time.monotonic()
            delays.append(max(0.0, now - due))
            due = now + EVERY_SECONDS

    def worst() -> float:
        return max(*tuple(delays), time.monotonic() - due)

    LOOP_DELAY.set_function(worst)
    measuring = asyncio.create_task(measure())
    try:
        yield
    finally:
        measuring.cancel()
        with suppress(asyncio.CancelledError):
            await measuring
        LOOP_DELAY.set_function(lambda: 0.0)
