"""What a ranker is worth: how surely it orders what was opened before what was not.

Owns:    one case a slate, the comparison of two rankers case by case.
Imports: numpy, domain, training.{ranking_rows, worth}.
"""

import numpy as np

from carousel.domain.features import Vector
from carousel.domain.matching import features as matching
from carousel.recording.tables import Flags
from carousel.training.ranking_rows import Rows
from carousel.training.worth import AHEAD, AHEAD_LIKELY, LIKELY, RIVAL, SURE, of_mean

EVEN = 0.5
"""What a difference of 0 is on a scale from 0 to 1."""


def cases_of(rows: Rows, scores: Vector) -> tuple[Vector, Vector]:
    """Return how surely opened cars are ordered before the others of their slate.

    One case a slate in which some were opened: by the scores, and by popularity.
    """
    popular = rows.features[:, matching.COLUMN["popular"]].astype(np.float64)
    found, usual = [], []
    order = np.argsort(rows.slate, kind="stable")
    edges = np.flatnonzero(np.diff(rows.slate[order])) + 1
    for places in np.split(order, edges):
        opened = rows.opened[places] > 0
        if opened.any() and not opened.all():
            found.append(_pairs(scores[places], opened))
            usual.append(_pairs(popular[places], opened))
    return np.array(found), np.array(usual)


def _pairs(scores: Vector, opened: Flags) -> float:
    better = scores[opened][:, None] - scores[~opened][None, :]
    return float(np.mean((better > 0) + 0.5 * (better == 0)))


def ahead_of(cases: Vector, theirs: Vector) -> dict[str, float]:
    """Return the figures that tell how far cases are ahead of a rival's on the same slates.

    >>> ahead_of(np.ones(50), np.full(50, 0.5))["ahead of it"]
    0.5
    """
    if not len(theirs):
        return {}
    ahead = of_mean((1.0 + cases - theirs) / 2, EVEN)
    likely = ahead.value - LIKELY / SURE * (ahead.value - ahead.low)
    told = {AHEAD: 2 * ahead.value - 1, AHEAD_LIKELY: 2 * likely - 1}
    return {RIVAL: float(theirs.mean())} | told
