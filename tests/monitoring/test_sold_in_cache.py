"""The check ``sold-in-cache``: whether a kept answer vouches for a car that is gone."""

import asyncio
from datetime import UTC, datetime

import pytest

from carousel.domain.filters import NO_FILTERS
from carousel.domain.listing import Status
from carousel.monitoring.consistency.sold_in_cache import sold_in_cache
from carousel.observability.metrics import SOLD_FINDABLE
from carousel.serving.caching import remembered
from carousel.serving.knobs import Knobs
from carousel.serving.pipeline import recommend
from carousel.storage import open_cache, open_catalogue, open_serving
from tests.monitoring.watched import asked, told

MEND = "update listing set revision = revision + 1, updated_at = now() where id = %s"


@pytest.fixture
def shown(watched):
    """Return a function that asks for a list as the API does: what it shows, whether anew."""
    watched.happen(200)
    user = watched.market.users[0]

    def ask():
        made = []

        async def answer():
            reach = watched.reach
            async with open_serving(reach.database_url) as store, open_cache(reach.cache_url) as c:

                async def make():
                    now = datetime.now(UTC)
                    slate = await recommend(store, user, NO_FILTERS, 10, now=now, knobs=Knobs())
                    made.append([entry.listing.id for entry in slate.entries])
                    return slate, b" ".join(b"%d" % one for one in made[-1])

                return await remembered(store, c, user, "10:{}::", make)

        body = asyncio.run(answer())
        return [int(one) for one in body.split()], bool(made)

    return ask


def test_kept_answers_of_a_quiet_market_name_no_car_that_is_gone(watched, shown):
    shown()
    found = asked(sold_in_cache(watched.reach))
    assert found.held
    assert found.evidence["answers"] == 1
    assert told(SOLD_FINDABLE)["cache",] == 0


def test_a_car_sold_the_usual_way_leaves_answers_that_nobody_believes(watched, shown):
    cars, _ = shown()
    with open_catalogue(watched.reach.database_url) as catalogue:
        catalogue.set_status(cars[:1], Status.SOLD)
    assert asked(sold_in_cache(watched.reach)).held


def test_a_car_sold_behind_the_cache_is_found_out_until_its_revision_says_so(watched, shown):
    check, (cars, _) = sold_in_cache(watched.reach), shown()
    watched.execute("update listing set status = 'sold' where id = %s", cars[3])
    found = asked(check)
    assert not found.held
    assert found.evidence["of these"] == [str(cars[3])]
    assert told(SOLD_FINDABLE)["cache",] == 1
    watched.execute(MEND, cars[3])
    assert asked(check).held
    assert told(SOLD_FINDABLE)["cache",] == 0


def test_the_request_path_does_not_show_it_for_it_asks_for_the_status_too(watched, shown):
    cars, _ = shown()
    assert shown() == (cars, False)
    watched.execute("update listing set status = 'sold' where id = %s", cars[3])
    after, made = shown()
    assert made
    assert cars[3] not in after


def test_the_answer_made_anew_is_nothing_to_complain_of(watched, shown):
    cars, _ = shown()
    watched.execute("update listing set status = 'sold' where id = %s", cars[3])
    shown()
    assert asked(sold_in_cache(watched.reach)).held


def test_what_is_no_answer_is_passed_over(watched):
    with watched.cache() as client:
        client.set("slate:x:y", b"\xff")
        client.set("slate:", b'{"ids": 7}')
        client.set("slate:1:long", b"x" * 10_000)
    found = asked(sold_in_cache(watched.reach))
    assert found.held
    assert found.evidence["answers"] == 0


def test_more_answers_than_fit_into_a_run_are_looked_at_in_the_next(watched, shown, monkeypatch):
    from carousel.monitoring.consistency import sold_in_cache as looked  # noqa: PLC0415

    cars, _ = shown()
    watched.execute("update listing set status = 'sold' where id = %s", cars[0])
    with watched.cache() as client:
        for number in range(2_000):
            client.set(f"slate:{number}:noise", b"{}\n")
    monkeypatch.setattr("carousel.monitoring.consistency.sold_in_cache.MOST_ANSWERS", 300)
    check = looked.sold_in_cache(watched.reach)
    assert not all(asked(check).held for _ in range(12))
