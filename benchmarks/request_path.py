"""How long one list takes from the question to the reasons, stage by stage.

Run:  .venv/bin/python -m benchmarks.request_path [--listings 100000] [--candidates 500] [--json]

Owns:    one run against an embedded PostgreSQL with the mirror in this process: simulated shoppers
         with evidence, trail and a place in a made-up latent space; a ranker and a graph trained on
         a small simulated market; and the pool made as large as it takes for that many candidates.
         Event loop and garbage collection are those of the API's process. No list is remembered;
         nothing else asks.
Imports: carousel, numpy.

The stages are timed apart, each with what the one before it found, on the same requests.
"""

import argparse
import gc
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import psycopg
import uvloop

from benchmarks.retrieval import NOW, database
from carousel.api.server import YOUNG_OBJECTS
from carousel.domain import preference
from carousel.domain.candidates import Candidates
from carousel.domain.car_features import describe
from carousel.domain.events import Event, listing_of
from carousel.domain.facts import facts_of
from carousel.domain.features import FeatureSpace, Matrix
from carousel.domain.filters import NO_FILTERS
from carousel.domain.interpretation import interpret, learn
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.domain.model import Model
from carousel.domain.preference import Evidence
from carousel.domain.steps import following, step_of
from carousel.domain.trail import NO_TRAIL
from carousel.serving.ask import Ask
from carousel.serving.hydrating import Shopper, hydrate
from carousel.serving.judging import Judged, judge
from carousel.serving.knobs import Knobs
from carousel.serving.laying import lay_active
from carousel.serving.pipeline import question, recommend
from carousel.serving.retrieving import retrieve
from carousel.simulation.listings import generate_listings
from carousel.simulation.living import simulate
from carousel.simulation.parameters import read_parameters
from carousel.simulation.shoppers import Account, generate_histories
from carousel.storage import open_catalogue, open_latent, open_learning, open_mirror, open_models
from carousel.storage.ports import Interest, Learned, ServingStore, User
from carousel.storage.ports.latent import Tasted
from carousel.training.graph import train_graph
from carousel.training.ranking import train_ranker

LIMIT = 20
SHOPPERS = 200
LARGEST_POOL = 5_000
FACTORS, SPACE = 64, "made up"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--candidates", type=int, default=500, help="that a request ranks")
    parser.add_argument("--requests", type=int, default=1_000)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


def trained() -> list[Model]:
    """Return ranker and graph of a small simulated market; no ranker grows with its market."""
    market = simulate(
        read_parameters(), shoppers=1_000, listings=5_000, days=10, seed=1,
        begins=NOW - timedelta(days=10), preferences="additive", hidden=None,
        progress=lambda _day, _days: None,
    )  # fmt: skip
    recording = market.recording
    return [train_ranker(recording, recording.ends), train_graph(recording, recording.ends)]


def known(
    user_id: UserId,
    events: Sequence[Event],
    listings: Sequence[Listing],
    vectors: Matrix,
    space: FeatureSpace,
) -> Learned:
    """Return what the stream would have learned from a history."""
    row_of = {car.id: row for row, car in enumerate(listings)}
    evidence, steps = preference.no_evidence(space.dim, NOW), []
    for event in events:
        at = event.occurred_at or NOW
        row = row_of.get(listing_of(event) or 0)
        car, vector = (None, None) if row is None else (listings[row], vectors[row])
        said = interpret(event, at, car, vector, space)
        if said is not None:
            evidence = learn(evidence, said, preference.Params())
        steps.append(step_of(event, at, None if car is None else facts_of([car])))
    return Learned(user_id, evidence, following(NO_TRAIL, steps))


def fill(url: str, count: int) -> list[UserId]:
    """Make a marketplace, its shoppers and its ranker; return the shoppers."""
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
    histories = generate_histories(people, listings, 3, NOW)
    with open_learning(url) as learning, learning.transaction() as batch:
        users = sorted(batch.known_users(range(1, SHOPPERS + 1)))
        batch.save(
            known(user, events, listings, vectors, space)
            for user, events in zip(users, histories.values(), strict=False)
        )
        batch.popularise([Interest(i, 1.0 + i % 7, NOW) for i in ids[::3]])
    with open_models(url) as models:
        for model in trained():
            models.publish(model, activate=True)
    settle(url, ids, users)
    return users


