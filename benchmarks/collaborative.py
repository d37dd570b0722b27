"""What one event costs in the latent space, and how fast the pipeline comes up with an archive.

Run:  .venv/bin/python -m benchmarks.collaborative [--events N] [--listings N] [--factors K]

First the arithmetic alone: one event interpreted and folded into its shopper and its listing. Then
the whole pipeline on an embedded PostgreSQL: an archive, a model made active, and the seconds until
it serves.
"""

import argparse
import json
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import numpy as np
import psycopg

from carousel.domain import attributes as axes
from carousel.domain.car_features import BLOCKS, describe
from carousel.domain.events import LogEntry, View
from carousel.domain.interpretation import interpret, learn
from carousel.domain.latent import Latent, Moved, Pull, Settings, from_model, to_model
from carousel.domain.model import Model
from carousel.domain.preference import no_evidence, observe
from carousel.simulation.listings import generate_listings
from carousel.storage import migrate, open_catalogue, open_latent_spaces, open_learning, open_models
from carousel.storage.embedded import EmbeddedServers, Server
from carousel.storage.ports import Archived, User
from carousel.streaming import Share, collaborate

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SHOPPERS, SHARDS, AT_ONCE = 5_000, 8, 2_000
LOOK_SECONDS = 0.05


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=50_000, help="in the archive")
    parser.add_argument("--listings", type=int, default=20_000)
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


def some_model(k: int) -> Model:
    """Return a latent space of random weights over the attributes of a real stock."""
    things = [describe(car) for car in generate_listings(2_000, 1, NOW)]
    attributes = axes.fit(BLOCKS, things, rarest=3)
    encoded, count = attributes.encode(things), len(attributes.coordinates)
    weights = np.random.default_rng(0).normal(size=(count, k))
    mean = encoded.transposed_times(np.full((len(things), 1), 1 / len(things)), count)[:, 0]
    return to_model(Latent(attributes, weights, mean, np.eye(k) / k, Settings()), {})


def one_event(latent: Latent, repeats: int = 3_000) -> tuple[float, float]:
    """Return the median and the 99th percentile of one event's arithmetic, in milliseconds."""
    car = describe(next(islice(generate_listings(1, 2, NOW), 1)))
    took = []
    foretold = latent.foretold([car])[0]
    vector = latent.known(foretold[None])[0]
    state = observe(no_evidence(latent.dim, NOW), vector, 1.0, NOW, latent.params)
    moved = Moved(foretold, Pull(np.zeros(latent.dim), 0.0))
    event = View(listing_id=1)
    for n in range(repeats):
        begun = time.perf_counter()
        said = interpret(event, NOW + timedelta(seconds=n), None, vector, latent)
        if said is None:
            raise RuntimeError("a detail view says something")
        pull = latent.pulled(state, said.strength, said.at)
        if pull is not None:
            moved = Moved(foretold, moved.pull + pull)
        state = learn(state, said, latent.params)
        latent.taste(state)
        latent.factors_of([moved])
        took.append(time.perf_counter() - begun)
    middle, late = np.quantile(took, (0.5, 0.99)) * 1_000
    return float(middle), float(late)


def fill(database_url: str, listings: int, events: int) -> None:
    """Make a marketplace and an archive of detail views."""
    migrate(database_url)
    with open_catalogue(database_url) as catalogue:
        with catalogue.bulk():
            ids = catalogue.upsert(list(generate_listings(listings, 1, NOW))).ids
        catalogue.ensure_space()
        people = (User(0, f"u{n}@example.com", "U", "N", "shopper") for n in range(SHOPPERS))
        catalogue.add_users(people)
    with psycopg.connect(database_url) as connection:
        users = [row[0] for row in connection.execute("select id from account")]
    dice = np.random.default_rng(0)
    with open_learning(database_url) as store:
        for start in range(0, events, AT_ONCE):
            batch = []
            for number in range(start, min(start + AT_ONCE, events)):
                user = users[int(dice.integers(len(users)))]
                view = View(listing_id=ids[int(dice.integers(len(ids)))])
                at = NOW + timedelta(seconds=number)
                entry = LogEntry(f"e{number}", user, at, view)
                batch.append(Archived(user % SHARDS, f"{number}-0", entry))
            with store.transaction() as transaction:
                transaction.archive(batch)


def come_up(database_url: str, model: Model) -> float:
    """Return the seconds until a model that was just made active serves."""
    stop = Flag()
    with open_models(database_url) as models, open_latent_spaces(database_url) as spaces:
        models.publish(model, activate=True)
        begun = time.perf_counter()
        share = Share("plain", database_url, SHARDS)
        thread = Thread(target=collaborate, args=(share, stop))
        thread.start()
        try:
            while spaces.serving() != model.version:
                time.sleep(LOOK_SECONDS)
            return time.perf_counter() - begun
        finally:
            stop.set()
            thread.join()


def main() -> None:
    options = arguments()
    model = some_model(options.factors)
    middle, late = one_event(from_model(model))
    with tempfile.TemporaryDirectory(prefix="carousel-", dir="/tmp") as directory:
        Path(directory).chmod(0o755)
        with EmbeddedServers(Path(directory) / "servers", servers=[Server.DATABASE]) as servers:
            fill(servers.database_url, options.listings, options.events)
            seconds = come_up(servers.database_url, model)
    found = {
        "one event, median ms": round(middle, 4),
        "one event, 99 % ms": round(late, 4),
        "events in the archive": options.events,
        "seconds until the model served": round(seconds, 1),
        "events a second": round(options.events / seconds),
    }
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
