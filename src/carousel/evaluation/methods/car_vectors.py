"""The vectors of a recording's listings by row, kept up with their prices.

Owns:    one matrix over all listings, filled as they are published.
Imports: numpy, domain, evaluation.world.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from carousel.domain.features import Matrix, Vector
from carousel.domain.listing import Listing
from carousel.evaluation.world import World
from carousel.recording.tables import Ints


class CarVectors:
    """Vectors by row of the recording; what is not published yet is a zero.

    published: vectors of the listings published so far, shape (published, dim).
    encode:    listings -> shape (n, dim).
    single:    keep single precision only; half the memory to walk through where all are ranked.
    """

    def __init__(
        self,
        world: World,
        published: Matrix,
        encode: Callable[[Sequence[Listing]], Matrix],
        *,
        single: bool = True,
    ) -> None:
        self._encode = encode
        self._matrix: npt.NDArray[np.floating] = np.zeros(
            (len(world.recording.listings), published.shape[1]),
            dtype=np.float32 if single else np.float64,
        )
        self._matrix[: len(published)] = published

    def renew(self, world: World, row: int) -> None:
        """Encode a listing as it stands now."""
        self._matrix[row] = self._encode([world.listing(row)])[0]

    def of(self, rows: Ints) -> npt.NDArray[np.floating]:
        """Return the vectors of listings, shape (n, dim)."""
        return self._matrix[rows]

    def one(self, row: int) -> Vector:
        """Return a copy of the vector of one listing, shape (dim,)."""
        vector: Vector = self._matrix[row].astype(np.float64)
        return vector
