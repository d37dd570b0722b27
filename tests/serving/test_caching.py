import asyncio

import pytest

from carousel.domain.filters import NO_FILTERS
from carousel.domain.listing import Status
from carousel.serving.caching import remembered
from carousel.serving.knobs import Knobs
from carousel.serving.pipeline import recommend
from carousel.storage import open_cache, open_catalogue, open_learning, open_serving
from tests.serving.conftest import NOW, SKODA_FAN


@pytest.fixture
def visit(market, cache_url):
    """Return a function that asks for the fan's list and tells whether it was made anew."""

    def ask_twice_or_once():
        async def answer():
            made = []

            async with open_serving(market) as store, open_cache(cache_url) as cache:

                async def make():
                    slate = await recommend(
                        store, SKODA_FAN, NO_FILTERS, 20, now=NOW, knobs=Knobs(deadline=30.0)
                    )
                    made.append(slate)
                    return slate, repr([e.listing.id for e in slate.entries]).encode()

                body = await remembered(store, cache, SKODA_FAN, "20:{}", make)
            return body, bool(made)

        return asyncio.run(answer())

    return ask_twice_or_once


def first_id(body):
    return int(body.strip(b"[]").split(b",")[0])


def test_an_answer_is_remembered_as_long_as_nothing_changed(visit):
    first, made = visit()
    assert made
    assert visit() == (first, False)


def test_a_new_event_makes_a_new_answer(visit, market):
    visit()
    with open_learning(market) as learning, learning.transaction() as batch:
        batch.save(batch.learned([SKODA_FAN]).values())
    assert visit()[1]


def test_a_sold_car_is_never_shown_from_memory(visit, market):
    body, _ = visit()
    shown = first_id(body)
    with open_catalogue(market) as catalogue:
        catalogue.set_status([shown], Status.SOLD)
    try:
        after, made = visit()
        assert made
        assert shown not in map(int, after.strip(b"[]").split(b","))
    finally:
        with open_catalogue(market) as catalogue:
            catalogue.set_status([shown], Status.ACTIVE)


def test_a_new_price_is_seen_by_the_next_request(visit, market):
    body, _ = visit()
    with open_catalogue(market) as catalogue:
        shown = catalogue.patch(first_id(body), {"price": 12_345})
    assert shown.price == 12_345
    assert visit()[1]
