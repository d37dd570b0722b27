"""What a slate gives away against the best that was for sale, by the true chances.

Owns:    regret and the share of the best.
Imports: numpy, evaluation.metrics.column, evaluation.played, recording.

At one moment, with c the true chances of the first ten places and b the ten largest of all cars
for sale,

    regret = 1 - sum(c) / sum(b)

An oracle's is 0. The share of the best is sum(c) / sum(b) with both sums over all moments: shoppers
who can be pleased more count more.
"""

import numpy as np

from carousel.evaluation.metrics.column import Column, Slices, averaged
from carousel.evaluation.played import Best, Run
from carousel.recording.tables import Floats, Ints


def regret(earned: Floats, best: Floats) -> Floats:
    """Return the regret by moment; NaN where nothing could be earned.

    >>> regret(np.array([0.5, 0.0]), np.array([2.0, 0.0]))
    array([0.75,  nan])
    """
    possible = best > 0
    share = earned / np.where(possible, best, 1.0)
    # Summed in another order, the best slate may differ from the best sum in the last digit.
    return np.where(possible, np.maximum(1 - share, 0.0), np.nan)


def truth_columns(run: Run, best: Best, shopper: Ints, slices: Slices) -> list[Column]:
    """Return regret and the share of the best, for opening and for contacting."""
    columns = []
    for kind, chances, most in (
        ("open", run.open, best.open),
        ("contact", run.contact, best.contact),
    ):
        earned: Floats = np.nan_to_num(chances).sum(axis=1, dtype=np.float64)
        possible: Floats = np.nan_to_num(most)
        columns += [
            averaged(f"truth.{kind}.regret", shopper, regret(earned, possible), slices),
            Column(f"truth.{kind}.share", shopper, earned, possible, slices),
        ]
    return columns
