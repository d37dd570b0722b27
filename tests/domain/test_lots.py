"""Draws that follow from a seed and an id alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.lots import KNOWN, lots, turns

ids = st.lists(st.integers(1, 2**62), min_size=1, max_size=30, unique=True)
seeds = st.integers(0, 2**64 - 1)


@given(ids, seeds)
def test_a_lot_depends_on_nothing_but_its_id_and_the_seed(some, seed):
    together = lots(some, seed)
    assert ((together > 0) & (together < 1)).all()
    np.testing.assert_array_equal(together, [lots([one], seed)[0] for one in some])
    np.testing.assert_array_equal(lots(some[::-1], seed), together[::-1])


@given(ids, seeds, st.floats(0, 1e6))
def test_being_shown_never_brings_a_turn_forward(some, seed, shown):
    never = turns(some, np.zeros(len(some)), seed)
    assert (never > 0).all()
    assert (turns(some, np.full(len(some), shown), seed) >= never).all()


def test_lots_are_even_over_ids_and_over_seeds():
    for drawn in (
        lots(np.arange(1, 50_001), seed=9),
        np.array([lots([77], seed)[0] for seed in range(5_000)]),
    ):
        shares = np.histogram(drawn, bins=10, range=(0, 1))[0] / len(drawn)
        assert shares == pytest.approx(np.full(10, 0.1), abs=0.015)


def test_neighbouring_ids_are_drawn_as_if_they_were_strangers():
    drawn = np.array([lots([100, 101, 102], seed) for seed in range(5_000)])
    apart = np.corrcoef(drawn.T) - np.eye(3)
    assert np.abs(apart).max() < 0.05


def test_who_was_shown_often_is_drawn_first_as_seldom_as_the_weights_say():
    some, shown = np.arange(1, 5), np.array([0.0, 0.0, KNOWN, 3 * KNOWN])
    first = [int(np.argmin(turns(some, shown, seed))) for seed in range(8_000)]
    shares = np.bincount(first, minlength=4) / len(first)
    weights = np.array([1, 1, 1 / 2, 1 / 4])
    assert shares == pytest.approx(weights / weights.sum(), abs=0.02)
