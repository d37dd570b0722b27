"""Intervals that cover, tests that keep their level."""

import math

import numpy as np
import pytest

from carousel.domain.errors import ConfigurationError
from carousel.evaluation.intervals import Sums, estimates, resamples, summed
from carousel.evaluation.metrics.column import Column, averaged
from carousel.evaluation.paired import coins, differences, swap_test


def shoppers_of(rng, mean, count=60):
    """Return sums of shoppers who hang together: each has a level of their own."""
    visits = rng.integers(1, 9, count).astype(np.float64)
    level = mean + rng.normal(0, 0.2, count)
    return Sums((visits * (level + rng.normal(0, 0.1, count)))[:, None], visits[:, None])


def test_an_interval_covers_the_mean_in_about_95_of_100_worlds():
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        sums = shoppers_of(rng, 0.4)
        [one] = estimates(sums, resamples(60, 400, rng))
        covered += one.low <= 0.4 <= one.high
    assert 180 <= covered <= 198


def test_drawing_visits_instead_of_shoppers_would_be_too_sure():
    rng = np.random.default_rng(3)
    owner, level = np.repeat(np.arange(30), 40), np.repeat(rng.normal(0, 1, 30), 40)
    values = level + rng.normal(0, 0.1, 1_200)
    draws = resamples(30, 500, rng)
    [ours] = estimates(summed([averaged("x", owner, values)], np.arange(30)), draws)
    naive = 2 * 1.96 * values.std() / math.sqrt(1_200)
    assert ours.high - ours.low > 4 * naive


def test_a_mean_is_the_ratio_of_sums_and_counts_the_shoppers_it_rests_on():
    column = Column("x", np.array([5, 5, 9]), np.array([1.0, 0.0, 2.0]), np.array([1.0, 1.0, 2.0]))
    sums = summed([column], np.array([2, 5, 9]))
    [one] = estimates(sums, resamples(3, 50, np.random.default_rng(0)))
    assert one.mean == pytest.approx(3 / 4)
    assert one.count == 2


def test_nothing_measured_is_not_a_number():
    [one] = estimates(
        Sums(np.zeros((4, 1)), np.zeros((4, 1))), resamples(4, 50, np.random.default_rng(0))
    )
    assert math.isnan(one.mean)
    assert math.isnan(one.low)
    assert one.count == 0


def test_the_same_seed_gives_the_same_interval():
    sums = shoppers_of(np.random.default_rng(7), 1.0)
    one, other = (estimates(sums, resamples(60, 300, np.random.default_rng(2))) for _ in "ab")
    assert one == other


def test_equal_methods_are_told_apart_in_about_5_of_100_worlds():
    found = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        one = shoppers_of(rng, 0.5)
        other = Sums(one.total + rng.normal(0, 0.3, (60, 1)) * one.weight, one.weight)
        found += swap_test(one, other, coins(60, 399, rng))[0] <= 0.05
    assert 2 <= found <= 20


def test_a_small_difference_shared_by_all_shoppers_is_found_though_the_intervals_overlap():
    rng = np.random.default_rng(1)
    one = shoppers_of(rng, 0.5)
    other = Sums(one.total + 0.02 * one.weight, one.weight)
    draws = resamples(60, 500, rng)
    [alone], [beside] = estimates(one, draws), estimates(other, draws)
    [difference] = differences(other, one, draws)
    assert alone.high > beside.low
    assert difference.low == pytest.approx(0.02)
    assert swap_test(other, one, coins(60, 999, rng))[0] == pytest.approx(0.001)


def test_a_method_does_not_differ_from_itself():
    sums = shoppers_of(np.random.default_rng(1), 0.5)
    draws = resamples(60, 200, np.random.default_rng(0))
    [difference] = differences(sums, sums, draws)
    assert (difference.mean, difference.low, difference.high) == (0, 0, 0)
    assert swap_test(sums, sums, coins(60, 99, np.random.default_rng(0)))[0] == 1


def test_one_resample_makes_no_interval():
    with pytest.raises(ConfigurationError, match="at least 2 resamples"):
        resamples(5, 1, np.random.default_rng(0))
