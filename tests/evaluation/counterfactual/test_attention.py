"""The smooth curve of attention, fitted to logs whose attention is known."""

import numpy as np
import pytest

from carousel.evaluation.counterfactual.attention import Attention, fit

PLACES = np.arange(1, 21)
TRUE = Attention(0.35, 0.04)


def opened_at(position, dice, chance=0.1):
    return dice.random(len(position)) < chance * TRUE.at(position)


def test_with_much_data_the_curve_is_found():
    dice = np.random.default_rng(0)
    position = dice.integers(1, 21, 400_000)
    assert fit(position, opened_at(position, dice)).at(PLACES) == pytest.approx(
        TRUE.at(PLACES), rel=0.06
    )


@pytest.mark.parametrize("place", [3, 10, 20])
def test_the_interval_of_a_place_holds_the_truth_as_often_as_it_says(place):
    dice, held = np.random.default_rng(place), 0
    for _ in range(200):
        position = dice.integers(1, 21, 8_000)
        found = fit(position, opened_at(position, dice)).place(place)
        held += found.low < TRUE.place(place).mean < found.high
    assert held >= 180


def test_places_where_nothing_was_opened_count():
    short = fit(np.array([1, 1, 2, 2]), np.array([True, True, True, False]))
    long = fit(np.array([1, 1, 2, 2, 9, 9, 9]), np.array([True] * 3 + [False] * 4))
    assert long.at(np.array([9]))[0] < short.at(np.array([9]))[0]


def test_where_little_is_opened_patience_is_not_made_up():
    curve = fit(np.array([1, 1, 20, 20]), np.array([True, True, True, False]))
    assert abs(curve.waning) < 0.05


def test_without_any_opening_nothing_is_known():
    assert np.isnan(fit(np.array([1, 2]), np.array([False, False])).at(PLACES)).all()
