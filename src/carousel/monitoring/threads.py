"""A check that blocks, in a thread of its own, at most one at a time.

Owns:    asking a blocking function without waiting for it in the event loop.
Imports: the standard library.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from carousel.monitoring.check import Finding


class StillAskingError(Exception):
    """The run before has not returned yet; a second one beside it would not be told more."""


@dataclass(slots=True)
class InThread:
    """Asks a blocking function: ``Check(..., ask=InThread(find_orphans))``.

    The thread is not waited for when the process ends. One that never returns is one thread, not
    one more at each interval: until it returns, asking again raises ``StillAskingError``.
    """

    function: Callable[[], Finding]
    _thread: threading.Thread | None = field(default=None, init=False)

    async def __call__(self) -> Finding:
        """Return what the function found; may be cancelled, which the thread does not notice.

        Raises:
            StillAskingError: the call before has not returned.
        """
        if self._thread is not None and self._thread.is_alive():
            raise StillAskingError
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Finding] = loop.create_future()

        def give(finding: Finding | None, error: BaseException | None) -> None:
            if answer.done():
                return  # nobody waits any more
            if error is not None:
                answer.set_exception(error)
            elif finding is not None:
                answer.set_result(finding)

        def work() -> None:
            finding, error = None, None
            try:
                finding = self.function()
            except BaseException as raised:  # noqa: BLE001  # it is handed over, whatever it is
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop may be closed by now
                loop.call_soon_threadsafe(give, finding, error)

        name = getattr(self.function, "__name__", "check")
        self._thread = threading.Thread(target=work, name=name, daemon=True)
        self._thread.start()
        return await answer
