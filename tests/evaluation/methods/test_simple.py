"""Chance, the newest, the popular, the oracle, and how the best are chosen."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from carousel.evaluation.methods.choosing import best
from carousel.evaluation.methods.oracle import Oracle
from carousel.evaluation.methods.simple import Newest, Popular, Random
from carousel.simulation.truth import Chances
from tests.evaluation.methods.tiny import SPLIT, a_recording, ask, at_split, cars, played

few_values = st.integers(0, 3).map(float)


@given(arrays(float, st.integers(0, 60), elements=few_values), st.integers(1, 70))
def test_the_best_are_those_of_a_whole_sort(scores, limit):
    rows = np.arange(len(scores)) * 3 + 5
    whole = sorted(zip(-scores, rows, strict=True))[:limit]
    slate = best(rows, scores, limit)
    assert slate.rows.tolist() == [row for _, row in whole]
    assert slate.scores.tolist() == [-score for score, _ in whole]


def test_random_is_uniform_over_listings_and_asks():
    world = at_split(a_recording(cars(20), users=2_000))
    method, rows = Random(), np.arange(20)
    scores = np.array([method.score(world, ask(world, n), rows) for n in range(2_000)])
    assert scores.min() >= 0
    assert scores.max() < 1
    counts = np.histogram(scores, 10, (0, 1))[0]
    assert ((counts - 4_000) ** 2 / 4_000).sum() < 27.9  # chi-square, 9 degrees, p = 0.001
    first = np.bincount(scores.argmax(axis=1), minlength=20)
    assert ((first - 100) ** 2 / 100).sum() < 43.8  # chi-square, 19 degrees, p = 0.001


def test_random_does_not_depend_on_what_was_asked_before_or_beside():
    world = at_split(a_recording(cars(20)))
    method = Random()
    whole = method.score(world, ask(world, 1), np.arange(20))
    method.rank(world, ask(world, 2))
    assert Random().score(world, ask(world, 1), np.array([7, 3])).tolist() == whole[[7, 3]].tolist()
    assert Random(seed=1).score(world, ask(world, 1), np.arange(20)).tolist() != whole.tolist()


def test_the_newest_come_first():
    world = played(a_recording(cars(6), born=[(49, 4), (50, 5)]), Newest(), SPLIT + 90_000)
    assert Newest().rank(world, ask(world, limit=3)).rows.tolist() == [5, 4, 3]


def test_a_view_counts_half_a_week_later():
    week = 7 * 24
    recording = a_recording(cars(3), [(0, 0, "view", 1), (0, 1, "view", 2), (week, 2, "view", 2)])
    world = played(recording, method := Popular(), recording.begins + week * 3_600 + 1)
    scores = method.score(world, ask(world), np.arange(3))
    np.testing.assert_allclose(scores, [0.0, 0.5, 1.5], rtol=1e-5)


def test_only_the_alive_are_popular():
    recording = a_recording(cars(3), [(1, 0, "contact", 1), (2, 0, "view", 2)], left=[(49, 1)])
    world = played(recording, method := Popular(), SPLIT + 7_200)
    assert method.rank(world, ask(world)).rows.tolist() == [2, 0]


def test_the_oracle_asks_for_the_truth_at_the_prices_of_now():
    class Cheap:
        def chances(self, shopper, cars, at, prices):
            del shopper, cars, at
            return Chances(1 / prices, 1 / prices)

        def noise(self):
            return np.empty(0, np.int64)

    listings = [c.model_copy(update={"price": 5_000 + n}) for n, c in enumerate(cars(4))]
    world = played(a_recording(listings, prices=[(60, 2, 900)]), Oracle(Cheap()), SPLIT + 90_000)
    assert Oracle(Cheap()).rank(world, ask(world)).rows.tolist() == [2, 0, 1, 3]
