"""EASE: the linear map from a user's items to all items, in closed form.

Owns:    the row "ease".
Imports: numpy, evaluation.public.

With X the reactions and P = (X^T X + l I)^-1, the weights are B = I - P / diag(P): the least
squares reconstruction of X from X in which no item may stand for itself.

Source:  Steck, WWW 2019.
"""

import numpy as np

from carousel.domain.factors import Ints
from carousel.domain.features import Matrix
from carousel.evaluation.public.model import ANY, Model, Scorer, Settings
from carousel.evaluation.public.reactions import Csr, Task

MOST_ITEMS = 20_000


def weights(matrix: Csr, ridge: float) -> Matrix:
    """Return B, shape (items, items), zero on the diagonal.

    >>> from scipy.sparse import csr_matrix
    >>> weights(csr_matrix([[1.0, 1.0], [1.0, 0.0]]), ridge=1.0).round(3)
    array([[0.   , 0.333],
           [0.5  , 0.   ]])
    """
    gram = (matrix.T @ matrix).toarray()
    gram[np.diag_indices_from(gram)] += ridge
    inverse: Matrix = np.linalg.inv(gram)
    found = -inverse / np.diag(inverse)
    np.fill_diagonal(found, 0.0)
    return found


def learn(task: Task, settings: Settings) -> Scorer:
    """Return a scorer that sums the weights of a user's items."""
    found = weights(task.matrix, settings["ridge"])[:, task.candidates]

    def scores(users: Ints) -> Matrix:
        return np.asarray(task.matrix[users] @ found)

    return scores


MODELS = (
    Model(
        "ease",
        "EASE",
        learn,
        settings={ANY: {"ridge": 1000.0}},
        grid={"ridge": (50.0, 100.0, 200.0, 300.0, 500.0, 1000.0, 2000.0, 4000.0)},
        most_items=MOST_ITEMS,
    ),
)
