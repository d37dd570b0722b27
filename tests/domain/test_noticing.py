"""Whom a new car is told, and what a notice of a lower price says in the end."""

from collections import Counter
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.noticing import (
    CARS_AT_ONCE,
    Drop,
    Params,
    Shoppers,
    after_change,
    fitting,
    is_bulk,
)


def some_shoppers(how_many, dice, dim=6):
    rows = dice.normal(size=(how_many, dim))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return Shoppers(list(range(how_many)), rows, dice.uniform(0, 1, how_many))


def some_cars(how_many, dice, dim=6):
    rows = dice.normal(size=(how_many, dim))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@given(st.integers(0, 10_000), st.integers(0, 60), st.integers(1, 3 * CARS_AT_ONCE))
def test_nobody_is_told_too_much_or_of_what_does_not_fit(seed, people, cars):
    dice = np.random.default_rng(seed)
    shoppers, vectors = some_shoppers(people, dice), some_cars(cars, dice)
    params = Params(least_likeness=0.3, shoppers=3)
    left = dice.integers(0, 4, people).tolist()
    fits = fitting(shoppers, list(range(cars)), vectors, left, params)
    of_shopper = Counter(fit.user_id for fit in fits)
    assert all(of_shopper[n] <= left[n] for n in range(people))
    assert all(count <= 3 for count in Counter(fit.listing_id for fit in fits).values())
    assert len({(fit.user_id, fit.listing_id) for fit in fits}) == len(fits)
    for fit in fits:
        likeness = shoppers.preferences[fit.user_id] @ vectors[fit.listing_id]
        assert likeness >= params.least_likeness
        assert shoppers.confidences[fit.user_id] >= params.least_confidence
        assert np.isclose(fit.score, likeness * shoppers.confidences[fit.user_id])
    assert [fit.score for fit in fits] == sorted((fit.score for fit in fits), reverse=True)


@given(st.integers(0, 10_000))
def test_whoever_is_passed_over_found_their_limits_full_of_better_ones(seed):
    dice = np.random.default_rng(seed)
    shoppers, vectors = some_shoppers(20, dice), some_cars(10, dice)
    params = Params(least_likeness=0.3, shoppers=4)
    fits = fitting(shoppers, list(range(10)), vectors, [2] * 20, params)
    told = {(fit.user_id, fit.listing_id): fit.score for fit in fits}
    likeness = shoppers.preferences @ vectors.T
    for user, car in zip(*np.nonzero(likeness >= params.least_likeness), strict=True):
        if (user, car) in told or shoppers.confidences[user] < params.least_confidence:
            continue
        score = likeness[user, car] * shoppers.confidences[user]
        of_user = [s for (u, _), s in told.items() if u == user]
        of_car = [s for (_, c), s in told.items() if c == car]
        assert (len(of_user) == 2 and min(of_user) >= score) or (
            len(of_car) == 4 and min(of_car) >= score
        )


prices = st.lists(st.integers(1, 50), min_size=2, max_size=12)


@given(prices)
def test_an_unseen_notice_tells_the_way_from_the_first_price_to_the_present_one(way):
    told = None
    for before, after in pairwise(way):
        told = after_change(told, before, after)
        assert told is None or (told.before > told.after == after and not told.seen)
    if all(price < way[0] for price in way[1:]):
        assert told == Drop(way[0], way[-1])
    if way[-1] >= max(way):
        assert told is None


@given(prices)
def test_what_was_seen_is_never_rewritten_but_by_another_drop(way):
    told = Drop(60, way[0], seen=True)
    for before, after in pairwise(way):
        changed = after_change(told, before, after)
        assert changed == (Drop(before, after) if after < before else told)


def test_a_bulk_load_is_more_than_the_daily_supply_of_a_small_and_of_a_large_market():
    params = Params(bulk_least=100, bulk_share=0.1)
    assert [is_bulk(n, 0, params) for n in (0, 100, 101)] == [False, False, True]
    assert [is_bulk(n, 5_000, params) for n in (101, 500, 501)] == [False, False, True]
