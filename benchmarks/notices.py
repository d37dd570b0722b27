"""How soon a notice is there, what finding its readers costs, and how many cars are near enough.

Run:  .venv/bin/python -m benchmarks.notices [--shoppers N] [--searches N] [--listings N]

The first part needs no server: simulated shoppers' histories are read up to four fifths, and new
cars are compared with the taste that is known then. The second is on embedded servers: a bulk load,
then new cars and price drops while the process that writes notices runs beside.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg

from carousel.domain import preference
from carousel.domain.car_features import describe, fit_space
from carousel.domain.events import listing_of
from carousel.domain.filters import Filters
from carousel.domain.interpretation import interpret
from carousel.domain.listing import Listing, ListingFacts
from carousel.domain.preference import Evidence
from carousel.domain.trail import NO_TRAIL
from carousel.simulation.listings import generate_listings
from carousel.simulation.shoppers import Account, generate_histories
from carousel.storage import (
    migrate,
    open_catalogue,
    open_learning,
    open_notice_updates,
    open_noticing,
    open_nudges,
)
from carousel.storage.embedded import EmbeddedServers, Server
from carousel.storage.ports import Learned, Reaction, User
from carousel.streaming.occasions import Rules, deal

SEED = 1
OLD, NEW, SIMULATED = 10_000, 2_000, 400
READ = 0.8  # of a history, before the rest is looked at
THRESHOLDS = (0.4, 0.5, 0.6, 0.7, 0.8)
AT_ONCE = 450  # new cars that are no load yet
FAVOURITES = 1_000  # shoppers who saved one and the same car
WATCHER = "import sys; from carousel.streaming import run_noticing; run_noticing(*sys.argv[1:])"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shoppers", type=int, default=20_000)
    parser.add_argument("--searches", type=int, default=40_000, help="saved by all shoppers")
    parser.add_argument("--listings", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=30, help="new cars, one after the other")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


def nearness() -> dict[str, object]:
    """Return how many new cars lie above a likeness, and how many of those opened later do."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    cars = [
        Listing.model_construct(**dict(facts), id=number)
        for number, facts in enumerate(generate_listings(OLD + NEW, SEED, now), start=1)
    ]
    known, params = cars[:OLD], preference.Params()
    space = fit_space(known)
    vectors = space.vectors([describe(car) for car in cars])
    reader = preference.Reader(space, params)
    accounts = [
        Account(f"s{n}@example.com", "S", "N", "shopper", newcomer=False) for n in range(SIMULATED)
    ]
    of_new, of_opened = [], []
    for history in generate_histories(accounts, known, SEED, now).values():
        cut = int(READ * len(history))
        evidence = preference.no_evidence(space.dim, now - timedelta(days=60))
        for event in history[:cut]:
            about = listing_of(event)
            car, vector = (cars[about - 1], vectors[about - 1]) if about else (None, None)
            said = interpret(event, event.occurred_at or now, car, vector, space)
            if said is not None:
                evidence = preference.observe(evidence, said.item, said.strength, said.at, params)
        wanted = reader.preference(evidence)
        if wanted is None:
            continue
        of_new.append(vectors[OLD:] @ wanted)
        opened = {listing_of(event) for event in history[cut:] if event.type == "view"} - {None}
        of_opened += [float(vectors[one - 1] @ wanted) for one in opened if one]
    every = np.array(of_new)
    return {
        f"likeness {threshold}": {
            "new cars above, median shopper %": round(
                100 * float(np.median((every >= threshold).mean(axis=1))), 2
            ),
            "cars opened later above %": round(
                100 * float(np.mean(np.array(of_opened) >= threshold)), 1
            ),
        }
        for threshold in THRESHOLDS
    }


