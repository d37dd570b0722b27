"""Strict matches first, never fewer cars than there are, and nothing given up in vain."""

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.filters import NO_FILTERS, Filters, passes
from carousel.domain.listing import Fuel, Listing
from carousel.domain.relaxation import Widening, missed, widenings
from carousel.serving.knobs import Knobs
from carousel.serving.pipeline import recommend
from carousel.serving.relaxing import fill, nearest_relaxation, recommend_full, smallest
from tests.domain.cars import INVENTORY
from tests.serving.conftest import NOW, PICKY, SKODA_FAN, STRANGER

KNOBS = Knobs(deadline=30.0)  # no channel is late only because the machine is busy
IMPOSSIBLE = Filters(make=("Nonesuch",), max_price=500)
WAYS = tuple(Widening("max_price", number) for number in range(12))

wanted = st.builds(
    Filters,
    make=st.sampled_from([(), ("Skoda",), ("Nonesuch",), ("Audi", "Fiat")]),
    model=st.sampled_from([(), ("Octavia",)]),
    fuel=st.sampled_from([(), (Fuel.PETROL,), (Fuel.HYDROGEN,)]),
    max_price=st.none() | st.integers(0, 30_000),
    min_year=st.none() | st.integers(2000, 2030),
    max_owners=st.none() | st.just(1),
)


@dataclass(frozen=True)
class Place:
    listing: Listing


class Shop:
    """A shop that shows its cars by id and remembers what it was asked."""

    def __init__(self, cars=INVENTORY, sold_on_the_way=frozenset()):
        self.cars = cars
        self.sold = sold_on_the_way
        self.asked = []
        self.counted = []

    def matching(self, filters, without):
        return [c for c in self.cars if c.id not in without and passes(c, filters)]

    async def ask(self, filters, limit, without):
        self.asked.append(filters)
        found = [c for c in self.matching(filters, without) if c.id not in self.sold]
        return [Place(car) for car in found[:limit]]

    async def count(self, filters, most, without):
        self.counted.append(filters)
        return min(most, len(self.matching(filters, without)))

    def fill(self, filters, limit, without=frozenset()):
        found = asyncio.run(fill(self.ask, self.count, filters, limit, without))
        return [place.listing for place in found]


@given(wanted, st.integers(1, 60), st.sets(st.integers(1, 400), max_size=350))
def test_a_list_is_as_long_as_the_shop_allows(filters, limit, without):
    shown = Shop().fill(filters, limit, frozenset(without))
    ids = [car.id for car in shown]
    assert len(ids) == len(set(ids)) == min(limit, len(INVENTORY) - len(without))
    assert not without & set(ids)


@given(wanted, st.integers(1, 60))
def test_strict_matches_come_first_and_none_is_left_out(filters, limit):
    shown = Shop().fill(filters, limit)
    strict = [passes(car, filters) for car in shown]
    assert strict == sorted(strict, reverse=True)
    assert sum(strict) == min(limit, len(Shop().matching(filters, frozenset())))


@given(wanted, st.integers(1, 60))
def test_a_full_strict_answer_costs_one_question_and_any_other_at_most_four(filters, limit):
    shop = Shop()
    shop.fill(filters, limit)
    if len(shop.matching(filters, frozenset())) >= limit or filters == NO_FILTERS:
        assert (shop.asked, shop.counted) == ([filters], [])
    assert len(shop.asked) <= 4
    assert len(shop.counted) <= 60
    for wide in shop.asked[1:]:
        assert all(passes(car, wide) for car in INVENTORY if passes(car, filters))


@given(wanted, st.sets(st.integers(1, 400), max_size=300))
def test_cars_sold_on_the_way_are_replaced_in_a_last_round(filters, sold):
    shop = Shop(sold_on_the_way=sold)
    shown = shop.fill(filters, 20)
    assert len(shown) == 20
    assert not sold & {car.id for car in shown}
    assert len(shop.asked) <= 4


def test_a_little_more_money_is_tried_before_anything_else_is_given_up():
    fabias = Filters(make=("Skoda",), model=("Fabia",))
    prices = sorted(car.price for car in INVENTORY if passes(car, fabias))
    filters = fabias.model_copy(update={"max_price": prices[4]})
    within = sum(price <= prices[4] * 1.1 for price in prices)
    shown = Shop().fill(filters, within)
    assert within > 5
    assert {car.model for car in shown} == {"Fabia"}
    assert max(car.price for car in shown) <= prices[4] * 1.13


def test_only_what_is_impossible_is_given_up():
    filters = Filters(make=("Nonesuch",), max_price=20_000, min_year=2010)
    shown = Shop().fill(filters, 20)
    assert {missed(car, filters) for car in shown} == {frozenset({"make"})}


