"""Collective factors of implicit feedback as ``cmfrec`` finds them.

Owns:    the row "cmfrec".
Imports: numpy, cmfrec (optional, not among Carousel's packages), evaluation.public.

Source:  Cortes, arXiv 1809.00366.
"""

import numpy as np

from carousel.domain.factors import Ints
from carousel.domain.features import Matrix
from carousel.evaluation.public.model import ANY, Model, Scorer, Settings
from carousel.evaluation.public.reactions import Task


def learn(task: Task, settings: Settings) -> Scorer:
    """Return a scorer by inner products of factors."""
    from cmfrec import CMF_implicit  # noqa: PLC0415 (optional)

    model = CMF_implicit(
        k=int(settings["factors"]),
        lambda_=settings["lambda"],
        alpha=settings["alpha"],
        niter=int(settings["iterations"]),
        nthreads=2,
        random_state=task.seed,
    )
    model.fit(task.matrix.tocoo())
    items = model.B_[task.candidates].T

    def scores(users: Ints) -> Matrix:
        return np.asarray(model.A_[users] @ items, np.float64)

    return scores


MODELS = (
    Model(
        "cmfrec",
        "Implicit factors (cmfrec)",
        learn,
        settings={ANY: {"factors": 64, "lambda": 50.0, "alpha": 5.0, "iterations": 10}},
        grid={"lambda": (5.0, 20.0, 50.0), "alpha": (2.0, 5.0, 20.0)},
        needs=("cmfrec",),
    ),
)
