"""A small market on real PostgreSQL, filled once; each test asks it in an event loop of its own."""

import asyncio
from datetime import UTC, datetime

import pytest

from carousel.domain.car_features import describe
from carousel.domain.preference import Evidence
from carousel.domain.trail import NO_TRAIL
from carousel.simulation.listings import generate_listings
from carousel.storage import open_catalogue, open_learning, open_serving
from carousel.storage.ports import Interest, Learned, Reaction, User

NOW = datetime(2026, 6, 1, tzinfo=UTC)
STRANGER, SKODA_FAN, PICKY = 1, 2, 3


@pytest.fixture(scope="module")
def market(new_database):
    """Return the URL of 1,500 cars and three shoppers: a stranger, a Skoda fan, a picky one."""
    url = new_database()
    cars = list(generate_listings(1_500, 7, NOW))
    with open_catalogue(url) as catalogue:
        ids = catalogue.upsert(cars).ids
        space = catalogue.ensure_space()
        catalogue.add_users(
            User(0, f"{name}@example.com", name, "Test", "shopper")
            for name in ("stranger", "fan", "picky")
        )
    vectors = space.vectors([describe(car) for car in cars])
    octavias = [n for n, car in enumerate(cars) if car.model == "Octavia"][:2]
    liked = Evidence(vectors[octavias].sum(axis=0), 2.0, NOW)
    with open_learning(url) as learning, learning.transaction() as batch:
        batch.save(Learned(user_id, liked, NO_TRAIL) for user_id in (SKODA_FAN, PICKY))
        batch.react(Reaction(PICKY, i, "dismissed", holds=True, at=NOW) for i in ids[:750])
        batch.popularise(Interest(i, 1.0 + n, NOW) for n, i in enumerate(ids[100:130]))
    return url


@pytest.fixture
def ask(market):
    """Return a function that runs one question on the serving store and returns its answer."""

    def run(question):
        async def answer():
            async with open_serving(market) as store:
                return await question(store)

        return asyncio.run(answer())

    return run
