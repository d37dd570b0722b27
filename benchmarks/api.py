"""Speed and memory of the whole system over HTTP: recommendations, freshness, memory.

Run:  .venv/bin/python -m benchmarks.api --listings 100000 [--json]

Three questions, each asked of real processes on this machine, load generator included:

- recommendations: 16 clients that ask again as soon as they are answered. ``remembered`` asks for
  the lists of shoppers whose state has not changed since their last visit, ``first`` only for
  lists that nobody has asked for since the last event, ``mixed`` both while 100 events/s arrive.
- freshness: at 1,000 events/s, how long from the 202 until the shopper's next list has changed.
- memory: resident size of the API and pipeline processes after all of it.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.http_load import Connection, closed_loop, percentile
from benchmarks.stack import Stack, running

LIST = "/api/v1/cars/recommendations"
EVENTS = "/api/v1/events"
PROTOTYPE = {
    "recommendations p50 ms": 297,
    "recommendations p99 ms": 629,
    "recommendations per second": 53,
    "change visible p50 ms": 250,
    "change visible p99 ms": 477,
}


def view(listing_id: int) -> bytes:
    return json.dumps({"type": "view", "listing_id": listing_id}).encode()


async def give_everybody_a_taste(stack: Stack, views: int = 3) -> None:
    """Let every shopper look at a few cars, and wait until all of it has been applied."""
    dice = random.Random(1)  # noqa: S311 (a benchmark repeats itself)
    connection = Connection(stack.host, stack.port)
    for token in stack.tokens:
        seen = [{"type": "view", "listing_id": i} for i in dice.sample(stack.listing_ids, views)]
        await connection.ask_json("POST", EVENTS, token, json.dumps(seen).encode())
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        answers = [await connection.ask_json("GET", LIST, t) for t in stack.tokens[-20:]]
        if all(answer["personal"] for answer in answers):
            break
        await asyncio.sleep(0.2)
    connection.close()


async def background_events(stack: Stack, per_second: float, stop: asyncio.Event) -> int:
    """Send single views of random shoppers at a steady rate until told to stop."""
    dice, sent, begun = random.Random(2), 0, time.perf_counter()  # noqa: S311
    connections = [Connection(stack.host, stack.port) for _ in range(8)]
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for connection in connections:
        free.put_nowait(connection)
    running_posts: set[asyncio.Task[None]] = set()

    async def post(connection: Connection) -> None:
        body = view(dice.choice(stack.listing_ids))
        status, _ = await connection.ask("POST", EVENTS, dice.choice(stack.tokens), body)
        if status != 202:
            raise RuntimeError(f"an event was answered {status}")
        free.put_nowait(connection)

    while not stop.is_set():
        due = int((time.perf_counter() - begun) * per_second)
        while sent < due:
            task = asyncio.create_task(post(await free.get()))
            running_posts.add(task)
            task.add_done_callback(running_posts.discard)
            sent += 1
        await asyncio.sleep(0.002)
    await asyncio.gather(*running_posts)
    for connection in connections:
        connection.close()
    return sent


async def ask_everybody(stack: Stack, tokens: list[str]) -> None:
    """Let every one of these shoppers ask for their list once."""
    connection = Connection(stack.host, stack.port)
    for token in tokens:
        await connection.ask_json("GET", LIST, token)
    connection.close()


async def recommendations(stack: Stack, clients: int, seconds: float) -> dict[str, Any]:
    """Measure the three kinds of request; see the module's docstring."""
    dice = random.Random(3)  # noqa: S311
    tokens, results = stack.tokens, {}
    half = len(tokens) // 2

    def anyone(_: int) -> tuple[str, str, str]:
        return "GET", LIST, dice.choice(tokens[:half])

    def never_twice(n: int) -> tuple[str, str, str]:
        # Another limit is another request: every (shopper, limit) is asked for once.
        return "GET", f"{LIST}?limit={21 + n // half}", tokens[half + n % half]

    await ask_everybody(stack, tokens[:half])

    def never_twice_alone(n: int) -> tuple[str, str, str]:
        return "GET", f"{LIST}?limit={20 - n // half}", tokens[half + n % half]

    for name, kind in (("remembered", anyone), ("first", never_twice)):
        outcome = await closed_loop(stack.host, stack.port, clients, seconds, kind)
        results[name] = outcome.summary()
    alone = await closed_loop(stack.host, stack.port, 1, seconds / 2, never_twice_alone)
    results["first, one client"] = alone.summary()
    await ask_everybody(stack, tokens[:half])
    stop = asyncio.Event()
    events = asyncio.create_task(background_events(stack, 100, stop))
    outcome = await closed_loop(stack.host, stack.port, clients, seconds, anyone)
    stop.set()
    results["mixed"] = outcome.summary() | {"events": await events}
    return results


