"""Carousel's own factors, every user folded in exactly.

Owns:    the rows "carousel-factors", "carousel-factors-128" and "carousel-factors-192".
Imports: numpy, domain.factors, evaluation.public.
"""

import numpy as np

from carousel.domain.factors import FactorParams, Factors, Ints, factorise
from carousel.domain.features import Matrix
from carousel.evaluation.public.model import ANY, Model, Scorer, Settings
from carousel.evaluation.public.reactions import Task, sparse_of

SPREAD = 0.1
"""Standard deviation of a starting factor's length; a smaller one only costs a sweep."""

SETTINGS = {
    "movielens-1m": {"factors": 64, "unobserved": 0.5, "regularisation": 0.006, "sweeps": 16},
    "gowalla": {"factors": 64, "unobserved": 0.01, "regularisation": 0.003, "sweeps": 16},
    "citeulike": {"factors": 64, "unobserved": 0.03, "regularisation": 0.001, "sweeps": 16},
    "movielens-100k": {"factors": 64, "unobserved": 0.3, "regularisation": 0.05, "sweeps": 16},
    ANY: {"factors": 64, "unobserved": 0.5, "regularisation": 0.006, "sweeps": 16},
}

GRID = {
    "unobserved": (0.01, 0.03, 0.1, 0.3, 0.5),
    "regularisation": (0.001, 0.003, 0.006, 0.01, 0.02, 0.05),
}


def factors_of(task: Task, settings: Settings) -> Factors:
    """Return factors of all users and items of a task."""
    k = int(settings["factors"])
    dice = np.random.default_rng(task.seed)
    start = dice.normal(0.0, SPREAD / np.sqrt(k), (task.matrix.shape[1], k))
    params = FactorParams(
        settings["unobserved"], settings["regularisation"], 1.0, int(settings["sweeps"])
    )
    return factorise(sparse_of(task.matrix), start, params)


def learn(task: Task, settings: Settings) -> Scorer:
    """Return a scorer by inner products of factors."""
    found = factors_of(task, settings)
    items = found.items[task.candidates].T

    def scores(users: Ints) -> Matrix:
        return found.users[users] @ items

    return scores


def _wider(factors: int) -> dict[str, Settings]:
    return {key: {**one, "factors": factors} for key, one in SETTINGS.items()}


MODELS = (
    Model("carousel-factors", "Carousel factors, 64", learn, settings=SETTINGS, grid=GRID),
    Model(
        "carousel-factors-128",
        "Carousel factors, 128",
        learn,
        settings=_wider(128),
        grid=GRID,
    ),
    Model(
        "carousel-factors-192",
        "Carousel factors, 192",
        learn,
        settings=_wider(192),
        grid=GRID,
    ),
)
