"""Items like those a user liked, by cosine of who liked them; computed by ``implicit``.

Owns:    the row "item-knn".
Imports: numpy, implicit (with the lab), evaluation.public.
"""

import warnings

import numpy as np

from carousel.domain.factors import Ints
from carousel.domain.features import Matrix
from carousel.evaluation.public.model import ANY, Model, Scorer, Settings
from carousel.evaluation.public.reactions import Task


def learn(task: Task, settings: Settings) -> Scorer:
    """Return a scorer that sums the similarities of a user's items, the ``neighbours`` nearest."""
    from implicit.nearest_neighbours import (  # noqa: PLC0415 (optional: comes with the lab)
        CosineRecommender,
    )
    from implicit.utils import ParameterWarning  # noqa: PLC0415 (the same)

    model = CosineRecommender(K=int(settings["neighbours"]), num_threads=1)
    with warnings.catch_warnings():
        # It warns of a matrix that it made itself.
        warnings.simplefilter("ignore", ParameterWarning)
        model.fit(task.matrix, show_progress=False)
    # Every candidate looks at its own nearest items; the other way round the popular ones, being
    # near to everything, would speak for all.
    similar = model.similarity[task.candidates].T.tocsr()

    def scores(users: Ints) -> Matrix:
        return np.asarray((task.matrix[users] @ similar).toarray(), np.float64)

    return scores


MODELS = (
    Model(
        "item-knn",
        "Item neighbours, cosine (implicit)",
        learn,
        settings={"gowalla": {"neighbours": 50}, ANY: {"neighbours": 200}},
        grid={"neighbours": (20, 50, 100, 200, 400)},
        needs=("implicit",),
    ),
)
