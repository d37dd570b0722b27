"""One pipeline and its place in what it follows: what to read next, what to do when servers go.

Owns:    reading from the stored cursors, retrying, trimming the log behind every pipeline.
Imports: storage.ports, domain, streaming.{content_based, decode, figures, spans}.

While a batch is being written the next one is read and interpreted: the writing waits for the
database most of its time. Batches are still written one after the other, in log order.

A server that is away is waited for: the process stays, and goes on where it was. A cursor that
somebody else moved means that this process read what is already applied: it starts again from the
stored cursors, and whatever it had read before is dropped.
"""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from threading import Event as Flag
from typing import Any, TypeVar

from carousel.domain.errors import (
    ConfigurationError,
    LogUnavailableError,
    StoreUnavailableError,
)
from carousel.domain.preference import Params
from carousel.observability.logs import speaking_of
from carousel.observability.traces import is_tracing
from carousel.storage.ports import (
    BEGINNING,
    CursorMovedError,
    DeadLetter,
    EventSource,
    LearningStore,
    Position,
)
from carousel.streaming import content_based
from carousel.streaming.content_based import (
    Batch,
    Decoded,
    Interpreted,
    SpaceChangedError,
    Written,
)
from carousel.streaming.decode import logged_ms, request_of, trace_of
from carousel.streaming.figures import Figures, Step, goes_on, looked, missed, waits
from carousel.streaming.spans import Applied, causes, tell_spans

PIPELINES = (content_based.NAME,)
"""Every pipeline that reads the log; nothing is trimmed before all of them have passed it.

The collaborative one follows the archive, which is kept for ever."""

LARGEST_BATCH = 2_000
KEPT_MS = 10 * 60 * 1000
TRIM_SECONDS = 5.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
SHORTEST_IDLE, LONGEST_IDLE = 0.001, 0.005
IDLE_GROWTH = 1.02
AWAY_SECONDS = 0.25
MOST_LINES = 10  # about dead letters, of a batch

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Stopped(Exception):  # noqa: N818 (no error: somebody asked)
    """The process was told to stop while it waited for a server."""


@dataclass(frozen=True, slots=True)
class Steps:
    """What makes one pipeline different from another.

    name:      under which its cursors are kept.
    decode:    tells events from dead letters.
    attach:    reads what the stores know about a batch.
    interpret: turns events into what they say.
    write:     applies it, effect and cursor in one transaction; returns what it did, and the new
               state version of each shopper whom others should be told about.

    What ``attach`` returns goes to ``interpret``; the stores are of the kind that both ends use.
    """

    name: str
    decode: Callable[[Batch], Decoded]
    attach: Callable[[Decoded, Any], Any]
    interpret: Callable[[Any], Interpreted]
    write: Callable[[Interpreted, Any, Params], Written]


CONTENT_BASED = Steps(
    content_based.NAME,
    content_based.decode_batch,
    content_based.attach,
    content_based.interpret_batch,
    content_based.write,
)


@dataclass(frozen=True, slots=True)
class Connections:
    """What one pipeline process is connected to.

    log:    the event log.
    reads:  what the catalogue knows; used by the thread that reads the log.
    writes: where effects and cursors go; used by the writing thread.
    """

    log: EventSource
    reads: LearningStore
    writes: LearningStore


