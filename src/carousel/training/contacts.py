"""How likely the seller of an opened car is contacted: a small linear model, calibrated.

Owns:    its fit, its calibration on rows that it had not learned from, how far it is off.
Imports: numpy, domain, training.ranking_rows.

Contacts are rare, so the chance of one is the chance of an opening times the chance of a contact
after it, and the second is learned from opened cars alone. Where the car stood on the page matters
no more once it is open.
"""

import numpy as np

from carousel.domain.features import Vector
from carousel.domain.ranker.linear import Linear, fit, logistic, steepened
from carousel.training.ranking_rows import Rows

CONTACT = 3
"""The outcome of an impression, see ``recording.tables.OUTCOMES``."""

FOLDS, BINS = 5, 10
LEAST = 20
"""Contacts without which nothing is learned."""


def contacts_of(rows: Rows, ridge: float) -> tuple[Linear | None, dict[str, float]]:
    """Return the log-odds of a contact once a car is open, and figures; None with too few.

    The figures: how far chances are off, as a mean over ten bins of equal size, before and after
    calibration, on slates not learned from.

    Args:
        rows: of slates; only opened cars count.
        ridge: of the fit.
    """
    opened = rows.of(rows.outcome > 0)
    called = (opened.outcome == CONTACT).astype(np.float64)
    if not LEAST <= called.sum() <= len(called) - LEAST:
        return None, {"contacts": float(called.sum())}
    fold = opened.slate % FOLDS
    odds = np.zeros(len(called))
    for one in range(FOLDS):
        told = fold == one
        odds[told] = _fitted(opened.of(~told), called[~told], ridge).log_odds(
            opened.features[told].astype(np.float64)
        )
    whole = _fitted(opened, called, ridge)
    line = Linear(np.zeros(0), np.zeros(0), np.array([0.0, 1.0]))
    after = np.zeros(len(called))
    for one in range(FOLDS):
        told = fold == one
        shift, slope = steepened(line, odds[~told], called[~told]).coefficients
        after[told] = shift + slope * odds[told]
    return steepened(whole, odds, called), {
        "contacts": float(called.sum()),
        "contact error, raw": off(logistic(odds), called),
        "contact error": off(logistic(after), called),
    }


def _fitted(rows: Rows, called: Vector, ridge: float) -> Linear:
    count = len(called)
    return fit(rows.features, called, np.ones(count), np.zeros(count), ridge)


def off(chances: Vector, outcomes: Vector, bins: int = BINS) -> float:
    """Return how far chances are off what came: the expected calibration error.

    >>> off(np.array([0.25, 0.25, 0.25, 0.25]), np.array([1.0, 0.0, 0.0, 0.0]), bins=1)
    0.0
    """
    parts = np.array_split(np.argsort(chances, kind="stable"), bins)
    far = [len(p) * abs(float(chances[p].mean() - outcomes[p].mean())) for p in parts if len(p)]
    return sum(far) / max(1, len(chances))