async def freshness(stack: Stack, per_second: float, probes: int) -> dict[str, Any]:
    """Measure 202 → changed list for single shoppers while others' events arrive."""
    dice = random.Random(4)  # noqa: S311
    stop = asyncio.Event()
    others = Stack(**{**_fields(stack), "tokens": stack.tokens[: len(stack.tokens) // 2]})
    load = asyncio.create_task(background_events(others, per_second, stop))
    connection, begun = Connection(stack.host, stack.port), time.perf_counter()
    visible: list[float] = []
    for n in range(probes):
        token = stack.tokens[len(stack.tokens) // 2 + n % (len(stack.tokens) // 2)]
        before = (await connection.ask_json("GET", f"{LIST}?limit=10", token))["version"]
        body = view(dice.choice(stack.listing_ids))
        await connection.ask_json("POST", EVENTS, token, body)
        accepted = time.perf_counter()
        while (await connection.ask_json("GET", f"{LIST}?limit=10", token))["version"] == before:
            if time.perf_counter() - accepted > 10:
                raise RuntimeError("an accepted event was not visible after 10 s")
            await asyncio.sleep(0.002)
        visible.append(time.perf_counter() - accepted)
    stop.set()
    sent = await load
    elapsed = time.perf_counter() - begun
    ranked = sorted(visible)
    return {
        "probes": probes,
        "events_per_second": round(sent / elapsed, 1),
        **{f"p{q}_ms": round(1000 * percentile(ranked, q / 100), 1) for q in (50, 95, 99)},
    }


def _fields(stack: Stack) -> dict[str, Any]:
    return {name: getattr(stack, name) for name in Stack.__dataclass_fields__}


async def measure(stack: Stack, options: argparse.Namespace) -> dict[str, Any]:
    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    say("giving every shopper a taste")
    await give_everybody_a_taste(stack)
    say("recommendations")
    results = await recommendations(stack, options.clients, options.seconds)
    say("freshness")
    fresh = await freshness(stack, options.events_per_second, options.probes)
    return {
        "listings": len(stack.listing_ids),
        "shoppers": len(stack.tokens),
        "clients": options.clients,
        "recommendations": results,
        "freshness": fresh,
        "memory_mb": stack.memory_mb(),
        "prototype": PROTOTYPE,
    }


def table(result: dict[str, Any]) -> str:
    """Return the result as a Markdown table."""
    rows = ["| what | p50 ms | p95 ms | p99 ms | per second |", "|---|---|---|---|---|"]
    for name, figures in result["recommendations"].items():
        rows.append(
            f"| recommendations, {name} | {figures['p50_ms']} | {figures['p95_ms']} "
            f"| {figures['p99_ms']} | {figures['per_second']} |"
        )
    fresh = result["freshness"]
    rows.append(
        f"| event accepted → list changed, at {fresh['events_per_second']} events/s "
        f"| {fresh['p50_ms']} | {fresh['p95_ms']} | {fresh['p99_ms']} | |"
    )
    memory = result["memory_mb"]
    total = round(sum(memory.values()), 1)
    each = ", ".join(f"{name} {megabytes}" for name, megabytes in memory.items())
    return "\n".join([*rows, "", f"Resident memory: {total} MB ({each})."])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--shoppers", type=int, default=2_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--events-per-second", type=float, default=1_000)
    parser.add_argument("--probes", type=int, default=300)
    parser.add_argument("--api-workers", type=int, default=2)
    parser.add_argument("--directory", type=Path, help="where the marketplace is kept")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with running(
        options.listings,
        options.shoppers,
        api_workers=options.api_workers,
        directory=options.directory,
    ) as stack:
        result = asyncio.run(measure(stack, options))
    print(json.dumps(result, indent=2) if options.json else table(result))


if __name__ == "__main__":
    main()
