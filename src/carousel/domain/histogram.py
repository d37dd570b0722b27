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
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from carousel.domain.features import Vector

Rows: TypeAlias = npt.NDArray[np.int64]

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
    bins = edges_below(stated, edges, reached=True) - 1
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


def edges_below(values: Vector, edges: tuple[int, ...], *, reached: bool) -> Rows:
    """Return how many of their round edges lie below each of some numbers, shape (n,).

    Reckoned, not searched: that is five times as fast, and edges are equally far apart.

    Args:
        values: numbers that the edges were made of.
        edges: of ``round_edges``.
        reached: whether an edge that is the number itself counts.

    >>> some = np.array([10.0, 15.0, 20.0, 29.0])
    >>> edges_below(some, (10, 20, 30), reached=True).tolist()
    [1, 1, 2, 2]
    >>> edges_below(some, (10, 20, 30), reached=False).tolist()
    [0, 1, 1, 2]
    """
    if not edges:
        return np.zeros(len(values), dtype=np.int64)
    inner = edges[1:-1]
    below: Rows = np.ones(len(values), dtype=np.int64)
    if not reached:
        below[values == edges[0]] = 0
    if inner:
        step = inner[1] - inner[0] if len(inner) > 1 else 1
        steps = (values - inner[0]) / step
        beyond = np.floor(steps) + 1 if reached else np.ceil(steps)
        below += np.clip(beyond, 0, len(inner)).astype(np.int64)
    return below


def _steps() -> Iterator[int]:
    yield from _SMALL_STEPS
    for power in count():
        yield from (step * 10**power for step in _STEPS)
