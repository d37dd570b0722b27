"""How long the latent space takes to train on millions of events, and what it needs.

Run:  .venv/bin/python -m benchmarks.train_factors [--events N] [--shoppers N] [--listings N]

The market is synthetic: shoppers and listings of very different activity, each shopper bent on one
segment of the cars. What is measured is the whole path from events and listings in memory to a
latent space. Threads are those of BLAS: set OPENBLAS_NUM_THREADS.
"""

import argparse
import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import numpy as np

from carousel.domain import attributes as axes
from carousel.domain.car_features import BLOCKS, describe
from carousel.simulation.listings import generate_listings
from carousel.training.factors import DEFAULTS, latent_of
from carousel.training.reactions import DAY_SECONDS, Reactions, pairs, weights

DAYS = 60
SEGMENTS = 40
STRENGTHS, SHARES = np.array([1.0, 2.5, 3.5]), np.array([0.9, 0.07, 0.03])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--shoppers", type=int, default=200_000)
    parser.add_argument("--listings", type=int, default=300_000)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


def happened(events: int, shoppers: int, listings: int, seed: int = 0) -> Reactions:
    """Return events: every second one about a car of the shopper's own segment."""
    dice = np.random.default_rng(seed)
    active = np.cumsum(dice.lognormal(0.0, 1.2, shoppers))
    liked = np.cumsum(dice.lognormal(0.0, 1.3, listings))
    who = np.searchsorted(active, dice.random(events) * active[-1])
    what = np.searchsorted(liked, dice.random(events) * liked[-1])
    own = dice.random(events) < 0.5
    what[own] = what[own] // SEGMENTS * SEGMENTS + who[own] % SEGMENTS
    return Reactions(
        np.sort(dice.uniform(0, DAYS * DAY_SECONDS, events)),
        who,
        np.minimum(what, listings - 1),
        dice.choice(STRENGTHS, size=events, p=SHARES),
    )


def main() -> None:
    options = arguments()
    took: dict[str, float] = {}

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        took[name] = round(time.perf_counter() - begun, 1)

    cars = generate_listings(options.listings, 1, datetime(2026, 1, 1, tzinfo=UTC))
    seen = happened(options.events, options.shoppers, options.listings)
    until = DAYS * DAY_SECONDS
    with timed("attributes of the listings"):
        things = [describe(car) for car in cars]
        attributes = axes.fit(BLOCKS, things, DEFAULTS.rarest)
        encoded = attributes.encode(things)
    with timed("weights of the pairs"):
        shape = (options.shoppers, options.listings)
        counted = weights(seen, until, DEFAULTS.weighing)
        observed = pairs(seen, counted, shape, DEFAULTS.weighing)
    with timed("factors and map"):
        latent_of(attributes, encoded, observed, np.ones(options.listings, np.bool_), DEFAULTS)
    found = {
        "events": options.events,
        "pairs": len(observed.data),
        "attributes": len(attributes.coordinates),
        "seconds": took,
        "seconds in all": round(sum(took.values()), 1),
        "largest memory, GB": round(
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_048_576, 2
        ),
    }
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
