"""What blocks, in a thread of its own, at most one at a time.

Owns:    asking a blocking function without waiting for it in the event loop.
Imports: the standard library.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class StillAskingError(Exception):
    """The run before has not returned yet; a second one beside it would not be told more."""


class InThread(Generic[Answer]):
    """Asks a blocking function: ``Check(..., ask=InThread(find_orphans))``.

    The thread is not waited for when the process ends. One that never returns is one thread, not
    one more at each interval: until it returns, asking again raises ``StillAskingError``.
    """

    def __init__(self, function: Callable[[], Answer]) -> None:
        self._function = function
        self._thread: threading.Thread | None = None

    async def __call__(self) -> Answer:
        """Return what the function returned; may be cancelled, which the thread does not notice.

        Raises:
            StillAskingError: the call before has not returned.
        """
        if self._thread is not None and self._thread.is_alive():
            raise StillAskingError
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()

        def give(found: list[Answer], error: BaseException | None) -> None:
            if answer.done():
                return  # nobody waits any more
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(found[0])

        def work() -> None:
            found: list[Answer] = []
            error: BaseException | None = None
            try:
                found.append(self._function())
            except BaseException as raised:  # noqa: BLE001  # it is handed over, whatever it is
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop may be closed by now
                loop.call_soon_threadsafe(give, found, error)

        name = getattr(self._function, "__name__", "check")
        self._thread = threading.Thread(target=work, name=name, daemon=True)
        self._thread.start()
        return await answer
