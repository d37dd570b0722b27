"""The latent factors of active listings as a second matrix beside their content vectors.

Owns:    the matrix; which listings have a place in it.
Imports: numpy, domain.

Row n of the matrix belongs to row n of the columns it stands beside, which say when a row is new,
moves or goes.
"""

import numpy as np
from numpy.typing import NDArray

from carousel.domain.features import Vector

TOGETHER = 128  # rows multiplied at once, for the reason given in memory_columns

Singles = NDArray[np.float32]
Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]


class LatentColumn:
    """Factors by row, all in one version of the latent space."""

    def __init__(self) -> None:
        self._capacity = 0
        self._factors: Singles = np.empty((0, 0), dtype=np.float32)
        self._placed: Flags = np.empty(0, dtype=np.bool_)

    def clear(self) -> None:
        """Forget all factors; the next ones may be of another version and length."""
        self._factors = np.zeros((self._capacity, 0), dtype=np.float32)
        self._placed = np.zeros(self._capacity, dtype=np.bool_)

    def grow(self, capacity: int) -> None:
        """Make room for more rows."""
        new = capacity - self._capacity
        rows = np.zeros((new, self._factors.shape[1]), dtype=np.float32)
        self._factors = np.concatenate([self._factors, rows])
        self._placed = np.concatenate([self._placed, np.zeros(new, dtype=np.bool_)])
        self._capacity = capacity

    def put(self, rows: Rows, factors: Singles) -> None:
        """Give rows their factors, shape (rows, k)."""
        if len(rows) and self._factors.shape[1] != factors.shape[1]:
            self._factors = np.zeros((self._capacity, factors.shape[1]), dtype=np.float32)
            self._placed[:] = False
        self._factors[rows] = factors
        self._placed[rows] = True

    def move(self, source: int, target: int) -> None:
        """Let a row take the place of another; what stood at the source is gone."""
        self._factors[target] = self._factors[source]
        self._placed[target] = self._placed[source]
        self._placed[source] = False

    def placed(self, size: int) -> Flags:
        """Return which of the first rows have factors, shape (size,)."""
        return self._placed[:size]

    def products(self, vector: Vector, size: int) -> Singles:
        """Return inner products of the first rows with a vector, shape (size,).

        Zeros where the vector is of another length: it is of another version.
        """
        k = self._factors.shape[1]
        if len(vector) != k:
            return np.zeros(size, dtype=np.float32)
        blocks = self._factors.reshape(-1, TOGETHER, k)[: -(-size // TOGETHER)]
        found: Singles = (blocks @ vector.astype(np.float32)).ravel()
        return found[:size]

    def products_of(self, rows: Rows, vector: Vector) -> Singles:
        """Return inner products of some rows with a vector, shape (rows,), as ``products``."""
        if len(vector) != self._factors.shape[1]:
            return np.zeros(len(rows), dtype=np.float32)
        found: Singles = np.einsum("ij,j->i", self._factors[rows], vector.astype(np.float32))
        return found
