"""Orders of candidates: their rows, the best first.

Owns:    sorting, putting some rows first, ranks.
Imports: numpy, domain.features.

Every rule of this package takes an order of all candidates and returns one, so rules can be chained
and a candidate can be followed through them.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from carousel.domain.features import Vector

Rows: TypeAlias = npt.NDArray[np.int64]
"""Rows of the candidates."""


def best_first(values: Vector) -> Rows:
    """Return the rows by falling value; ties in their order.

    >>> best_first(np.array([0.1, 0.3, 0.1])).tolist()
    [1, 0, 2]
    """
    return np.argsort(-values, kind="stable")


def followed(head: Rows, order: Rows) -> Rows:
    """Return the rows of ``head``, then the others of ``order`` as they were.

    >>> followed(np.array([2]), np.array([0, 1, 2, 3])).tolist()
    [2, 0, 1, 3]
    """
    left = np.ones(len(order), dtype=bool)
    left[head] = False
    return np.concatenate([head, order[left[order]]])


def ranks(order: Rows) -> Rows:
    """Return the place of every row in an order of all rows, 0 is the first.

    >>> ranks(np.array([2, 0, 1])).tolist()
    [1, 2, 0]
    """
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    return places
