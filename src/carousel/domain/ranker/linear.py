"""The linear floor: every feature bends at a few knots, and what they add up to is the log-odds.

Owns:    the design of a row, the fit by Newton's method, the reckoning.
Imports: numpy, domain.features.

A feature x is standardised and cut at LARGEST deviations; it enters as itself, as max(0, x - knot)
for each of KNOTS, and as a flag where it is not known. With such rows a, weights w, an offset o and
outcomes y the coefficients b minimise

    - sum of w * log P(y)  +  ridge / 2 * |b|^2,    P(1) = 1 / (1 + exp(-(o + a . b)))

Source:  iteratively reweighted least squares: Nelder & Wedderburn, JRSS A 135, 1972.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from carousel.domain.features import Matrix, Vector

KNOTS = (-1.0, 0.0, 1.0)
LARGEST = 4.0
STEPS, ENOUGH = 30, 2e-3
AT_ONCE = 20_000
"""Rows added up at once."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A fitted linear ranker over f features.

    mean, deviation: of each feature, shape (f,). coefficients: shape (1 + f * (2 + knots),), the
    intercept first.
    """

    mean: Vector
    deviation: Vector
    coefficients: Vector

    def log_odds(self, rows: Matrix) -> Vector:
        """Return the log-odds of feature rows, shape (n, f) -> (n,)."""
        odds: Vector = _design(rows, self.mean, self.deviation) @ self.coefficients
        return odds


def fit(  # noqa: PLR0913, PLR0917 (rows, what came of them, how; each is one thing)
    rows: npt.NDArray[np.floating[Any]],
    outcomes: Vector,
    weights: Vector,
    offsets: Vector,
    ridge: float,
    start: Linear | None = None,
) -> Linear:
    """Return the linear ranker of some outcomes.

    Args:
        rows: features, NaN where unknown, shape (n, f).
        outcomes: 0 or 1, shape (n,).
        weights: >= 0, shape (n,).
        offsets: added to the log-odds, as what a place on the page takes away, shape (n,).
        ridge: > 0; the intercept is not held back.
        start: of similar rows, which is near the end already.

    >>> x, y = np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> odds = fit(x, y, np.ones(4), np.zeros(4), ridge=0.1).log_odds(x)
    >>> bool(odds[0] < 0 < odds[2])
    True
    """
    mean, deviation = _moments(rows)
    parts = [slice(n, n + AT_ONCE) for n in range(0, len(rows), AT_ONCE)]
    # Single precision halves the time; the last step is as short as before.
    designs = [
        _design(rows[part].astype(np.float64), mean, deviation).astype(np.float32) for part in parts
    ]
    size = 1 + rows.shape[1] * (2 + len(KNOTS))
    found = np.zeros(size) if start is None else start.coefficients
    held = np.full(size, ridge)
    held[0] = 1e-9
    for _ in range(STEPS):
        gradient, curvature = -held * found, np.diag(held)
        for part, design in zip(parts, designs, strict=True):
            chance = logistic(offsets[part] + design @ found.astype(np.float32))
            missed = weights[part] * (outcomes[part] - chance)
            gradient = gradient + missed.astype(np.float32) @ design
            spread = (weights[part] * chance * (1.0 - chance)).astype(np.float32)
            curvature = curvature + design.T @ (spread[:, None] * design)
        step = np.linalg.solve(curvature, gradient)
        # Far from the end a full step may go too far; half a step never goes astray for long.
        found = found + step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < ENOUGH:
            break
    return Linear(mean, deviation, found)


def steepened(linear: Linear, odds: Vector, outcomes: Vector) -> Linear:
    """Return a linear ranker whose odds are a line of its own, such that they are calibrated.

    Args:
        linear: to be calibrated.
        odds: of rows that those who told them had not learned from, shape (n,).
        outcomes: of the same, shape (n,).

    Source:  Platt, Advances in Large Margin Classifiers, 1999.
    """
    height, slope = calibration(odds, outcomes, np.ones(len(odds)), np.zeros(len(odds)))
    shifted = slope * linear.coefficients
    shifted[0] += height
    return Linear(linear.mean, linear.deviation, shifted)


def calibration(
    odds: Vector, outcomes: Vector, weights: Vector, offsets: Vector
) -> tuple[float, float]:
    """Return height and slope of the line through odds that makes chances of them.

    Args:
        odds: of rows that those who told them had not learned from, shape (n,).
        outcomes: 0 or 1, shape (n,).
        weights: >= 0, shape (n,).
        offsets: added to the log-odds, as in ``fit``, shape (n,).

    Source:  Platt, Advances in Large Margin Classifiers, 1999.
    """
    design = np.column_stack([np.ones(len(odds)), odds])
    line = np.zeros(2)
    for _ in range(STEPS):
        chance = logistic(offsets + design @ line)
        # One outcome's worth of doubt keeps the line where it was when outcomes say little.
        gradient = design.T @ (weights * (outcomes - chance)) + (np.array([0.0, 1.0]) - line)
        spread = weights * chance * (1.0 - chance)
        step = np.linalg.solve(design.T @ (spread[:, None] * design) + np.eye(2), gradient)
        line = line + step * min(1.0, 1.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < ENOUGH:
            break
    return float(line[0]), float(line[1])


def logistic(odds: Vector) -> Vector:
    """Return the probabilities of log-odds.

    >>> logistic(np.array([0.0]))
    array([0.5])
    """
    chance: Vector = 0.5 + 0.5 * np.tanh(0.5 * odds)
    return chance


def _moments(rows: npt.NDArray[np.floating[Any]]) -> tuple[Vector, Vector]:
    known = np.isfinite(rows)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, rows, 0.0).sum(axis=0, dtype=np.float64) / count
    spread = np.where(known, (rows - mean) ** 2, 0.0).sum(axis=0, dtype=np.float64) / count
    return mean, np.sqrt(spread) + 1e-6


def _design(rows: Matrix, mean: Vector, deviation: Vector) -> Matrix:
    scaled = (rows - mean) / deviation
    unknown = ~np.isfinite(scaled)
    scaled = np.clip(np.where(unknown, 0.0, scaled), -LARGEST, LARGEST)
    bent = [np.maximum(scaled - knot, 0.0) * ~unknown for knot in KNOTS]
    ones = np.ones((len(rows), 1))
    return np.concatenate([ones, scaled, unknown.astype(np.float64), *bent], axis=1)
