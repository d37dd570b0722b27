"""What a model is worth: one figure, how sure it is, and what the simplest way reaches.

Owns:    the names of a model's figures.
Imports: numpy, domain.errors.

All of it is measured on cases that the model did not learn from. Higher is better. A model may
carry further figures under other names; they are shown and decide nothing.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from carousel.domain.errors import ModelError

SURE, LIKELY = 1.959964, 1.281552
"""Standard deviations on each side of the middle that hold 95 % of a normal distribution, and below
the middle that leave out the lowest 10 %."""


@dataclass(frozen=True, slots=True)
class Worth:
    """How well a model does.

    value:     the figure.
    low, high: its 95 % interval.
    floor:     what the simplest way, such as what is popular, reaches on the same cases.
    cases:     how many.
    """

    value: float
    low: float
    high: float
    floor: float
    cases: float

    def __str__(self) -> str:
        return f"{self.value:.4f} ({self.low:.4f} to {self.high:.4f})"


NAMES = tuple(Worth.__dataclass_fields__)

RIVAL, AHEAD, AHEAD_LIKELY = "bundled", "ahead of it", "ahead, likely"
"""Further figures, of a kind of which one model comes with the program: what that one reaches on
the same cases, how far the new one is ahead on the average case, and what that is nine times in ten
at least."""


def as_figures(worth: Worth) -> dict[str, float]:
    """Return the figures that say what a model is worth; ``worth_of`` is the inverse."""
    return asdict(worth)


def worth_of(figures: Mapping[str, float]) -> Worth:
    """Return what figures say a model is worth.

    >>> str(worth_of({"value": 0.5, "low": 0.4, "high": 0.6, "floor": 0.3, "cases": 200}))
    '0.5000 (0.4000 to 0.6000)'

    Raises:
        ModelError: a figure is missing, or they contradict each other.
    """
    missing = [name for name in NAMES if name not in figures]
    if missing:
        raise ModelError(f"It does not say what it is worth: there is no {', no '.join(missing)}.")
    worth = Worth(**{name: float(figures[name]) for name in NAMES})
    if not all(math.isfinite(figures[name]) for name in NAMES):
        raise ModelError("It does not say what it is worth: a figure is not finite.")
    if not worth.low <= worth.value <= worth.high:
        raise ModelError(f"Its figure lies outside its own interval: {worth}.")
    if worth.cases < 1:
        raise ModelError("It was measured on nothing.")
    return worth


def of_mean(values: npt.NDArray[np.float64], floor: float) -> Worth:
    """Return what the mean of one number in [0, 1] a case is worth.

    The interval is the normal one of the same cases with two of 0 and two of 1 beside them: a few
    cases that are all alike are no proof that all cases are.

    Source: Agresti & Coull, The American Statistician 1998.

    >>> str(of_mean(np.array([0.0, 1.0]), 0.1))
    '0.5000 (0.0617 to 0.9383)'
    """
    count = len(values)
    if not count:
        return Worth(0.0, 0.0, 0.0, floor, 0.0)
    beside = np.concatenate([values, [0.0, 0.0, 1.0, 1.0]])
    middle = float(beside.mean())
    spread = SURE * float(beside.std(ddof=1)) / math.sqrt(len(beside))
    mean = float(values.mean())
    low, high = min(mean, max(0.0, middle - spread)), max(mean, min(1.0, middle + spread))
    return Worth(mean, low, high, floor, float(count))
