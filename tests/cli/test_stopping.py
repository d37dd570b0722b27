"""One request to stop is an orderly end, a second one an immediate end."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import sys, time
from carousel.cli.screen import Screen
from carousel.cli.stopping import until_asked_to_stop
with until_asked_to_stop(Screen()):
    try:
        print("ready", flush=True)
        time.sleep(60)
    finally:
        print("tidying", flush=True)
        time.sleep(float(sys.argv[1]))
print("after", flush=True)
"""


@pytest.fixture
def start():
    started = []

    def begin(seconds_to_tidy: float) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(seconds_to_tidy)],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_request_ends_the_block_and_is_no_error(start, number):
    process = start(0)
    process.send_signal(number)
    rest = process.stdout.read()
    assert rest.index("tidying") < rest.index("Everything has stopped") < rest.index("after")
    assert process.wait(10) == 0


def test_the_same_request_twice_within_a_second_is_one(start):
    process = start(0.3)
    process.send_signal(signal.SIGTERM)
    while "tidying" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    assert "after" in process.stdout.read()
    assert process.wait(10) == 0


def test_a_second_request_does_not_wait_for_the_tidying(start):
    process = start(60)
    process.send_signal(signal.SIGTERM)
    while "tidying" not in process.stdout.readline():
        pass
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 130
