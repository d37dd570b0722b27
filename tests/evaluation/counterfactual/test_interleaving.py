"""Who wins interleaved lists."""

import numpy as np
import pytest

from carousel.domain.interleaving import Interleaved, team_draft
from carousel.evaluation.counterfactual.interleaving import credit, verdict


def simulated_verdict(better, worse, lists=400):
    """Shoppers open cars below row 100 twice as often as others; lists of ten."""
    dice = np.random.default_rng(5)
    credits_ = []
    for _ in range(lists):
        shown = team_draft(dice.permutation(better)[:10], dice.permutation(worse)[:10], 10, dice)
        opened = dice.random(10) < np.where(shown.rows < 100, 0.2, 0.1)
        credits_.append(credit(shown, opened))
    return verdict(np.array(credits_))


def test_the_better_ranking_wins_with_few_lists():
    won = simulated_verdict(np.arange(100), np.arange(100, 200))
    assert won.preference.low > 0
    assert won.p < 0.001


def test_equal_rankings_do_not_differ():
    drawn = simulated_verdict(np.arange(50), np.arange(50, 100))
    assert drawn.preference.low < 0 < drawn.preference.high
    assert drawn.p > 0.05


def test_nothing_opened_is_a_tie_and_no_verdict():
    shown = Interleaved(np.array([1, 2]), np.array([True, False]))
    assert credit(shown, np.array([False, False])) == 0
    assert verdict(np.zeros(3, dtype=np.int64)).p == 1


def test_swapping_the_sides_turns_the_verdict_round():
    credits_ = np.array([1, 1, 0, -1, 1, 1])
    one, other = verdict(credits_), verdict(-credits_)
    assert one.preference.mean == pytest.approx(-other.preference.mean)
    assert one.p == other.p
