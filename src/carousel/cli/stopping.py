"""Ctrl-C, SIGTERM and a closed terminal: the ways a person or a machine asks for the end.

Owns:    turning the first request into an orderly end and the second into an immediate one.
Imports: cli.screen, the standard library.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from carousel.cli.screen import Screen

IMMEDIATE_EXIT_CODE = 130
ONE_REQUEST_SECONDS = 1.0


class _StopAskedError(BaseException):
    """A request to stop; a BaseException so that no ``except Exception`` swallows it."""


@contextmanager
def until_asked_to_stop(screen: Screen) -> Iterator[None]:
    """Run the block until it ends or a signal asks for the end; then leave it without an error.

    A second request leaves at once: the kernel then ends the workers, and the embedded servers
    shut down on their own (see storage/embedded/leash.py). Signals within a second of the first
    are the same request: make, timeout and others signal a process and its group.
    """
    asked: list[float] = []

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        asked.append(time.monotonic())
        if len(asked) == 1:
            screen.say("\nStopping; once more to stop without waiting")
            raise _StopAskedError
        if asked[-1] - asked[0] > ONE_REQUEST_SECONDS:
            os._exit(IMMEDIATE_EXIT_CODE)

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # nohup ignores it, and means it
        numbers.append(signal.SIGHUP)
    before = [(number, signal.signal(number, on_signal)) for number in numbers]
    try:
        yield
    except _StopAskedError:
        screen.say("Everything has stopped; your data is kept")
    finally:
        for number, handler in before:
            signal.signal(number, handler)
