"""How long each retrieval channel takes at the size of a large marketplace.

Run:  .venv/bin/python -m benchmarks.channels [--listings 100000] [--json]

Owns:    one run on the columns in memory that every API process retrieves from; simulated shoppers
         with trail and two searches each, audiences of all cars, a made-up latent space; each
         channel asked alone. No server: the one round trip of ``recent``, for the vectors of the
         cars it starts from, comes on top. No graph is there. What is measured is the processor's
         time: all of it is arithmetic, and a busy machine must not count.
Imports: carousel, numpy.
"""

import argparse
import asyncio
import json
import time

import numpy as np

from benchmarks.request_path import LIMIT, known
from benchmarks.retrieval import NOW
from carousel.domain.audience import Tally
from carousel.domain.car_features import describe, fit_space
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.listing import Listing
from carousel.domain.needs import Params as Needs
from carousel.domain.needs import needs_of
from carousel.domain.preference import Params, Reader
from carousel.domain.trail import extended, search
from carousel.serving.ask import Ask
from carousel.serving.channels import CHANNELS
from carousel.serving.knobs import Knobs
from carousel.simulation.listings import generate_listings
from carousel.simulation.shoppers import Account, generate_histories
from carousel.storage import MemoryStore, open_memory
from carousel.storage.ports import Interest

SHOPPERS, K = 100, 32
NEW = Ask(None, None, NO_FILTERS, frozenset(), max(Knobs().pool, 3 * LIMIT))


def filled(count: int) -> tuple[MemoryStore, list[Ask]]:
    """Return the store with so many cars, and what its shoppers ask."""
    dice = np.random.default_rng(1)
    cars = [Listing(id=i, **dict(f)) for i, f in enumerate(generate_listings(count, 1, NOW), 1)]
    space = fit_space(cars)
    vectors = space.vectors([describe(car) for car in cars])
    store = open_memory()
    store.adopt(space, {})
    store.put(cars, vectors)
    counts = dice.poisson((30.0, 2.0, 0.1), (count, 3)).tolist()
    store.hear({car.id: Tally(*row, NOW) for car, row in zip(cars, counts, strict=True)})
    store.popularise([Interest(car.id, 1.0 + car.id % 7, NOW) for car in cars[::3]])
    factors = dice.normal(size=(count, K)).astype(np.float32)
    store.adopt_latent({car.id: one for car, one in zip(cars, factors, strict=True)}, {})
    people = [
        Account(f"shopper{n}@example.com", "", "", "shopper", newcomer=False)
        for n in range(SHOPPERS)
    ]
    reader, asks = Reader(space, Params()), []
    for n, events in enumerate(generate_histories(people, cars, 3, NOW).values()):
        learned = known(n, events, cars, vectors, space)
        liked = cars[int(dice.integers(count))]
        asked = [
            Filters(max_price=liked.price), Filters(max_price=2 * liked.price, fuel=(liked.fuel,))
        ]  # fmt: skip
        steps = [search(NOW.timestamp(), one) for one in asked]
        trail = extended(learned.trail, [], steps)
        asks.append(
            Ask(
                reader.preference(learned.evidence), space, NO_FILTERS, frozenset(), NEW.pool,
                factors[n].astype(np.float64), trail,
                needs_of(trail, NOW.timestamp(), Needs()), n,
            )
        )  # fmt: skip
    return store, asks


async def measure(store: MemoryStore, asks: list[Ask]) -> dict[str, dict[str, float]]:
    report = {}
    for who, asking in (("shopper", asks), ("stranger", [NEW] * len(asks))):
        for name, find in CHANNELS.items():
            took, found = [], []
            for ask in asking:
                started = time.thread_time()
                answer = await find(store, ask)
                took.append(1e3 * (time.thread_time() - started))
                found.append(len(answer.ids))
            if any(found):
                report[f"{name}, {who}"] = {
                    "p50 ms": round(float(np.quantile(took, 0.5)), 2),
                    "p99 ms": round(float(np.quantile(took, 0.99)), 2),
                    "cars": round(float(np.mean(found)), 1),
                }
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    report = asyncio.run(measure(*filled(asked.listings)))
    if asked.json:
        print(json.dumps(report))
        return
    for name, value in report.items():
        print(f"{name:28} {value}")


if __name__ == "__main__":
    main()