def settle(url: str, ids: Sequence[ListingId], users: Sequence[UserId]) -> None:
    """Give listings and shoppers places in a latent space, and let it serve."""
    dice = np.random.default_rng(0)
    places, tastes = (dice.standard_normal((len(of), FACTORS)) for of in (ids, users))
    places /= np.linalg.norm(places, axis=1, keepdims=True)
    with open_latent(url, SPACE) as store:
        for rows in np.array_split(np.arange(len(ids)), len(ids) // 5_000 + 1):
            with store.transaction() as batch:
                batch.foretell([ids[row] for row in rows], places[rows], places[rows])
        with store.transaction() as batch:
            batch.save_tastes(
                {
                    user: Tasted(Evidence(taste, 1.0, NOW), taste / np.linalg.norm(taste))
                    for user, taste in zip(users, tastes, strict=True)
                }
            )
    with psycopg.connect(url) as connection:
        connection.execute("insert into latent_space (version, serves) values (%s, true)", [SPACE])


@dataclass(frozen=True)
class Path:
    """What each stage of one request was given."""

    shopper: Shopper
    found: Candidates
    judged: Judged


async def path_of(store: ServingStore, user: UserId, knobs: Knobs) -> Path:
    shopper = await hydrate(store, user, NOW, knobs)
    found = await retrieve(store, asked_of(shopper, knobs), knobs)
    return Path(shopper, found, await judge(store, found, shopper, NOW, knobs))


def asked_of(shopper: Shopper, knobs: Knobs) -> Ask:
    return question(shopper, NO_FILTERS, LIMIT, knobs, 1, frozenset())


async def pool_for(store: ServingStore, users: Sequence[UserId], wanted: int) -> Knobs:
    """Return the knobs whose pool brings about so many candidates."""
    knobs = Knobs(deadline=30.0)
    while knobs.pool < LARGEST_POOL:
        paths = [await path_of(store, user, knobs) for user in users[:20]]
        if np.mean([len(path.found.ids) for path in paths]) >= wanted:
            break
        knobs = replace(knobs, pool=round(knobs.pool * 1.1))
    return knobs


async def measure(url: str, users: Sequence[UserId], asked: argparse.Namespace) -> dict[str, float]:
    async with open_mirror(url) as store:
        await store.filled()
        knobs = await pool_for(store, users, asked.candidates)
        paths = {user: await path_of(store, user, knobs) for user in users}
        stages: dict[str, Callable[[UserId, Path], Awaitable[object]]] = {
            "all stages": lambda user, _: recommend(
                store, user, NO_FILTERS, LIMIT, now=NOW, knobs=knobs
            ),
            "hydrate": lambda user, _: hydrate(store, user, NOW, knobs),
            "retrieve and merge": lambda _, path: retrieve(
                store, asked_of(path.shopper, knobs), knobs
            ),
            "describe and score": lambda _, path: judge(
                store, path.found, path.shopper, NOW, knobs
            ),
            "re-rank": lambda _, path: lay_active(
                store, path.judged.cars, path.judged.order, path.shopper, LIMIT,
                now=NOW, knobs=knobs, seed=1,
            ),
            "explain": lambda _, path: explained(path),
        }  # fmt: skip
        as_the_api_does()
        order = np.random.default_rng(0).choice(np.array(users), asked.requests).tolist()
        report = {
            "listings": float(asked.listings),
            "pool": float(knobs.pool),
            "candidates, mean": float(np.mean([len(path.found.ids) for path in paths.values()])),
        }
        for name, stage in stages.items():
            took = []
            for user in order:
                started = time.perf_counter()
                await stage(user, paths[user])
                took.append(1e3 * (time.perf_counter() - started))
            report[f"{name}, p50 ms"] = round(float(np.quantile(took, 0.5)), 2)
            report[f"{name}, p99 ms"] = round(float(np.quantile(took, 0.99)), 2)
        return report


def as_the_api_does() -> None:
    """Leave alone what lives as long as the process, as ``carousel.api.server`` does."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)


async def explained(path: Path) -> None:
    path.judged.reasons_of(range(min(LIMIT, len(path.judged.cars.ids))))


def main() -> None:
    asked = arguments()
    with database() as url:
        users = fill(url, asked.listings)
        report = uvloop.run(measure(url, users, asked))
    if asked.json:
        print(json.dumps(report))
        return
    for name, value in report.items():
        print(f"{name:28} {value:g}")


if __name__ == "__main__":
    main()