class Market:
    """A filled market: cars, shoppers with a taste each, saved searches."""

    def __init__(self, url: str, options: argparse.Namespace) -> None:
        migrate(url)
        self.url = url
        self.dice = np.random.default_rng(SEED)
        now = datetime.now(UTC)
        self.facts = list(
            generate_listings(options.listings + 2 * options.rounds + AT_ONCE, SEED, now)
        )
        self.old, self.fresh = self.facts[: options.listings], self.facts[options.listings :]
        with open_catalogue(url) as catalogue:
            begun, self.ids = time.perf_counter(), list[int]()
            with catalogue.bulk():
                for start in range(0, len(self.old), 2_000):
                    self.ids += catalogue.upsert(self.old[start : start + 2_000]).ids
            self.loaded = time.perf_counter() - begun
            catalogue.ensure_space()
            catalogue.add_users(
                User(0, f"u{n}@example.com", "U", "N", "shopper") for n in range(options.shoppers)
            )
        with psycopg.connect(url) as connection:
            rows = connection.execute("select id from account order by id").fetchall()
            self.users = [row[0] for row in rows]
            self._save_searches(connection, options.searches)
        self._give_tastes()

    def bring(self, facts: ListingFacts) -> int:
        """Publish a car now; return its id."""
        with open_catalogue(self.url) as catalogue:
            listed = facts.model_copy(update={"listed_at": datetime.now(UTC)})
            return catalogue.upsert([listed]).ids[0]

    def _give_tastes(self) -> None:
        """Let every shopper have opened five of the cars nearest to one drawn for them."""
        now = datetime.now(UTC)
        with open_learning(self.url) as store, store.transaction() as batch:
            described = batch.described(self.ids)
            vectors = np.array([described[one].vector for one in self.ids])
            learned = []
            for user in self.users:
                some = self.dice.integers(len(vectors), size=500)
                near = some[np.argsort(-(vectors[some] @ vectors[some[0]]))[:5]]
                evidence = Evidence(vectors[near].sum(axis=0), 5.0, now)
                learned.append(Learned(user, evidence, NO_TRAIL))
            batch.save(learned)

    def _save_searches(self, connection: "psycopg.Connection[tuple[int]]", how_many: int) -> None:
        """Save searches for a make, half of them for a model, up to some price."""
        rows = []
        for number in range(how_many):
            car = self.old[int(self.dice.integers(len(self.old)))]
            filters = Filters(
                make=(car.make,),
                model=(car.model,) if number % 2 and car.model else (),
                max_price=int(1.1 * car.price),
            )
            text = filters.model_dump_json(by_alias=True, exclude_defaults=True)
            rows.append((self.users[number % len(self.users)], "mine", text))
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into saved_search (user_id, name, filters) values (%s, %s, %s)", rows
            )


def after_the_load(market: Market, rules: Rules) -> dict[str, object]:
    """Return what a bulk load costs whoever writes notices, and how many come of it.

    What comes within the window after a load counts as a part of it: wait until that is over.
    """
    with open_noticing(market.url) as store:
        begun, told = time.perf_counter(), 0
        while store.waiting():
            told += len(deal(store, datetime.now(UTC), rules))
    took = time.perf_counter() - begun
    time.sleep(rules.params.window.total_seconds())
    return {
        "bulk load, s": round(market.loaded, 1),
        "its occasions dealt with, s": round(took, 2),
        "notices of it": told,
    }


def reverse_search(market: Market, rules: Rules, rounds: int) -> dict[str, object]:
    """Return what one new car costs: its notices written, everything included, in milliseconds."""
    took, busy, told = [], [], []
    with open_noticing(market.url) as store:
        for facts in market.fresh[:rounds]:
            market.bring(facts)
            begun, worked = time.perf_counter(), time.process_time()
            told.append(len(deal(store, datetime.now(UTC), rules)))
            took.append(1_000 * (time.perf_counter() - begun))
            busy.append(1_000 * (time.process_time() - worked))
    return {
        "first new car, ms": round(took[0]),
        "a new car, median ms": round(statistics.median(took[1:])),
        "a new car, 95 % ms": round(float(np.quantile(took[1:], 0.95))),
        "a new car, CPU of this process, median ms": round(statistics.median(busy[1:])),
        "shoppers told of it, median": statistics.median(told),
    }


def many_at_once(market: Market, rules: Rules) -> dict[str, object]:
    """Return what many new cars cost that come together, and as many price drops of saved cars."""
    facts = [
        one.model_copy(update={"listed_at": datetime.now(UTC)}) for one in market.fresh[-AT_ONCE:]
    ]
    with open_catalogue(market.url) as catalogue:
        catalogue.upsert(facts)
    new = _caught_up(market, rules)
    at, cars = datetime.now(UTC) - timedelta(hours=1), market.ids[1 : AT_ONCE + 1]
    with open_learning(market.url) as store, store.transaction() as batch:
        batch.react(
            [
                Reaction(int(user), car, "favourite", holds=True, at=at)
                for car in cars
                for user in market.dice.choice(market.users, 20, replace=False)
            ]
        )
    with psycopg.connect(market.url) as connection:
        connection.execute("update listing set price = price - 1 where id = any(%s)", [cars])
    cheaper = _caught_up(market, rules)
    return {
        f"{AT_ONCE} new cars at once, s": new[0],
        f"{AT_ONCE} new cars at once, CPU of this process, s": new[1],
        "notices of them": new[2],
        f"{AT_ONCE} price drops at once, 20 savers each, s": cheaper[0],
        "notices of those": cheaper[2],
    }


