"""Factors of implicit feedback as ``implicit`` finds them: with its defaults, and tuned.

Owns:    the rows "implicit-als-default" and "implicit-als".
Imports: numpy, implicit (with the lab), evaluation.public.
"""

import numpy as np

from carousel.domain.factors import Ints
from carousel.domain.features import Matrix
from carousel.evaluation.public.model import ANY, Model, Scorer, Settings
from carousel.evaluation.public.reactions import Task


def learn(task: Task, settings: Settings) -> Scorer:
    """Return a scorer by inner products of factors."""
    from implicit.cpu.als import (  # noqa: PLC0415 (optional: comes with the lab)
        AlternatingLeastSquares,
    )

    model = AlternatingLeastSquares(
        factors=int(settings["factors"]),
        regularization=settings["regularization"],
        alpha=settings["alpha"],
        iterations=int(settings["iterations"]),
        num_threads=2,
        random_state=task.seed,
    )
    model.fit(task.matrix.astype(np.float32), show_progress=False)
    items = model.item_factors[task.candidates].T

    def scores(users: Ints) -> Matrix:
        return np.asarray(model.user_factors[users] @ items, np.float64)

    return scores


DEFAULTS = {"factors": 100, "regularization": 0.01, "alpha": 1.0, "iterations": 15}

MODELS = (
    Model(
        "implicit-als-default",
        "ALS (implicit, its defaults)",
        learn,
        settings={ANY: DEFAULTS},
        needs=("implicit",),
    ),
    Model(
        "implicit-als",
        "ALS (implicit, tuned)",
        learn,
        settings={
            "gowalla": {"factors": 64, "regularization": 5.0, "alpha": 20.0, "iterations": 15},
            "movielens-100k": {
                "factors": 64,
                "regularization": 20.0,
                "alpha": 2.0,
                "iterations": 15,
            },
            ANY: {"factors": 64, "regularization": 50.0, "alpha": 5.0, "iterations": 15},
        },
        grid={"regularization": (2.0, 5.0, 20.0, 50.0, 100.0), "alpha": (2.0, 5.0, 20.0)},
        needs=("implicit",),
    ),
)
