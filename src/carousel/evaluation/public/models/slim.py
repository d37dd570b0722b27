"""SLIM: sparse, non-negative weights between items; computed by ``fastslim``.

Owns:    the row "slim".
Imports: numpy, fastslim (with the lab), evaluation.public.

Source:  Ning & Karypis, ICDM 2011.
"""

import numpy as np

from carousel.domain.factors import Ints
from carousel.domain.features import Matrix
from carousel.evaluation.public.model import ANY, Model, Scorer, Settings
from carousel.evaluation.public.reactions import Task


def learn(task: Task, settings: Settings) -> Scorer:
    """Return a scorer that sums the weights of a user's items; ``lasso`` and ``ridge`` as there."""
    import fastslim  # noqa: PLC0415 (optional: comes with the lab)

    found = fastslim.fit(
        task.matrix, lambd=settings["lasso"], beta=settings["ridge"], n_threads=2
    ).tocsc()[:, task.candidates]

    def scores(users: Ints) -> Matrix:
        return np.asarray((task.matrix[users] @ found).toarray(), np.float64)

    return scores


MODELS = (
    Model(
        "slim",
        "SLIM (fastslim)",
        learn,
        settings={
            "movielens-100k": {"lasso": 1.0, "ridge": 500.0},
            ANY: {"lasso": 5.0, "ridge": 200.0},
        },
        grid={"lasso": (1.0, 5.0, 10.0), "ridge": (50.0, 200.0, 500.0)},
        needs=("fastslim",),
        most_items=20_000,
    ),
)
