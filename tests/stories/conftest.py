"""A whole Carousel for a story: ``carousel demo`` with a small marketplace, on a free port."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket

import httpx2
import pytest
from playwright.sync_api import Browser

from tests.stories.browsing import BUILT, CHROMIUM, chromium

PATIENCE = 120.0


@dataclass(frozen=True)
class Demo:
    """A running demo: its address, and the process that holds it."""

    url: str
    process: subprocess.Popen
    environment: dict[str, str]

    @contextmanager
    def client(self, email: str | None = None) -> Iterator[httpx2.Client]:
        """Open an HTTP client, logged in when an e-mail is given."""
        with httpx2.Client(base_url=self.url, timeout=30) as client:
            if email:
                answer = client.post("/api/v1/token/fake-token", json={"email": email})
                client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
            yield client

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run another ``carousel`` command against this demo."""
        command = [sys.executable, "-m", "carousel", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )


def free_port() -> int:
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(environment: dict[str, str], transcript: Path) -> subprocess.Popen:
    """Start ``carousel demo`` and wait until it answers."""
    with transcript.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "carousel", "demo"],
            env=environment, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    deadline = time.monotonic() + PATIENCE
    url = f"http://127.0.0.1:{environment['CAROUSEL_PORT']}/readyz"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the demo ended:\n{transcript.read_text()[-3000:]}")
        try:
            if httpx2.get(url, timeout=2).status_code == 200:
                return process
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    process.kill()
    pytest.fail(f"the demo was not ready after {PATIENCE} s:\n{transcript.read_text()[-3000:]}")


def stop(process: subprocess.Popen) -> int:
    """Ask the demo to stop, as an operator would, and return its exit code."""
    process.send_signal(signal.SIGTERM)
    return process.wait(30)


@pytest.fixture(scope="package")
def demo(open_directory: Path) -> Iterator[Demo]:
    """Return a running demo of 4,000 cars, shared by the stories."""
    port = free_port()
    environment = {
        **os.environ,
        "CAROUSEL_PORT": str(port),
        "CAROUSEL_DATA_DIRECTORY": str(open_directory / "stories"),
        "CAROUSEL_LISTINGS": "4000",
        "CAROUSEL_SHARED_BUFFERS_MB": "64",
    }
    process = start(environment, open_directory / "stories.txt")
    yield Demo(f"http://127.0.0.1:{port}", process, environment)
    assert stop(process) == 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a Chromium for the stories of a file; each person has a window of their own.

    Not for all files: as long as it runs nothing else may run an event loop of its own.
    """
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    if not BUILT.exists():
        pytest.skip("the page is not built: ./carousel build-page")
    with chromium() as running:
        yield running
