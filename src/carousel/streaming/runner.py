"""One pipeline process: which runner, which shards, and how it stops.

Owns:    the choice of the runner, the signals.
Imports: storage (its doors), domain.preference, streaming.follower, the runners.
"""

import gc
import importlib.util
import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Event as Flag
from types import FrameType

from carousel.domain.errors import ConfigurationError, LogUnavailableError, StoreUnavailableError
from carousel.domain.preference import Params
from carousel.storage import open_event_source, open_learning
from carousel.streaming import plain_runner
from carousel.streaming.figures import Figures, goes_on, waits
from carousel.streaming.follower import Connections, Follower, Stopped

RUNNERS = ("bytewax", "plain")
RECONNECT_SECONDS = 0.5
GRACE_SECONDS = 1.5

logger = logging.getLogger(__name__)


def run(  # noqa: PLR0913 (a composition root names its parts)
    runner: str,
    to: Connections,
    params: Params,
    stop: Flag,
    *,
    worker: int = 0,
    workers: int = 1,
) -> None:
    """Follow this worker's share of the shards until ``stop`` is set.

    Args:
        runner: one of RUNNERS.
        to: its servers.
        params: of the preference.
        stop: set it to end; what is under way is finished first.
        worker: this process's number, from 0.
        workers: how many processes share the shards.

    Raises:
        ConfigurationError: there is no such runner or worker, or it needs another Python.
    """
    if not 0 <= worker < workers:
        raise ConfigurationError(f"Worker {worker} is none of {workers}; they count from 0.")
    shards = range(worker, to.log.shards, workers)
    figures = Figures("content-based")
    follower = Follower(to, params, shards, stop, figures=figures)
    with suppress(Stopped), closing(follower):
        follow(runner, follower, stop)


def follow(runner: str, follower: Follower, stop: Flag) -> None:
    """Let a runner call a follower until ``stop``, which the follower knows too, is set.

    Raises:
        ConfigurationError: there is no such runner, or it needs another Python.
        Stopped: it was set while a server was waited for.
    """
    match runner:
        case "plain":
            plain_runner.run(follower, stop)
        case "bytewax":
            if importlib.util.find_spec("bytewax") is None:
                raise ConfigurationError(
                    "Bytewax is not installed; its wheels end at Python 3.12. Use the plain runner."
                )
            from carousel.streaming import bytewax_runner  # noqa: PLC0415 (an optional driver)

            bytewax_runner.run(follower)
        case _:
            raise ConfigurationError(f"A runner is one of {', '.join(RUNNERS)}, not {runner!r}.")


def run_pipeline(  # noqa: PLR0913 (a composition root names its parts)
    *,
    runner: str,
    database_url: str,
    log_url: str,
    shards: int,
    worker: int = 0,
    workers: int = 1,
) -> None:
    """Run one pipeline process until SIGTERM or SIGINT; call it from the main thread.

    Servers that are away are waited for, at the start as later.

    Raises:
        ConfigurationError: a setting, or the server it names, does not fit.
    """
    params = Params()
    # Batches are thousands of short-lived objects without cycles: looking for cycles among them
    # at Python's usual pace costs an eighth of the time.
    gc.freeze()
    gc.set_threshold(100_000)
    with told_to_stop() as stop:
        while not stop.is_set():
            try:
                with (
                    open_event_source(log_url, shards=shards) as log,
                    open_learning(database_url) as reads,
                    open_learning(database_url) as writes,
                ):
                    goes_on()
                    to = Connections(log, reads, writes)
                    run(runner, to, params, stop, worker=worker, workers=workers)
            except (LogUnavailableError, StoreUnavailableError) as error:
                waits(error)
                logger.warning("%s Trying again.", error)
                stop.wait(RECONNECT_SECONDS)


@contextmanager
def told_to_stop() -> Iterator[Flag]:
    """Yield a flag that SIGTERM and SIGINT set; who then hangs on a server is ended the hard way.

    That is harmless: what a transaction has not committed has not happened.
    """
    stop = threading.Event()
    grace = threading.Timer(GRACE_SECONDS, _leave)
    grace.daemon = True

    def ask(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (signal's signature)
        if not stop.is_set():
            stop.set()
            grace.start()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        grace.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave() -> None:
    logger.warning("A server does not answer; leaving without waiting for it.")
    os._exit(0)