def test_what_the_nearest_odd_car_needs_is_not_given_up_for_all_others():
    skodas = [car for car in INVENTORY if car.make == "Skoda" and car.price > 2_000]
    others = [car for car in INVENTORY if car.make != "Skoda"]
    odd = others[0].model_copy(update={"price": 150})
    shown = Shop(cars=[*skodas, odd, *others[1:]]).fill(Filters(make=("Skoda",), max_price=100), 20)
    assert len(skodas) >= 20
    assert shown[0] == odd
    assert {car.make for car in shown[1:]} == {"Skoda"}


def test_an_empty_shop_gives_an_empty_list():
    shop = Shop(cars=[])
    assert shop.fill(IMPOSSIBLE, 20) == []
    assert len(shop.asked) == len(shop.counted) == 1


@given(st.lists(st.sets(st.sampled_from(WAYS), min_size=1, max_size=4), min_size=1, max_size=5))
def test_no_concession_is_taken_that_the_others_make_needless(sufficient):
    async def enough(taken):
        return any(some <= set(taken) for some in sufficient)

    async def check():
        taken = await smallest(WAYS, enough)
        assert await enough(taken)
        assert list(taken) == sorted(taken, key=WAYS.index)
        for way in taken:
            assert not await enough(tuple(other for other in taken if other != way))
        assert WAYS.index(taken[-1]) == min(max(map(WAYS.index, some)) for some in sufficient)

    asyncio.run(check())


def full(user_id, filters, limit=20, without=frozenset()):
    return lambda store: recommend_full(
        store, user_id, filters, limit, now=NOW, knobs=KNOBS, without=without
    )


@pytest.mark.parametrize("user_id", [STRANGER, SKODA_FAN, PICKY])
def test_an_impossible_wish_still_fills_a_slate_and_says_how(ask, user_id):
    answer = ask(full(user_id, IMPOSSIBLE))
    shown = [entry.listing for entry in answer.slate.entries]
    assert len({car.id for car in shown}) == len(shown) == len(answer.needed) == 20
    assert answer.relaxed[0].step.sentence == "Any make, not only Nonesuch."
    reached = answer.relaxed[-1]
    assert reached.matches >= 20
    assert all(passes(car, reached.step.filters) for car in shown)
    for car, needed in zip(shown, answer.needed, strict=True):
        assert {step.field for step in needed} == missed(car, IMPOSSIBLE) != frozenset()


def test_each_count_is_what_a_search_with_those_filters_finds(ask):
    for counted in ask(full(SKODA_FAN, IMPOSSIBLE)).relaxed:
        page = ask(lambda store, f=counted.step.filters: store.search(f, "newest", 1, 0))
        assert page.total == counted.matches


@pytest.mark.parametrize("filters", [NO_FILTERS, Filters(max_price=9_000, fuel=("diesel",))])
def test_where_nothing_must_give_way_the_slate_is_the_strict_one(ask, filters):
    answer = ask(full(SKODA_FAN, filters))
    strict = ask(lambda store: recommend(store, SKODA_FAN, filters, 20, now=NOW, knobs=KNOBS))
    assert answer.slate.id == strict.id
    assert [e.listing for e in answer.slate.entries] == [e.listing for e in strict.entries]
    assert answer.relaxed == ()
    assert set(answer.needed) == {()}


def test_what_was_dismissed_never_comes_back_by_relaxing(ask):
    dismissed = ask(lambda store: store.shopper(PICKY)).dismissed
    shown = {e.listing.id for e in ask(full(PICKY, IMPOSSIBLE, limit=100)).slate.entries}
    assert len(shown) == 100
    assert not dismissed & shown


def test_what_is_excluded_stays_away_and_its_places_are_filled(ask):
    first = ask(full(SKODA_FAN, IMPOSSIBLE)).slate
    without = frozenset(entry.listing.id for entry in first.entries[:10])
    second = ask(full(SKODA_FAN, IMPOSSIBLE, without=without)).slate
    assert len(second.entries) == 20
    assert not without & {entry.listing.id for entry in second.entries}
    assert second.id != first.id


def test_the_nearest_relaxation_is_needed_in_every_part(ask):
    filters = IMPOSSIBLE.model_copy(update={"fuel": (Fuel.DIESEL,)})
    found = ask(lambda store: nearest_relaxation(store, filters))
    assert found[0].step.field == "make"
    assert {counted.matches for counted in found[:-1]} <= {0}
    assert found[-1].matches > 0


def test_there_is_no_nearest_relaxation_of_filters_that_ask_nothing(ask):
    assert widenings(NO_FILTERS) == ()
    assert ask(lambda store: nearest_relaxation(store, NO_FILTERS)) == ()
