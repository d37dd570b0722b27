"""Carousel's content part: attributes alone, weighed against what all items have in common.

Owns:    the rows "carousel-content" and "content-mean".
Imports: numpy, domain.features, domain.preference, evaluation.public.

Where attributes make a feature space, the functions of the domain are called as the API calls
them: every reaction is observed at its own time, and the preference is read once. Where there are
too many attributes for one, the same ridge fold-in is done in the space of all of them. With s
the sum of a user's items, d_j and p_j the leading directions of the second moment G,

    (ratio G + I)^-1 s  =  s - sum_j  ratio d_j / (ratio d_j + 1)  (p_j . s) p_j

up to the directions left out, in which the moment is next to nothing.
"""

from datetime import UTC, datetime, timedelta

import numpy as np

from carousel.domain import features, preference
from carousel.domain.factors import Ints
from carousel.domain.features import Matrix, Vector
from carousel.evaluation.public.model import ANY, Model, Scorer, Settings
from carousel.evaluation.public.reactions import Attributes, Csr, Task

DIRECTIONS, SPARE, ROUNDS = 256, 20, 6


def attributes_of(task: Task) -> Attributes:
    """Return a task's attributes; models that need them are not asked without."""
    if task.attributes is None:
        raise ValueError("this model needs attributes")
    return task.attributes


def learn(task: Task, settings: Settings) -> Scorer:
    """Return a scorer by attributes."""
    attributes = attributes_of(task)
    if attributes.things:
        return _in_feature_space(task, attributes, settings)
    return _in_all_attributes(task, attributes.weighted, settings["ratio"])


def mean(task: Task, _: Settings) -> Scorer:
    """Return a scorer by the plain mean of what a user liked: the cosine of weighted attributes."""
    return _in_all_attributes(task, attributes_of(task).weighted, 0.0)


def _in_feature_space(task: Task, attributes: Attributes, settings: Settings) -> Scorer:
    params = preference.Params(
        half_life=timedelta(days=settings["half_life_days"]),
        alpha=settings["alpha"],
        ridge=settings["ridge"],
    )
    space = features.fit(attributes.blocks, attributes.things, int(settings["dim"]))
    vectors = space.vectors(attributes.things)
    reader = preference.Reader(space, params)
    evidence: dict[int, preference.Evidence] = {}
    told = task.told
    for user, item, at in zip(
        told.user.tolist(), told.item.tolist(), told.at.tolist(), strict=True
    ):
        moment = datetime.fromtimestamp(at, UTC)
        before = evidence.get(user) or preference.no_evidence(space.dim, moment)
        evidence[user] = preference.observe(before, vectors[item], 1.0, moment, params)
    candidates = vectors[task.candidates].T
    stranger = np.zeros(space.dim)

    def likes(user: int) -> features.Vector:
        known = evidence.get(user)
        read = None if known is None else reader.preference(known)
        return stranger if read is None else read

    def scores(users: Ints) -> Matrix:
        return np.stack([likes(int(user)) for user in users]) @ candidates

    return scores


def _in_all_attributes(task: Task, weighted: Csr, ratio: float) -> Scorer:
    # Item by item first: users share their items, and there are more users.
    alike = (weighted @ weighted[task.candidates].T).toarray()
    if ratio > 0.0:
        alike -= common_part(task, weighted, ratio)

    def scores(users: Ints) -> Matrix:
        return np.asarray(task.matrix[users] @ alike)

    return scores


def common_part(task: Task, weighted: Csr, ratio: float) -> Matrix:
    """Return what the fold-in takes off the likeness of items and candidates."""
    axes, moments = leading(weighted, DIRECTIONS, np.random.default_rng(task.seed))
    discount = ratio * moments / (ratio * moments + 1.0)
    on_axes = np.asarray(weighted @ axes)
    return on_axes @ (on_axes[task.candidates] * discount).T


def leading(rows: Csr, count: int, dice: np.random.Generator) -> tuple[Matrix, Vector]:
    """Return the leading directions of the second moment of rows, and the moment along each.

    Shapes (columns, count) and (count,); ``count`` is cut to what the rows can span. Repeated
    multiplication turns a random subspace towards them (Halko, Martinsson & Tropp, 2011).

    >>> from scipy.sparse import csr_matrix
    >>> axes, moments = leading(csr_matrix(np.diag([3.0, 1.0])), 1, np.random.default_rng(0))
    >>> np.abs(axes.round(3)).ravel(), moments.round(3)
    (array([1., 0.]), array([4.5]))
    """
    width = min(count + SPARE, *rows.shape)
    axes = dice.normal(size=(rows.shape[1], width))
    for _ in range(ROUNDS):
        axes, _ = np.linalg.qr(rows.T @ (rows @ axes))
    _, lengths, turn = np.linalg.svd(rows @ axes, full_matrices=False)
    return (axes @ turn.T)[:, :count], lengths[:count] ** 2 / rows.shape[0]


MODELS = (
    Model(
        "content-mean",
        "Mean of attributes, cosine",
        mean,
        attributes=True,
        new_items=True,
    ),
    Model(
        "carousel-content",
        "Carousel content",
        learn,
        settings={
            "citeulike": {"ratio": 1000.0},
            ANY: {"dim": 28, "half_life_days": 14.0, "alpha": 0.3, "ridge": 0.1},
        },
        grid={"ratio": (3.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)},
        attributes=True,
        new_items=True,
    ),
)
