"""Whether one method is better than another, compared shopper by shopper.

Owns:    differences with intervals, the randomisation test.
Imports: numpy, evaluation.{intervals,results}, recording.

The difference is bootstrapped with the same shoppers drawn for both. The test asks how often a
difference as large comes about if the two methods' names are swapped for each shopper by the toss
of a coin; with R tosses the smallest p is 1 / (R + 1).

Source:  Smucker, Allan & Carterette, CIKM 2007.
"""

import numpy as np

from carousel.evaluation.intervals import Sums, banded, ratio
from carousel.evaluation.results import Estimate
from carousel.recording.tables import Floats

_SAME = 1e-12


def coins(shoppers: int, count: int, rng: np.random.Generator) -> Floats:
    """Return tosses, 0 or 1, shape (count, shoppers)."""
    return rng.integers(0, 2, size=(count, shoppers)).astype(np.float64)


def differences(one: Sums, other: Sums, draws: Floats) -> list[Estimate]:
    """Return ``one`` less ``other`` for each column, with intervals.

    Args:
        one: sums of a method.
        other: sums of another over the same shoppers and columns.
        draws: of ``intervals.resamples``.
    """
    spread = ratio(draws @ one.total, draws @ one.weight) - ratio(
        draws @ other.total, draws @ other.weight
    )
    counts = ((one.weight > 0) | (other.weight > 0)).sum(axis=0)
    return banded(one.ratios() - other.ratios(), spread, counts)


def swap_test(one: Sums, other: Sums, tosses: Floats) -> Floats:
    """Return the two-sided p of each column's difference; NaN where there is no difference to test.

    >>> rng = np.random.default_rng(0)
    >>> ones, zeros = np.ones((9, 1)), np.zeros((9, 1))
    >>> better, worse = Sums(ones, ones), Sums(zeros, ones)
    >>> bool(swap_test(better, worse, coins(9, 999, rng))[0] < 0.02)  # 2 of 2 ** 9 ways
    True
    >>> swap_test(better, better, coins(9, 999, rng))
    array([1.])
    """
    observed = one.ratios() - other.ratios()
    total, weight = other.total - one.total, other.weight - one.weight
    moved, shifted = tosses @ total, tosses @ weight
    tossed = ratio(one.total.sum(axis=0) + moved, one.weight.sum(axis=0) + shifted) - ratio(
        other.total.sum(axis=0) - moved, other.weight.sum(axis=0) - shifted
    )
    as_large = (np.abs(tossed) >= np.abs(observed) - _SAME).sum(axis=0)
    p = (1 + as_large) / (1 + len(tosses))
    return np.where(np.isnan(observed), np.nan, p)
