from collections import defaultdict
from itertools import combinations, permutations, product
from math import comb, perm

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.reranking.exploration import Params, explored, laid, propensity, seed_of
from tests.domain.reranking.pools import seeds


def every_slate(order, places, count):
    """Yield every slate with ``count`` random places, its random places and its probability."""
    eligible = len(order)
    chance = 1 / (comb(places, count) * perm(eligible, count))
    for spots in combinations(range(places), count):
        for strangers in permutations(order.tolist(), count):
            at = np.array(spots, dtype=int)
            yield laid(order, places, at, np.array(strangers, dtype=int)), spots, chance


def every_outcome(order, places, wanted):
    whole, part = divmod(min(wanted, places), 1.0)
    for count, share in ((int(whole), 1 - part), (int(whole) + 1, part)):
        if share > 0:
            for slate, spots, chance in every_slate(order, places, count):
                yield slate, spots, chance * share


@given(
    eligible=st.integers(1, 6),
    size=st.integers(1, 4),
    wanted=st.sampled_from([0.0, 0.3, 1.0, 1.5, 2.0, 3.0, 9.0]),
    seed=seeds,
)
@settings(deadline=None, max_examples=80)
def test_the_propensity_is_how_often_the_policy_does_it(eligible, size, wanted, seed):
    order = np.random.default_rng(seed).permutation(eligible)
    places = min(size, eligible)
    happens, told = defaultdict(float), {}
    for slate, _, chance in every_outcome(order, places, wanted):
        given_chances = propensity(slate, order, Params(wanted))
        for place, row in enumerate(slate.tolist()):
            happens[place, row] += chance
            told[place, row] = given_chances[place]
    assert told == pytest.approx(dict(happens))
    assert sum(happens.values()) == pytest.approx(places)
    if wanted > 0:
        assert set(happens) == set(product(range(places), order.tolist()))


def test_the_propensity_is_how_often_it_happens():
    order, params, many = np.random.default_rng(1).permutation(12), Params(1.5), 8_000
    dice, happens, told = np.random.default_rng(2), np.zeros((5, 12)), np.full((5, 12), np.nan)
    for _ in range(many):
        shown = explored(order, 5, params, dice)
        happens[np.arange(5), shown.rows] += 1 / many
        told[np.arange(5), shown.rows] = shown.propensity
    assert not np.isnan(told).any()
    error = np.sqrt(told * (1 - told) / many)
    assert (np.abs(happens - told) < 5 * error).all()


@given(eligible=st.integers(1, 6), size=st.integers(1, 4), wanted=st.sampled_from([0.4, 1.0, 2.0]))
@settings(deadline=None)
def test_at_a_random_place_every_car_is_as_likely(eligible, size, wanted):
    order, places = np.arange(eligible), min(size, eligible)
    there = defaultdict(float)
    for slate, spots, chance in every_outcome(order, places, wanted):
        for place in spots:
            there[place, int(slate[place])] += chance
    expected = min(wanted, places) / (places * eligible)
    assert len(there) == places * eligible
    assert list(there.values()) == pytest.approx([expected] * len(there))


@given(st.integers(0, 50), st.integers(0, 30), st.floats(0, 6), seeds)
def test_a_slate_shows_each_car_once_and_the_others_in_order(eligible, size, wanted, seed):
    order = np.random.default_rng(seed).permutation(eligible)
    shown = explored(order, size, Params(wanted), np.random.default_rng(seed))
    assert len(set(shown.rows.tolist())) == len(shown.rows) == min(size, eligible)
    strangers = shown.rows[shown.random]
    assert len(strangers) in {int(min(wanted, len(shown.rows))), int(min(wanted, eligible)) + 1}
    rest = shown.rows[~shown.random]
    assert rest.tolist() == order[~np.isin(order, strangers)][: len(rest)].tolist()
    assert ((shown.propensity > 0) & (shown.propensity <= 1)).all()


@given(st.integers(0, 40), st.integers(0, 30), seeds)
def test_without_random_places_the_order_is_certain(eligible, size, seed):
    order = np.random.default_rng(seed).permutation(eligible)
    shown = explored(order, size, Params(places=0.0), np.random.default_rng(seed))
    assert shown.rows.tolist() == order[:size].tolist()
    assert (shown.propensity == 1).all()
    assert not shown.random.any()


def test_a_repeated_request_is_answered_the_same_and_another_one_anew():
    def slate(shopper, key):
        dice = np.random.default_rng(seed_of(shopper, key))
        return tuple(explored(np.arange(1_000), 20, Params(3.0), dice).rows.tolist())

    assert slate(7, "home:1") == slate(7, "home:1")
    others = {slate(shopper, key) for shopper in range(10) for key in ("home:1", "home:2")}
    assert len(others) == 20


def test_weighted_with_the_propensity_chance_tells_what_another_order_would_earn():
    dice = np.random.default_rng(4)
    order, wanted = np.arange(8), np.array([6, 3, 0])
    worth = dice.uniform(0, 1, 8)
    estimates = []
    for _ in range(8_000):
        shown = explored(order, 3, Params(1.0), dice)
        agrees = shown.rows == wanted
        estimates.append((agrees * worth[shown.rows] / shown.propensity).sum())
    error = np.std(estimates) / np.sqrt(len(estimates))
    assert abs(np.mean(estimates) - worth[wanted].sum()) < 4 * error
