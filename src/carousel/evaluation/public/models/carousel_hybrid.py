"""Carousel's hybrid: content and factors, each scaled per user, then mixed.

Owns:    the rows "carousel-hybrid" and "carousel-mapped".
Imports: numpy, domain.factors, evaluation.public.

An item nobody reacted to has no factors of its own; they are foretold from all of its attributes.
"""

import numpy as np

from carousel.domain.factors import Ints, attribute_map
from carousel.domain.features import Matrix
from carousel.evaluation.public.model import ANY, Model, Scorer, Settings
from carousel.evaluation.public.models import carousel_content, carousel_factors
from carousel.evaluation.public.reactions import Task, sparse_of


def mapped(task: Task, settings: Settings) -> Scorer:
    """Return a scorer by factors: an item's own, or those its attributes foretell.

    settings: ``map_ridge``, and ``norm`` by whose power a foretold factor's length is divided:
    0 keeps it, where attributes tell how well-liked an item will be; 1 drops it.
    """
    found = carousel_factors.factors_of(task, settings)
    counts = np.bincount(task.told.item, minlength=task.matrix.shape[1]).astype(np.float64)
    warm = np.flatnonzero(counts)
    weighted = carousel_content.attributes_of(task).weighted
    by_attribute = attribute_map(
        sparse_of(weighted[warm]), found.items[warm], counts[warm], settings["map_ridge"]
    )
    foretold = sparse_of(weighted[task.candidates]).times(by_attribute)
    lengths = np.linalg.norm(foretold, axis=1, keepdims=True)
    foretold /= np.maximum(lengths, 1e-12) ** settings["norm"]
    known = counts[task.candidates] > 0
    items = np.where(known[:, None], found.items[task.candidates], foretold).T

    def scores(users: Ints) -> Matrix:
        return found.users[users] @ items

    return scores


def hybrid(task: Task, settings: Settings) -> Scorer:
    """Return a scorer that mixes ``content`` parts of content with the rest of factors."""
    by_factors = mapped(task, settings)
    by_content = carousel_content.learn(task, settings)
    share = settings["content"]

    def scores(users: Ints) -> Matrix:
        return share * standard(by_content(users)) + (1 - share) * standard(by_factors(users))

    return scores


def standard(scores: Matrix) -> Matrix:
    """Return scores less their mean, in units of their standard deviation, row by row.

    >>> standard(np.array([[1.0, 3.0], [5.0, 5.0]]))
    array([[-1.,  1.],
           [ 0.,  0.]])
    """
    centred = scores - scores.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    scaled: Matrix = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-12)  # noqa: PLR2004 (a row all alike)
    return scaled


FACTORS = carousel_factors.SETTINGS
CONTENT = {"dim": 28, "half_life_days": 14.0, "alpha": 0.3, "ridge": 0.1, "content": 0.3}
SETTINGS = {
    "citeulike": {
        **FACTORS["citeulike"],
        "map_ridge": 10.0,
        "norm": 1.0,
        "ratio": 1000.0,
        "content": 0.3,
    },
    "movielens-100k": {**FACTORS["movielens-100k"], **CONTENT, "map_ridge": 10.0, "norm": 0.0},
    ANY: {**FACTORS[ANY], **CONTENT, "map_ridge": 10.0, "norm": 0.0},
}

MODELS = (
    Model(
        "carousel-mapped",
        "Carousel factors, foretold for new items",
        mapped,
        settings=SETTINGS,
        grid={"map_ridge": (1.0, 3.0, 10.0, 30.0), "norm": (0.0, 0.5, 1.0)},
        attributes=True,
        new_items=True,
    ),
    Model(
        "carousel-hybrid",
        "Carousel hybrid",
        hybrid,
        settings=SETTINGS,
        grid={"content": (0.1, 0.3, 0.5, 0.7)},
        attributes=True,
        new_items=True,
    ),
)
