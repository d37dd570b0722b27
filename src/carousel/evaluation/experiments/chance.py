"""How much of a difference between groups of shoppers may be chance.

Owns:    intervals and tests of groups of different shoppers, of won lists, of uneven groups.
Imports: numpy, evaluation.{intervals, results}, recording.

What one shopper does hangs together, so shoppers are drawn, not lists. Every figure is a ratio of
sums over shoppers (evaluation/intervals.py). The draws are made and summed some at a time, for a
marketplace has many shoppers.

Source:  permutation test: Good, Permutation, Parametric and Bootstrap Tests of Hypotheses, 2005;
         sample ratio mismatch: Fabijan et al., KDD 2019.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from carousel.evaluation.intervals import RESAMPLES, Sums, banded, ratio, resamples
from carousel.evaluation.results import Estimate
from carousel.recording.tables import Floats, Ints

TESTS = 999
"""The smallest p is one over one more."""

UNEVEN_DRAWS = 19_999
SURE, POWERFUL = 1.959964, 0.841621
"""Normal quantiles of 97.5 % and of 80 %."""

FEWEST_ACTIVE = 5
"""Fewer shoppers who did a thing at all give no interval: resamples of nothing vary in nothing."""

_AT_ONCE = 4_000_000
"""Numbers drawn at a time, 32 MB."""


def group_estimates(groups: list[Sums], rng: np.random.Generator) -> list[list[Estimate]]:
    """Return each group's ratios with their intervals; the groups are of different shoppers."""
    return [_banded(one, _spread([one], rng)[0]) for one in groups]


def group_differences(one: Sums, other: Sums, rng: np.random.Generator) -> list[Estimate]:
    """Return ``one`` less ``other``, groups of different shoppers, column by column.

    >>> ones, zeros, weight = np.ones((9, 1)), np.zeros((9, 1)), np.ones((9, 1))
    >>> found = group_differences(Sums(ones, weight), Sums(zeros, weight), np.random.default_rng(0))
    >>> found[0].mean, found[0].low, found[0].high, found[0].count
    (1.0, 1.0, 1.0, 18)
    """
    mine, theirs = _spread([one, other], rng)
    counts = (one.weight > 0).sum(axis=0) + (other.weight > 0).sum(axis=0)
    found = banded(one.ratios() - other.ratios(), mine - theirs, counts)
    return _unsure(found, _active(one) + _active(other))


def label_test(one: Sums, other: Sums, rng: np.random.Generator) -> Floats:
    """Return the two-sided p of each column's difference, were the shoppers dealt anew.

    Exact for shoppers who were dealt by chance, whatever their distribution.

    >>> ones, zeros, weight = np.ones((9, 1)), np.zeros((9, 1)), np.ones((9, 1))
    >>> label_test(Sums(ones, weight), Sums(zeros, weight), np.random.default_rng(0))
    array([0.001])
    """
    total = np.concatenate([one.total, other.total])
    weight = np.concatenate([one.weight, other.weight])
    observed = np.abs(one.ratios() - other.ratios())
    sums = total.sum(axis=0), weight.sum(axis=0)
    beyond = np.ones(total.shape[1])
    for _ in range(TESTS):
        dealt = rng.permutation(len(total))[: len(one.total)]
        mine = total[dealt].sum(axis=0), weight[dealt].sum(axis=0)
        found = ratio(*mine) - ratio(sums[0] - mine[0], sums[1] - mine[1])
        beyond += ~(np.abs(found) < observed - 1e-12)  # NaN counts as beyond
    return np.where(np.isnan(observed), np.nan, beyond / (TESTS + 1))


