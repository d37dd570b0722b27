"""How good and how fast the search for the nearest listings is, at every strength of filter.

Owns:    one run against an embedded PostgreSQL of its own: recall@20 and latency per filter, by the
         database's index and by the mirror in memory; what filling the mirror costs.
Imports: carousel, numpy.

The queries are preferences of simulated shoppers, as serving asks them: after their first three
events, at the end of their history, and turned away from their favourite model. Such vectors lie
between cars, not on them, which is where an index errs; recall on the cars' own vectors flatters.

The truth is computed here, with numpy and ``domain.filters.passes``, not by the database. A listing
counts as found if it scores no less than the twentieth best, since equal cars may change places.
"""

import argparse
import asyncio
import json
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from carousel.domain.events import listing_of
from carousel.domain.features import FeatureSpace, Matrix, Vector
from carousel.domain.filters import NO_FILTERS, Filters, passes
from carousel.domain.interpretation import interpret
from carousel.domain.listing import Fuel, Listing, ListingFacts
from carousel.domain.preference import Params, Reader, no_evidence, observe
from carousel.domain.relatives import relative
from carousel.simulation.listings import generate_listings
from carousel.simulation.shoppers import Account, generate_histories
from carousel.storage import (
    migrate,
    open_catalogue,
    open_learning,
    open_mirror,
    open_serving,
)
from carousel.storage.embedded import EmbeddedServers, Server
from carousel.storage.ports import Interest, ServingStore

TOP = 20
POOL = 80  # candidates asked for, as serving does; recall is that of the first TOP of them
EARLY = 3  # events after which a shopper counts as new
ROUNDING = 1e-6  # the index holds float32
CLIENTS = 16
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=300, help="per filter")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


@contextmanager
def database() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="carousel-") as directory:
        Path(directory).chmod(0o755)  # as root the server runs as another user
        with EmbeddedServers(Path(directory) / "data", servers=[Server.DATABASE]) as servers:
            migrate(servers.database_url)
            yield servers.database_url


def filters_for(facts: list[ListingFacts]) -> Mapping[str, Filters]:
    """Return filters by name; the shares are of all listings."""
    low, middle, above, just_above, high = np.quantile(
        [f.price for f in facts], (0.10, 0.50, 0.51, 0.501, 0.60)
    )
    return {
        "none": NO_FILTERS,
        "60 % by price": Filters(max_price=int(high)),
        "diesel": Filters(fuel=(Fuel.DIESEL,)),
        "10 % by price": Filters(max_price=int(low)),
        "one make": Filters(make=("Skoda",)),
        "1 % by price": Filters(min_price=int(middle), max_price=int(above)),
        "0.1 % by price": Filters(min_price=int(middle), max_price=int(just_above)),
        "within 50 km": Filters(near_latitude=50.11, near_longitude=8.68, radius_km=50),
        "make and 50 km": Filters(
            make=("Skoda",), near_latitude=50.11, near_longitude=8.68, radius_km=50
        ),
    }


