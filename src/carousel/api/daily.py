"""What is tidied once a day, beside the requests and off the event loop.

Owns:    the rhythm: at once, and then every day.
Imports: domain.errors.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from carousel.domain.errors import LogUnavailableError, StoreUnavailableError

DAY_SECONDS = 24 * 3600

log = logging.getLogger(__name__)


@asynccontextmanager
async def every_day(tidied: Callable[[], int], of_what: str) -> AsyncIterator[None]:
    """Tidy now and then once a day, in a thread, for as long as the block lasts.

    Args:
        tidied: does it, and returns how many things are gone; blocks. May be repeated. What it
            could not do because a server was away it does a day later.
        of_what: the name of such things, for the log.
    """

    async def tidy() -> None:
        while True:
            try:
                log.info("%s: %d deleted", of_what, await asyncio.to_thread(tidied))
            except (LogUnavailableError, StoreUnavailableError) as error:
                log.warning("%s stay for another day: %s", of_what, error)
            await asyncio.sleep(DAY_SECONDS)

    tidying = asyncio.create_task(tidy())
    try:
        yield
    finally:
        tidying.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await tidying
