"""Metrics against scikit-learn, closed forms and cases one can do in the head."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import ndcg_score, roc_auc_score

from carousel.evaluation.metrics.bucket import auc, ndcg
from carousel.evaluation.metrics.calibration import deciles
from carousel.evaluation.metrics.catalogue import HEADLINE, METRICS, chosen
from carousel.evaluation.metrics.ranking import (
    expected_of_chance,
    gains,
    hits,
    ranks,
    reciprocals,
    viewed_column,
)
from carousel.evaluation.metrics.slates import diversity, gini, look
from carousel.evaluation.targets import Viewed
from tests.evaluation.worlds import car

SCORES = arrays(np.float64, st.integers(2, 30), elements=st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.5]))


@given(st.integers(1, 40), st.sampled_from([10, 20]))
def test_ndcg_of_one_wanted_car_is_that_of_scikit_learn(place, k):
    wanted = np.zeros((1, 40))
    wanted[0, place - 1] = 1
    order = np.arange(40, 0, -1.0)[None, :]
    assert gains(np.array([place]), k)[0] == pytest.approx(ndcg_score(wanted, order, k=k))


@given(SCORES, st.data())
def test_ndcg_with_ties_is_that_of_scikit_learn(scores, data):
    gain = data.draw(arrays(np.float64, len(scores), elements=st.sampled_from([0.0, 1.0, 3.0])))
    ours = ndcg(scores, gain, 10)
    if gain.any():
        assert ours == pytest.approx(ndcg_score(gain[None, :], scores[None, :], k=10))
    else:
        assert math.isnan(ours)


@given(SCORES, st.data())
def test_auc_is_that_of_scikit_learn(scores, data):
    opened = data.draw(arrays(np.bool_, len(scores)))
    if opened.any() and not opened.all():
        assert auc(scores, opened) == pytest.approx(roc_auc_score(opened, scores))
    else:
        assert math.isnan(auc(scores, opened))


def test_a_rank_is_the_place_in_the_slate():
    slates = np.array([[4, 2, 9], [4, 2, -1], [1, 2, 3]], dtype=np.int32)
    assert ranks(slates, np.array([9, 9, -1])).tolist() == [3, 0, 0]
    places = np.array([1, 4, 0])
    assert reciprocals(places).tolist() == [1.0, 0.25, 0.0]
    assert hits(places, 3).tolist() == [1.0, 0.0, 0.0]


@given(st.integers(20, 400), st.integers(1, 20))
def test_what_chance_scores_is_the_mean_over_all_places(cars, k):
    everywhere = np.arange(1, cars + 1)
    within = np.where(everywhere <= k, everywhere, 0)
    expected = expected_of_chance(cars, k)
    assert expected["ndcg"] == pytest.approx(gains(everywhere, k).mean())
    assert expected["mrr"] == pytest.approx(reciprocals(within).mean())
    assert expected["hit"] == expected["recall"] == pytest.approx(hits(everywhere, k).mean())


def test_recall_of_a_days_views_counts_each_car_once():
    slates = np.array([[1, 2], [3, -1]], dtype=np.int32)
    viewed = Viewed(np.array([0 * 10 + 1, 0 * 10 + 7, 1 * 10 + 4]), 10, 0)
    column = viewed_column(slates, np.array([0, 0]), viewed, {})
    assert column.total.tolist() == [0.5, 0.0]
    assert column.weight.tolist() == [1.0, 1.0]


def test_two_equal_cars_are_at_no_distance_and_two_unlike_ones_at_one():
    cars = look(
        [
            car(0),
            car(1),
            car(2, make="Tesla", model="Three", body="saloon", year=2020, price=20_000),
            car(3, price=20_000),
        ]
    )
    slates = np.array([[0, 1], [0, 2], [0, 3], [0, -1]], dtype=np.int32)
    assert diversity(slates, cars) == pytest.approx([0.0, 1.0, 0.2, math.nan], nan_ok=True)


def test_a_make_in_another_spelling_is_the_same_make():
    cars = look([car(0, make="Škoda"), car(1, make="SKODA")])
    assert diversity(np.array([[0, 1]], dtype=np.int32), cars).tolist() == [0.0]


@given(arrays(np.float64, st.integers(1, 40), elements=st.integers(0, 99).map(float)))
def test_gini_is_the_mean_difference_of_two_sellers(exposure):
    if exposure.sum() <= 0:
        assert math.isnan(gini(exposure))
    else:
        apart = np.abs(exposure[:, None] - exposure[None, :]).mean()
        assert gini(exposure) == pytest.approx(apart / (2 * exposure.mean()), abs=1e-9)


def test_equal_scores_share_a_decile():
    assert set(deciles(np.ones(50)).tolist()) == {9}
    assert np.bincount(deciles(np.random.default_rng(1).random(1_000))).tolist() == [100] * 10


def test_the_headline_is_in_the_catalogue_and_every_key_is_there_once():
    keys = [metric.key for metric in METRICS]
    assert len(set(keys)) == len(keys)
    assert [metric.key for metric in chosen(HEADLINE)] == list(HEADLINE)
