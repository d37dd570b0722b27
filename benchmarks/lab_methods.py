"""What each method of the lab costs: to begin, to hear of an event, to rank all that is alive.

Run:  .venv/bin/python -m benchmarks.lab_methods [--alive 13000] [--events 60000] [--json]

The market is made up: cars of the default marketplace, shoppers who return to the cars near one
they liked. What is measured is time, so how they choose does not matter much. The oracle is left
out: what it costs is what the simulation takes to answer. Variants of the engine share the index of
the first, so they begin sooner.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from carousel.domain.filters import NO_FILTERS
from carousel.domain.listing import Listing
from carousel.evaluation.method import Ask, Method
from carousel.evaluation.methods import METHODS, make
from carousel.evaluation.timeline import world_at
from carousel.evaluation.world import World
from carousel.recording.tables import (
    EVENT_TYPES,
    NONE,
    REASONS,
    Events,
    Impressions,
    Lives,
    PriceChanges,
    Recording,
)
from carousel.simulation.listings import generate_listings

BEGINS = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
DAY = 86_400.0
SPLIT = BEGINS + 28 * DAY
SHOPPERS, SLATE = 5_000, 20
SHARES = (0.72, 0.1, 0.08, 0.01, 0.05, 0.04)  # of the types of event
HEARD, ASKED, CHANGED = 3_000, 300, 300


def made_up(alive: int, events: int) -> Recording:
    """Return as many cars that are gone as are alive, and events before and after the split."""
    dice = np.random.default_rng(1)
    count = 2 * alive + CHANGED
    cars = list(generate_listings(count, 7, datetime.fromtimestamp(BEGINS, UTC)))
    listed_at = np.sort(dice.uniform(BEGINS - 30 * DAY, SPLIT, count))
    listed_at[2 * alive :] = SPLIT + np.arange(CHANGED)
    left_at = np.full(count, np.inf)
    left_at[dice.permutation(2 * alive)[:alive]] = SPLIT - 1.0
    prices = np.array([car.price for car in cars])
    by_price = np.argsort(prices)
    place = dice.integers(count, size=SHOPPERS)
    shopper = dice.integers(SHOPPERS, size=events + HEARD)
    near = np.clip(place[shopper] + dice.normal(0, 100, len(shopper)), 0, count - 1).astype(int)
    kind = dice.choice(len(EVENT_TYPES), len(shopper), p=SHARES)
    search, dismiss = EVENT_TYPES.index("search"), EVENT_TYPES.index("dismiss")
    listing = np.where(by_price[near] < 2 * alive, by_price[near], 0)
    none, nowhere = np.empty(0, np.int64), np.empty(0)
    return Recording(
        "made up",
        BEGINS,
        SPLIT + DAY,
        tuple(
            Listing.model_validate(
                car.model_dump()
                | {"id": n + 1, "ref": str(n), "listed_at": datetime.fromtimestamp(at, UTC)}
            )
            for n, (car, at) in enumerate(zip(cars, listed_at, strict=True))
        ),
        Lives(listed_at, left_at, np.isfinite(left_at)),
        PriceChanges(nowhere, none, none),
        np.arange(1, SHOPPERS + 1),
        (NO_FILTERS,),
        Events(
            np.concatenate(
                [np.sort(dice.uniform(BEGINS, SPLIT, events)), SPLIT + np.arange(float(HEARD))]
            ),
            shopper,
            kind,
            np.where(kind == search, NONE, listing),
            np.where(kind == dismiss, dice.integers(len(REASONS), size=len(kind)), NONE),
            np.where(kind == search, 0, NONE),
            np.full(len(kind), NONE),
        ),
        Impressions(nowhere, none, none, none, none, none > 0, nowhere, none, none, none),
    )


def timed(calls: Sequence[Any]) -> list[float]:
    """Return the seconds that each call took."""
    seconds = []
    for call in calls:
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return seconds


def measure(method: Method, world: World) -> dict[str, Any]:
    """Return what a method costs; the world stands where it stood before."""
    recording = world.recording
    (begin,) = timed([lambda: method.begin(world)])
    rows, past = world.rows(), world.past

    def ask(shopper: int) -> Ask:
        return Ask(shopper, world.now, NO_FILTERS, rows, SLATE)

    def hear(event: int) -> None:
        world.past = event + 1
        method.observe(world, event)

    def see(row: int) -> None:
        world.alive[row], world.price[row] = True, recording.listings[row].price
        world.published = row + 1
        method.listed(world, row)

    dice = np.random.default_rng(2)
    shoppers = dice.permutation(SHOPPERS)[:ASKED].tolist()
    shown = [dice.choice(rows, 10, replace=False) for _ in shoppers]
    heard = timed([lambda event=event: hear(event) for event in range(past, past + HEARD)])
    method.rank(world, ask(shoppers[0]))  # what is set up by the first question is not its price
    ranked = timed([lambda s=s: method.rank(world, ask(s)) for s in shoppers])
    scored = timed(
        [
            lambda s=s, ten=ten: method.score(world, ask(s), ten)
            for s, ten in zip(shoppers, shown, strict=True)
        ]
    )
    published = world.published
    seen = timed([lambda row=row: see(row) for row in range(published, published + CHANGED)])
    world.alive[published:], world.published, world.past = False, published, past
    world.price[published:] = np.nan
    return {
        "method": method.name,
        "begin s": round(begin, 2),
        "event µs p50": round(1e6 * float(np.median(heard)), 1),
        "listing µs p50": round(1e6 * float(np.median(seen)), 1),
        "rank ms p50": round(1e3 * float(np.median(ranked)), 2),
        "rank ms p99": round(1e3 * float(np.quantile(ranked, 0.99)), 2),
        "score ten ms p50": round(1e3 * float(np.median(scored)), 2),
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    names = list(rows[0])
    lines = [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    lines += [f"| {' | '.join(str(row[name]) for name in names)} |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--alive", type=int, default=13_000)
    parser.add_argument("--events", type=int, default=60_000, help="before the split")
    parser.add_argument("--methods", nargs="*", default=list(METHODS))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    print("making a market up", file=sys.stderr)
    world = world_at(made_up(options.alive, options.events), SPLIT)
    rows = []
    # One thread: several at products this small mostly wait for each other.
    with threadpool_limits(1, "blas"):
        for name in options.methods:
            if remark := METHODS[name].obstacle(None):
                print(f"{name}: {remark}", file=sys.stderr)
                continue
            print(f"measuring {name}", file=sys.stderr)
            rows.append(measure(make(name), world))
    facts = {"alive": int(world.alive.sum()), "events before": world.past}
    print(json.dumps(facts | {"rows": rows}, indent=2) if options.json else table(rows))


if __name__ == "__main__":
    main()
