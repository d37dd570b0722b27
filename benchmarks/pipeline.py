"""How fast the content-based pipeline drains a backlog, and how soon an event is committed.

Owns:    one run against embedded servers of its own: a backlog, then a steady rate.
Imports: carousel, psycopg.

Accepted is when the append returned; committed is when another connection can see the event in the
archive, looked for every two milliseconds, so each latency is up to that much too long.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path

import numpy as np
import psycopg

from carousel.domain.events import (
    Contact,
    Dismiss,
    Event,
    Favourite,
    Impression,
    LogEntry,
    Reason,
    Search,
    View,
)
from carousel.domain.filters import Filters
from carousel.simulation.listings import generate_listings
from carousel.storage import migrate, open_catalogue, open_event_sink
from carousel.storage.embedded import EmbeddedServers
from carousel.storage.ports import User
from carousel.streaming.runner import RUNNERS

PROGRAM = """
import sys
from carousel.streaming import run_pipeline
runner, database_url, log_url, worker, workers = sys.argv[1:]
run_pipeline(runner=runner, database_url=database_url, log_url=log_url, shards=8,
             worker=int(worker), workers=int(workers))
"""
MAKES = ("Skoda", "Volkswagen", "Ford", "Opel", "Audi", "BMW", "Renault", "Kia", "Fiat", "Volvo")
POLL_SECONDS = 0.002
TICK_SECONDS = 0.005


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000, help="size of the backlog")
    parser.add_argument("--rate", type=int, default=1_000, help="steady events per second")
    parser.add_argument("--seconds", type=int, default=15, help="length of the steady part")
    parser.add_argument("--listings", type=int, default=20_000)
    parser.add_argument("--users", type=int, default=5_000)
    parser.add_argument("--runner", choices=RUNNERS, default="bytewax")
    parser.add_argument("--workers", type=int, default=1, help="pipeline processes")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


def fill(database_url: str, listings: int, users: int) -> tuple[list[int], list[int]]:
    """Make the marketplace; return the ids of its listings and users."""
    migrate(database_url)
    with open_catalogue(database_url) as catalogue:
        facts = generate_listings(listings, 1, datetime.now(UTC))
        with catalogue.bulk():
            ids = list(catalogue.upsert(list(facts)).ids)
        catalogue.ensure_space()
        catalogue.add_users(User(0, f"u{n}@example.com", "U", "N", "shopper") for n in range(users))
    with psycopg.connect(database_url) as connection:
        accounts = [row[0] for row in connection.execute("select id from account order by id")]
    return ids, accounts


def entries(listings: list[int], users: list[int]) -> Iterator[LogEntry]:
    """Yield what shoppers do, without end: mostly views, every kind of event among them."""
    dice = np.random.default_rng(7)
    for number in count():
        listing = listings[int(len(listings) * dice.random() ** 2)]
        luck = dice.random()
        event: Event
        if luck < 0.62:
            event = View(listing_id=listing)
        elif luck < 0.74:
            event = Impression(listing_id=listing, position=1)
        elif luck < 0.84:
            make = MAKES[int(dice.integers(len(MAKES)))]
            price = 1_000 * int(dice.integers(3, 40))
            event = Search(filters=Filters(make=(make,), max_price=price))
        elif luck < 0.92:
            event = Favourite(listing_id=listing)
        elif luck < 0.97:
            event = Contact(listing_id=listing)
        else:
            event = Dismiss(listing_id=listing, reason=list(Reason)[number % len(Reason)])
        yield LogEntry(
            f"b{number}", users[int(dice.integers(len(users)))], datetime.now(UTC), event
        )


@contextmanager
def pipeline(
    runner: str, database_url: str, log_url: str, workers: int
) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, runner, database_url, log_url, str(n), str(workers)]
        )
        for n in range(workers)
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(10)


def archived(connection: psycopg.Connection) -> int:
    row = connection.execute("select count(*) from event").fetchone()
    return row[0] if row else 0


def drain(database_url: str, log_url: str, backlog: int, asked: argparse.Namespace) -> dict:
    """Start the pipeline on a full log; return how long it took to empty it."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        started = time.monotonic()
        with pipeline(asked.runner, database_url, log_url, asked.workers) as processes:
            while (done := archived(connection)) == 0:
                time.sleep(0.02)
            first, first_done = time.monotonic(), done
            while (done := archived(connection)) < backlog:
                time.sleep(0.1)
            ended = time.monotonic()
            return {
                "backlog": backlog,
                "drained_per_second": round((backlog - first_done) / (ended - first)),
                "start_to_first_commit_s": round(first - started, 2),
                "cpu_seconds": round(sum(cpu_seconds(p.pid) for p in processes), 2),
                "resident_mb": [resident_mb(p.pid) for p in processes],
            }


