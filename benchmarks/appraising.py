"""How soon all cars are appraised and changes followed, and what a verdict costs over HTTP.

Run:  .venv/bin/python -m benchmarks.appraising [--listings 20000] [--requests 500] [--json]

Owns:    one run against servers of its own: a fresh marketplace, one API process, one appraiser.
Imports: carousel, numpy, psycopg.

After all cars are appraised, prices are changed one by one; each time it is asked for until the
verdict on that car stands, and until all cars of its model have been appraised after the change.
Then one client asks, one question after the other: the verdicts of 24 cars drawn anew each time,
the price of a car with its plot, and searches for cars under a price, the best deals first and,
for comparison, the cheapest.
"""

import argparse
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psycopg

from benchmarks.stack import Stack, running
from carousel.storage import open_catalogue
from carousel.storage.embedded import children

CARS_ON_A_PAGE, ON_A_SEARCH = 24, 24
FIRST = 500
PATIENCE = 900.0

DONE = """
select count(*), count(*) filter (where place <= %s), count(verdict) from (
  select a.verdict, i.place
  from (select listing_id, row_number() over (order by listed_at desc) as place
        from inventory where model_key is not null) i
  join listing l on l.id = i.listing_id
  join appraisal a on a.listing_id = i.listing_id and a.revision = l.revision) as done
"""
BEHIND = """
select count(*) filter (where i.listing_id = %(car)s), count(*)
from inventory i join listing l on l.id = i.listing_id
left join appraisal a on a.listing_id = i.listing_id and a.revision = l.revision
where (i.make_key, i.model_key) = (select make_key, model_key from inventory
                                   where listing_id = %(car)s)
  and (a.listing_id is null or a.appraised_at <= %(at)s)
"""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listings", type=int, default=20_000)
    parser.add_argument("--changes", type=int, default=20, help="prices changed, one by one")
    parser.add_argument("--requests", type=int, default=500, help="of each kind")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


@contextmanager
def appraiser(stack: Stack, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "carousel", "stream", "--worker", "0"]
    environment = {**os.environ, "CAROUSEL_DATABASE_URL": stack.database_url}
    worker = children.start(
        [*command, "--pipeline", "appraisals"], children.fresh_log(log), environment=environment
    )
    try:
        yield worker
    finally:
        children.stop(worker, [(signal.SIGTERM, 10.0)])


def filling(stack: Stack, worker: subprocess.Popen[bytes]) -> dict[str, float]:
    """Return the seconds until the first, the newest, half and all of the cars are appraised."""
    started, reached = time.monotonic(), dict[str, float]()
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        (total,) = one(connection, "select count(*) from inventory where model_key is not null")
        while len(reached) < len(("first", "newest", "half", "all")):
            done, newest, told = one(connection, DONE, [FIRST])
            seconds = round(time.monotonic() - started, 1)
            if seconds > PATIENCE:
                raise RuntimeError(f"only {done} of {total} cars were appraised in {seconds} s")
            for name, there in (
                ("first", done > 0),
                ("newest", newest >= min(FIRST, total)),
                ("half", 2 * done >= total),
                ("all", done >= total),
            ):
                if there:
                    reached.setdefault(name, seconds)
            time.sleep(0.2)
    return {
        **reached,
        "cars": total,
        "with a verdict, %": round(100 * told / total, 1),
        "processor seconds": round(processor_seconds(worker.pid), 1),
        "memory, MB": resident_mb(worker.pid),
    }


def following(stack: Stack, count: int) -> dict[str, float]:
    """Return the seconds until changed prices, and the other cars of the model, are appraised."""
    own, others = [], []
    dice = np.random.default_rng(0)
    with (
        psycopg.connect(stack.database_url, autocommit=True) as connection,
        open_catalogue(stack.database_url) as catalogue,
    ):
        rows = connection.execute(
            "select listing_id, price from inventory join appraisal using (listing_id) "
            "where verdict is not null order by listing_id"
        ).fetchall()
        for place in dice.choice(len(rows), count, replace=False).tolist():
            car, price = rows[place]
            time.sleep(dice.uniform(0, 1))  # whatever it is doing then
            (at,) = one(connection, "select now()")
            catalogue.patch(car, {"price": round(0.95 * price)})
            started, waits = time.monotonic(), True
            while True:
                itself, all_of_them = one(connection, BEHIND, {"car": car, "at": at})
                if waits and not itself:
                    own.append(time.monotonic() - started)
                    waits = False
                if not all_of_them:
                    others.append(time.monotonic() - started)
                    break
                time.sleep(0.02)
    return {
        "the car, median": round(float(np.median(own)), 2),
        "the car, worst": round(max(own), 2),
        "its model, median": round(float(np.median(others)), 2),
        "its model, worst": round(max(others), 2),
    }


def asking(stack: Stack, count: int) -> dict[str, dict[str, float]]:
    """Return milliseconds an answer, by what is asked for."""
    dice = np.random.default_rng(1)
    ids = stack.listing_ids

    def drawn(number: int) -> list[int]:
        return [ids[n] for n in dice.choice(len(ids), number, replace=False).tolist()]

    def search(sort: str) -> str:
        dearest = int(dice.integers(5, 60)) * 1_000
        asked = f"sort={sort}&max_price={dearest}&limit={ON_A_SEARCH}"
        return f"/api/v1/cars/search?{asked}&record=false"

    questions: dict[str, Callable[[], str]] = {
        "verdicts of 24 cars": lambda: (
            "/api/v1/cars/verdicts?" + "&".join(f"id={one}" for one in drawn(CARS_ON_A_PAGE))
        ),
        "the price of a car": lambda: f"/api/v1/cars/{drawn(1)[0]}/price",
        "a search, best deals first": lambda: search("verdict"),
        "a search, cheapest first": lambda: search("price"),
    }
    connection = http.client.HTTPConnection(stack.host, stack.port)
    report = {}
    for name, question in questions.items():
        took = []
        for path in [question() for _ in range(count)]:
            started = time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            took.append(1e3 * (time.perf_counter() - started))
            if answer.status != http.HTTPStatus.OK:
                raise RuntimeError(f"{path} was answered with {answer.status}")
        p50, p95 = np.quantile(took, [0.5, 0.95])
        report[name] = {"p50": round(float(p50), 2), "p95": round(float(p95), 2)}
    return report


def one(connection: psycopg.Connection, query: str, values: object = None) -> tuple:
    row = connection.execute(query, values).fetchone()
    if row is None:
        raise RuntimeError("a question that always has an answer had none")
    return row


def processor_seconds(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return round(int(status.split("VmRSS:")[1].split()[0]) / 1024, 1)


def main() -> None:
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="carousel-") as directory:
        home = Path(directory)
        home.chmod(0o755)  # as root the servers run as another user
        with (
            running(asked.listings, 1, api_workers=1, directory=home / "data") as stack,
            appraiser(stack, home / "appraiser.log") as worker,
        ):
            report = {
                "seconds until appraised": filling(stack, worker),
                "seconds until a change is followed": following(stack, asked.changes),
                "milliseconds an answer": asking(stack, asked.requests),
            }
    if asked.json:
        print(json.dumps(report))
        return
    for title, figures in report.items():
        print(title)
        for name, figure in figures.items():
            print(f"  {name:30} {figure}")


if __name__ == "__main__":
    main()
