"""Carousel's spectral factors: a user is folded in by adding up their items' vectors.

Owns:    the rows "carousel-spectral" and "carousel-spectral-graph".
Imports: numpy, scipy, domain.factors, evaluation.public.

Of the reactions x_ui, with n_u of each user and p_i of each item, a common one counts for less:

    y_ui = x_ui * n_u ** (-user_power / 2) * p_i ** -item_power

With s_f and q_f the k strongest singular values and right vectors of Y, and l = ridge * s_1 ** 2,

    user   u_f  = s_f ** 2 / (s_f ** 2 + l) * (sum of p_i ** -item_power * q_if over their items i)
    item   v_jf = p_j ** item_power * q_jf
    score  u . v_j

which is the least squares reconstruction of Y from Y under a ridge l, kept to k dimensions. What
they leave out is weak (s <= s_k), and for weak s the share s ** 2 / (s ** 2 + l) is nearly in
proportion to s ** 2. With ``graph`` the rest is put in so, by walks from item to user to item:

    B = Y^T Y / (s_k ** 2 + l)  +  Q diag(s ** 2 / (s ** 2 + l) - s ** 2 / (s_k ** 2 + l)) Q^T

EASE differs by powers of 0 and by a factor for each item: those a user has not reacted to get
nothing from the diagonal it forbids.

Source:  the ridge and its diagonal: Steck, WWW 2019. Both powers: Park et al., SIGIR 2025. A few
         strong vectors and a graph for the rest: Shen et al., CIKM 2021.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds

from carousel.domain.factors import Ints
from carousel.domain.features import Matrix, Vector
from carousel.evaluation.public.model import ANY, Model, Scorer, Settings
from carousel.evaluation.public.reactions import Csr, Task

DENSE = 5_000
"""Items up to which Y^T Y is decomposed as a dense matrix, which is faster there."""


@dataclass(frozen=True, slots=True)
class Spectrum:
    """What was learned.

    weighted: Y, shape (users, items). discount: p_i ** -item_power, shape (items,).
    strong:   s ** 2, shape (k,), strongest first. vectors: q, shape (items, k).
    """

    weighted: Csr
    discount: Vector
    strong: Vector
    vectors: Matrix


def spectrum(matrix: Csr, settings: Settings, seed: int) -> Spectrum:
    """Return the strongest singular values and vectors of weighted reactions.

    >>> from scipy.sparse import csr_matrix
    >>> groups = csr_matrix([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    >>> plain = {"factors": 2, "user_power": 0.0, "item_power": 0.0}
    >>> spectrum(groups, plain, seed=0).strong.round(6)
    array([4., 1.])
    """
    by_user, by_item = (np.maximum(np.asarray(matrix.sum(axis=n)).ravel(), 1.0) for n in (1, 0))
    discount = by_item ** -settings["item_power"]
    weight = by_user ** (-settings["user_power"] / 2)
    weighted = csr_matrix(matrix.multiply(weight[:, None]).multiply(discount))
    k = min(int(settings["factors"]), min(matrix.shape) - 1)
    items = matrix.shape[1]
    if items <= DENSE:
        strong, vectors = eigh(
            (weighted.T @ weighted).toarray(), subset_by_index=[items - k, items - 1]
        )
        return Spectrum(weighted, discount, strong[::-1], vectors[:, ::-1].copy())
    start = np.random.default_rng(seed).normal(size=min(matrix.shape))
    _, values, rows = svds(weighted, k=k, v0=start, return_singular_vectors="vh")
    return Spectrum(weighted, discount, values[::-1] ** 2, rows[::-1].T.copy())


def learn(task: Task, settings: Settings) -> Scorer:
    """Return a scorer by inner products, and by the graph too where ``graph`` is 1."""
    found = spectrum(task.matrix, settings, task.seed)
    ridge = settings["ridge"] * found.strong[0]
    share = found.strong / (found.strong + ridge)
    walked = settings["graph"] / (found.strong[-1] + ridge)
    own = found.vectors * (share - walked * found.strong)
    others = (found.vectors / found.discount[:, None])[task.candidates].T
    past = csr_matrix(task.matrix.multiply(found.discount))
    weighted = found.weighted
    appeal = csr_matrix(weighted[:, task.candidates].multiply(1 / found.discount[task.candidates]))
    graph = csr_matrix(weighted.T @ appeal) if walked else None

    def scores(users: Ints) -> Matrix:
        theirs = past[users]
        by_factors: Matrix = (theirs @ own) @ others
        return by_factors if graph is None else by_factors + walked * (theirs @ graph).toarray()

    return scores


FACTORS = {"factors": 384, "user_power": 0.75, "item_power": 0.15, "ridge": 0.045, "graph": 0.0}
WITH_GRAPH = {"factors": 128, "user_power": 0.75, "item_power": 0.25, "ridge": 0.03, "graph": 1.0}
GOWALLA = {"factors": 128, "user_power": 1.0, "item_power": 0.5, "ridge": 0.01, "graph": 1.0}
GRID = {
    "user_power": (0.5, 0.75),
    "item_power": (0.15, 0.25, 0.35),
    "ridge": (0.01, 0.02, 0.03, 0.045, 0.06, 0.1),
}

MODELS = (
    Model(
        "carousel-spectral",
        "Carousel spectral factors, 384",
        learn,
        settings={ANY: FACTORS},
        grid=GRID,
    ),
    Model(
        "carousel-spectral-graph",
        "Carousel spectral factors, 128, and graph",
        learn,
        settings={"gowalla": GOWALLA, ANY: WITH_GRAPH},
        grid=GRID,
    ),
)