async def steady(
    database_url: str, log_url: str, stream: Iterator[LogEntry], asked: argparse.Namespace
) -> dict:
    """Send events at a steady rate; return percentiles of accepted -> committed."""
    accepted: dict[str, float] = {}
    sent: dict[str, float] = {}
    committed: dict[str, float] = {}
    total = asked.rate * asked.seconds

    async def look() -> None:
        query = "select seq, id from event where seq > %s"
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as other:
            # Two workers may commit in another order than they drew their numbers.
            behind = 0 if asked.workers == 1 else 300
            row = await (await other.execute("select coalesce(max(seq), 0) from event")).fetchone()
            seen = before = row[0] if row else 0
            while len(committed) < total:
                rows = await (
                    await other.execute(query, [max(before, seen - behind)], prepare=True)
                ).fetchall()
                now = time.monotonic()
                for seq, event_id in rows:
                    committed.setdefault(event_id, now)
                    seen = max(seen, seq)
                await asyncio.sleep(POLL_SECONDS)

    async with open_event_sink(log_url) as sink:

        async def send(entry: LogEntry) -> None:
            sent[entry.id] = time.monotonic()
            await sink.append([entry])
            accepted[entry.id] = time.monotonic()

        looking = asyncio.create_task(look())
        began = time.monotonic()
        sending = []
        for number in range(total):
            ahead = began + number / asked.rate - time.monotonic()
            if ahead > TICK_SECONDS:
                await asyncio.sleep(ahead)
            sending.append(asyncio.create_task(send(next(stream))))
        await asyncio.gather(*sending)
        await asyncio.wait_for(looking, 30)
    waits = np.array([committed[i] - accepted[i] for i in accepted]) * 1000
    appends = np.array([accepted[i] - sent[i] for i in accepted]) * 1000
    return {
        "rate": asked.rate,
        "append_ms": percentiles(appends),
        "accepted_to_committed_ms": percentiles(waits),
    }


def percentiles(values: np.ndarray) -> dict[str, float]:
    return {f"p{p}": round(float(np.percentile(values, p)), 2) for p in (50, 90, 99)}


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(x for x in status.splitlines() if x.startswith("VmRSS")).split()[1]) // 1024


def main() -> None:
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="carousel-bench-") as home:
        Path(home).chmod(0o755)
        with EmbeddedServers(Path(home) / "data") as servers:
            database_url, log_url = servers.database_url, servers.log_url
            listings, users = fill(database_url, asked.listings, asked.users)
            stream = entries(listings, users)
            result = {"runner": asked.runner, "workers": asked.workers}
            result["append"] = asyncio.run(append_all(log_url, islice(stream, asked.events)))
            result |= drain(database_url, log_url, asked.events, asked)
            with pipeline(asked.runner, database_url, log_url, asked.workers) as processes:
                time.sleep(2)
                before = sum(cpu_seconds(p.pid) for p in processes)
                time.sleep(5)
                idle = (sum(cpu_seconds(p.pid) for p in processes) - before) / 5
                result["idle_cpu_share"] = round(idle, 3)
                result |= asyncio.run(steady(database_url, log_url, stream, asked))
                result["resident_mb"] = [resident_mb(p.pid) for p in processes]
    if asked.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name:28} {value}")


async def append_all(log_url: str, stream: Iterator[LogEntry]) -> dict:
    began, number = time.monotonic(), 0
    async with open_event_sink(log_url) as sink:
        while batch := list(islice(stream, 1_000)):
            await sink.append(batch)
            number += len(batch)
    return {"events": number, "per_second": round(number / (time.monotonic() - began))}


if __name__ == "__main__":
    main()
