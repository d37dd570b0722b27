"""Similar to recent, searched, trending and exploring, for a shopper who looks for two things."""

import asyncio
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from carousel.domain.audience import Tally
from carousel.domain.car_features import describe, fit_space
from carousel.domain.events import Reason
from carousel.domain.facts import facts_of
from carousel.domain.filters import NO_FILTERS, Filters, passes
from carousel.domain.listing import Body, Status
from carousel.domain.needs import Params, needs_of
from carousel.domain.segments import NEAR_KM
from carousel.domain.trail import NO_TRAIL, extended, reaction, search
from carousel.domain.trending import Params as Trends
from carousel.serving.ask import Ask
from carousel.serving.channel_params import Params as ChannelParams
from carousel.serving.channels import exploring, recent, searched, trending
from carousel.storage import open_memory
from tests.domain.cars import INVENTORY, NOON

CARS = {car.id: car for car in INVENTORY}
HATCHBACKS = [i for i, c in CARS.items() if c.body is Body.HATCHBACK and c.price < 9_000]
DEAR = [i for i, c in CARS.items() if c.body is Body.SUV and c.price > 15_000]
ASK = Ask(None, None, NO_FILTERS, frozenset(), 60)
AT = NOON.timestamp()
REACH = {"radius_km": NEAR_KM}


@pytest.fixture(scope="module")
def space():
    return fit_space(INVENTORY)


@pytest.fixture
def store(space):
    kept = open_memory()
    kept.adopt(space, {})
    kept.put(INVENTORY, space.vectors([describe(car) for car in INVENTORY]))
    return kept


def found(channel, store, ask):
    return asyncio.run(channel.find(store, ask))


def looked(*ids, kind="view", ago=0.0):
    reason = Reason.OTHER if kind == "dismiss" else None
    return [reaction(AT - ago - n, i, kind, reason, facts_of([CARS[i]])) for n, i in enumerate(ids)]


def asking(steps=(), searches=(), **changes):
    trail = extended(NO_TRAIL, steps, [search(AT - n, one) for n, one in enumerate(searches)])
    return replace(ASK, trail=trail, needs=needs_of(trail, AT, Params()), **changes)


def bodies(ids):
    return Counter(CARS[i].body for i in ids)


def test_whoever_reacted_to_nothing_has_no_recent_car(store):
    assert not found(recent, store, ASK).ids
    assert not found(recent, store, asking(searches=[Filters(max_price=9_000)])).ids


def test_the_nearest_to_the_last_cars_come_first_and_the_cars_themselves_are_among_them(store):
    one, other = HATCHBACKS[0], HATCHBACKS[3]
    near = found(recent, store, asking(looked(one, other)))
    assert set(near.ids[:2]) == {one, other}
    vectors = asyncio.run(store.vectors([one, *near.ids]))
    likeness = [vectors[i] @ vectors[one] for i in near.ids[:20]]
    assert np.mean(likeness) > np.mean([vectors[i] @ vectors[one] for i in vectors])


def test_a_favourite_is_started_from_before_many_later_views(store):
    views = looked(*HATCHBACKS[:12])
    near = found(recent, store, asking([*views, *looked(DEAR[0], kind="favourite", ago=9e5)]))
    assert near.ids[0] == DEAR[0] or DEAR[0] in near.ids[:6]
    assert DEAR[0] not in found(recent, store, asking(views)).ids[:6]


def test_what_was_dismissed_is_not_started_from_even_if_it_was_viewed(store):
    car = HATCHBACKS[0]
    steps = [*looked(car, ago=60.0), *looked(car, kind="dismiss")]
    assert not found(recent, store, asking(steps)).ids


def test_a_car_that_is_sold_is_started_from_but_not_found(store):
    car = HATCHBACKS[0]
    ask = asking(looked(car))
    before = found(recent, store, ask).ids
    store.set_status([car], Status.SOLD)
    after = found(recent, store, ask).ids
    assert list(after[:10]) == [i for i in before if i != car][:10]


