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

HALF = 16
"""Of the bits: small trees need no more."""

AT_ONCE = 4
"""Answers that are put together before what is left is written down."""

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
        if not len(rows):
            return np.empty(0)
        asked = _questions(self)
        sort, add = _compiled()
        odds = np.empty(len(rows))
        answers = np.empty((len(asked.feature) + AT_ONCE - 1, len(rows)), dtype=np.int64)
        left = np.full(len(self.leaves), ~asked.kept.dtype.type(0))
        varied = sort(
            np.ascontiguousarray(rows, dtype=np.float64),
            *(asked.feature, asked.first, asked.thresholds, asked.kept, answers, left),
        )
        leaves = np.ascontiguousarray(self.leaves, dtype=np.float64)
        add(answers, varied, asked.kept, left, leaves, BITS, odds)
        return odds


@dataclass(frozen=True, slots=True)
class _Questions:
    """All that an ensemble asks, feature by feature.

    feature:    columns asked about, shape (q,).
    first:      where a feature's thresholds begin, and at the end where the last ends, (q + 1,).
    thresholds: rising within a feature, shape (m,).
    kept:       bits of the leaves that are left in each tree: for each feature one row for every
                interval between thresholds, then one for an unknown value; at the end one that
                leaves all; shape (m + 2 q + 1, t). Of 16 bits where no tree has more leaves: half
                as much to read, and reading is what takes the time.
    """

    feature: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    thresholds: Vector
    kept: npt.NDArray[np.uint32] | npt.NDArray[np.uint16]


def _sort(  # type: ignore[no-untyped-def]  # noqa: ANN202, PLR0913, PLR0917 (arrays as they lie)
    rows,  # noqa: ANN001 (numba finds the types)
    feature,  # noqa: ANN001
    first,  # noqa: ANN001
    thresholds,  # noqa: ANN001
    kept,  # noqa: ANN001
    answers,  # noqa: ANN001
    left,  # noqa: ANN001
):
    """Write the rows of ``kept`` that belong to the cars' answers; return to how many questions.

    A question that all cars answer alike, since it is about the shopper, is done with: what it
    leaves goes into ``left``. Thresholds are few, and to count those below a value takes less time
    than to guess one's way between them.
    """
    varied = 0
    for question in range(len(feature)):
        column, low, high = feature[question], first[question], first[question + 1]
        one, same = rows[0, column], True
        for row in range(1, rows.shape[0]):
            value = rows[row, column]
            if value != one and not (np.isnan(value) and np.isnan(one)):
                same = False
                break
        for row in range(1 if same else rows.shape[0]):
            value = rows[row, column]
            interval = high + 1  # the row for an unknown value
            if not np.isnan(value):
                interval = low
                for place in range(low, high):
                    interval += thresholds[place] < value
            # Each question before this one has two rows more than thresholds.
            answers[varied, row] = interval + 2 * question
        if same:
            alike = kept[answers[varied, 0]]
            for tree in range(len(left)):
                left[tree] &= alike[tree]
        else:
            varied += 1
    answers[varied : varied + AT_ONCE - 1] = len(kept) - 1
    return varied


def _add(  # type: ignore[no-untyped-def]  # noqa: ANN202, PLR0913, PLR0917 (arrays as they lie)
    answers,  # noqa: ANN001 (numba finds the types)
    varied,  # noqa: ANN001
    kept,  # noqa: ANN001
    common,  # noqa: ANN001
    leaves,  # noqa: ANN001
    bits,  # noqa: ANN001
    odds,  # noqa: ANN001
):
    """Write the sum of each car's leaves; the answers are taken AT_ONCE."""
    trees = leaves.shape[0]
    left = common.copy()
    for row in range(len(odds)):
        left[:] = common
        for first in range(0, varied, AT_ONCE):
            one, two = kept[answers[first, row]], kept[answers[first + 1, row]]
            three, four = kept[answers[first + 2, row]], kept[answers[first + 3, row]]
            for tree in range(trees):
                left[tree] &= one[tree] & two[tree] & three[tree] & four[tree]
        total = 0.0
        for tree in range(trees):
            some = np.uint64(left[tree])
            lowest = some & (np.uint64(0) - some)
            spread = (lowest * DE_BRUIJN) & np.uint64(ALL)
            total += leaves[tree, bits[spread >> np.uint64(27)]]
        odds[row] = total


def prepare() -> None:
    """Have the machine code now, so that no request waits for it.

    To read it takes half a second, to make it, as the first process does, about five.
    """
    no_tree = np.zeros((1, 1))
    Trees(
        no_tree.astype(np.int16), no_tree, no_tree > 0, no_tree.astype(np.uint32),
        np.zeros((1, MOST_LEAVES)),
    ).log_odds(np.zeros((1, 1)))  # fmt: skip


@cache
def _compiled() -> tuple[Callable[..., int], Callable[..., None]]:
    """Return the loops as machine code.

    In numpy they take many times as long: so many small steps are mostly overhead. The machine
    code is kept beside Python's own byte code, and made again when this file changes; therefore
    the loops use nothing of other files.
    """
    from numba import njit  # noqa: PLC0415 (takes half a second, and few commands rank)

    try:
        keeping = njit(nogil=True, cache=True)
        return keeping(_sort), keeping(_add)
    except RuntimeError:  # there is nowhere to keep it, as on a file system that is read only
        making = njit(nogil=True)
        return making(_sort), making(_add)


@lru_cache(maxsize=4)  # an ensemble serves for days, and is reckoned thousands of times a second
def _questions(trees: Trees) -> _Questions:
    asks = trees.ruled_out > 0
    features = np.unique(trees.feature[asks]).astype(np.int64)
    each = [_question(trees, feature) for feature in features.tolist()]
    everything = np.full((1, len(trees.leaves)), ALL)
    kept = np.concatenate([*(kept for _, kept in each), everything])
    small = not (trees.ruled_out >> HALF).any()
    return _Questions(
        features,
        np.cumsum([0, *(len(thresholds) for thresholds, _ in each)]),
        np.concatenate([np.zeros(0), *(thresholds for thresholds, _ in each)]),
        (kept & int(ALL >> HALF)).astype(np.uint16) if small else kept,
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
