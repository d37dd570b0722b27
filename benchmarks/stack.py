"""A whole Carousel to measure: embedded servers, a marketplace of any size, pipeline and API.

Owns:    what every benchmark over HTTP starts first. The marketplace is kept between runs.
"""

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

import psycopg
import valkey

from carousel.api.tokens import Tokens
from carousel.simulation.listings import generate_listings
from carousel.storage import migrate, open_catalogue
from carousel.storage.embedded import EmbeddedServers, children
from carousel.storage.ports import User

BATCH = 5_000
PIPELINE_WORKERS = 1
OPERATOR = "operator@example.com"
T = TypeVar("T")


@dataclass(frozen=True)
class Stack:
    """A running Carousel.

    tokens: one per shopper, none of whom has a history on a fresh data directory.
    operator: the token of one.
    workers: the processes of the API and the pipeline, for their memory.
    """

    host: str
    port: int
    tokens: list[str]
    operator: str
    listing_ids: list[int]
    workers: dict[str, subprocess.Popen[bytes]]
    database_url: str
    log_url: str

    def memory_mb(self) -> dict[str, float]:
        """Return resident memory per process in MB; shared pages are counted in each."""
        return {name: resident_mb(worker.pid) for name, worker in self.workers.items()}


@contextmanager
def running(
    listings: int, shoppers: int, *, api_workers: int = 2, directory: Path | None = None
) -> Iterator[Stack]:
    """Start everything and stop it again.

    A marketplace of this size is made once and kept in ``directory``; event log and profiles are
    emptied, so every run starts with strangers.
    """
    home = directory or Path(tempfile.gettempdir()) / f"carousel-bench-{listings}"
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    with ExitStack() as stack:
        servers = stack.enter_context(EmbeddedServers(home))
        migrate(servers.database_url)
        listing_ids, user_ids, operator = _fill(servers.database_url, listings, shoppers)
        _forget_everybody(servers)
        secret = secrets.token_hex(32)
        signer = Tokens(secret)
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1024))
        port = listener.getsockname()[1]
        environment = {
            **os.environ,
            "CAROUSEL_DATABASE_URL": servers.database_url,
            "CAROUSEL_LOG_URL": servers.log_url,
            "CAROUSEL_CACHE_URL": servers.cache_url,
            "CAROUSEL_TOKEN_SECRET": secret,
            "CAROUSEL_PIPELINE_WORKERS": str(PIPELINE_WORKERS),
            "CAROUSEL_DATA_DIRECTORY": str(home),
        }

        def start(name: str, *command: str) -> subprocess.Popen[bytes]:
            program = [sys.executable, "-m", "carousel", *command]
            log = children.fresh_log(home / "logs" / f"{name}.log")
            return children.start(
                program, log, environment=environment, keep_open=(listener.fileno(),)
            )

        fd = str(listener.fileno())
        workers = {
            f"api-{n}": start(f"api-{n}", "serve", "--fd", fd) for n in range(1, api_workers + 1)
        }
        for n in range(PIPELINE_WORKERS):
            workers[f"pipeline-{n + 1}"] = start(f"pipeline-{n + 1}", "stream", "--worker", str(n))
        stack.callback(_stop, workers)
        _wait_until_ready(port, workers)
        yield Stack(
            "127.0.0.1",
            port,
            [signer.issue(user_id) for user_id in user_ids],
            signer.issue(operator),
            listing_ids,
            workers,
            servers.database_url,
            servers.log_url,
        )


def _fill(database_url: str, listings: int, shoppers: int) -> tuple[list[int], list[int], int]:
    """Make the marketplace and the accounts where they are missing; return their ids."""
    with open_catalogue(database_url) as catalogue:
        if catalogue.count() < listings:
            print(f"making a marketplace of {listings:,} cars", file=sys.stderr)
            started = time.perf_counter()
            cars = generate_listings(listings, 1, datetime.now(UTC))
            with catalogue.bulk():
                for batch in batched(cars, BATCH):
                    catalogue.upsert(batch)
            catalogue.ensure_space()
            print(f"  {time.perf_counter() - started:.1f} s", file=sys.stderr)
        emails = (f"bench{n}@example.com" for n in range(shoppers))
        catalogue.add_users(User(0, e, "Bench", "Mark", "shopper") for e in emails)
        catalogue.add_users([User(0, OPERATOR, "Bench", "Mark", "operator")])
        operator = catalogue.account(OPERATOR)
    if operator is None:
        raise RuntimeError("the operator was added and is not there")
    with psycopg.connect(database_url) as connection:
        listing_ids = connection.execute("select listing_id from inventory order by 1").fetchall()
        user_ids = connection.execute(
            "select id from account where email like 'bench%%' order by id limit %s", [shoppers]
        ).fetchall()
    return [row[0] for row in listing_ids], [row[0] for row in user_ids], operator.id


def _forget_everybody(servers: EmbeddedServers) -> None:
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        connection.execute(
            "truncate shopper, event, reaction, popularity, audience, pipeline_cursor"
        )
        connection.execute("vacuum analyze")
    for url in (servers.log_url, servers.cache_url):
        with valkey.Valkey.from_url(url) as client:
            client.flushall()


def batched(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of up to ``size`` things."""
    each = iter(things)
    while batch := list(islice(each, size)):
        yield batch


def _stop(workers: dict[str, subprocess.Popen[bytes]]) -> None:
    for worker in workers.values():
        children.stop(worker, [(signal.SIGTERM, 10.0)])


def _wait_until_ready(port: int, workers: dict[str, subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        dead = [name for name, worker in workers.items() if worker.poll() is not None]
        if dead:
            raise RuntimeError(f"{dead[0]} ended; see its log")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the API was not ready after 60 s")


def resident_mb(pid: int) -> float:
    """Return resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return round(int(resident.split()[1]) / 1024, 1)
