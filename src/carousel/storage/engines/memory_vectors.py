"""Vectors of active listings in one space: a matrix, and a sketch of it to walk through.

Owns:    the matrix; which listings have a place in it.
Imports: numpy, engines.memory_sketch, domain.

Row n of the matrix belongs to row n of the columns it stands beside, which say when a row is new,
moves or goes.
"""

import numpy as np
from numpy.typing import NDArray

from carousel.domain.features import Matrix, Vector
from carousel.storage.engines.memory_sketch import Rough, Sketch

TOGETHER = (
    128  # rows multiplied at once: BLAS starts no threads for so few; they wait on busy cores
)

Singles = NDArray[np.float32]
Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]


class VectorColumn:
    """Vectors by row, all in one version of one space; rows without one are zero."""

    def __init__(self, dim: int = 0) -> None:
        self._capacity = 0
        self._set_length(dim)

    def _set_length(self, dim: int) -> None:
        self._vectors: Singles = np.zeros((self._capacity, dim), dtype=np.float32)
        self._placed: Flags = np.zeros(self._capacity, dtype=np.bool_)
        self._sketch = Sketch(dim)
        self._sketch.grow(self._capacity)
        self._last: tuple[bytes, Rough] | None = None

    def clear(self) -> None:
        """Forget all vectors; the next ones may be of another version and length."""
        self._set_length(0)

    def grow(self, capacity: int) -> None:
        """Make room for more rows."""
        new = capacity - self._capacity
        rows = np.zeros((new, self._vectors.shape[1]), dtype=np.float32)
        self._vectors = np.concatenate([self._vectors, rows])
        self._placed = np.concatenate([self._placed, np.zeros(new, dtype=np.bool_)])
        self._sketch.grow(capacity)
        self._capacity = capacity

    def put(self, rows: Rows, vectors: Singles, placed: Flags | None = None) -> None:
        """Give rows their vectors, shape (rows, dim); ``placed`` says which of them have one."""
        if not len(rows):
            return
        self._last = None
        if self._vectors.shape[1] != vectors.shape[1]:
            self._set_length(vectors.shape[1])
        self._vectors[rows] = vectors
        self._placed[rows] = True if placed is None else placed
        self._sketch.put(rows, vectors)

    def move(self, source: int, target: int) -> None:
        """Let a row take the place of another; what stood at the source is gone."""
        self._last = None
        self._vectors[target] = self._vectors[source]
        self._placed[target] = self._placed[source]
        self._placed[source] = False
        self._sketch.move(source, target)

    def placed(self, size: int) -> Flags:
        """Return which of the first rows have vectors, shape (size,)."""
        return self._placed[:size]

    def of(self, rows: Rows) -> Singles:
        """Return vectors, shape (rows, dim); zero where there is none."""
        found: Singles = self._vectors[rows]
        return found

    def knows(self, vector: Vector) -> bool:
        """Return whether ``rough`` was asked with this vector just now."""
        return self._last is not None and self._last[0] == vector.tobytes()

    def rough(self, vector: Vector, size: int) -> Rough:
        """Return inner products of the first rows with a vector, nearly.

        Those of the last vector are remembered: one request asks with the same behind many filters.
        Zeros where the vector is of another length: it is of another version.
        """
        if len(vector) != self._vectors.shape[1]:
            return Rough(np.zeros(size, dtype=np.float32), 0.0)
        if self._last is None or not self.knows(vector):
            self._last = vector.tobytes(), self._sketch.walk(vector, size)
        return self._last[1]

    def products_of(self, rows: Rows, vector: Vector) -> Singles:
        """Return inner products of some rows with a vector, shape (rows,); zeros as ``rough``."""
        if len(vector) != self._vectors.shape[1]:
            return np.zeros(len(rows), dtype=np.float32)
        found: Singles = np.einsum("ij,j->i", self._vectors[rows], vector.astype(np.float32))
        return found

    def products_of_each(self, rows: Rows | None, vectors: Matrix, size: int) -> Singles:
        """Return inner products of rows with k vectors, shape (k, rows); None: the first ones."""
        asked = vectors.astype(np.float32)
        if rows is not None:
            each: Singles = np.einsum("ij,kj->ki", self._vectors[rows], asked)
            return each
        blocks = self._vectors.reshape(-1, TOGETHER, vectors.shape[1])[: -(-size // TOGETHER)]
        # Rows of the result run along the listings, so that each vector's are copied in one piece.
        found: Singles = asked[None] @ blocks.transpose(0, 2, 1)
        return found.transpose(1, 0, 2).reshape(len(vectors), -1)[:, :size]
