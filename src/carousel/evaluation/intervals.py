"""How sure a mean is: the bootstrap by shopper.

Owns:    sums by shopper, the resamples, 95 % intervals.
Imports: numpy, domain.errors, evaluation.metrics.column, evaluation.results, recording.

What one shopper does hangs together, so shoppers are drawn, not their visits. A metric is a ratio
of sums over shoppers; each resample draws as many shoppers as there are, with replacement, and
forms the ratio anew. The interval runs from the 2.5 % to the 97.5 % quantile of the ratios.

Source:  Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carousel.domain.errors import ConfigurationError
from carousel.evaluation.metrics.column import Column
from carousel.evaluation.results import Estimate
from carousel.recording.tables import Floats, Ints

RESAMPLES = 1_000
_TAILS = (0.025, 0.975)
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Sums:
    """Columns summed by shopper; ``total`` and ``weight`` of shape (shoppers, columns)."""

    total: Floats
    weight: Floats

    def ratios(self) -> Floats:
        """Return each column's ratio over all shoppers; NaN without any weight."""
        return ratio(self.total.sum(axis=0), self.weight.sum(axis=0))


def summed(columns: Sequence[Column], shoppers: Ints) -> Sums:
    """Return columns summed by shopper.

    Args:
        columns: their shoppers must all be among ``shoppers``.
        shoppers: rows that make up the population, ascending, each once.
    """
    total = np.zeros((len(shoppers), len(columns)))
    weight = np.zeros_like(total)
    for number, column in enumerate(columns):
        place = np.searchsorted(shoppers, column.shopper)
        total[:, number] = np.bincount(place, column.total, minlength=len(shoppers))
        weight[:, number] = np.bincount(place, column.weight, minlength=len(shoppers))
    return Sums(total, weight)


def resamples(shoppers: int, count: int, rng: np.random.Generator) -> Floats:
    """Return how often each shopper is drawn in each resample, shape (count, shoppers).

    Raises:
        ConfigurationError: fewer than 2 resamples.
    """
    if count < _FEWEST:
        raise ConfigurationError(f"An interval needs at least 2 resamples, not {count}.")
    if shoppers == 0:
        return np.zeros((count, 0))
    return rng.multinomial(shoppers, np.full(shoppers, 1 / shoppers), size=count).astype(np.float64)


def estimates(sums: Sums, draws: Floats) -> list[Estimate]:
    """Return each column's ratio with its interval.

    Args:
        sums: by shopper.
        draws: of ``resamples``.

    >>> sums = Sums(np.array([[1.0], [1.0], [4.0]]), np.ones((3, 1)))
    >>> twice = np.array([[3.0, 0.0, 0.0], [0.0, 0.0, 3.0]])
    >>> [one.mean for one in estimates(sums, twice)]
    [2.0]
    """
    spread = ratio(draws @ sums.total, draws @ sums.weight)
    return banded(sums.ratios(), spread, (sums.weight > 0).sum(axis=0))


def banded(means: Floats, spread: Floats, counts: Ints) -> list[Estimate]:
    """Return means with the quantiles of their resamples, shape (resamples, columns).

    A resample without any weight says nothing and is left out; below two shoppers there is no
    interval.
    """
    low, high = np.full((2, len(means)), np.nan)
    sure = (counts >= _FEWEST) & ~np.isnan(spread).all(axis=0)
    if sure.any():
        low[sure], high[sure] = np.nanquantile(spread[:, sure], _TAILS, axis=0)
    return [
        Estimate(float(m), float(a), float(b), int(n))
        for m, a, b, n in zip(means, low, high, counts, strict=True)
    ]


def ratio(total: Floats, weight: Floats) -> Floats:
    """Return total / weight; NaN where the weight is 0."""
    measured = weight > 0
    return np.where(measured, total / np.where(measured, weight, 1.0), np.nan)
