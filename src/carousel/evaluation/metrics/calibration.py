"""Whether a higher score means a likelier opening: the deciles of a method's scores.

Owns:    the deciles and what was opened in each.
Imports: numpy, evaluation.metrics.column, evaluation.played, recording.

With a truth, of the first ten places at the test moments and their true chances; without, of the
random impressions and whether they were opened.
"""

import numpy as np

from carousel.evaluation.metrics.column import Column
from carousel.evaluation.played import TRUTH_PLACES, Played, Run
from carousel.recording.tables import Floats, Ints

DECILES = 10


def deciles(scores: Floats) -> Ints:
    """Return the decile of each score among all, 0 the lowest; equal scores share one.

    >>> deciles(np.arange(10.0)).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    if len(scores) == 0:
        return np.zeros(0, dtype=np.int64)
    edges = np.quantile(scores, np.arange(1, DECILES) / DECILES)
    return np.searchsorted(edges, scores, side="right")


def calibration_columns(played: Played, run: Run) -> list[Column]:
    """Return one column a decile: the share of its cars that is, or would be, opened."""
    if played.best is not None:
        scores = run.scores[:, :TRUTH_PLACES].astype(np.float64)
        there = ~np.isnan(scores) & ~np.isnan(run.open[:, : scores.shape[1]])
        moment, place = np.nonzero(there)
        shopper = played.moments.shopper[moment]
        scored, opened = scores[moment, place], run.open[moment, place].astype(np.float64)
    else:
        asked = np.flatnonzero(~np.isnan(run.by_slate))
        shopper, scored = played.bucket.shopper[asked], run.by_slate[asked]
        opened = played.bucket.opened[asked].astype(np.float64)
    decile = deciles(scored)
    return [
        Column(
            f"decile {number + 1}",
            shopper,
            np.where(decile == number, opened, 0.0),
            (decile == number).astype(np.float64),
        )
        for number in range(DECILES)
    ]
