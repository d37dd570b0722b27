"""The two rows every table starts with: chance, and what everybody likes.

Owns:    random scores, popularity.
Imports: numpy, evaluation.public.
"""

import numpy as np

from carousel.domain.factors import Ints
from carousel.domain.features import Matrix
from carousel.evaluation.public.model import Model, Scorer, Settings
from carousel.evaluation.public.reactions import Task


def chance(task: Task, _: Settings) -> Scorer:
    """Return a scorer that rolls dice, the same ones whenever a user is asked for."""

    def scores(users: Ints) -> Matrix:
        dice = (np.random.default_rng([task.seed, int(user)]) for user in users)
        return np.stack([one.random(len(task.candidates)) for one in dice])

    return scores


def popularity(task: Task, _: Settings) -> Scorer:
    """Return a scorer that counts who reacted, the same for every user."""
    counts = np.bincount(task.told.item, minlength=task.matrix.shape[1])[task.candidates]

    def scores(users: Ints) -> Matrix:
        return np.tile(counts.astype(np.float64), (len(users), 1))

    return scores


MODELS = (
    Model("random", "Random order", chance, new_items=True),
    Model("popularity", "Popularity", popularity),
)
