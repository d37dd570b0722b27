"""A smooth curve of attention, fitted to random exposure, and how unsure it is.

Owns:    the curve, its fit, the directions in which it may be wrong.
Imports: numpy, evaluation.results, recording.tables.

Place k is examined with probability

    e_k = k ** -n * exp(-c (k - 1)),

the first part for eyes that wander less and less far down, the second for patience that runs out at
every place alike. Cars that chance put at places are alike on average, so the openings at place k
are a Poisson number of mean shown_k * level * e_k, and level, n and c are found where that is
likeliest. A prior holds c near 0, with standard deviation PATIENCE, as long as little is opened.

Source:  Nelder & Wedderburn, JRSS A 1972 (the fit); Craswell, Zoeter, Taylor & Ramsey, WSDM 2008.
"""

import math
from dataclasses import dataclass

import numpy as np

from carousel.evaluation.results import Estimate
from carousel.recording.tables import Flags, Floats, Ints

PATIENCE = 0.05
STEPS, SETTLED, LONGEST_STEP = 60, 1e-10, 0.5
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Attention:
    """The curve.

    power, waning: n and c.
    doubts:        half axes of the 95 % ellipse in which (n, c) lies, each a pair to be added.
    opened:        how many openings it rests on.
    """

    power: float
    waning: float
    doubts: tuple[tuple[float, float], ...] = ()
    opened: int = 0

    def at(self, position: Ints) -> Floats:
        """Return how likely places are examined, the first being 1, shape (n,).

        >>> Attention(0.5, 0.0).at(np.array([1, 4])).tolist()
        [1.0, 0.5]
        """
        place = position.astype(np.float64)
        return np.asarray(place**-self.power * np.exp(-self.waning * (place - 1)))

    def moved(self, doubt: tuple[float, float], sign: int) -> "Attention":
        """Return the curve at one end of a half axis, ``sign`` 1 or -1."""
        return Attention(self.power + sign * doubt[0], self.waning + sign * doubt[1])

    def place(self, k: int) -> Estimate:
        """Return how likely place k is examined, with its interval."""
        value = math.log(float(self.at(np.array([k]))[0]))
        sides = [dn * math.log(k) + dc * (k - 1) for dn, dc in self.doubts]
        reach = math.hypot(*sides)
        return Estimate(
            math.exp(value), math.exp(value - reach), math.exp(value + reach), self.opened
        )


def fit(position: Ints, opened: Flags) -> Attention:
    """Return the curve that makes random impressions likeliest; NaN where nothing was opened.

    Args:
        position: of impressions that chance placed, 1 is the top.
        opened: whether each was.

    >>> place, opened = np.array([1, 1, 1, 4, 4, 4]), np.array([1, 1, 0, 1, 0, 0], dtype=bool)
    >>> curve = fit(place, opened)
    >>> round(float(curve.at(np.array([4]))[0]), 2)
    0.5
    """
    places = np.arange(1, int(position.max(initial=1)) + 1)
    shown = np.bincount(position, minlength=len(places) + 1)[1:].astype(np.float64)
    hits = np.bincount(position, opened, minlength=len(places) + 1)[1:]
    count = int(hits.sum())
    if count == 0 or (shown > 0).sum() < 2:  # noqa: PLR2004 (one place says nothing of another)
        return Attention(math.nan, math.nan, (), count)
    x = np.column_stack([np.ones(len(places)), -np.log(places), 1.0 - places])
    prior = np.diag([0.0, 1e-6, PATIENCE**-2])
    found = np.array([math.log(count / shown.sum()), 0.0, 0.0])
    for _ in range(STEPS):
        mean = shown * np.exp(x @ found)
        curve = (x * mean[:, None]).T @ x + prior
        step = np.linalg.solve(curve, x.T @ (hits - mean) - prior @ found)
        found += step * min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), SETTLED))
        if float(np.abs(step).max()) < SETTLED:
            break
    spread, directions = np.linalg.eigh(np.linalg.inv(curve)[1:, 1:])
    reach = _Z * np.sqrt(np.maximum(spread, 0.0))
    doubts = tuple(
        (float(r * d[0]), float(r * d[1])) for r, d in zip(reach, directions.T, strict=True)
    )
    return Attention(float(found[1]), float(found[2]), doubts, count)
