"""What it costs that an API process is seen: latency and memory, and when nobody listens.

Run:  .venv/bin/python -m benchmarks.observability_cost [--requests 4000] [--json]

Owns:    one embedded PostgreSQL and two Valkeys, one marketplace, and for each case an API process
         of its own: with nothing told, with metrics and log lines, and with traces of every request
         and reports of errors beside, to servers that listen, are down, never answer, or refuse.
Imports: carousel.

All processes of the cases run at once and are asked in turns, a few requests each, so that what the
machine does meanwhile is the same for all. ``first`` is a list that nobody has asked for; then
``remembered`` is the same list again; ``failing`` is a request to a route, of this benchmark alone,
that raises: a traceback is written down and reported. Where nothing is told, no line below a
warning is written.
"""

import argparse
import http.client
import json
import os
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.http_load import percentile
from benchmarks.stack import resident_mb
from carousel.api.tokens import Tokens
from carousel.simulation.listings import generate_listings
from carousel.storage import migrate, open_catalogue
from carousel.storage.embedded import EmbeddedServers, children
from carousel.storage.ports import User

LIST = "/api/v1/cars/recommendations"
FAILING = "/api/v1/failing"
SERVE = f"""
from carousel.api import server
from carousel.__main__ import main

make = server.create_app

def with_failing(params):
    app = make(params)
    async def fail():
        raise RuntimeError("as the benchmark asks for")
    app.add_api_route({FAILING!r}, fail)
    return app

server.create_app = with_failing
main()
"""
TURN = 20  # requests of a kind to one process before the next has its turn
FAILURES = 5  # of them
SHOPPERS = 200
PATIENCE = 180.0


class Taking(BaseHTTPRequestHandler):
    """Takes whatever is sent and answers as it was told to."""

    status = 200
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Read all of it."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Refusing(Taking):
    """Answers 500."""

    status = 500


@contextmanager
def answering(handler: type[Taking]) -> Iterator[int]:
    """Yield the port of a server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def silent() -> Iterator[int]:
    """Yield the port of a server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield listener.getsockname()[1]


def closed_port() -> int:
    """Return a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def sent_to(port: int) -> dict[str, str]:
    """Return the settings that send every span and every error to a port."""
    return {
        **TOLD,
        "CAROUSEL_TRACE_URL": f"http://127.0.0.1:{port}/v1/traces",
        "CAROUSEL_TRACE_SHARE": "1",
        "CAROUSEL_SENTRY_DSN": f"http://public@127.0.0.1:{port}/1",
    }


TOLD = {"CAROUSEL_METRICS_PORT": "0", "CAROUSEL_LOG_LEVEL": "info"}


@dataclass
class Case:
    """An API process and what was measured of it. seconds: of each request, by its kind."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    seconds: dict[str, list[float]] = field(default_factory=dict)
    warm_mb: float = 0.0
    connection: http.client.HTTPConnection | None = None

    def ask(self, kind: str, path: str, token: str) -> None:
        """Send a request and note how long it took."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        began = time.perf_counter()
        self.connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = self.connection.getresponse()
        answer.read()
        took = time.perf_counter() - began
        if answer.status != (500 if path == FAILING else 200):
            raise RuntimeError(f"{self.name} answered {answer.status} to {path}")
        self.seconds.setdefault(kind, []).append(took)

    @property
    def resident_mb(self) -> float:
        """Return the memory of the process."""
        return resident_mb(self.process.pid)


def start(name: str, environment: dict[str, str], home: Path) -> Case:
    """Start an API process."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        directory = home / name.replace(" ", "-")
        directory.mkdir()
        program = [sys.executable, "-c", SERVE, "serve", "--fd", str(listener.fileno())]
        log = children.fresh_log(directory / "api.log")
        process = children.start(
            program,
            log,
            environment={**environment, "CAROUSEL_DATA_DIRECTORY": str(directory)},
            keep_open=(listener.fileno(),),
        )
        return Case(name, listener.getsockname()[1], process, log)


