"""Attention by position, recovered from logs where it is known."""

import numpy as np
import pytest

from carousel.evaluation.counterfactual.examination import (
    by_expectation,
    from_random,
    steepness,
)

DEPTH, CARS, LISTS = 10, 60, 12_000
TRUE = np.arange(1, DEPTH + 1) ** -0.5


def shown(order, seed):
    """Return positions, cars and openings of lists; ``order`` picks each list's cars."""
    dice = np.random.default_rng(seed)
    attraction = dice.beta(2, 5, CARS)
    cars = np.array([order(attraction, dice) for _ in range(LISTS)])
    position = np.tile(np.arange(1, DEPTH + 1), LISTS)
    opened = dice.random(LISTS * DEPTH) < TRUE[position - 1] * attraction[cars.ravel()]
    return position, cars.ravel(), opened


def by_chance(_attraction, dice):
    return dice.permutation(CARS)[:DEPTH]


def best_first(attraction, dice):
    """Order by attraction, seen through noise: the best cars gather at the top."""
    return np.argsort(-(attraction + 0.15 * dice.standard_normal(CARS)))[:DEPTH]


def test_random_exposure_shows_the_curve():
    position, _, opened = shown(by_chance, seed=1)
    assert from_random(position, opened, DEPTH) == pytest.approx(TRUE, abs=0.06)


def test_ordinary_lists_read_naively_overstate_how_attention_falls():
    position, _, opened = shown(best_first, seed=2)
    assert from_random(position, opened, DEPTH)[-1] < TRUE[-1] - 0.05


def test_expectation_maximisation_takes_position_and_attraction_apart():
    position, cars, opened = shown(best_first, seed=2)
    assert by_expectation(position, cars, opened, DEPTH) == pytest.approx(TRUE, abs=0.08)


def test_the_steepness_of_a_noisy_curve_is_found():
    position, _, opened = shown(by_chance, seed=3)
    curve = from_random(position, opened, DEPTH)
    assert steepness(curve, np.ones(DEPTH)) == pytest.approx(0.5, abs=0.06)


def test_positions_never_shown_are_unknown_and_do_not_disturb():
    curve = from_random(np.array([1, 1, 3, 3]), np.array([True, True, True, False]), 3)
    assert np.isnan(curve[1])
    assert steepness(curve, np.array([2.0, 0.0, 2.0])) == pytest.approx(np.log(2) / np.log(3))
