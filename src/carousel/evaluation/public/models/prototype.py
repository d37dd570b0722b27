"""The prototype's profile: it jumps half-way to every item, and the nearest item comes first.

Owns:    the rows "prototype" and "prototype-flat-mean".
Imports: numpy, scipy, evaluation.public.

With v the vector of an item, in the order in which reactions were told,

    u = (u + v) / 2        the first item is the start        score = -|u - v| ** 2

so the profile is a weighted mean in which an item counts half of the one after it; the flat mean
counts them all alike.
"""

import numpy as np
from scipy.sparse import csr_matrix, issparse

from carousel.domain.factors import Ints
from carousel.domain.features import Matrix, Vector
from carousel.evaluation.public.model import Model, Scorer, Settings
from carousel.evaluation.public.models import carousel_factors
from carousel.evaluation.public.reactions import Csr, Reactions, Task


def halving(told: Reactions, shape: tuple[int, int]) -> Csr:
    """Return the weight of each item in each profile, shape (users, items), rows of sum 1.

    >>> told = Reactions(np.array([0, 0, 0]), np.array([0, 1, 2]), np.zeros(3))
    >>> halving(told, (1, 3)).toarray()
    array([[0.25, 0.25, 0.5 ]])
    """
    order = np.argsort(told.user, kind="stable")
    user = told.user[order]
    counts = np.bincount(user, minlength=shape[0])
    place = np.arange(len(user)) - (np.cumsum(counts) - counts)[user]
    after = counts[user] - 1 - place
    weights: Vector = np.where(place == 0, 0.5**after, 0.5 ** (after + 1.0))
    return csr_matrix((weights, (user, told.item[order])), shape=shape)


def flat(told: Reactions, shape: tuple[int, int]) -> Csr:
    """Return the same with equal weights."""
    counts = np.bincount(told.user, minlength=shape[0])
    return csr_matrix((1.0 / counts[told.user], (told.user, told.item)), shape=shape)


def learn_jumping(task: Task, settings: Settings) -> Scorer:
    """Return a scorer by nearness to the profile that jumps."""
    return _nearest(task, halving(task.told, task.matrix.shape), settings)


def learn_flat(task: Task, settings: Settings) -> Scorer:
    """Return a scorer by nearness to the flat mean."""
    return _nearest(task, flat(task.told, task.matrix.shape), settings)


def _nearest(task: Task, profiles: Csr, settings: Settings) -> Scorer:
    vectors: Csr = (
        carousel_factors.factors_of(task, settings).items
        if task.attributes is None
        else task.attributes.plain
    )
    candidates = vectors[task.candidates]
    squares = candidates.multiply(candidates) if issparse(candidates) else candidates**2
    lengths = np.asarray(squares.sum(axis=1)).ravel()
    turned = candidates.T.tocsr() if issparse(candidates) else candidates.T

    def scores(users: Ints) -> Matrix:
        near = profiles[users] @ vectors @ turned
        # |u|^2 is the same for all of a user's items.
        return np.asarray(2.0 * (near.toarray() if issparse(near) else near) - lengths)

    return scores


WITHOUT = "This set has no attributes: the rule runs over Carousel's item factors."

MODELS = (
    Model(
        "prototype",
        "Prototype: jumps half-way, Euclidean",
        learn_jumping,
        settings=carousel_factors.SETTINGS,
        new_items=True,
        remark_without=WITHOUT,
    ),
    Model(
        "prototype-flat-mean",
        "Prototype with a flat mean",
        learn_flat,
        settings=carousel_factors.SETTINGS,
        new_items=True,
        remark_without=WITHOUT,
    ),
)