def wait_until_ready(case: Case) -> None:
    """Wait until a process answers from its memory."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and case.process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", case.port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"{case.name} was not ready: {children.last_lines(case.log)}")


def measure(cases: Sequence[Case], tokens: Sequence[str], requests: int) -> None:
    """Ask all cases in turns: half of the requests for lists nobody has asked for, half again."""
    rounds = max(1, requests // (2 * TURN))
    for number in range(-max(2, rounds // 5), rounds):  # the first ones warm the processes up
        if number == 0:
            for case in cases:
                case.seconds.clear()
                case.warm_mb = case.resident_mb
        # Who begins has the cold caches of the machine: each in its turn.
        begins = number % len(cases)
        for case in [*cases[begins:], *cases[:begins]]:
            place = cases.index(case)
            # No car costs that much: every case, each time, asks for a list that is not kept.
            path = f"{LIST}?max_price={1_000_000 + 10_000 * place + number % 10_000}"
            asked = [tokens[(number * TURN + n) % SHOPPERS] for n in range(TURN)]
            for kind in ("first", "remembered"):
                for token in asked:
                    case.ask(kind, path, token)
            for token in asked[:FAILURES]:
                case.ask("failing", FAILING, token)


def fill(database_url: str, listings: int) -> list[int]:
    """Make a marketplace and return its shoppers."""
    from datetime import UTC, datetime  # noqa: PLC0415  # used here alone

    migrate(database_url)
    with open_catalogue(database_url) as catalogue:
        catalogue.upsert(list(generate_listings(listings, 1, datetime.now(UTC))))
        catalogue.ensure_space()
        emails = [f"bench{n}@example.com" for n in range(SHOPPERS)]
        catalogue.add_users(User(0, email, "Bench", "Mark", "shopper") for email in emails)
        accounts = [catalogue.account(email) for email in emails]
    return [account.id for account in accounts if account is not None]


def figures(case: Case, plain: Case) -> dict[str, float | str]:
    """Return what was measured of a case, and how it compares with the plain one."""
    found: dict[str, float | str] = {"case": case.name}
    for kind, seconds in case.seconds.items():
        ranked, others = sorted(seconds), sorted(plain.seconds[kind])
        for share in (0.5, 0.99):
            mine, theirs = percentile(ranked, share), percentile(others, share)
            name = f"{kind} p{round(100 * share)}"
            found[f"{name} ms"] = round(1e3 * mine, 2)
            found[f"{name} more %"] = round(100 * (mine / theirs - 1), 1)
        found[f"{kind} mean ms"] = round(1e3 * statistics.fmean(seconds), 2)
    found["grew MB"] = round(case.resident_mb - case.warm_mb, 1)
    found["resident MB"] = round(case.resident_mb, 1)
    return found


def table(rows: Sequence[dict[str, float | str]]) -> str:
    """Return the rows as a Markdown table."""
    heads = list(rows[0])
    lines = [heads, ["---"] * len(heads), *([str(row[head]) for head in heads] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listings", type=int, default=3_000)
    parser.add_argument("--requests", type=int, default=4_000, help="of each case")
    parser.add_argument("--json", action="store_true", help="print one JSON array")
    options = parser.parse_args()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="carousel-seen-")))
        home.chmod(0o755)
        servers = stack.enter_context(EmbeddedServers(home / "servers", shared_buffers="64MB"))
        users = fill(servers.database_url, options.listings)
        secret = secrets.token_hex(32)
        environment = {
            **os.environ,
            "CAROUSEL_DATABASE_URL": servers.database_url,
            "CAROUSEL_LOG_URL": servers.log_url,
            "CAROUSEL_CACHE_URL": servers.cache_url,
            "CAROUSEL_TOKEN_SECRET": secret,
        }
        settings = {
            "nothing told": {"CAROUSEL_LOG_LEVEL": "warning"},
            "nothing told, again": {"CAROUSEL_LOG_LEVEL": "warning"},
            "metrics and lines": TOLD,
            "traces and errors too": sent_to(stack.enter_context(answering(Taking))),
            "both servers down": sent_to(closed_port()),
            "never answering": sent_to(stack.enter_context(silent())),
            "answering 500": sent_to(stack.enter_context(answering(Refusing))),
        }
        cases = []
        for name, stated in settings.items():
            case = start(name, {**environment, **stated}, home)
            stack.callback(children.stop, case.process, [(signal.SIGTERM, 20.0)])
            wait_until_ready(case)
            cases.append(case)
            print(f"{name} is ready", file=sys.stderr)
        measure(cases, [Tokens(secret).issue(user) for user in users], options.requests)
        rows = [figures(case, cases[0]) for case in cases]
    print(json.dumps(rows, indent=2) if options.json else table(rows))


if __name__ == "__main__":
    main()
