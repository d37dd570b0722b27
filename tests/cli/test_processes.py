"""Workers are started again when they die, and never outlive whoever watches them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.cli.processes import (
    LONGEST_PAUSE_SECONDS,
    Program,
    Workers,
    pause_before_restart,
    worker_environment,
)

FOREVER = "import time; print('started', flush=True); time.sleep(600)"


def python(name: str, code: str) -> Program:
    return Program(name, [sys.executable, "-c", code])


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def workers(tmp_path: Path, said: list[str]):
    group = Workers(worker_environment({"GREETING": "hello"}), tmp_path, said.append)
    yield group
    group.stop()


def watch_until(workers: Workers, condition, seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never held"
        workers.watch()
        time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_killed_worker_is_started_again(workers, said):
    workers.start([python("one", FOREVER), python("two", FOREVER)])
    before = workers.pids
    os.kill(before["one"], signal.SIGKILL)
    watch_until(workers, lambda: workers.pids.get("one", before["one"]) != before["one"])
    assert workers.pids["two"] == before["two"]
    assert said == ["one was killed by SIGKILL; starting again in 0.5 s"]


def test_a_worker_that_keeps_dying_shows_its_last_lines(workers, said):
    workers.start([python("one", "import sys; print('line one'); sys.exit('no fuel')")])
    assert workers.hopeless() is None
    watch_until(workers, lambda: workers.hopeless() is not None)
    assert "one keeps ending: no fuel" in workers.hopeless()
    assert said[0] == "one ended with exit code 1; starting again in 0.5 s"
    assert said[-1].startswith("The last lines of ")
    assert said[-1].endswith("line one\nno fuel")


def test_what_a_worker_prints_is_in_its_log_and_the_log_before_is_kept(workers, tmp_path):
    workers.start(
        [python("one", "import os, time; print(os.environ['GREETING']); time.sleep(600)")]
    )
    watch_until(workers, lambda: (tmp_path / "one.log").read_text() == "hello\n")
    workers.stop()
    workers.start([python("one", FOREVER)])
    watch_until(workers, lambda: (tmp_path / "one.log").read_text() == "started\n")
    assert (tmp_path / "one.1.log").read_text() == "hello\n"


def test_stopping_ends_all_and_says_so(workers, said):
    workers.start([python("one", FOREVER), python("two", FOREVER)])
    pids = list(workers.pids.values())
    workers.stop()
    assert all(map(gone, pids))
    assert said == ["one stopped", "two stopped"]
    workers.watch()
    assert workers.pids == {}


def test_a_worker_that_ignores_the_request_is_ended_by_force(workers, tmp_path, monkeypatch):
    monkeypatch.setattr("carousel.cli.processes.STOP_SECONDS", 0.2)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + FOREVER
    workers.start([python("deaf", deaf)])
    watch_until(workers, lambda: (tmp_path / "deaf.log").read_text() == "started\n")
    (pid,) = workers.pids.values()
    workers.stop()
    assert gone(pid)


def test_workers_die_with_a_killed_supervisor(tmp_path):
    code = f"""
import sys, time
from pathlib import Path
from carousel.cli.processes import Program, Workers, worker_environment
workers = Workers(worker_environment({{}}), Path({str(tmp_path)!r}), print)
workers.start([Program("one", [sys.executable, "-c", "import time; time.sleep(600)"])])
print(workers.pids["one"], flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as supervisor:
        pid = int(supervisor.stdout.readline())
        assert not gone(pid)
        supervisor.kill()
    deadline = time.monotonic() + 10
    while not gone(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@given(st.integers(1, 10_000))
def test_pauses_grow_up_to_a_limit(failures):
    pause = pause_before_restart(failures)
    assert pause <= pause_before_restart(failures + 1) <= LONGEST_PAUSE_SECONDS
