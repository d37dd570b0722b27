"""Boosted trees as arrays: many small trees over many rows at once.

Owns:    the arrays of an ensemble and its reckoning.
Imports: numba, numpy, domain.features.

Every inner node asks whether a feature is at most a threshold. A "no" rules out all leaves under
the node's left side; of the leaves of a tree that no answer rules out, the leftmost is the row's.
So questions may be asked in any order, and all about one feature at once: between two neighbouring
thresholds the answers are always the same, and what they rule out is reckoned beforehand.

Source:  QuickScorer: Lucchese et al., SIGIR 2015. The place of a single bit by multiplication:
         Leiserson, Prokop, Randall, "Using de Bruijn Sequences to Index a 1 in a Computer Word",
         1998.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from carousel.domain.features import Matrix, Vector

MOST_LEAVES = 32
"""Leaves of a tree; each is a bit."""

ALL = np.uint32(0xFFFFFFFF)
DE_BRUIJN = np.uint64(0x077CB531)
"""Every five neighbouring bits of its 32 are another number."""

BITS = np.argsort([(int(DE_BRUIJN) << bit & int(ALL)) >> 27 for bit in range(MOST_LEAVES)])
"""Which single bit a multiple of DE_BRUIJN came from, by its upper five bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """An ensemble of t trees with at most i inner nodes each; unused nodes rule nothing out.

    feature:   column asked about, shape (t, i).
    threshold: shape (t, i).
    unknown:   whether an unknown value counts as "yes", shape (t, i).
    ruled_out: bits of the leaves that a "no" rules out, shape (t, i), uint32.
    leaves:    what each leaf adds to the log-odds, shape (t, MOST_LEAVES).
    """

    feature: npt.NDArray[np.int16]
    threshold: Vector
    unknown: npt.NDArray[np.bool_]
    ruled_out: npt.NDArray[np.uint32]
    leaves: Vector

    def log_odds(self, rows: Matrix) -> Vector:
        """Return what all trees add up to, shape (n, features) -> (n,)."""
        asked = _questions(self)
        odds = np.empty(len(rows))
        _compiled()(
            np.ascontiguousarray(rows, dtype=np.float64),
            *(asked.feature, asked.first, asked.thresholds, asked.kept),
            *(np.ascontiguousarray(self.leaves, dtype=np.float64), BITS, odds),
        )
        return odds


@dataclass(frozen=True, slots=True)
class _Questions:
    """All that an ensemble asks, feature by feature.

    feature:    columns asked about, shape (q,).
    first:      where a feature's thresholds begin, and at the end where the last ends, (q + 1,).
    thresholds: rising within a feature, shape (m,).
    kept:       bits of the leaves that are left in each tree: for each feature one row for every
                interval between thresholds, then one for an unknown value, shape (m + 2 q, t).
    """

    feature: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    thresholds: Vector
    kept: npt.NDArray[np.uint32]


def _reckon(  # type: ignore[no-untyped-def]  # noqa: ANN202, PLR0913, PLR0917 (arrays as they lie)
    rows,  # noqa: ANN001 (numba finds the types)
    feature,  # noqa: ANN001
    first,  # noqa: ANN001
    thresholds,  # noqa: ANN001
    kept,  # noqa: ANN001
    leaves,  # noqa: ANN001
    bits,  # noqa: ANN001
    odds,  # noqa: ANN001
):
    trees = leaves.shape[0]
    left = np.empty(trees, np.uint32)
    for row in range(rows.shape[0]):
        left[:] = ALL
        for question in range(len(feature)):
            value = rows[row, feature[question]]
            low, high = first[question], first[question + 1]
            end = high + 1  # the row for an unknown value
            if not np.isnan(value):
                while low < high:
                    middle = (low + high) >> 1
                    if thresholds[middle] < value:
                        low = middle + 1
                    else:
                        high = middle
                end = low
            # Each question before this one has two rows more than thresholds.
            interval = end + 2 * question
            for tree in range(trees):
                left[tree] &= kept[interval, tree]
        total = 0.0
        for tree in range(trees):
            some = np.uint64(left[tree])
            lowest = some & (np.uint64(0) - some)
            spread = (lowest * DE_BRUIJN) & np.uint64(ALL)
            total += leaves[tree, bits[spread >> np.uint64(27)]]
        odds[row] = total


def prepare() -> None:
    """Make the machine code now, which takes about a second, so that no request waits for it."""
    no_tree = np.zeros((1, 1))
    Trees(
        no_tree.astype(np.int16), no_tree, no_tree > 0, no_tree.astype(np.uint32),
        np.zeros((1, MOST_LEAVES)),
    ).log_odds(np.zeros((1, 1)))  # fmt: skip


@cache
def _compiled() -> Callable[..., None]:
    """Return the loop as machine code; made once in a process, in about a second.

    In numpy it takes four times as long: so many small steps are mostly overhead.
    """
    from numba import njit  # noqa: PLC0415 (takes half a second, and few commands rank)

    compiled: Callable[..., None] = njit(nogil=True)(_reckon)
    return compiled


@lru_cache(maxsize=4)  # an ensemble serves for days, and is reckoned thousands of times a second
def _questions(trees: Trees) -> _Questions:
    asks = trees.ruled_out > 0
    features = np.unique(trees.feature[asks]).astype(np.int64)
    each = [_question(trees, feature) for feature in features.tolist()]
    return _Questions(
        features,
        np.cumsum([0, *(len(thresholds) for thresholds, _ in each)]),
        np.concatenate([np.zeros(0), *(thresholds for thresholds, _ in each)]),
        np.concatenate([np.zeros((0, len(trees.leaves)), np.uint32), *(kept for _, kept in each)]),
    )


def _question(trees: Trees, feature: int) -> tuple[Vector, npt.NDArray[np.uint32]]:
    """Return the thresholds of a feature and the rows of ``kept`` that belong to it."""
    tree, node = np.nonzero((trees.feature == feature) & (trees.ruled_out > 0))
    left = ~trees.ruled_out[tree, node]
    thresholds, place = np.unique(trees.threshold[tree, node], return_inverse=True)
    kept = np.full((len(thresholds) + 2, len(trees.leaves)), ALL)
    np.bitwise_and.at(kept, (place + 1, tree), left)
    kept[:-1] = np.bitwise_and.accumulate(kept[:-1], axis=0)
    no = ~trees.unknown[tree, node]
    np.bitwise_and.at(kept[-1], tree[no], left[no])
    return thresholds, kept
