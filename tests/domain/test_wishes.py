"""The laws of telling wishes apart and sharing a list between them."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.car_features import describe
from carousel.domain.listing import Body
from carousel.domain.wishes import closeness, in_turn, wishes
from tests.domain.cars import INVENTORY, SPACE, car

VECTORS = SPACE.vectors([describe(one) for one in INVENTORY])

rows = st.lists(st.integers(0, len(INVENTORY) - 1), min_size=1, max_size=20, unique=True)
lengths = st.lists(st.integers(0, 12), min_size=1, max_size=6)


@given(rows)
def test_every_reference_is_in_exactly_one_wish(chosen):
    groups = wishes(VECTORS[chosen])
    assert sorted(i for group in groups for i in group) == list(range(len(chosen)))


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_the_references_does_not_matter(chosen, dice):
    shuffled = dice.sample(chosen, len(chosen))

    def named(order):
        return {frozenset(order[i] for i in group) for group in wishes(VECTORS[order])}

    assert named(chosen) == named(shuffled)


@given(rows)
def test_twins_are_one_wish_and_opposites_are_two(chosen):
    twice = np.concatenate([VECTORS[chosen]] * 2)
    assert len(wishes(twice)) <= len(chosen)
    one = VECTORS[chosen[0]]
    assert wishes(np.stack([one, -one])) == [[0], [1]]


def test_a_family_car_and_a_city_car_are_not_the_same_wish():
    family = {"make": "Audi", "model": "A6", "body": Body.ESTATE, "price": 28_000, "power_hp": 240}
    city = {"make": "Fiat", "model": "500", "body": Body.HATCHBACK, "price": 4_000, "power_hp": 65}
    cars = [car(1, **family), car(2, **city), car(3, **family), car(4, **city)]
    assert wishes(SPACE.vectors([describe(one) for one in cars])) == [[0, 2], [1, 3]]


@given(rows, st.floats(0.1, 50))
def test_closeness_lies_between_the_mean_and_the_maximum(chosen, sharpness):
    found = closeness(VECTORS, VECTORS[chosen], sharpness)
    products = VECTORS @ VECTORS[chosen].T
    assert np.all(found <= products.max(axis=1) + 1e-9)
    assert np.all(found >= products.mean(axis=1) - 1e-9)


@given(lengths, st.data())
def test_places_are_shared_without_loss_or_repetition(sizes, data):
    queues = [[(n, i) for i in range(size)] for n, size in enumerate(sizes)]
    weights = data.draw(st.lists(st.integers(1, 9), min_size=len(sizes), max_size=len(sizes)))
    places = data.draw(st.integers(0, 40))
    chosen = in_turn(queues, weights, places)
    assert len(chosen) == len(set(chosen)) == min(places, sum(sizes))
    for n, queue in enumerate(queues):
        own = [item for item in chosen if item[0] == n]
        assert own == queue[: len(own)]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(1, 30))
def test_while_nobody_runs_short_each_gets_its_share_to_within_one_place_per_rival(weights, places):
    chosen = in_turn([[n] * 40 for n in range(len(weights))], weights, places)
    counts = Counter(chosen)
    for n, weight in enumerate(weights):
        assert abs(counts[n] - places * weight / sum(weights)) <= max(1, len(weights) - 1)
