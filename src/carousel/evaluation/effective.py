"""How much a weighted sample says.

Owns:    the effective sample size, and how small it may be for an estimate to be quoted.
Imports: recording.

Source:  Kish, Survey Sampling, 1965.
"""

from carousel.recording.tables import Floats

FEWEST_EFFECTIVE = 200
"""Effective entries below which an estimate is not quoted."""


def effective_size(weights: Floats) -> float:
    """Return how many equally weighted entries say as much: sum(w)^2 / sum(w^2), 0 without weight.

    >>> import numpy as np
    >>> effective_size(np.array([2.0, 2.0, 0.0]))
    2.0
    """
    squares = float(weights @ weights)
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0
