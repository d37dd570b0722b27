"""How a number is spread over many cars: bins that begin and end at round numbers.

Owns:    the edges of the bins, what is counted in each.
Imports: numpy, domain.features.

Bins are equally wide, but for the outermost: a single car for a billion must not squeeze all others
into one bin, so the first and the last bin reach out to the least and the greatest value.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np

from carousel.domain.features import Vector

MOST_BINS = 24
TAIL = 0.01  # share of the values, at each end, that does not decide how wide a bin is
_STEPS = (10, 20, 25, 50)  # and these times ten, a hundred, ...
_SMALL_STEPS = (1, 2, 5)  # a year is not cut in half, nor five years in two


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bins side by side.

    edges:  ascending, one more than there are bins; empty without any value.
    counts: values of each bin, from its lower edge up to, but without, its upper one.
    """

    edges: tuple[int, ...]
    counts: tuple[int, ...]


def histogram(values: Vector, most: int = MOST_BINS) -> Histogram:
    """Count whole numbers, shape (n,), NaN where one is not stated, in at most so many bins.

    >>> histogram(np.array([2015.0, 2015.0, 2017.0, np.nan]))
    Histogram(edges=(2015, 2016, 2017, 2018), counts=(2, 0, 1))
    """
    stated = values[~np.isnan(values)]
    edges = round_edges(stated, most)
    if not edges:
        return Histogram((), ())
    # Against the inner edges alone: the outermost bins hold whatever lies beyond.
    bins = np.searchsorted(edges[1:-1], stated, side="right")
    return Histogram(edges, tuple(np.bincount(bins, minlength=len(edges) - 1).tolist()))


def round_edges(values: Vector, most: int = MOST_BINS) -> tuple[int, ...]:
    """Return edges of at most so many bins that hold all of some whole numbers, shape (n,).

    >>> round_edges(np.array([900.0, 5_200.0, 11_000.0]), most=5)
    (0, 2500, 5000, 7500, 10000, 12500)
    >>> round_edges(np.append(np.full(999, 30.0), 10.0**9), most=5)
    (30, 1000000001)
    >>> round_edges(np.array([]))
    ()
    """
    if not len(values):
        return ()
    least, greatest = int(values.min()), int(values.max())
    tails = np.quantile(values, [TAIL, 1 - TAIL])
    low, high = math.floor(tails[0]), math.floor(tails[1])
    step = next(step for step in _steps() if high // step - low // step < most)
    if greatest // step - least // step < most:
        low, high = least, greatest
    edges = list(range(low // step * step, (high // step + 1) * step + 1, step))
    edges[0] = min(edges[0], least // step * step)
    edges[-1] = max(edges[-1], (greatest // step + 1) * step)
    return tuple(edges)


def _steps() -> Iterator[int]:
    yield from _SMALL_STEPS
    for power in count():
        yield from (step * 10**power for step in _STEPS)