def test_both_needs_have_starts_and_places(store):
    steps = [*looked(*HATCHBACKS[:10]), *looked(*DEAR[:3], ago=500.0)]
    ask = asking(steps)
    assert len(ask.needs) == 2, "the story needs two needs"
    ids = found(recent, store, ask).ids
    assert bodies(ids)[Body.SUV] >= 0.1 * len(ids)
    alone = found(recent, store, replace(ask, needs=None)).ids
    assert bodies(alone)[Body.SUV] < bodies(ids)[Body.SUV]


def test_one_start_and_one_search_are_the_latest_of_each(store):
    one = ChannelParams(most_starts=1, most_searches=1)
    views = asking(looked(HATCHBACKS[0], DEAR[0]), params=one)
    alone = asking(looked(HATCHBACKS[0]))
    assert found(recent, store, replace(views, needs=None)).ids == found(recent, store, alone).ids
    searches = [Filters(max_price=9_000), Filters(max_price=8_000, min_year=2010)]
    latest = found(searched, store, replace(asking([], searches, params=one), needs=None))
    assert latest.ids == found(searched, store, asking([], searches[:1])).ids


def test_the_search_of_the_lesser_need_keeps_its_share_of_the_pool(store):
    many = [Filters(body=(Body.HATCHBACK,), max_price=price) for price in (9_000, 9_100, 9_200)]
    rare = Filters(body=(Body.SUV,), min_price=15_000, max_price=40_000)
    ask = asking([], [*many, rare])
    assert len(ask.needs) == 2, "the story needs two needs"
    ids = found(searched, store, ask).ids
    assert bodies(ids)[Body.SUV] > 0
    assert bodies(found(searched, store, replace(ask, needs=None)).ids)[Body.SUV] == 0


def heard(store, lifted):
    tally = {i: Tally(30.0, 1.0, 0.0, NOON) for i in CARS}
    store.hear(tally | {i: Tally(30.0, 12.0, 0.0, NOON) for i in lifted})


def test_nothing_trends_for_whoever_never_said_what_they_need(store):
    heard(store, [HATCHBACKS[0], DEAR[0]])
    assert not found(trending, store, ASK).ids
    assert not found(trending, store, asking()).ids


def test_what_trends_is_of_the_kind_that_is_asked_for(store):
    heard(store, HATCHBACKS[::2] + DEAR[::2])
    ids = found(trending, store, asking(looked(*DEAR[:4]))).ids
    assert ids
    assert set(bodies(ids)) == {Body.SUV}


def test_what_counts_as_trending_is_a_knob(store):
    heard(store, DEAR[:1])
    ask = asking(looked(*DEAR[:4]))
    assert DEAR[0] in found(trending, store, ask).ids
    hard = replace(ask, params=ChannelParams(trending=Trends(least=99.0)))
    assert not found(trending, store, hard).ids


def test_what_trends_is_near_where_one_searched_last(store):
    placed = [i for i in CARS if CARS[i].place is not None]
    here = CARS[placed[0]].place
    heard(store, placed[::2])
    asked = Filters(near_latitude=here.latitude, near_longitude=here.longitude, radius_km=20.0)
    near = found(trending, store, asking(searches=[asked])).ids
    assert near
    assert {i for i in near if not passes(CARS[i], asked.model_copy(update=REACH))} == set()
    everywhere = found(trending, store, asking(searches=[Filters(min_year=1990)])).ids
    assert {i for i in everywhere if not passes(CARS[i], asked.model_copy(update=REACH))} != set()


def test_exploring_draws_other_cars_for_another_seed(store):
    one = found(exploring, store, replace(ASK, seed=1)).ids
    assert list(one) == list(found(exploring, store, replace(ASK, seed=1)).ids)
    assert set(one) != set(found(exploring, store, replace(ASK, seed=2)).ids)
    assert len(one) == 6
