"""One process of the collaborative pipeline: it serves one version and builds the next beside it.

Owns:    which versions of the latent space are followed, by which thread, and when one takes over.
Imports: storage (its doors), streaming.{collaborative, follower, plain_runner, runner}.

The version that serves is followed by the configured runner in the main thread. When another model
becomes active, a second thread follows the archive from its beginning for that one; when it has
come up, one row makes it serve, and the main thread goes on with it. With several processes each
builds its share of the shards, and whichever finds all of them there makes the switch.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from threading import Event as Flag

from carousel.domain.errors import (
    ConfigurationError,
    LogUnavailableError,
    ModelError,
    StoreUnavailableError,
)
from carousel.domain.latent import Latent
from carousel.storage import open_archive_source, open_latent, open_latent_spaces
from carousel.storage.ports.latent import LatentSpaces
from carousel.streaming.collaborative import steps_of
from carousel.streaming.figures import Figures, goes_on, looked, waits
from carousel.streaming.follower import Connections, Follower, Stopped
from carousel.streaming.runner import RECONNECT_SECONDS, follow, told_to_stop

LOOK_SECONDS = 1.0
AT_ONCE = 2_000  # rows filled or deleted between two looks

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Share:
    """What one process does: which runner, which servers, which of the shards."""

    runner: str
    database_url: str
    shards: int
    worker: int = 0
    workers: int = 1

    @property
    def own(self) -> range:
        """Return the shards of this process."""
        return range(self.worker, self.shards, self.workers)


def run_collaborative(share: Share) -> None:
    """Run one process until SIGTERM or SIGINT; call it from the main thread.

    Servers that are away are waited for, at the start as later.

    Raises:
        ConfigurationError: a setting, or the server it names, does not fit.
    """
    with told_to_stop() as stop:
        collaborate(share, stop)


def collaborate(share: Share, stop: Flag) -> None:
    """Do the same until ``stop`` is set.

    Raises:
        ConfigurationError: there is no such worker, or a setting does not fit.
    """
    if not 0 <= share.worker < share.workers:
        raise ConfigurationError(
            f"Worker {share.worker} is none of {share.workers}; they count from 0."
        )
    with ThreadPoolExecutor(1, thread_name_prefix="builder") as threads:
        building = threads.submit(_patiently, _build, share, stop)
        # Neither goes on without the other: a process that fails is started again as a whole.
        building.add_done_callback(lambda _: stop.set())
        try:
            _patiently(_serve, share, stop)
        finally:
            stop.set()
        building.result()


def _patiently(action: Callable[[Share, Flag], None], share: Share, stop: Flag) -> None:
    """Do something again and again until ``stop`` is set; wait for servers that are away."""
    while not stop.is_set():
        try:
            action(share, stop)
        except (LogUnavailableError, StoreUnavailableError) as error:
            waits(error)
            logger.warning("%s Trying again.", error)
            stop.wait(RECONNECT_SECONDS)


def _serve(share: Share, stop: Flag) -> None:
    """Follow the version that serves for as long as it does."""
    with open_latent_spaces(share.database_url) as spaces:
        version = spaces.serving()
        latent = None if version is None else _begun(spaces, version)
    goes_on()
    if latent is None:
        looked()
        stop.wait(LOOK_SECONDS)
        return
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=(share, latent.version, stop, over), daemon=True)
    watch.start()
    try:
        with _following(share, latent, over, Figures("collaborative")) as follower:
            follow(share.runner, follower, over)
    finally:
        over.set()
        watch.join()


def _watch(share: Share, version: str, stop: Flag, over: Flag) -> None:
    """Set ``over`` when ``stop`` is, or when another version serves."""
    while not over.is_set():
        with (
            suppress(LogUnavailableError, StoreUnavailableError),
            open_latent_spaces(share.database_url) as spaces,
        ):
            while not over.is_set() and spaces.serving() == version:
                if stop.wait(LOOK_SECONDS):
                    over.set()
            over.set()
        if stop.wait(RECONNECT_SECONDS):
            over.set()


def _build(share: Share, stop: Flag) -> None:
    """Build whatever model becomes active until it serves; clear away what served before."""
    with open_latent_spaces(share.database_url) as spaces:
        goes_on()
        while not stop.is_set():
            wanted = spaces.wanted()
            latent = None
            if wanted is not None and wanted != spaces.serving():
                latent = _begun(spaces, wanted)
            if latent is not None:
                _come_up(share, spaces, latent, stop)
            elif share.worker or not spaces.forget(AT_ONCE):
                stop.wait(LOOK_SECONDS)


def _begun(spaces: LatentSpaces, version: str) -> Latent | None:
    """Return a version's space; None, and a line in the log, if it cannot be read."""
    try:
        return spaces.begin(version)
    except ModelError as error:
        logger.warning("%s The latent space stays as it is.", error)
        return None


def _come_up(share: Share, spaces: LatentSpaces, latent: Latent, stop: Flag) -> None:
    """Follow the archive for a version until it serves, or another one is wanted."""
    version, looked_at = latent.version, time.monotonic()
    with _following(share, latent, stop) as follower:
        while not stop.is_set():
            batch = follower.read()
            if batch is not None:
                decoded = follower.decode(batch)
                follower.write(follower.interpret(follower.attach(decoded)))
            else:
                follower.finish()
                filled = 0 if share.worker else spaces.fill(version, AT_ONCE)
                if not filled and spaces.serve(version, follower.name):
                    logger.info("The latent space %s serves.", version)
                    return
                stop.wait(follower.idle_seconds)
            if time.monotonic() - looked_at > LOOK_SECONDS:
                looked_at = time.monotonic()
                if spaces.serving() == version or spaces.wanted() != version:
                    return


@contextmanager
def _following(
    share: Share, latent: Latent, stop: Flag, figures: Figures | None = None
) -> Iterator[Follower]:
    with (
        open_archive_source(share.database_url, shards=share.shards) as archive,
        open_latent(share.database_url, latent.version) as reads,
        open_latent(share.database_url, latent.version) as writes,
    ):
        to = Connections(archive, reads, writes)
        follower = Follower(to, latent.params, share.own, stop, steps_of(latent), figures=figures)
        with suppress(Stopped), closing(follower):
            yield follower
