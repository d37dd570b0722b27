"""Lots: who is drawn, by a number that follows from a seed and an id alone.

Owns:    the lot of a listing, and the order in which listings are drawn by their lots.
Imports: numpy, domain.{features, listing}. No I/O, no clock, no randomness.

A lot is the id, scrambled with the seed by operations on 32 bits that any engine has, also a
database: over many seeds every id has every lot alike, and no id says anything of another's.

Weighted draws without replacement: a listing with weight w and lot u in (0, 1) is drawn the earlier
the smaller -log(u) / w is. Here w = 1 / (1 + n / KNOWN) with n impressions.

Source:  multiplication and shifts as in the finaliser of Appleby's MurmurHash3; weighted draws:
         Efraimidis & Spirakis, Information Processing Letters 2006.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from carousel.domain.features import Vector
from carousel.domain.listing import ListingId

BITS = 0xFFFFFFFF
FACTORS = (0x7FEB352D, 0x31848BAB)  # odd and below 2**31: a product with 32 bits fits 63
KNOWN = 20.0  # impressions after which a listing is drawn half as readily as one never shown


def keys(seed: int) -> tuple[int, int]:
    """Return what the lots of a seed are scrambled with, 32 bits each."""
    made = hashlib.sha256(f"lots:{seed}".encode()).digest()
    return int.from_bytes(made[:4]), int.from_bytes(made[4:8])


def lots(ids: Sequence[ListingId] | npt.NDArray[np.int64], seed: int) -> Vector:
    """Return the lot of each id, in (0, 1), shape (n,).

    >>> one, other = lots([7, 8], seed=1), lots([8], seed=1)
    >>> float(one[1]) == float(other[0]), float(lots([7], seed=2)[0]) == float(one[0])
    (True, False)
    """
    first, second = keys(seed)
    bits = np.asarray(ids, dtype=np.int64).astype(np.uint32)
    bits = (bits ^ np.uint32(first)) * np.uint32(FACTORS[0])
    bits = (bits ^ (bits >> np.uint32(16)) ^ np.uint32(second)) * np.uint32(FACTORS[1])
    drawn: Vector = (bits + 0.5) / (BITS + 1)
    return drawn


def turns(ids: Sequence[ListingId] | npt.NDArray[np.int64], shown: Vector, seed: int) -> Vector:
    """Return when each listing is drawn, smallest first, shape (n,), each > 0.

    Args:
        ids: n listings.
        shown: impressions of each, >= 0, shape (n,).
        seed: of the draw.

    >>> never, often = turns([7], np.zeros(1), 1), turns([7], np.array([KNOWN]), 1)
    >>> float(often[0] / never[0])
    2.0
    """
    waits: Vector = -np.log(lots(ids, seed)) * (1.0 + shown / KNOWN)
    return waits
