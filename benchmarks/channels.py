"""How long each retrieval channel takes, on the mirror, at the size of a large marketplace.

Run:  .venv/bin/python -m benchmarks.channels [--listings 100000] [--json]

Owns:    one run against an embedded PostgreSQL with the mirror in this process: the shoppers of
         ``benchmarks.request_path``, and audiences for all cars; each channel asked alone, nothing
         else running. No latent space and no graph are there, so these two find nothing.
Imports: carousel, numpy.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from benchmarks.request_path import LIMIT, fill
from benchmarks.retrieval import NOW, database
from carousel.domain.audience import Tally
from carousel.domain.filters import NO_FILTERS
from carousel.domain.listing import UserId
from carousel.serving.channels import CHANNELS
from carousel.serving.hydrating import hydrate
from carousel.serving.knobs import Knobs
from carousel.serving.pipeline import question
from carousel.storage import open_learning, open_mirror

STRANGER = 10**9


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


def be_heard(url: str, listings: int) -> None:
    """Let every car have been shown a few times, and some opened and asked about."""
    dice, now = np.random.default_rng(1), datetime.now(UTC)
    counts = dice.poisson((30.0, 2.0, 0.1), (listings, 3)).tolist()
    tallies = {i: Tally(*row, now) for i, row in enumerate(counts, start=1)}
    with open_learning(url) as learning, learning.transaction() as batch:
        batch.hear(tallies)


async def measure(url: str, users: Sequence[UserId]) -> dict[str, dict[str, float]]:
    knobs = Knobs(deadline=30.0)
    async with open_mirror(url) as store:
        await store.filled()
        await store.look()
        report = {}
        for who, asking in (("shopper", users), ("stranger", [STRANGER] * len(users))):
            asks = [
                question(
                    await hydrate(store, one, NOW, knobs), NO_FILTERS, LIMIT, knobs, frozenset()
                )
                for one in asking
            ]
            for name, find in CHANNELS.items():
                took, found = [], []
                for ask in asks:
                    started = time.perf_counter()
                    answer = await find(store, ask)
                    took.append(1e3 * (time.perf_counter() - started))
                    found.append(len(answer.ids))
                report[f"{name}, {who}"] = {
                    "p50 ms": round(float(np.quantile(took, 0.5)), 2),
                    "p99 ms": round(float(np.quantile(took, 0.99)), 2),
                    "cars": round(float(np.mean(found)), 1),
                }
        return report


def main() -> None:
    asked = arguments()
    with database() as url:
        users = fill(url, asked.listings)
        be_heard(url, asked.listings)
        report = asyncio.run(measure(url, users))
    if asked.json:
        print(json.dumps(report))
        return
    for name, value in report.items():
        print(f"{name:28} {value}")


if __name__ == "__main__":
    main()
