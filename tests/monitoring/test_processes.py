"""The check ``processes``: who should run, and who answers."""

import json
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from carousel.monitoring.compute.processes import processes
from carousel.monitoring.reach import Reach
from tests.monitoring.watched import asked

PROGRAM = """
import sys, time
from pathlib import Path
from carousel.observability.declaring import Process
from carousel.observability.exposition import told
from carousel.observability.identity import Identity
with told(Identity(Process.NOTICES, sys.argv[2], "1", "development"), "127.0.0.1", 0,
          Path(sys.argv[1])):
    print("told", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def reach(tmp_path):
    return Reach("", "", "", 8, tmp_path / "targets", "", expected=("notices",))


def start(targets, name):
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(targets), name], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "told\n"
    return child


def test_a_process_that_was_killed_is_down_until_it_runs_again(reach):
    first = start(reach.targets, "notices")
    found = asked(processes(reach))
    assert found.held, found.sentence
    assert found.evidence["up"] == ["notices"]
    first.send_signal(signal.SIGKILL)
    first.communicate()
    found = asked(processes(reach))
    assert not found.held
    assert found.evidence["down"] == ["notices"]
    second = start(reach.targets, "notices")
    try:
        assert asked(processes(reach)).held
    finally:
        second.kill()
        second.communicate()


def test_one_that_should_run_and_never_said_so_is_missing(reach):
    child = start(reach.targets, "notices")
    try:
        two = replace(reach, expected=("notices", "stream-1"))
        found = asked(processes(two))
        assert not found.held
        assert found.evidence["missing"] == ["stream-1"]
    finally:
        child.kill()
        child.communicate()


def test_nobody_at_all_does_not_hold(reach):
    assert not asked(processes(replace(reach, expected=()))).held


@pytest.mark.parametrize("written", ["", "{}", "[]", '[{"targets": [], "labels": {}}]', "\0"])
def test_a_file_that_cannot_be_read_is_a_process_that_is_down(reach, written):
    reach.targets.mkdir()
    (reach.targets / "notices.json").write_text(written)
    assert asked(processes(reach)).evidence["down"] == ["notices"]


def test_one_that_accepts_and_says_nothing_is_down_after_a_second(reach):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        reach.targets.mkdir()
        target = {"targets": [f"127.0.0.1:{port}"], "labels": {"kind": "api", "process": "api-1"}}
        Path(reach.targets / "api-1.json").write_text(json.dumps([target]))
        begun = time.monotonic()
        found = asked(processes(reach))
        assert found.evidence["down"] == ["api-1"]
        assert time.monotonic() - begun < 4


def test_a_training_that_was_killed_is_over_and_none_is_missed(reach):
    other = start(reach.targets, "notices")
    target = {"targets": ["127.0.0.1:1"], "labels": {"kind": "training", "process": "training"}}
    (reach.targets / "training.json").write_text(json.dumps([target]))
    try:
        found = asked(processes(reach))
        assert found.held, found.sentence
        target["labels"]["kind"] = "api"
        (reach.targets / "training.json").write_text(json.dumps([target]))
        assert not asked(processes(reach)).held
    finally:
        other.kill()
        other.communicate()