class Follower:
    """What a pipeline does in one process; runners only call it in order.

    to:     its servers.
    params: of the preference; the reader must use the same.
    shards: those this process follows; no other process should.
    stop:   set from outside; ends every waiting.
    steps:  which pipeline.
    figures: what it counts, if it counts.
    """

    def __init__(  # noqa: PLR0913 (each is one part of a follower)
        self,
        to: Connections,
        params: Params,
        shards: Sequence[int],
        stop: Flag,
        steps: Steps = CONTENT_BASED,
        *,
        figures: Figures | None = None,
    ) -> None:
        self._figures = figures
        self._steps = steps
        self._source, self._reads, self._writes = to.log, to.reads, to.writes
        self._params = params
        self._shards = shards
        self._stop = stop
        self._generation = 0
        self._positions: dict[int, Position] = {}
        self._limit = LARGEST_BATCH
        self._trimmed_at = time.monotonic()
        self._overtaken = False
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._writing: Future[None] | None = None
        self.idle_seconds = SHORTEST_IDLE

    @property
    def name(self) -> str:
        """Return the pipeline's name."""
        return self._steps.name

    @property
    def stopped(self) -> bool:
        """Return whether the process was told to stop."""
        return self._stop.is_set()

    def read(self) -> Batch | None:
        """Return what is new in the log, None when nothing is or the log is away.

        Waits for nothing but the database, and for that only before the first read.

        ``idle_seconds`` then says when to look again: soon after something came, a little later
        when nothing has come for a while.
        """
        if self._writing is not None and self._writing.done():
            self.finish()
        if self._overtaken or not self._positions:
            self.finish()
            self._rewind()
        after = dict(self._positions)
        try:
            entries = self._source.read(after, self._limit)
        except LogUnavailableError as error:
            waits(error)
            if self.idle_seconds != AWAY_SECONDS:
                logger.warning("%s Waiting for it.", error)
            self.idle_seconds = AWAY_SECONDS
            return None
        looked()
        if self.idle_seconds == AWAY_SECONDS:
            goes_on()
        if not entries:
            self.idle_seconds = min(LONGEST_IDLE, self.idle_seconds * IDLE_GROWTH)
            return None
        self.idle_seconds = SHORTEST_IDLE
        self._limit = LARGEST_BATCH // len(entries)
        self._positions |= {shard: found[-1].position for shard, found in entries.items()}
        return Batch(after, entries, self._generation, time.time_ns())

    def decode(self, batch: Batch) -> Decoded:
        """Tell events from dead letters."""
        with self._timed("decode"):
            return self._steps.decode(batch)

    def attach(self, decoded: Decoded) -> Any:  # noqa: ANN401 (each pipeline has its own)
        """Read what the stores know about a batch; waits for the database."""
        with self._timed("attach"):
            return self._patiently(lambda: self._steps.attach(decoded, self._reads))

    def interpret(self, attached: Any) -> Interpreted:  # noqa: ANN401 (each pipeline has its own)
        """Turn events into observations."""
        with self._timed("interpret"):
            return self._steps.interpret(attached)

    def write(self, interpreted: Interpreted) -> None:
        """Hand a batch to the writer, as soon as the one before is written.

        Raises:
            Stopped: the process was told to stop while the batch before waited for a server.
        """
        self.finish()
        self._writing = self._writer.submit(self._apply, interpreted)

    def finish(self) -> None:
        """Wait until what was handed to the writer is written; raise what went wrong there."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def close(self) -> None:
        """Finish, and let the writer go."""
        try:
            self.finish()
        finally:
            self._writer.shutdown()

    def _apply(self, interpreted: Interpreted) -> None:
        """Apply a batch, tell whoever listens, and trim the log now and then; waits for servers."""
        if self._overtaken or interpreted.decoded.batch.generation != self._generation:
            return
        try:
            # Letters first: a crash in between buries them twice, the other order never.
            self._patiently(lambda: self._source.bury(interpreted.letters))
            _mourn(interpreted.letters)
            began_ns = time.time_ns()
            with self._timed("write"):
                written = self._patiently(
                    lambda: self._steps.write(interpreted, self._writes, self._params)
                )
            ended_ns = time.time_ns()
        except CursorMovedError as error:
            logger.warning("%s Starting again from the stored cursors.", error)
            self._overtaken = True
            return
        except SpaceChangedError:
            decoded = interpreted.decoded
            again = self._patiently(lambda: self._steps.attach(decoded, self._writes))
            self._apply(self.interpret(again))
            return
        spans = tell_spans(_applied(interpreted, written, began_ns, ended_ns))
        known = causes(written.fresh, spans) if written.versions else {}
        self._aside(lambda: self._source.nudge(written.versions, known))
        if self._figures is not None:
            self._figures.committed(interpreted, written, ended_ns)
        if time.monotonic() - self._trimmed_at >= TRIM_SECONDS:
            self._trimmed_at = time.monotonic()
            self._aside(self.trim)

    def trim(self) -> None:
        """Let the log drop what lies ten minutes behind the slowest pipeline."""
        cursors = [self._writes.cursors(pipeline) for pipeline in PIPELINES]
        for shard in self._shards:
            slowest = min(logged_ms(c.get(shard, BEGINNING)) for c in cursors)
            if slowest > KEPT_MS:
                self._source.forget(shard, f"{slowest - KEPT_MS}-0")

    def _rewind(self) -> None:
        stored = self._patiently(lambda: self._reads.cursors(self.name))
        self._positions = {shard: stored.get(shard, BEGINNING) for shard in self._shards}
        self._generation += 1
        self._overtaken = False

    def _patiently(self, action: Callable[[], T]) -> T:
        """Return what an action returns, however long its server or its feature space is away.

        Raises:
            Stopped: the process was told to stop first.
        """
        pause = 0.0
        while True:
            try:
                result = action()
            except (StoreUnavailableError, LogUnavailableError, ConfigurationError) as error:
                waits(error)
                if not pause:
                    logger.warning("%s Waiting for it.", error)
                pause = min(LONGEST_PAUSE, max(SHORTEST_PAUSE, 2 * pause))
                if self._stop.wait(pause):
                    goes_on()
                    raise Stopped from error
            else:
                if pause:
                    goes_on()
                    logger.info("It is back.")
                return result

    def _aside(self, action: Callable[[], None]) -> None:
        """Do something whose failure costs nothing but itself."""
        try:
            action()
        except (StoreUnavailableError, LogUnavailableError) as error:
            missed(error)
            logger.info("%s", error)

    def _timed(self, step: Step) -> AbstractContextManager[None]:
        return nullcontext() if self._figures is None else self._figures.timed(step)


def _mourn(letters: Sequence[DeadLetter]) -> None:
    """Say of the first few of a batch why they could not be applied; all of them are kept."""
    for letter in letters[:MOST_LINES]:
        request, trace = request_of(letter.entry), trace_of(letter.entry)
        of = {"request_id": request, "trace_id": trace and trace.split("-")[1]}
        with speaking_of(**{name: known for name, known in of.items() if known}):
            logger.warning("A log entry cannot be applied. %s", letter.reason)


def _applied(interpreted: Interpreted, written: Written, began_ns: int, ended_ns: int) -> Applied:
    decoded = interpreted.decoded
    return Applied(
        decoded.believed,
        interpreted.letters,
        {(one.shard, one.position) for one in written.fresh} if is_tracing() else (),
        decoded.batch.read_ns,
        began_ns,
        ended_ns,
    )
