"""Vectors rounded to a byte a component: what a walk through all of them reads.

Owns:    the rounding, the walk, by how much its inner products may be off.
Imports: numba, numpy, domain.

A walk through 100,000 vectors of 64 single floats takes as long as 25 MB take to come from memory.
With a quarter of that, and integers, it takes less than half the time. What it finds is off by
little, and never by more than it says, so that whoever wants the nearest can look up the few that
may be among them.

A row x is kept as s c with whole numbers c in [-127, 127] and s = max |x| / 127; a vector q is
rounded likewise to r d. By Cauchy and Schwarz

    |q x - (r d) (s c)| <= |q| |x - s c| + |q - r d| |s c|
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from carousel.domain.features import Vector

BYTE = 127
LARGEST_SUM = 2**31 - 1
FINEST = 32_767

LOST, TINY = 1e-5, float(np.finfo(np.float32).tiny)
"""What single floats may lose in the products and in those they stand for: of the largest there can
be, and anyway."""

Singles = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rough:
    """Inner products, shape (size,), none of which is off by more than ``error``, >= 0."""

    products: Singles
    error: float


class Sketch:
    """Rounded vectors by row; the caller says when a row is new, moves or goes."""

    def __init__(self, dim: int) -> None:
        self._codes = np.empty((0, dim), dtype=np.int8)
        self._scales: Singles = np.empty(0, dtype=np.float32)
        self._off = self._longest = 0.0  # the largest |x - s c| and |s c| there ever were

    def grow(self, capacity: int) -> None:
        """Make room for more rows."""
        codes = np.zeros((capacity, self._codes.shape[1]), dtype=np.int8)
        scales = np.zeros(capacity, dtype=np.float32)
        codes[: len(self._codes)], scales[: len(self._scales)] = self._codes, self._scales
        self._codes, self._scales = codes, scales

    def put(self, rows: Rows, vectors: Singles) -> None:
        """Give rows their vectors, shape (rows, dim)."""
        scales = np.abs(vectors).max(axis=1, initial=0.0) / BYTE
        codes = np.rint(vectors / np.where(scales > 0, scales, 1.0)[:, None]).astype(np.int8)
        self._codes[rows], self._scales[rows] = codes, scales
        kept = codes * scales[:, None].astype(np.float64)
        off, length = (np.linalg.norm(of, axis=1) for of in (vectors - kept, kept))
        self._off = max(self._off, float(off.max(initial=0.0)))
        self._longest = max(self._longest, float(length.max(initial=0.0)))

    def move(self, source: int, target: int) -> None:
        """Let a row take the place of another."""
        self._codes[target], self._scales[target] = self._codes[source], self._scales[source]

    def walk(self, vector: Vector, size: int) -> Rough:
        """Return the inner products of the first rows with a vector, shape (dim,)."""
        dim = len(vector)
        most = min(FINEST, LARGEST_SUM // (BYTE * max(dim, 1)))
        scale = float(np.abs(vector).max(initial=0.0)) / most or 1.0
        codes = np.rint(vector / scale).astype(np.int16)
        sums = np.empty(size, dtype=np.int32)
        _compiled(dim)(self._codes[:size], codes, sums)
        products = np.multiply(sums, self._scales[:size], dtype=np.float32)
        products *= np.float32(scale)
        off = float(np.linalg.norm(vector - codes * scale))
        length = float(np.linalg.norm(vector))
        error = length * self._off + off * self._longest
        return Rough(products, error + LOST * length * self._longest + TINY)


def prepare(dim: int) -> None:
    """Make the machine code for vectors of one length now, so that no request waits for it."""
    nothing = np.zeros((1, dim), dtype=np.int8), np.zeros(dim, dtype=np.int16)
    _compiled(dim)(*nothing, np.zeros(1, dtype=np.int32))


@cache
def _compiled(dim: int) -> Callable[..., None]:
    """Return the walk as machine code for vectors of one length; known, it is unrolled."""
    from numba import njit  # noqa: PLC0415 (takes half a second, and few commands walk)

    def walk(rows, vector, sums):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202 (arrays)
        for row in range(len(sums)):
            total = np.int32(0)
            for place in range(dim):
                total += np.int32(rows[row, place]) * np.int32(vector[place])
            sums[row] = total

    compiled: Callable[..., None] = njit(nogil=True)(walk)
    return compiled