def won(wins: Ints, losses: Ints, rng: np.random.Generator) -> tuple[Estimate, float]:
    """Return the share of decided lists that one side won, and the two-sided p that it is a half.

    Args:
        wins: lists won, of each shopper, shape (n,).
        losses: lists lost.
        rng: draws shoppers, and tosses a coin for each: which side is which.

    >>> share, p = won(np.full(20, 1), np.full(20, 0), np.random.default_rng(0))
    >>> share.mean, p
    (1.0, 0.001)
    """
    decided = wins + losses
    sums = Sums(wins[:, None].astype(np.float64), decided[:, None].astype(np.float64))
    (share,) = banded(sums.ratios(), _spread([sums], rng)[0], (sums.weight > 0).sum(axis=0))
    (share,) = _unsure([share], (decided > 0).sum(keepdims=True))
    if not decided.any():
        return share, 1.0
    net = (wins - losses).astype(np.float64)
    observed = abs(net.sum())
    beyond = 1
    for size in _blocks(len(net), TESTS):
        coins = rng.integers(0, 2, size=(size, len(net))) * 2 - 1
        beyond += int((np.abs(coins @ net) >= observed - 1e-9).sum())
    return share, beyond / (TESTS + 1)


def uneven(counts: Ints, shares: Floats, rng: np.random.Generator) -> float:
    """Return the p that shoppers dealt by these shares come out so unevenly.

    Args:
        counts: shoppers of each arm.
        shares: that the file gives them, sum 1.
        rng: deals them again.

    >>> uneven(np.array([5000, 5000]), np.array([0.5, 0.5]), np.random.default_rng(0))
    1.0
    >>> uneven(np.array([5300, 4700]), np.array([0.5, 0.5]), np.random.default_rng(0)) < 0.001
    True
    """
    expected = counts.sum() * shares

    def distance(dealt: Ints) -> Floats:
        return np.asarray(((dealt - expected) ** 2 / expected).sum(axis=-1))

    dealt = rng.multinomial(counts.sum(), shares, size=UNEVEN_DRAWS)
    as_far = int((distance(dealt) >= distance(counts) - 1e-9).sum())
    return (1 + as_far) / (1 + UNEVEN_DRAWS)


def visible(difference: Estimate) -> float:
    """Return the smallest true difference that such an experiment would see in 80 % of cases.

    >>> round(visible(Estimate(0.0, -1.96, 1.96, 100)), 2)
    2.8
    """
    return (SURE + POWERFUL) * (difference.high - difference.low) / (2 * SURE)


def _banded(sums: Sums, spread: Floats) -> list[Estimate]:
    found = banded(sums.ratios(), spread, (sums.weight > 0).sum(axis=0))
    return _unsure(found, _active(sums))


def _active(sums: Sums) -> Ints:
    """Return how many shoppers did a thing at all, column by column."""
    return np.asarray((sums.total > 0).sum(axis=0), dtype=np.int64)


def _unsure(found: list[Estimate], active: Ints) -> list[Estimate]:
    """Take the intervals off what too few shoppers did."""
    return [
        one if few >= FEWEST_ACTIVE else replace(one, low=math.nan, high=math.nan)
        for one, few in zip(found, active.tolist(), strict=True)
    ]


def _spread(groups: list[Sums], rng: np.random.Generator) -> list[Floats]:
    """Return the ratios of RESAMPLES resamples of each group, shape (resamples, columns)."""
    found = []
    for one in groups:
        blocks = [
            ratio(draws @ one.total, draws @ one.weight)
            for size in _blocks(len(one.total), RESAMPLES)
            for draws in [_draws(len(one.total), size, rng)]
        ]
        found.append(np.concatenate(blocks))
    return found


def _draws(shoppers: int, size: int, rng: np.random.Generator) -> Floats:
    return resamples(shoppers, max(size, 2), rng)[:size]


def _blocks(width: int, count: int) -> Iterator[int]:
    """Yield sizes that add up to ``count``, each of so many rows of a width as fit at a time."""
    most = max(_AT_ONCE // max(width, 1), 1)
    for start in range(0, count, most):
        yield min(most, count - start)
