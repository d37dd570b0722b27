"""Where operators' changes are made: one thing at a time, away from the event loop.

Owns:    running synchronous work on the catalogue from a route.
Imports: storage.ports, api.parts.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from carousel.api.parts import Parts
from carousel.storage.ports import Catalogue

PATIENCE = 1.0  # seconds; a change that is made is told, whether or not lists know of it yet

Answer = TypeVar("Answer")


async def at_the_desk(parts: Parts, work: Callable[[Catalogue], Answer]) -> Answer:
    """Do one thing with the catalogue in a thread; its transaction is over when this returns.

    From then on this process finds what was changed; others may need a fraction of a second more.
    """

    def with_catalogue() -> Answer:
        with parts.open_catalogue() as catalogue:
            return work(catalogue)

    async with parts.desk:
        answer = await asyncio.to_thread(with_catalogue)
    with suppress(TimeoutError):
        await asyncio.wait_for(parts.caught_up(), PATIENCE)
    return answer
