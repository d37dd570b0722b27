"""A real API process with its metrics on a port of its own, its lines in a file.

Owns:    starting ``carousel serve`` over the servers of the tests, and stopping it.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from carousel.storage.embedded import EmbeddedServers
from tests.api.conftest import SECRET, SHARDS

PATIENCE = 120.0


@dataclass(frozen=True)
class ApiProcess:
    """A running API.

    url: of the API. metrics: of its scrape. lines: file of its log. tokens: by e-mail.
    """

    url: str
    metrics: str
    pid: int
    lines: Path
    tokens: dict[str, str]

    def client(self, email: str | None = None) -> httpx2.Client:
        """Return a client, logged in when an e-mail is given."""
        headers = {"Authorization": f"Bearer {self.token(email)}"} if email else {}
        return httpx2.Client(base_url=self.url, timeout=60, headers=headers)

    def token(self, email: str) -> str:
        """Return the token of an account."""
        if email not in self.tokens:
            url = f"{self.url}/api/v1/token/fake-token"
            self.tokens[email] = httpx2.post(url, json={"email": email}).json()["token"]
        return self.tokens[email]

    def said(self) -> list[dict]:
        """Return the lines of its log."""
        return [json.loads(line) for line in self.lines.read_text().splitlines()]

    def said_of(self, request_id: str, wanted: int = 1) -> list[dict]:
        """Return the lines of a request, as soon as there are so many."""
        return eventually(
            lambda: [one for one in self.said() if one.get("request_id") == request_id],
            lambda found: len(found) >= wanted,
        )


def eventually(look: Callable, good: Callable[..., bool]):
    """Return what is seen as soon as it is good; fail with what is seen after a while."""
    deadline = time.monotonic() + PATIENCE
    while not good(seen := look()):
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)
    return seen


@contextmanager
def api_process(
    directory: Path, servers: EmbeddedServers, database_url: str, **settings: str
) -> Iterator[ApiProcess]:
    """Start an API of one process; ``settings`` are environment variables without our prefix."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stated = {
        "PORT": str(port),
        "DATA_DIRECTORY": str(directory),
        "DATABASE_URL": database_url,
        "LOG_URL": servers.log_url,
        "CACHE_URL": servers.cache_url,
        "LOG_SHARDS": str(SHARDS),
        "API_WORKERS": "1",
        "DEVELOPMENT_LOGIN": "true",
        "TOKEN_SECRET": SECRET,
        "METRICS_PORT": "0",
        **settings,
    }
    environment = {**os.environ, **{f"CAROUSEL_{name}": value for name, value in stated.items()}}
    command = [sys.executable, "-m", "carousel", "serve"]
    transcript = directory / "serve.txt"
    with transcript.open("wb") as out:
        supervisor = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    try:
        url, target = f"http://127.0.0.1:{port}", directory / "targets" / "api-1.json"
        eventually(
            lambda: (supervisor.poll(), _is_ready(url), transcript.read_text()[-2000:]),
            lambda seen: seen[0] is not None or seen[1],
        )
        assert supervisor.poll() is None, transcript.read_text()
        (where,) = json.loads(target.read_text())[0]["targets"]
        yield ApiProcess(
            url, f"http://{where}/metrics", _child_of(supervisor.pid),
            directory / "logs" / "api-1.log", {},
        )  # fmt: skip
    finally:
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(30) == 0


def _is_ready(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/readyz", timeout=5).status_code == 200
    except httpx2.TransportError:
        return False


def _child_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
