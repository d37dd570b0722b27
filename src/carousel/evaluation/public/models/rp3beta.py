"""RP3beta: three steps of a walk user -> item -> user -> item, less the pull of the popular.

Owns:    the row "rp3beta".
Imports: numpy, scipy, evaluation.public.

Source:  Paudel, Christoffel, Newell & Bernstein, ACM TiiS 2016.
"""

import numpy as np
from scipy.sparse import csr_matrix, vstack

from carousel.domain.factors import Ints
from carousel.domain.features import Matrix, Vector
from carousel.evaluation.public.model import ANY, Model, Scorer, Settings
from carousel.evaluation.public.reactions import Csr, Task

STRIP = 4_000_000
"""Numbers of the dense product held at once, 32 MB."""


def walk(matrix: Csr, settings: Settings) -> Csr:
    """Return the chance of two steps item -> user -> item, shape (items, items).

    settings: ``alpha`` raises each step's chance to a power, ``beta`` divides by popularity to
    one; of every row the ``neighbours`` largest are kept.
    """
    popular = np.asarray(matrix.sum(axis=0)).ravel()
    to_item = _steps(matrix, settings["alpha"])
    to_user = _steps(csr_matrix(matrix.T), settings["alpha"])
    damped = np.maximum(popular, 1.0) ** -settings["beta"]
    kept = int(settings["neighbours"])
    rows = max(1, STRIP // matrix.shape[1])
    strips = [
        _largest((to_user[start : start + rows] @ to_item).toarray() * damped, start, kept)
        for start in range(0, matrix.shape[1], rows)
    ]
    return csr_matrix(vstack(strips))


def _steps(matrix: Csr, alpha: float) -> Csr:
    lengths: Vector = np.maximum(np.asarray(matrix.sum(axis=1)).ravel(), 1.0)
    return csr_matrix(matrix.multiply((lengths**-alpha)[:, None]))


def _largest(rows: Matrix, first: int, kept: int) -> Csr:
    """Keep the largest of each row; an item is no neighbour of its own."""
    rows[np.arange(len(rows)), first + np.arange(len(rows))] = 0.0
    if kept < rows.shape[1]:
        limit = np.partition(rows, -kept, axis=1)[:, -kept]
        rows[rows < limit[:, None]] = 0.0
    return csr_matrix(rows)


def learn(task: Task, settings: Settings) -> Scorer:
    """Return a scorer that starts the walk at a user's items."""
    found = walk(task.matrix, settings).tocsc()[:, task.candidates].tocsr()

    def scores(users: Ints) -> Matrix:
        return np.asarray((task.matrix[users] @ found).toarray(), np.float64)

    return scores


MODELS = (
    Model(
        "rp3beta",
        "RP3beta",
        learn,
        settings={
            "movielens-100k": {"alpha": 1.0, "beta": 0.2, "neighbours": 200},
            ANY: {"alpha": 0.8, "beta": 0.7, "neighbours": 400},
        },
        grid={
            "alpha": (0.6, 0.8, 1.0),
            "beta": (0.2, 0.4, 0.6, 0.7, 0.8),
            "neighbours": (200, 400),
        },
    ),
)