def _caught_up(market: Market, rules: Rules) -> tuple[float, float, int]:
    """Return the seconds until nothing is left to deal with, the CPU of it, and its notices."""
    count = "select count(*) from notice where not seen"
    with psycopg.connect(market.url, autocommit=True) as connection:
        (before,) = connection.execute(count).fetchone() or (0,)
        with open_noticing(market.url) as store:
            begun, worked = time.perf_counter(), time.process_time()
            while store.waiting():
                deal(store, datetime.now(UTC), rules)
            took, busy = time.perf_counter() - begun, time.process_time() - worked
        (after,) = connection.execute(count).fetchone() or (0,)
    return round(took, 2), round(busy, 2), after - before


def until_told(market: Market, log_url: str, rounds: int) -> dict[str, object]:
    """Return the seconds from a committed change to the nudge, with the process beside."""
    saved = market.ids[0]
    now = datetime.now(UTC) - timedelta(hours=1)
    with open_learning(market.url) as store, store.transaction() as batch:
        savers = market.users[:FAVOURITES]
        batch.react([Reaction(user, saved, "favourite", holds=True, at=now) for user in savers])

    async def listen() -> tuple[list[float], list[float]]:
        async with open_notice_updates(log_url) as updates:
            heard: asyncio.Queue[int] = asyncio.Queue()

            async def keep() -> None:
                async for update in updates:
                    heard.put_nowait(update.user_id)

            keeping = asyncio.create_task(keep())
            with open_nudges(log_url) as nudges:  # until somebody listens
                while heard.empty():
                    nudges.tell_notices({0: 0})
                    await asyncio.sleep(0.05)

            async def timed(change: Callable[..., object], *values: object) -> float:
                while not heard.empty():
                    heard.get_nowait()
                begun = time.perf_counter()
                await asyncio.to_thread(change, *values)
                await asyncio.wait_for(heard.get(), 60)
                return time.perf_counter() - begun

            await timed(market.bring, market.fresh[rounds])  # the process reads the searches
            new = [await timed(market.bring, one) for one in market.fresh[rounds + 1 : 2 * rounds]]
            price = market.old[0].price
            drops = [
                await timed(_reprice, market.url, saved, price - step) for step in range(1, rounds)
            ]
            keeping.cancel()
            return new, drops

    with _process(market.url, log_url):
        new, drops = asyncio.run(listen())
    return {
        "new car to nudge, median s": round(statistics.median(new), 2),
        "new car to nudge, 95 % s": round(float(np.quantile(new, 0.95)), 2),
        f"price drop to nudge of {FAVOURITES} savers, median s": round(statistics.median(drops), 2),
        f"price drop to nudge of {FAVOURITES} savers, 95 % s": round(
            float(np.quantile(drops, 0.95)), 2
        ),
    }


def _reprice(url: str, listing: int, price: int) -> None:
    with open_catalogue(url) as catalogue:
        catalogue.patch(listing, {"price": price})


@contextmanager
def _process(database_url: str, log_url: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", WATCHER, database_url, log_url])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def main() -> None:
    options = arguments()
    found = nearness()
    with tempfile.TemporaryDirectory(prefix="carousel-", dir="/tmp") as directory:
        Path(directory).chmod(0o755)
        both = [Server.DATABASE, Server.LOG]
        with EmbeddedServers(Path(directory) / "servers", servers=both) as servers:
            market, rules = Market(servers.database_url, options), Rules()
            found |= after_the_load(market, rules)
            found |= reverse_search(market, rules, options.rounds)
            # A shopper who has had their share today would hear nothing: tomorrow they do again.
            with psycopg.connect(market.url) as connection:
                connection.execute("update notice set at = at - interval '25 hours'")
            found |= many_at_once(market, rules)
            with psycopg.connect(market.url) as connection:
                connection.execute("update notice set at = at - interval '25 hours'")
            found |= until_told(market, servers.log_url, options.rounds)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
