"""On a market's first day nobody has done anything yet, and every list is full and mixed."""

import asyncio
from collections import Counter

import pytest

from carousel.domain import preference
from carousel.domain.car_features import describe, fit_space
from carousel.domain.events import Search, View
from carousel.domain.facts import facts_of
from carousel.domain.filters import NO_FILTERS, Filters, passes
from carousel.domain.interpretation import interpret, learn
from carousel.domain.listing import Body, Fuel, Listing
from carousel.domain.questionnaire import Answers, Budget, Home, Use, searches_of
from carousel.domain.steps import following, step_of
from carousel.domain.trail import NO_TRAIL
from carousel.serving.pipeline import Knobs, recommend
from carousel.serving.popular import popular
from carousel.serving.relaxing import recommend_full
from carousel.serving.similar import similar
from carousel.simulation.listings import generate_listings
from carousel.storage import open_memory
from carousel.storage.ports import Learned
from tests.serving.conftest import NOW

STRANGER, ASKED, SEARCHED, CLICKED = 1, 2, 3, 4
CARS = [
    Listing.model_validate({**dict(facts), "id": n})
    for n, facts in enumerate(generate_listings(1_500, 7, NOW), 1)
]
SPACE = fit_space(CARS)
VECTORS = SPACE.vectors([describe(car) for car in CARS])
FAMILY = Answers(
    budget=Budget(up_to=15_000),
    use=(Use.FAMILY,),
    fuel=(Fuel.DIESEL,),
    place=Home(latitude=50.08, longitude=14.44, radius_km=400.0),
)
ESTATES = Filters(body=(Body.ESTATE,), max_price=12_000)
CONVERTIBLE = next(n for n, car in enumerate(CARS) if car.body is Body.CONVERTIBLE)
KNOBS = Knobs(deadline=30.0)


def told(user_id, *events):
    """Return what the pipeline would have learned from these events, all of this moment."""
    evidence, steps = preference.no_evidence(SPACE.dim, NOW), []
    for event in events:
        car = None if isinstance(event, Search) else CARS[event.listing_id - 1]
        vector = None if car is None else VECTORS[car.id - 1]
        if said := interpret(event, NOW, car, vector, SPACE):
            evidence = learn(evidence, said, preference.Params())
        steps.append(step_of(event, NOW, None if car is None else facts_of([car])))
    return Learned(user_id, evidence, following(NO_TRAIL, steps))


@pytest.fixture(scope="module")
def store():
    """Return a store of cars alone, and three shoppers who have just come."""
    opened = open_memory()
    opened.adopt(SPACE, {})
    opened.put(CARS, VECTORS)
    opened.save([
        told(ASKED, *(Search(filters=one) for one in searches_of(FAMILY))),
        told(SEARCHED, Search(filters=ESTATES)),
        told(CLICKED, View(listing_id=CARS[CONVERTIBLE].id)),
    ])  # fmt: skip
    return opened


def slate(store, user_id, filters=NO_FILTERS, limit=20):
    answer = recommend(store, user_id, filters, limit, now=NOW, knobs=KNOBS)
    return [entry.listing for entry in asyncio.run(answer).entries]


def assert_full_and_mixed(cars, places=20):
    assert len(cars) == places
    assert len({car.id for car in cars}) == places
    looks = Counter((car.make, car.model) for car in cars)
    assert max(looks.values()) <= 0.3 * places, looks
    assert len(looks) >= places / 3


@pytest.mark.parametrize("user_id", [STRANGER, ASKED, SEARCHED, CLICKED])
def test_a_recommended_list_is_full_and_mixed(store, user_id):
    assert_full_and_mixed(slate(store, user_id))


def test_a_strangers_list_has_some_of_everything(store):
    cars = slate(store, STRANGER)
    assert len({car.make for car in cars}) >= 7
    assert len({car.body for car in cars}) >= 4
    assert max(car.price for car in cars) > 2 * min(car.price for car in cars)


def test_what_is_popular_is_what_is_new_and_not_all_the_same(store):
    cars = [car for car, _ in asyncio.run(popular(store, NO_FILTERS, 20, now=NOW))]
    assert_full_and_mixed(cars)
    assert sorted((car.listed_at for car in cars), reverse=True) == [c.listed_at for c in cars]


@pytest.mark.parametrize("number", range(0, 1_500, 250))
def test_every_car_has_similar_ones(store, number):
    car = CARS[number]
    found = asyncio.run(similar(store, car.id, 12))
    assert len({one.id for one in found} - {car.id}) == 12


@pytest.mark.parametrize("user_id", [STRANGER, ASKED, SEARCHED, CLICKED])
def test_a_search_can_be_sorted_for_anybody(store, user_id):
    wanted = Filters(fuel=(Fuel.PETROL,), max_price=20_000)
    cars = slate(store, user_id, wanted, limit=50)
    assert len(cars) == 50
    assert all(passes(car, wanted) for car in cars)
    assert max(Counter((car.make, car.model) for car in cars[:20]).values()) <= 6


def test_too_narrow_a_wish_still_fills_a_list(store):
    narrow = Filters(make=("Skoda",), body=(Body.CONVERTIBLE,), max_price=3_000)
    answer = asyncio.run(recommend_full(store, STRANGER, narrow, 20, now=NOW, knobs=KNOBS))
    assert len(answer.slate.entries) == 20


def share(cars, holds):
    return sum(map(holds, cars)) / len(cars)


def test_a_questionnaire_is_heeded(store):
    first = slate(store, ASKED)[:10]
    assert share(first, lambda car: car.price <= 15_000 * 1.05) >= 0.9
    assert share(first, lambda car: car.body in {Body.ESTATE, Body.SUV, Body.MPV}) >= 0.8
    assert share(first, lambda car: car.fuel is Fuel.DIESEL) >= 0.7


def test_a_first_search_is_heeded(store):
    first = slate(store, SEARCHED)[:10]
    assert share(first, lambda car: car.body is Body.ESTATE) >= 0.8
    assert share(first, lambda car: car.price <= 12_000 * 1.05) >= 0.8


def test_one_click_is_heeded(store):
    first = slate(store, CLICKED)[:10]
    of_all = share(CARS, lambda car: car.body is Body.CONVERTIBLE)
    assert share(first, lambda car: car.body is Body.CONVERTIBLE) >= max(0.2, 5 * of_all)
