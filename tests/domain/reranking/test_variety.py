from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.facts import FACTS
from carousel.domain.reranking.orders import best_first
from carousel.domain.reranking.variety import Params, Widths, likeness, varied
from tests.domain.reranking.pools import cars, pools, seeds, sizes

trades = st.floats(0, 1)


def plain(worth, alike, size, trade):
    """Return the first places as the definition says, every car asked at every place."""
    chosen = []
    for _ in range(min(size, len(worth))):
        best, most = None, -1.0
        for row in best_first(worth).tolist():
            if row in chosen:
                continue
            closest = max((alike[row, other] for other in chosen), default=0.0)
            if worth[row] * (1 - trade * closest) > most:
                best, most = row, worth[row] * (1 - trade * closest)
        chosen.append(best)
    return chosen


def one_car(**changes):
    car = np.zeros(1, dtype=FACTS)
    stated = {"price": 9_000, "year": 2018, "mileage_km": 60_000, "power_hp": 100, "make": 1}
    for name, value in (stated | {"model": 10, "body": 1, "fuel": 1} | changes).items():
        car[name] = value
    return car


@given(pools(), sizes, trades)
def test_a_slate_is_what_the_definition_says(pool, size, trade):
    params = Params(trade=trade)
    order = varied(pool.chance, pool.facts, size, params)
    expected = plain(pool.chance, likeness(pool.facts, params.widths), size, trade)
    assert order[:size].tolist() == expected


@given(pools(), sizes, trades)
def test_no_car_is_lost_and_those_beyond_the_slate_stay_in_order(pool, size, trade):
    order = varied(pool.chance, pool.facts, size, Params(trade=trade))
    assert sorted(order.tolist()) == list(range(len(pool.chance)))
    rest = [row for row in best_first(pool.chance).tolist() if row not in order[:size]]
    assert order[size:].tolist() == rest


@given(pools(), sizes)
def test_without_trade_it_is_the_order_of_worth(pool, size):
    order = varied(pool.chance, pool.facts, size, Params(trade=0.0))
    assert order.tolist() == best_first(pool.chance).tolist()


@given(pools(), sizes, trades, st.integers(-6, 0))
def test_how_often_shoppers_click_at_all_does_not_matter(pool, size, trade, power):
    params = Params(trade=trade)  # a power of two, so that rounding makes no ties
    scaled = varied(pool.chance * 2.0**power, pool.facts, size, params)
    assert scaled.tolist() == varied(pool.chance, pool.facts, size, params).tolist()


@given(st.integers(1, 30), seeds)
def test_likeness_is_symmetric_between_0_and_1_and_1_for_equal_cars(count, seed):
    facts = cars(count, np.random.default_rng(seed))
    twice = likeness(np.concatenate([facts, facts]), Widths())
    assert (twice == twice.T).all()
    assert (twice >= 0).all()
    assert (twice <= 1).all()
    assert (np.diag(twice) == 1).all()
    assert (np.diag(twice, count) == 1).all()


def test_the_width_of_a_fact_is_the_difference_that_halves_the_likeness():
    widths = Widths()
    there = one_car()
    halves = {
        "price": 9_000 * widths.price,
        "year": 2018 - widths.years,
        "mileage_km": 60_000 + widths.mileage_km,
        "power_hp": 100 * widths.power_hp,
        "body": 3,
        "model": 11,
    }
    for name, value in halves.items():
        two = np.concatenate([there, one_car(**{name: value})])
        assert likeness(two, widths)[0, 1] == pytest.approx(0.5), name
    other_make = np.concatenate([there, one_car(make=2, model=20)])
    assert likeness(other_make, widths)[0, 1] == pytest.approx(0.25)
    other_fuel = np.concatenate([there, one_car(fuel=3)])
    assert likeness(other_fuel, widths)[0, 1] == pytest.approx(0.5**0.5)


def test_every_width_matters():
    dice = np.random.default_rng(3)
    facts = cars(40, dice)
    before = likeness(facts, Widths())
    for one in fields(Widths):
        wider = replace(Widths(), **{one.name: 2 * getattr(Widths(), one.name)})
        assert not np.allclose(likeness(facts, wider), before), one.name


def test_where_nobody_states_a_number_it_tells_no_cars_apart():
    two = np.concatenate([one_car(power_hp=np.nan), one_car(power_hp=np.nan)])
    assert likeness(two, Widths())[0, 1] == 1.0


def test_a_slate_of_twins_becomes_a_slate_of_different_cars():
    twins = np.concatenate([one_car()] * 10)
    others = np.concatenate([one_car(make=n, model=10 * n, body=n) for n in range(2, 7)])
    worth = np.concatenate([np.full(10, 0.10), np.full(5, 0.09)])
    order = varied(worth, np.concatenate([twins, others]), 6, Params(trade=0.3))
    assert sorted(order[:6].tolist()) == [0, 10, 11, 12, 13, 14]


@given(st.integers(2, 40), seeds)
def test_more_trade_makes_a_first_page_no_more_alike(count, seed):
    dice = np.random.default_rng(seed)
    facts, worth = cars(count, dice), dice.uniform(0.05, 0.1, count)
    alike = likeness(facts, Widths())
    second = [varied(worth, facts, 2, Params(trade=t))[:2] for t in (0.0, 0.5, 1.0)]
    closeness = [alike[a, b] for a, b in second]
    assert closeness[0] >= closeness[1] >= closeness[2]
