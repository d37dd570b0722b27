"""LightFM with its ranking loss WARP; on sets with attributes an item is the sum of its attributes.

Owns:    the row "lightfm-warp".
Imports: numpy, scipy, lightfm (with the lab), evaluation.public.

Source:  Kula, CBRecSys 2015.
"""

import numpy as np
from scipy.sparse import csr_matrix, hstack, identity

from carousel.domain.factors import Ints
from carousel.domain.features import Matrix
from carousel.evaluation.public.model import ANY, Model, Scorer, Settings
from carousel.evaluation.public.reactions import Csr, Task


def features(task: Task, most: int) -> Csr:
    """Return the items as LightFM knows them: themselves, and their ``most`` commonest attributes.

    An item nobody reacted to is its attributes alone: what chance began its own column with says
    nothing.
    """
    met = np.bincount(task.told.item, minlength=task.matrix.shape[1]) > 0
    own = csr_matrix(identity(len(met)).multiply(met[:, None]))
    if task.attributes is None:
        return own
    weighted = task.attributes.weighted
    having = np.asarray((weighted != 0).sum(axis=0)).ravel()
    return csr_matrix(
        hstack([own, weighted[:, np.sort(np.argsort(-having, kind="stable")[:most])]])
    )


def learn(task: Task, settings: Settings) -> Scorer:
    """Return a scorer by inner products, and a bias of each item."""
    from lightfm import LightFM  # noqa: PLC0415 (optional: comes with the lab)

    described = features(task, int(settings["attributes"])).astype(np.float32)
    model = LightFM(
        no_components=int(settings["factors"]),
        loss="warp",
        learning_rate=settings["learning_rate"],
        random_state=task.seed,
    )
    model.fit(
        task.matrix.astype(np.float32).tocoo(),
        item_features=described,
        epochs=int(settings["epochs"]),
        num_threads=1,
    )
    biases, items = model.get_item_representations(described[task.candidates])
    _, people = model.get_user_representations()

    def scores(users: Ints) -> Matrix:
        return np.asarray(people[users] @ items.T + biases, np.float64)

    return scores


MODELS = (
    Model(
        "lightfm-warp",
        "LightFM WARP (lightfm-next)",
        learn,
        settings={
            "citeulike": {"factors": 64, "epochs": 10, "learning_rate": 0.05, "attributes": 3000},
            ANY: {"factors": 64, "epochs": 15, "learning_rate": 0.05, "attributes": 3000},
        },
        grid={"epochs": (10, 15, 30), "learning_rate": (0.02, 0.05)},
        needs=("lightfm",),
        new_items=True,
    ),
)
