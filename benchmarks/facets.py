"""How long facets and suggested filters take, from the mirror in memory and from PostgreSQL.

Run:  .venv/bin/python -m benchmarks.facets [--listings 20000] [--requests 300] [--json]

Owns:    one run against an embedded PostgreSQL of its own: simulated cars and shoppers, nine
         searches from none to narrow ones. Nothing is remembered between requests; nothing else
         asks. HTTP and JSON are left out. CPU is what this process worked: on a machine that does
         other things too it is the truer number, as long as nothing is asked of PostgreSQL.
Imports: carousel, numpy.

Of each shopper's history the first half is learned. How many of the cars that they react to later
would stay with a suggestion, against how many of all cars stay, says what the ranking is worth;
simulated shoppers are told apart by what they want more clearly than people are.

With --show it prints what is suggested to a stranger and to five of the shoppers, search by search.
"""

import argparse
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import cycle, islice
from typing import TypeAlias

import numpy as np
import uvloop

from benchmarks.request_path import as_the_api_does, known
from benchmarks.retrieval import NOW, database
from carousel.domain.car_features import describe
from carousel.domain.events import listing_of
from carousel.domain.filters import NO_FILTERS, Filters, passes
from carousel.domain.listing import Body, Fuel, Listing, UserId
from carousel.serving.knobs import Knobs
from carousel.serving.refining import refine
from carousel.simulation.listings import generate_listings
from carousel.simulation.shoppers import Account, generate_histories
from carousel.storage import open_catalogue, open_learning, open_mirror, open_serving
from carousel.storage.ports import ServingStore, User

Times: TypeAlias = dict[str, dict[str, float]]
Report: TypeAlias = dict[str, Times]
"""Milliseconds by engine, by kind of question, by what is told of them."""

