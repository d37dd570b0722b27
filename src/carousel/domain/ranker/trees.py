"""Boosted trees as arrays: many small trees over many rows at once, with numpy alone.

Owns:    the arrays of an ensemble and its reckoning.
Imports: numpy, domain.features.

Every inner node asks whether a feature is at most a threshold. A "no" rules out all leaves under
the node's left side; of the leaves of a tree that no answer rules out, the leftmost is the row's.
So all questions are asked at once, in any order.

Source:  QuickScorer: Lucchese et al., SIGIR 2015.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from carousel.domain.features import Matrix, Vector

MOST_LEAVES = 32
"""Leaves of a tree; each is a bit."""

ALL = np.uint32(0xFFFFFFFF)
AT_ONCE = 200_000
"""Answers held at once: more would leave the processor's cache."""


@dataclass(frozen=True, slots=True)
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
        trees = self.leaves.shape[0]
        size = max(1, AT_ONCE // max(1, self.feature.size))
        found = np.zeros(len(rows))
        which = np.arange(trees)
        for start in range(0, len(rows), size):
            asked = rows[start : start + size][:, self.feature]
            yes = np.where(np.isnan(asked), self.unknown, asked <= self.threshold)
            kept = np.bitwise_and.reduce(np.where(yes, ALL, ~self.ruled_out), axis=2)
            lowest = kept & (~kept + np.uint32(1))
            leaf = np.log2(lowest).astype(np.int64)
            found[start : start + size] = self.leaves[which, leaf].sum(axis=1)
        return found
