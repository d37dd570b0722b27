"""A small market on real PostgreSQL, filled once; each test asks it in an event loop of its own."""

import asyncio
from datetime import UTC, datetime

import pytest

from carousel.domain.car_features import describe
from carousel.domain.facts import facts_of
from carousel.domain.listing import Body
from carousel.domain.preference import Evidence
from carousel.domain.trail import NO_TRAIL, extended, reaction
from carousel.simulation.listings import generate_listings
from carousel.storage import open_catalogue, open_learning, open_serving
from carousel.storage.ports import Interest, Learned, Reaction, User

NOW = datetime(2026, 6, 1, tzinfo=UTC)
STRANGER, SKODA_FAN, PICKY, TWO_NEEDS = 1, 2, 3, 4


@pytest.fixture(scope="module")
def market(new_database):
    """Return the URL of 1,500 cars and four shoppers, named above."""
    url = new_database()
    cars = list(generate_listings(1_500, 7, NOW))
    with open_catalogue(url) as catalogue:
        ids = catalogue.upsert(cars).ids
        space = catalogue.ensure_space()
        catalogue.add_users(
            User(0, f"{name}@example.com", name, "Test", "shopper")
            for name in ("stranger", "fan", "picky", "family")
        )
    vectors = space.vectors([describe(car) for car in cars])
    octavias = [n for n, car in enumerate(cars) if car.model == "Octavia"][:2]
    liked = Evidence(vectors[octavias].sum(axis=0), 2.0, NOW)
    with open_learning(url) as learning, learning.transaction() as batch:
        batch.save(Learned(user_id, liked, NO_TRAIL) for user_id in (SKODA_FAN, PICKY))
        batch.save([Learned(TWO_NEEDS, *both_needs(cars, ids, vectors))])
        batch.react(Reaction(PICKY, i, "dismissed", holds=True, at=NOW) for i in ids[:750])
        batch.popularise(Interest(i, 1.0 + n, NOW) for n, i in enumerate(ids[100:130]))
    return url


def both_needs(cars, ids, vectors):
    """Return evidence and trail of four hatchbacks and three vans looked at."""
    chosen = [
        n
        for body, count in ((Body.HATCHBACK, 4), (Body.VAN, 3))
        for n in [n for n, car in enumerate(cars) if car.body == body][:count]
    ]
    looks = [
        reaction(NOW.timestamp() - n, ids[n], "view", None, facts_of([cars[n]])) for n in chosen
    ]
    return Evidence(vectors[chosen].sum(axis=0), 7.0, NOW), extended(NO_TRAIL, looks)


@pytest.fixture
def ask(market):
    """Return a function that runs one question on the serving store and returns its answer."""

    def run(question):
        async def answer():
            async with open_serving(market) as store:
                return await question(store)

        return asyncio.run(answer())

    return run