SHOPPERS, LIMIT = 50, 6
LIKED = ("view", "favourite", "contact")
SEARCHES: Mapping[str, Filters] = {
    "none": NO_FILTERS,
    "diesel": Filters(fuel=(Fuel.DIESEL,)),
    "under 15,000": Filters(max_price=15_000),
    "one make": Filters(make=("Skoda",)),
    "estates from 2018": Filters(body=(Body.ESTATE,), min_year=2018),
    "within 100 km": Filters(near_latitude=50.11, near_longitude=8.68, radius_km=100),
    "make, price, year": Filters(make=("Skoda", "Volkswagen"), max_price=20_000, min_year=2015),
    "five filters": Filters(
        fuel=(Fuel.PETROL,), body=(Body.SUV,), max_price=30_000, max_mileage=120_000, min_power=100
    ),
    "nothing": Filters(make=("Nobody",)),
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listings", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=300, help="of each kind")
    parser.add_argument("--show", action="store_true", help="print suggestions instead of times")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


def fill(url: str, count: int) -> Mapping[UserId, list[Listing]]:
    """Make a marketplace and its shoppers; return the cars that each reacts to later."""
    facts = list(generate_listings(count, 1, NOW))
    people = [
        Account(f"shopper{n}@example.com", "", "", "shopper", newcomer=False)
        for n in range(SHOPPERS)
    ]
    with open_catalogue(url) as catalogue:
        ids = catalogue.upsert(facts).ids
        space = catalogue.ensure_space()
        catalogue.add_users(User(0, one.email, "", "", "shopper") for one in people)
    listings = [Listing(id=i, **dict(f)) for i, f in zip(ids, facts, strict=True)]
    vectors = space.vectors([describe(car) for car in listings])
    with open_learning(url) as learning, learning.transaction() as batch:
        users = sorted(batch.known_users(range(1, SHOPPERS + 1)))
        histories = generate_histories(people, listings, 3, NOW).values()
        by_user = dict(zip(users, histories, strict=True))
        batch.save(
            known(user, events[: len(events) // 2], listings, vectors, space)
            for user, events in by_user.items()
        )
    car_of = {car.id: car for car in listings}
    return {
        user: [
            car_of[car]
            for event in events[len(events) // 2 :]
            if event.type in LIKED and (car := listing_of(event)) is not None
        ]
        for user, events in by_user.items()
    }


async def suggested(store: ServingStore, user: UserId | None, filters: Filters) -> list[str]:
    found = await refine(store, user, filters, LIMIT, now=NOW, knobs=Knobs())
    return [f"{one.field}={one.value}{'*' if one.personal else ''} ({one.count})" for one in found]


async def times(
    question: Callable[[UserId, Filters], Awaitable[object]],
    asked: Iterator[tuple[UserId, Filters]],
) -> dict[str, float]:
    """Return milliseconds: at the median, of 95 in 100, and how long this process worked."""
    took, worked = [], []
    for user, filters in asked:
        started, busy = time.perf_counter(), time.process_time()
        await question(user, filters)
        took.append(1e3 * (time.perf_counter() - started))
        worked.append(1e3 * (time.process_time() - busy))
    p50, p95 = np.quantile(took, [0.5, 0.95]).tolist()
    cpu = float(np.quantile(worked, 0.95))
    return {"p50": round(p50, 1), "p95": round(p95, 1), "cpu p95": round(cpu, 1)}


async def measure(store: ServingStore, users: Sequence[UserId], requests: int) -> Times:
    questions: Mapping[str, Callable[[UserId, Filters], Awaitable[object]]] = {
        "facets": lambda _, filters: store.facets(filters),
        "facets without filters": lambda _, __: store.facets(),
        "refinements of a stranger": lambda _, filters: suggested(store, None, filters),
        "refinements of a shopper": lambda user, filters: suggested(store, user, filters),
        "refinements without filters": lambda user, _: suggested(store, user, NO_FILTERS),
    }
    report = {}
    for name, question in questions.items():
        pairs = zip(cycle(users), cycle(SEARCHES.values()), strict=False)
        report[name] = await times(question, islice(pairs, requests))
    return report


async def worth(store: ServingStore, later: Mapping[UserId, list[Listing]]) -> Times:
    """Return what stays with the first suggestions, in percent, of later cars and of all."""
    told = {}
    for name, stranger in (("what a shopper likes", False), ("what splits well", True)):
        stay = []
        for user, cars in later.items():
            asks = None if stranger else user
            found = await refine(store, asks, NO_FILTERS, LIMIT, now=NOW, knobs=Knobs())
            total = await store.count(NO_FILTERS)
            for one in found[:3] if cars else ():
                value = (one.value,) if isinstance(one.value, str) else one.value
                kept = Filters.model_validate({one.field: value})
                passed = sum(passes(car, kept) for car in cars) / len(cars)
                stay.append((passed, one.count / total))
        mine, every = 100 * np.mean(stay, axis=0)
        told[name] = {"later cars": round(float(mine), 1), "all cars": round(float(every), 1)}
    return told


async def show(url: str, users: Sequence[UserId]) -> None:
    async with open_mirror(url) as store:
        await store.filled()
        for name, filters in SEARCHES.items():
            print(f"\n{name}: {await store.count(filters):,} cars")
            for user in (None, *users[:5]):
                print(f"  {user or '-'}: {', '.join(await suggested(store, user, filters))}")


async def run(url: str, later: Mapping[UserId, list[Listing]], requests: int) -> Report:
    users = list(later)
    async with open_mirror(url) as mirror, open_serving(url) as postgres:
        await mirror.filled()
        as_the_api_does()
        return {
            "mirror": await measure(mirror, users, requests),
            "postgres": await measure(postgres, users, max(30, requests // 10)),
            "worth": await worth(mirror, later),
        }


def main() -> None:
    asked = arguments()
    with database() as url:
        later = fill(url, asked.listings)
        if asked.show:
            uvloop.run(show(url, list(later)))
            return
        report = uvloop.run(run(url, later, asked.requests))
    if asked.json:
        print(json.dumps({"listings": asked.listings, **report}))
        return
    print(f"| {asked.listings:,} cars, milliseconds | p50 | p95 | CPU p95 |\n|---|--:|--:|--:|")
    for engine in ("mirror", "postgres"):
        kinds = report[engine]
        for kind, found in kinds.items():
            print(f"| {kind}, {engine} | {found['p50']} | {found['p95']} | {found['cpu p95']} |")
    print("\n| first three suggestions keep, % | of later cars | of all cars |\n|---|--:|--:|")
    for name, shares in report["worth"].items():
        print(f"| {name} | {shares['later cars']} | {shares['all cars']} |")


if __name__ == "__main__":
    main()
