from collections import defaultdict
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.simulation.exposure import Orders, chances, first, lay, sort_shares


class Loaded:
    """Dice that fall as told."""

    def __init__(self, *falls):
        self.falls = falls

    def random(self, count):
        assert count == len(self.falls)
        return np.array(self.falls)


def every_page(pool, orders, explore):
    """Yield every page the policy can lay, with its probability given the order drawn."""
    places = len(orders.tops[orders.drawn])
    explored = explore * places
    if explored < 1:
        yield lay(pool, orders, explore, Loaded(0.9999999, 0.0, 0.0)), 1 - explored
    for place, lot in product(range(places), range(len(pool))):
        middle = (place + 0.5) / places, (lot + 0.5) / len(pool)
        page = lay(pool, orders, explore, Loaded(0.0, *middle))
        yield page, explored / (places * len(pool))


@given(
    eligible=st.integers(1, 7),
    page=st.integers(1, 4),
    explore=st.floats(0.01, 0.25),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=60)
def test_the_logged_propensity_is_how_often_the_policy_does_it(eligible, page, explore, seed):
    dice = np.random.default_rng(seed)
    pool = np.sort(dice.permutation(50)[:eligible])
    places = min(page, eligible)
    tops = {order: dice.permutation(pool)[:places] for order in range(3)}
    shares = np.array([0.5, 0.3, 0.2, 0.0])
    happens, logged = defaultdict(float), {}
    for drawn in tops:
        for laid, chance in every_page(pool, Orders(tops, shares, drawn), explore):
            for place, car in enumerate(laid.cars.tolist()):
                happens[place, car] += shares[drawn] * chance
                logged[place, car] = laid.propensity[place]
    for slot, propensity in logged.items():
        assert propensity == pytest.approx(happens[slot])
    assert set(happens) == set(product(range(places), pool.tolist()))


@given(eligible=st.integers(1, 6), page=st.integers(1, 4), explore=st.floats(0.01, 0.25))
@settings(deadline=None, max_examples=40)
def test_each_place_is_random_in_the_declared_share_and_each_car_as_likely(eligible, page, explore):
    pool = np.arange(10, 10 + eligible)
    orders = Orders({0: pool[:page]}, np.array([1.0, 0, 0, 0]), 0)
    there = defaultdict(float)
    for laid, chance in every_page(pool, orders, explore):
        assert laid.random.sum() <= 1
        for place in np.flatnonzero(laid.random).tolist():
            there[place, int(laid.cars[place])] += chance
    places = min(page, eligible)
    assert len(there) == places * eligible
    assert list(there.values()) == pytest.approx([explore / eligible] * len(there))


@given(eligible=st.integers(1, 40), explore=st.floats(0.001, 0.05), seed=st.integers(0, 999))
@settings(deadline=None)
def test_a_page_shows_each_car_once_and_the_others_in_order(eligible, explore, seed):
    dice = np.random.default_rng(seed)
    pool = np.arange(eligible)
    top = dice.permutation(pool)[: min(20, eligible)]
    orders = Orders({0: top}, np.array([1.0, 0, 0, 0]), 0)
    laid = lay(pool, orders, explore, Loaded(0.0, dice.random(), dice.random()))
    assert len(set(laid.cars.tolist())) == len(laid.cars) == len(top)
    stranger = laid.cars[laid.random]
    rest = laid.cars[~laid.random]
    assert rest.tolist() == top[top != stranger][: len(rest)].tolist()
    assert laid.eligible == eligible


def test_without_exploration_an_order_is_certain():
    top = np.array([5, 3, 9])
    assert chances(top, top, eligible=10, explore=0.0).tolist() == [1.0, 1.0, 1.0]
    assert chances(np.array([1, 2, 4]), top, eligible=10, explore=0.0).tolist() == [0.0] * 3


@given(st.lists(st.integers(0, 9), min_size=1, max_size=120), st.integers(1, 20))
def test_the_first_are_the_smallest_and_ties_keep_their_order(keys, count):
    expected = sorted(range(len(keys)), key=lambda n: (keys[n], n))[:count]
    assert first(np.array(keys, dtype=np.float64), count).tolist() == expected


def test_the_most_similar_need_a_car_to_resemble():
    weights = (0.3, 0.25, 0.25, 0.2)
    assert sort_shares(weights, opened_before=True).tolist() == pytest.approx(weights)
    assert sort_shares(weights, opened_before=False)[3] == 0
    assert sort_shares(weights, opened_before=False).sum() == pytest.approx(1)
