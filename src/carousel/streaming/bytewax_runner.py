"""The pipeline as a Bytewax dataflow: read -> decode -> attach -> interpret -> write.

Owns:    the only use of bytewax.
Imports: bytewax, streaming.follower.

Bytewax gives the steps their names, their order and their metrics. It keeps no state and writes no
recovery store: effects and cursors are one transaction in PostgreSQL, so a killed process starts
again from there. A process is one worker over some of the shards, which it reads in one round trip
as one partition; more workers are more processes, which need not know each other.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import bytewax.operators as op
from bytewax._bytewax import run_main
from bytewax.dataflow import Dataflow
from bytewax.errors import BytewaxRuntimeError
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import DynamicSink, StatelessSinkPartition

from carousel.streaming.content_based import Batch, Interpreted
from carousel.streaming.follower import Follower, Stopped


class _Partition(StatefulSourcePartition[Batch, None]):
    """This process's shards. Never blocks: the worker has other steps to run."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._awake: datetime | None = None

    def next_batch(self) -> Sequence[Batch]:
        if self._follower.stopped:
            raise StopIteration
        batch = self._follower.read()
        if batch is not None:
            self._awake = None
            return [batch]
        self._awake = datetime.now(UTC) + timedelta(seconds=self._follower.idle_seconds)
        return []

    def next_awake(self) -> datetime | None:
        return self._awake

    def snapshot(self) -> None:
        return None


class _Source(FixedPartitionedSource[Batch, None]):
    def __init__(self, follower: Follower) -> None:
        self._follower = follower

    def list_parts(self) -> list[str]:
        return ["shards"]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _Partition:  # noqa: ARG002 (Bytewax's signature)
        return _Partition(self._follower)


class _Writer(StatelessSinkPartition[Interpreted]):
    def __init__(self, follower: Follower) -> None:
        self._follower = follower

    def write_batch(self, items: list[Interpreted]) -> None:
        for item in items:
            self._follower.write(item)


class _Sink(DynamicSink[Interpreted]):
    def __init__(self, follower: Follower) -> None:
        self._follower = follower

    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Writer:  # noqa: ARG002 (Bytewax's signature)
        return _Writer(self._follower)


def dataflow(follower: Follower) -> Dataflow:
    """Return the flow; its step names are the names of its metrics."""
    flow = Dataflow(follower.name.partition("/")[0])
    batches = op.input("read", flow, _Source(follower))
    decoded = op.map("decode", batches, follower.decode)
    attached = op.map("attach", decoded, follower.attach)
    interpreted = op.map("interpret", attached, follower.interpret)
    op.output("write", interpreted, _Sink(follower))
    return flow


def run(follower: Follower) -> None:
    """Follow the log until the follower is told to stop; returns after the batch under way."""
    try:
        run_main(dataflow(follower))  # type: ignore[no-untyped-call]  # Bytewax's Rust part
    except BytewaxRuntimeError as error:
        cause: BaseException | None = error
        while isinstance(cause, BytewaxRuntimeError):  # one for each of Bytewax's layers
            cause = cause.__cause__
        if cause is None:
            raise
        if not isinstance(cause, Stopped):
            raise cause from None
