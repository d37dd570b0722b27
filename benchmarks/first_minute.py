"""The first minute beside the prototype's: does one look at another make erase the rest?

Run:  .venv/bin/python -m benchmarks.first_minute [--shoppers 100] [--json]

Each of N new shoppers searches for a make, opens two cars of it, then one of another make; makes
and cars are drawn at random. After each step the first ten recommendations are compared: ours over
HTTP on the real system, the prototype's method on the same cars. 95 % intervals are bootstrapped
over shoppers.
"""

import argparse
import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.http_load import Connection
from benchmarks.stack import Stack, running
from carousel.domain.listing import Listing, spelling_key
from carousel.evaluation.methods.prototype import distances, encode, fit, halfway
from carousel.storage import open_serving

LIST = "/api/v1/cars/recommendations?limit=10"
STEPS = ("after two cars", "after one of another make")
FEWEST_CARS = 50
ROUNDS = 2_000


async def whole_inventory(stack: Stack) -> list[Listing]:
    async with open_serving(stack.database_url) as store:
        return await store.active(stack.listing_ids)


async def list_after(connection: Connection, token: str, version: int) -> dict[str, Any]:
    """Return the list once the state has passed a version."""
    for _ in range(2_000):
        answer = await connection.ask_json("GET", LIST, token)
        if answer["version"] > version:
            return answer
        await asyncio.sleep(0.005)
    raise RuntimeError("the list did not change within 10 s")


def shares(makes: Sequence[str], models: Sequence[str], wanted: str) -> dict[str, float]:
    return {
        "wanted make among ten": sum(make == wanted for make in makes),
        "most of one model": max(Counter(models).values()),
        "makes": len(set(makes)),
    }


async def measure(stack: Stack) -> list[dict[str, Any]]:
    cars = await whole_inventory(stack)
    items = encode(cars, fit(cars))
    row_of = {car.id: row for row, car in enumerate(cars)}
    by_make: dict[str, list[Listing]] = {}
    for car in cars:
        by_make.setdefault(car.make, []).append(car)
    makes = sorted(make for make, some in by_make.items() if len(some) >= FEWEST_CARS)
    dice, connection = random.Random(5), Connection(stack.host, stack.port)  # noqa: S311
    rows: list[dict[str, Any]] = []
    for token in stack.tokens:
        wanted, other = dice.sample(makes, 2)
        opened = [*dice.sample(by_make[wanted], 2), dice.choice(by_make[other])]
        await connection.ask_json(
            "GET", f"/api/v1/cars/search?brand={wanted.replace(' ', '%20')}&limit=1", token
        )
        version = (await list_after(connection, token, 0))["version"]
        profile = None
        for number, car in enumerate(opened):
            await connection.ask_json("GET", f"/api/v1/cars/detail/{car.id}", token)
            ours = await list_after(connection, token, version)
            version = ours["version"]
            profile = halfway(profile, items[row_of[car.id]])
            if number == 0:
                continue
            nearest = np.argsort(distances(items, profile), kind="stable")[:10]
            theirs = [cars[row] for row in nearest]
            mine = [cars[row_of[c["id"]]] for c in ours["recommended"]]
            for method, shown in (("Carousel", mine), ("prototype", theirs)):
                figures = shares(
                    [c.make for c in shown],
                    [f"{spelling_key(c.make)} {spelling_key(c.model or c.name)}" for c in shown],
                    wanted,
                )
                rows.append({"method": method, "step": STEPS[number - 1], **figures})
    connection.close()
    return rows


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return mean and 95 % bootstrap interval over shoppers."""
    dice, array = np.random.default_rng(0), np.asarray(values, dtype=float)
    means = dice.choice(array, (ROUNDS, len(array))).mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return round(float(array.mean()), 2), round(float(low), 2), round(float(high), 2)


def summarise(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    names = [name for name in rows[0] if name not in {"method", "step"}]
    return [
        {"step": step, "method": method}
        | {
            name: interval([r[name] for r in rows if (r["method"], r["step"]) == (method, step)])
            for name in names
        }
        for step in STEPS
        for method in ("prototype", "Carousel")
    ]


def table(summary: Sequence[dict[str, Any]]) -> str:
    names = list(summary[0])[2:]
    lines = [f"| step | method | {' | '.join(names)} |", "|---" * (2 + len(names)) + "|"]
    for row in summary:
        cells = [f"{row[n][0]} ({row[n][1]} to {row[n][2]})" for n in names]
        lines.append(f"| {row['step']} | {row['method']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listings", type=int, default=20_000)
    parser.add_argument("--shoppers", type=int, default=100)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with running(options.listings, options.shoppers, api_workers=1) as stack:
        print("following shoppers through their first minute", file=sys.stderr)
        summary = summarise(asyncio.run(measure(stack)))
    print(json.dumps(summary, indent=2) if options.json else table(summary))


if __name__ == "__main__":
    main()