def tastes(listings: Sequence[Listing], vectors: Matrix, space: FeatureSpace, count: int) -> Matrix:
    """Return about ``count`` preferences as simulated shoppers come to have them."""
    params, row_of = Params(), {car.id: row for row, car in enumerate(listings)}
    reader = Reader(space, params)
    shoppers = [
        Account(f"shopper{n}@example.com", "", "", "shopper", newcomer=False)
        for n in range(-(-count // 3))
    ]
    wanted: list[Vector | None] = []
    for events in generate_histories(shoppers, listings, 3, NOW).values():
        evidence = no_evidence(space.dim, NOW)
        for number, event in enumerate(events, start=1):
            row = row_of.get(listing_of(event) or 0)
            car, vector = (None, None) if row is None else (listings[row], vectors[row])
            said = interpret(event, event.occurred_at or NOW, car, vector, space)
            if said is not None:
                evidence = observe(evidence, said.item, said.strength, said.at, params)
            if number == EARLY:
                wanted.append(reader.preference(evidence))
        final = reader.preference(evidence)
        wanted += [final, None if final is None else relative(final, space)]
    return np.array([preference for preference in wanted if preference is not None])


async def measure(
    store: ServingStore, listings: list[Listing], vectors: Matrix, wanted: Matrix, filters: Filters
) -> dict[str, float]:
    kept = np.array([passes(listing, filters) for listing in listings])
    row_of = {listing.id: row for row, listing in enumerate(listings)}
    recalls, seconds = [], []
    for vector in wanted:
        started = time.perf_counter()
        found = await store.nearest(vector, filters, POOL, frozenset())
        seconds.append(time.perf_counter() - started)
        scores = vectors @ vector
        best = np.sort(scores[kept])[::-1][:TOP]
        if len(best):
            got = scores[[row_of[i] for i in found.ids[:TOP]]]
            recalls.append(float(np.sum(got >= best[-1] - ROUNDING)) / len(best))
    started = time.perf_counter()
    queue = iter(wanted)

    async def client() -> None:
        for vector in queue:
            await store.nearest(vector, filters, POOL, frozenset())

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return {
        "kept": int(kept.sum()),
        "recall": round(float(np.mean(recalls)), 4),
        "worst_recall": min(recalls),
        "p50_ms": round(1e3 * float(np.quantile(seconds, 0.5)), 2),
        "p99_ms": round(1e3 * float(np.quantile(seconds, 0.99)), 2),
        "per_second_16_clients": round(len(wanted) / (time.perf_counter() - started)),
    }


async def longest_pause(stopped: asyncio.Event) -> float:
    """Return for how many milliseconds at most nobody else was served until something stopped."""
    longest = 0.0
    while not stopped.is_set():
        started = time.perf_counter()
        await asyncio.sleep(0)
        longest = max(longest, time.perf_counter() - started)
    return round(1e3 * longest, 1)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


async def fill(url: str) -> dict[str, float]:
    """Return what it takes to fill a mirror in a process that answers requests meanwhile."""
    before, started, filled = resident_mb(), time.perf_counter(), asyncio.Event()
    pauses = asyncio.create_task(longest_pause(filled))
    async with open_mirror(url) as mirror:
        await mirror.filled()
        seconds = time.perf_counter() - started
        filled.set()
        return {
            "seconds": round(seconds, 1),
            "megabytes": round(resident_mb() - before),
            "longest_pause_ms": await pauses,
        }


async def others(store: ServingStore, ids: Sequence[int], queries: int) -> dict[str, float]:
    """Return the median milliseconds of the questions that are not about the nearest."""
    some = Filters(fuel=(Fuel.DIESEL,))
    questions: Mapping[str, Callable[[], Awaitable[object]]] = {
        "popular": lambda: store.popular(NO_FILTERS, POOL, frozenset()),
        "newest": lambda: store.newest(NO_FILTERS, POOL, frozenset()),
        "newest diesel": lambda: store.newest(some, POOL, frozenset()),
        "500 described": lambda: store.described(ids[:500]),
        "count diesel": lambda: store.count(some),
    }
    found = {}
    for name, question in questions.items():
        seconds = []
        for _ in range(queries):
            started = time.perf_counter()
            await question()
            seconds.append(time.perf_counter() - started)
        found[name] = round(1e3 * float(np.median(seconds)), 2)
    return found


async def run(url: str, asked: argparse.Namespace) -> dict[str, object]:
    facts = list(generate_listings(asked.listings, 1, NOW))
    started = time.perf_counter()
    with open_catalogue(url) as catalogue:
        ids = catalogue.upsert(facts).ids
        loaded = time.perf_counter()
        space = catalogue.ensure_space()
        indexed = time.perf_counter()
    with open_learning(url) as learning, learning.transaction() as batch:
        batch.popularise([Interest(i, 1.0 + i % 7, NOW) for i in ids[::3]])
    report: dict[str, object] = {
        "listings": len(ids),
        "load_seconds": round(loaded - started, 1),
        "reindex_seconds": round(indexed - loaded, 1),
        "fill": await fill(url),
    }
    async with open_serving(url) as store, open_mirror(url) as mirror:
        listings = [Listing(id=i, **dict(f)) for i, f in zip(ids, facts, strict=True)]
        directions = await store.vectors(ids)
        vectors = np.array([directions[i] for i in ids])
        wanted = tastes(listings, vectors, space, asked.queries)
        await mirror.filled()
        for name, filters in filters_for(facts).items():
            for engine, one in (("postgres", store), ("memory", mirror)):
                report[f"{name}, {engine}"] = await measure(one, listings, vectors, wanted, filters)
        for engine, one in (("postgres", store), ("memory", mirror)):
            report[f"others, {engine}"] = await others(one, ids, asked.queries)
    return report


def main() -> None:
    asked = arguments()
    with database() as url:
        report = asyncio.run(run(url, asked))
    if asked.json:
        print(json.dumps(report))
        return
    for name, value in report.items():
        print(f"{name:26} {value}")


if __name__ == "__main__":
    main()
