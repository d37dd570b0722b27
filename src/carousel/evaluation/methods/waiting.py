"""Asking async code from a replay, which is not.

Owns:    one event loop for many questions; making a loop for each would cost more than most.
Imports: the standard library.
"""

import asyncio
import weakref
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class Waiting:
    """Waits for coroutines, one at a time; cleans up after itself."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = ThreadPoolExecutor(1, "waiting")  # starts no thread before it is needed
        weakref.finalize(self, _close, self._loop, self._thread)

    def result(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Return what a coroutine returns.

        >>> Waiting().result(asyncio.sleep(0, "now"))
        'now'
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self._loop.run_until_complete(coroutine)
        # A notebook's cell is run by a loop of this thread, which would forbid a second one.
        return self._thread.submit(self._loop.run_until_complete, coroutine).result()


def _close(loop: asyncio.AbstractEventLoop, thread: ThreadPoolExecutor) -> None:
    thread.shutdown()
    loop.close()
