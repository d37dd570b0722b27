"""How soon a new car can be found and a sold one is gone, over HTTP, in every process.

Run:  .venv/bin/python -m benchmarks.supply [--listings 100000] [--rounds 30] [--json]

A whole Carousel with two copies of the API. In each round a car of a model that nobody else sells
is published, and asked for until every one of ten questions in a row finds it; then it is sold, and
asked for until none of ten in a row shows it. Lists are asked for with a limit of their own, so
that none is remembered; ``remembered`` is one list that was made before the car came, or was sold,
and is asked for again word for word. ``open page`` is a stream of updates that is told of the sale.
"""

import argparse
import http.client
import json
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import count
from typing import Any
from urllib.parse import urlencode

import numpy as np

from benchmarks.stack import Stack, running

IN_A_ROW = 10
STEP = 0.005
PATIENCE = 30.0
RUN = f"supply-{time.time_ns()}"  # the marketplace is kept: a car sold before stays sold
_limits = count(1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


def stated(ref: str) -> dict[str, object]:
    return {
        "ref": ref, "brand": "Zastava", "model": "Koral", "name": "Zastava Koral 55", "year": 1989,
        "selling_price": 1700, "km_driven": 90_000, "fuel": "Petrol", "region": "Bremen",
        "latitude": 53.08, "longitude": 8.8,
    }  # fmt: skip


class Site:
    """The running Carousel; every question goes over a connection, so to a process, of its own."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def ask(self, method: str, path: str, body: object = None, *, operator: bool = False) -> Any:  # noqa: ANN401 (JSON)
        """Return the answer as JSON."""
        token = self._stack.operator if operator else self._stack.tokens[0]
        connection = self.connection(method, path, token, body)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= http.client.BAD_REQUEST:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:200]!r}")
        return json.loads(text) if text else None

    def connection(
        self, method: str, path: str, token: str, body: object = None
    ) -> http.client.HTTPConnection:
        """Return a connection on which a question was asked."""
        connection = http.client.HTTPConnection(self._stack.host, self._stack.port, timeout=30)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body)
        connection.request(method, f"/api/v1/{path}", sent, headers)
        return connection

    def updates(self) -> http.client.HTTPResponse:
        """Return an open stream of updates."""
        return self.connection("GET", "users/me/updates", self._stack.tokens[1]).getresponse()

    def shown(self, path: str, **query: object) -> set[int]:
        """Return the ids in a list."""
        answer = self.ask("GET", f"cars/{path}?{urlencode(query)}")
        return {car["id"] for car in next(iter(answer.values()))}


def seconds_until(holds: Callable[[], bool]) -> float:
    """Return how long it took until something held, several times in a row."""
    started = seen = time.perf_counter()
    times = 0
    while times < IN_A_ROW:
        if time.perf_counter() - started > PATIENCE:
            raise RuntimeError(f"nothing changed within {PATIENCE:g} s")
        if not holds():
            times = 0
            time.sleep(STEP)
            continue
        if not times:
            seen = time.perf_counter()
        times += 1
    return seen - started


def one_round(site: Site, number: int, first: int, took: dict[str, list[float]]) -> None:
    """Publish a car and sell it again, once for every list."""
    lists: dict[str, Callable[[], set[int]]] = {
        "recommended": lambda: site.shown("recommendations", brand="Zastava", limit=a_limit()),
        "similar": lambda: site.shown(f"{first}/similar", limit=a_limit()),
        "searched": lambda: site.shown("search", brand="Zastava", limit=a_limit()),
        "popular": lambda: site.shown("popular", brand="Zastava", limit=a_limit()),
        "remembered": lambda: site.shown("recommendations", brand="Zastava", limit=20),
    }
    for name, shown in lists.items():
        shown()
        car = published(site, f"{RUN}-{number}-{name}")
        if name == "popular":
            site.ask("POST", "events", {"type": "favourite", "listing_id": car})
        new = seconds_until(lambda: car in shown())  # noqa: B023 (used at once)
        if name != "popular":  # which needs an act first
            took[f"new, {name}"].append(new)
        sell(site, car)
        took[f"sold, {name}"].append(seconds_until(lambda: car not in shown()))  # noqa: B023 (see above)
    car = published(site, f"{RUN}-{number}")
    seconds_until(lambda: car in lists["searched"]())
    updates = site.updates()
    sell(site, car)
    started = time.perf_counter()
    while str(car) not in (line := updates.readline().decode()) or "listings" not in line:
        if not line:
            raise RuntimeError("the stream of updates ended")
    took["sold, open page"].append(time.perf_counter() - started)
    updates.close()


def published(site: Site, ref: str) -> int:
    (car,) = site.ask("POST", "listings", [stated(ref)], operator=True)["ids"]
    return int(car)


def sell(site: Site, car: int) -> None:
    site.ask("PATCH", f"listings/{car}", {"status": "sold"}, operator=True)


def a_limit() -> int:
    return 20 + next(_limits) % 80


def main() -> None:
    asked = arguments()
    took: defaultdict[str, list[float]] = defaultdict(list)
    with running(asked.listings, 2) as stack:
        site = Site(stack)
        (first,) = site.ask("POST", "listings", [stated(f"{RUN}-first")], operator=True)["ids"]
        for number in range(asked.rounds):
            one_round(site, number, first, took)
    report = {
        name: {
            f"p{q} ms": round(1e3 * float(np.quantile(seconds, q / 100)), 1) for q in (50, 95, 100)
        }
        for name, seconds in took.items()
    }
    if asked.json:
        print(json.dumps(report))
        return
    for name, figures in report.items():
        print(f"{name:26} {figures}")


if __name__ == "__main__":
    main()
