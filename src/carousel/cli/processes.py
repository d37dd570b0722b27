"""Our own worker processes: started, watched, started again when they die, stopped together.

Owns:    the pauses between restarts and what is said about them.
Imports: storage.embedded.children, which keeps a worker from outliving us.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from carousel.storage.embedded import children

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
HEALTHY_SECONDS = 30.0
FAILURES_WORTH_A_LOOK = 3
STOP_SECONDS = 10.0
WATCH_SECONDS = 0.2
LARGEST_LOG = 16 * 2**20  # bytes; with those before it four times as many a process
LOOK_AT_LOGS_SECONDS = 5.0


def pause_before_restart(failures: int) -> float:
    """Return how many seconds to wait after the n-th failure in a row, n >= 1.

    >>> [pause_before_restart(n) for n in (1, 2, 3, 9)]
    [0.5, 1.0, 2.0, 30.0]
    """
    return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(failures - 1, 16))


@dataclass(frozen=True, slots=True)
class Program:
    """What a worker runs.

    name:      also the name of its log.
    command:   absolute path and arguments.
    keep_open: file descriptors it inherits.
    """

    name: str
    command: Sequence[str]
    keep_open: Sequence[int] = ()


@dataclass(slots=True)
class _Worker:
    program: Program
    log: Path
    child: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    next_start: float = 0.0


@dataclass(slots=True)
class Workers:
    """A set of workers that live and stop together. Use it from the main thread.

    environment: the whole environment of every worker.
    logs:        directory of their logs.
    tell:        is given one sentence for everything a person should know.
    """

    environment: Mapping[str, str]
    logs: Path
    tell: Callable[[str], None]
    _workers: list[_Worker] = field(default_factory=list)
    _looked_at_logs: float = 0.0

    def start(self, programs: Sequence[Program]) -> None:
        """Start a worker for each program."""
        for program in programs:
            log = children.fresh_log(self.logs / f"{program.name}.log")
            worker = _Worker(program, log)
            self._workers.append(worker)
            self._start(worker)

    def watch(self) -> None:
        """Notice dead workers and start them again after a pause; call it often, it is quick."""
        now = time.monotonic()
        for worker in self._workers:
            if worker.child is None:
                if now >= worker.next_start:
                    self._start(worker)
            elif worker.child.poll() is not None:
                self._bury(worker, now)
        if now - self._looked_at_logs >= LOOK_AT_LOGS_SECONDS:
            self._looked_at_logs = now
            for worker in self._workers:
                children.bounded_log(worker.log, LARGEST_LOG)

    def hopeless(self) -> str | None:
        """Return why waiting is in vain: the last words of a worker that keeps dying."""
        for worker in self._workers:
            if worker.failures >= FAILURES_WORTH_A_LOOK:
                last = children.last_lines(worker.log, 1)
                return f"{worker.program.name} keeps ending: {last} (log: {worker.log})"
        return None

    @property
    def pids(self) -> dict[str, int]:
        """Return the process id of each worker that is alive, by name."""
        return {
            w.program.name: w.child.pid
            for w in self._workers
            if w.child is not None and w.child.poll() is None
        }

    def stop(self) -> None:
        """Ask all to end at once, wait for each, end by force who does not."""
        alive = [(w.program.name, w.child) for w in self._workers if w.child is not None]
        self._workers = []
        for _, child in alive:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for name, child in alive:
            children.stop(child, [(signal.SIGTERM, STOP_SECONDS)])
            self.tell(f"{name} stopped")

    def _start(self, worker: _Worker) -> None:
        worker.child = children.start(
            worker.program.command,
            worker.log,
            death_signal=signal.SIGKILL,  # a worker waiting for a slow client must not stay behind
            environment=self._environment_of(worker),
            keep_open=worker.program.keep_open,
            directory=Path.cwd(),
        )
        worker.started = time.monotonic()

    def _environment_of(self, worker: _Worker) -> dict[str, str]:
        """Return its name and, counted from the port we were given, a port for its metrics."""
        environment = {**self.environment, "CAROUSEL_PROCESS_NAME": worker.program.name}
        first = int(environment.get("CAROUSEL_METRICS_PORT") or 0)
        if first:
            environment["CAROUSEL_METRICS_PORT"] = str(first + self._workers.index(worker))
        return environment

    def _bury(self, worker: _Worker, now: float) -> None:
        code = worker.child.returncode if worker.child is not None else 0
        worker.child = None
        worker.failures = 1 if now - worker.started > HEALTHY_SECONDS else worker.failures + 1
        pause = pause_before_restart(worker.failures)
        worker.next_start = now + pause
        self.tell(f"{worker.program.name} {how_it_ended(code)}; starting again in {pause:g} s")
        if worker.failures == FAILURES_WORTH_A_LOOK:
            self.tell(f"The last lines of {worker.log}:\n{children.last_lines(worker.log)}")


def how_it_ended(code: int) -> str:
    """Return an exit code of ``subprocess`` in words.

    >>> how_it_ended(3), how_it_ended(-9)
    ('ended with exit code 3', 'was killed by SIGKILL')
    """
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was killed by {signal.Signals(-code).name}"


def worker_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """Return our environment with changes, for processes that run this same program."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", **changes}


def run_together(
    programs: Sequence[Program],
    environment: Mapping[str, str],
    logs: Path,
    tell: Callable[[str], None],
) -> None:
    """Keep programs running until an exception, such as a request to stop, ends the wait."""
    workers = Workers(worker_environment(environment), logs, tell)
    try:
        workers.start(programs)
        while True:
            time.sleep(WATCH_SECONDS)
            workers.watch()
    finally:
        workers.stop()
