"""A real server that speaks Sentry's protocol: kent, a process of its own.

Owns:    starting it, asking it for what it was sent.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket

import httpx2

PATIENCE = 60.0
KEY = "publickeyofkent1"


@dataclass(frozen=True)
class Kent:
    """A running kent: its address, and the DSN of its one project."""

    url: str

    @property
    def dsn(self) -> str:
        """Return where errors go."""
        return f"{self.url.replace('://', f'://{KEY}@')}/1"

    def reports(self) -> list[dict]:
        """Return the bodies of all that it was sent, the first first."""
        listed = httpx2.get(f"{self.url}/api/eventlist/", timeout=10).json()["events"]
        got = [httpx2.get(f"{self.url}/api/event/{one['event_id']}").json() for one in listed]
        return [one["payload"]["body"] for one in got]

    def wait_for(self, wanted: int) -> list[dict]:
        """Return the reports as soon as there are so many."""
        deadline = time.monotonic() + PATIENCE
        while len(found := self.reports()) < wanted:
            assert time.monotonic() < deadline, json.dumps(found)[:3_000]
            time.sleep(0.1)
        return found


@contextmanager
def kent(directory: Path) -> Iterator[Kent]:
    """Run a kent."""
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = [str(Path(sys.executable).with_name("kent-server")), "run"]
    with (directory / "kent.log").open("wb") as out:
        process = subprocess.Popen(
            [*program, "--host", "127.0.0.1", "--port", str(port)], stdout=out, stderr=out
        )
    running = Kent(f"http://127.0.0.1:{port}")
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                httpx2.get(f"{running.url}/api/eventlist/", timeout=1)
                break
            except httpx2.TransportError:
                assert time.monotonic() < deadline, (directory / "kent.log").read_text()
                time.sleep(0.1)
        yield running
    finally:
        process.kill()
        process.wait()
