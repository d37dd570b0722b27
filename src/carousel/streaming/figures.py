"""What a pipeline process counts and times, and whether it waits.

Owns:    the figures of one follower; those that every process of a pipeline tells.
Imports: observability.metrics, domain, streaming.content_based.

Counted is what is committed: a batch that was done in vain, or that another worker had applied,
counts nowhere. A follower that builds a version beside the one that serves has no figures, for it
applies once more what was applied long ago.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias, get_args

from carousel.domain.errors import LogUnavailableError, StoreUnavailableError
from carousel.domain.events import TYPES
from carousel.observability.metrics import (
    BATCH_EVENTS,
    BATCH_TIME,
    DEAD_LETTERS,
    EVENTS_APPLIED,
    EVENTS_REPEATED,
    PIPELINE_LOOKED,
    PIPELINE_WAITING,
    SERVER_FAULTS,
    STATE_TIME,
)
from carousel.storage.ports import Position
from carousel.streaming.content_based import Interpreted, Written

Step: TypeAlias = Literal["decode", "attach", "interpret", "write"]
Pipeline: TypeAlias = Literal["content-based", "collaborative"]

UNREADABLE = "unreadable"

_waiting = set[int]()


def looked() -> None:
    """Take note that this process looked for work, and was told whether there is any."""
    PIPELINE_LOOKED.set_to_current_time()


def waits(error: Exception | None = None) -> None:
    """Take note that this thread waits for a server, and which did not answer."""
    if error is not None:
        missed(error)
    _waiting.add(threading.get_ident())
    PIPELINE_WAITING.set(1)


def goes_on() -> None:
    """Take note that this thread waits no more."""
    _waiting.discard(threading.get_ident())
    PIPELINE_WAITING.set(1 if _waiting else 0)


def missed(error: Exception) -> None:
    """Count a question that a server did not answer."""
    if isinstance(error, StoreUnavailableError):
        SERVER_FAULTS.labels("database").inc()
    elif isinstance(error, LogUnavailableError):
        SERVER_FAULTS.labels("log").inc()


class Figures:
    """What a follower counts; all label values are known beforehand and told as 0 at once."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._applied = {kind: EVENTS_APPLIED.labels(pipeline, kind) for kind in TYPES}
        self._repeated = EVENTS_REPEATED.labels(pipeline)
        self._entries = BATCH_EVENTS.labels(pipeline)
        self._steps = {step: BATCH_TIME.labels(pipeline, step) for step in get_args(Step)}
        self._state = STATE_TIME.labels(pipeline)
        self._letters = {}
        if pipeline == "content-based":
            self._letters = {kind: DEAD_LETTERS.labels(kind) for kind in (*TYPES, UNREADABLE)}
        for server in ("database", "log"):
            SERVER_FAULTS.labels(server)

    @contextmanager
    def timed(self, step: Step) -> Iterator[None]:
        """Time a step of a batch that succeeds."""
        began = time.perf_counter()
        yield
        self._steps[step].observe(time.perf_counter() - began)

    def committed(self, interpreted: Interpreted, written: Written, at_ns: int) -> None:
        """Count a batch that was committed at ``at_ns``, ns since 1970."""
        decoded = interpreted.decoded
        self._entries.observe(sum(map(len, decoded.batch.entries.values())))
        self._repeated.inc(written.repeated)
        for kind, count in Counter(one.entry.event.type for one in written.fresh).items():
            self._applied[kind].inc(count)
        if interpreted.letters:
            types: dict[tuple[int, Position], str] = {
                (one.shard, one.position): one.entry.event.type for one in decoded.believed
            }
            for letter in interpreted.letters:
                place = letter.shard, letter.entry.position
                self._letters[types.get(place, UNREADABLE)].inc()
        for one in written.fresh:
            # The log's clock and ours may differ: nothing takes effect before it happened.
            self._state.observe(max(0.0, at_ns / 1e9 - one.logged_ms / 1e3))
