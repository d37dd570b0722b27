"""Scoring: one relevance number per candidate, with every part of the sum kept.

Owns:    the blend of personal and shared parts, and which part was the main reason; a score as a
         chance.
Imports: numpy, domain.features.

With confidence c in [0, 1) (domain/preference.py) the score of a candidate is

    c * content + (1 - c) * (popular_share * popular + fresh_share * fresh)
        + search_share * searches

content is the inner product of unit vectors, the others are in [0, 1]. A stranger (c = 0) is
ranked by what others like and by what is new; the personal part takes over as evidence grows.
What was asked for in so many words (domain/matching/searches.py) is added to all of it: a car that
does not fit has to be liked or popular indeed.

Re-ranking weighs chances, so where no ranker has learned them a score s stands for the chance

    1 / (1 + exp(-(level + slope * s)))
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from carousel.domain.features import Matrix, Vector


@dataclass(frozen=True, slots=True)
class Params:
    """What an experiment may change.

    popular_share, fresh_share: of the shared parts, each >= 0.
    search_share: what a perfect fit to the shopper's searches is worth, >= 0.
    level, slope: how a score is read as a chance to be opened, in log-odds; slope > 0.
    """

    popular_share: float = 0.7
    fresh_share: float = 0.3
    search_share: float = 1.0
    level: float = -5.0
    slope: float = 4.0


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of n candidates.

    total: shape (n,). parts: name -> shape (n,); they add up to the total.
    """

    total: Vector
    parts: Mapping[str, Vector]

    def main_part(self, i: int) -> str:
        """Return the name of the part that gave candidate ``i`` most; ties go to the first."""
        return max(self.parts, key=lambda name: float(self.parts[name][i]))


def score(
    items: Matrix,
    preference: Vector | None,
    confidence: float,
    support: Mapping[str, Vector],
    params: Params,
) -> Scores:
    """Score candidates.

    Args:
        items: their vectors, shape (n, dim), unit rows.
        preference: the shopper's, shape (dim,), unit norm; None is a stranger's.
        confidence: weight of the personal part, in [0, 1); ignored without a preference.
        support: per channel, shape (n,), in [0, 1]; a missing channel counts as zeros. Under
            "searches" stands how well each suits what the shopper searched for.
        params: shares.

    >>> items = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> shared = {"popular": np.array([0.0, 1.0])}
    >>> score(items, np.array([1.0, 0.0]), 0.5, shared, Params()).total.tolist()
    [0.5, 0.35]
    """
    count = len(items)
    personal = 0.0 if preference is None else confidence
    content = items @ preference if preference is not None else np.zeros(count)
    parts = {
        "content": personal * content,
        "popular": (1 - personal) * params.popular_share * _of(support, "popular", count),
        "fresh": (1 - personal) * params.fresh_share * _of(support, "fresh", count),
        "searches": params.search_share * _of(support, "searches", count),
    }
    total: Vector = np.sum(list(parts.values()), axis=0)
    return Scores(total, parts)


def chance(total: Vector, params: Params) -> Vector:
    """Return how likely cars of some scores are opened, shape (n,), in (0, 1).

    >>> chance(np.array([1.25]), Params())
    array([0.5])
    """
    chances: Vector = 0.5 + 0.5 * np.tanh(0.5 * (params.level + params.slope * total))
    return chances


def _of(support: Mapping[str, Vector], channel: str, count: int) -> Vector:
    return support.get(channel, np.zeros(count))
