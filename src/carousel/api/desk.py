"""Where operators' changes are made: one thing at a time, away from the event loop.

Owns:    running synchronous work on the catalogue from a route.
Imports: storage.ports, api.parts.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from carousel.api.parts import Parts
from carousel.storage.ports import Catalogue

Answer = TypeVar("Answer")


async def at_the_desk(parts: Parts, work: Callable[[Catalogue], Answer]) -> Answer:
    """Do one thing with the catalogue in a thread; its transaction is over when this returns."""

    def with_catalogue() -> Answer:
        with parts.open_catalogue() as catalogue:
            return work(catalogue)

    async with parts.desk:
        return await asyncio.to_thread(with_catalogue)
