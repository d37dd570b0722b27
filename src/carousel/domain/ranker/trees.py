"""Boosted trees as arrays: many small trees over many rows at once, with numpy alone.

Owns:    the arrays of an ensemble and its reckoning.
Imports: numpy, domain.features.

Every inner node asks whether a feature is at most a threshold. A "no" rules out all leaves under
the node's left side; of the leaves of a tree that no answer rules out, the leftmost is the row's.
So questions may be asked in any order, and all about one feature at once: between two neighbouring
thresholds the answers are always the same, and what they rule out is reckoned beforehand.

Source:  QuickScorer: Lucchese et al., SIGIR 2015.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from carousel.domain.features import Matrix, Vector

MOST_LEAVES = 32
"""Leaves of a tree; each is a bit."""

ALL = np.uint32(0xFFFFFFFF)
AT_ONCE = 2_048
"""Rows reckoned at once: more would leave the processor's cache."""


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
        parts = [self._added(rows[n : n + AT_ONCE]) for n in range(0, len(rows), AT_ONCE)]
        return np.concatenate([np.zeros(0), *parts])

    def _added(self, rows: Matrix) -> Vector:
        trees = len(self.leaves)
        kept = np.full((len(rows), trees), ALL)
        by_feature = np.empty_like(kept)
        for question in _questions(self):
            np.take(question.kept, question.interval(rows), axis=0, out=by_feature)
            kept &= by_feature
        lowest = kept & (~kept + np.uint32(1))
        leaf = np.log2(lowest).astype(np.int64)
        added: Vector = self.leaves[np.arange(trees), leaf].sum(axis=1)
        return added


@dataclass(frozen=True, slots=True)
class _Question:
    """All that an ensemble asks about one feature.

    thresholds: rising, shape (m,).
    kept:       bits of the leaves that are left in each tree: one row for every interval between
                thresholds, then one for an unknown value, shape (m + 2, t).
    """

    feature: int
    thresholds: Vector
    kept: npt.NDArray[np.uint32]

    def interval(self, rows: Matrix) -> npt.NDArray[np.int64]:
        """Return the row of ``kept`` of each row of features."""
        values = rows[:, self.feature]
        return np.where(
            np.isnan(values), len(self.thresholds) + 1, np.searchsorted(self.thresholds, values)
        )


@lru_cache(maxsize=4)  # an ensemble serves for days, and is reckoned thousands of times a second
def _questions(trees: Trees) -> tuple[_Question, ...]:
    asks = trees.ruled_out > 0
    return tuple(_question(trees, feature) for feature in np.unique(trees.feature[asks]).tolist())


def _question(trees: Trees, feature: int) -> _Question:
    tree, node = np.nonzero((trees.feature == feature) & (trees.ruled_out > 0))
    left = ~trees.ruled_out[tree, node]
    thresholds, place = np.unique(trees.threshold[tree, node], return_inverse=True)
    kept = np.full((len(thresholds) + 2, len(trees.leaves)), ALL)
    np.bitwise_and.at(kept, (place + 1, tree), left)
    kept[:-1] = np.bitwise_and.accumulate(kept[:-1], axis=0)
    no = ~trees.unknown[tree, node]
    np.bitwise_and.at(kept[-1], tree[no], left[no])
    return _Question(feature, thresholds, kept)
