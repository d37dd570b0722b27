"""What a car should cost, from the cars that it competes with, and how sure that is.

Owns:    which cars are comparable and how much, the fair price, its interval, the verdict.
Imports: numpy, domain.{cars, features}.

Of the cars of the same model those count more that are nearer in age, mileage, power, fuel,
gearbox, body and place. Among them the log price is regressed on the differences to the car in
question, by weighted ridge regression with a second round in which outliers count less; where all
differences are zero stands the fair price. How far the comparables lie from their own regression,
each left out of it, is how far an honest price may lie: the interval holds four fifths of them.

The car's own price plays no part. With too few comparables, or an interval that says nothing, there
is no verdict.

Source:  locally weighted regression: Cleveland & Devlin, JASA 1988; weights of outliers: Huber,
         Annals of Mathematical Statistics 1964; residuals by leverage: Allen, Technometrics 1974.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from carousel.domain.cars import Cars, kilometres
from carousel.domain.features import Matrix, Vector

WIDTHS: Mapping[str, float] = {"year": 3.0, "mileage": 0.45, "power": 0.18}
"""One standard deviation of each axis over which cars are comparable: model years, log units."""

OTHER: Mapping[str, float] = {"fuel": 0.35, "transmission": 0.6, "body": 0.5}
"""What a car of another kind counts."""

AXES = (*WIDTHS, *OTHER)
UNKNOWN = 0.6
"""What a car counts, on an axis, that does not state what the other does."""

FAR, FAR_KM = 0.5, 200.0
"""What a car from far away counts, and over how many kilometres that comes about."""

NEGLIGIBLE = 1e-3
RIDGE, CLIPPED, MOST_LEVERAGE = 1.0, 3.0, 0.9

LEAST, LEAST_EFFECTIVE = 20, 12.0
"""Comparables that it takes: as they are, and counted by their weights (Kish)."""

TAILS = (0.1, 0.9)
WIDEST = np.log(2.0)
"""Log of high over low from which on an interval says nothing."""

GREAT, GOOD = 0.1, 0.3
"""Shares of comparables, adjusted, that are cheaper still; of dearer ones for the other labels."""

SAME, CLEARLY = 0.03, 0.06
"""Nearer to the fair price than this is fair; nearer than the second is never great or steep."""

LEAST_EFFECT, MOST_DRIVERS = 0.01, 3

BELIEVABLE = 0.4
"""Share of the fair price below which an asking price is no offer: 1 euro, a monthly rate."""


class Verdict(StrEnum):
    """How an asking price compares, the cheapest first."""

    GREAT = "great"
    GOOD = "good"
    FAIR = "fair"
    HIGH = "high"
    STEEP = "steep"


@dataclass(frozen=True, slots=True)
class Appraisal:
    """What a car should cost.

    fair:        in the currency of the prices, > 0.
    low, high:   four fifths of comparable cars, adjusted to this one, ask between these.
    comparables: how many it rests on.
    drivers:     what sets the car apart from the usual one of its model, by axis of AXES, the
                 strongest first: log of how much dearer that makes it.
    verdict:     on the asking price.
    """

    fair: float
    low: float
    high: float
    comparables: int
    drivers: Mapping[str, float]
    verdict: Verdict


def appraise(car: Cars, others: Cars) -> Appraisal | None:
    """Return what a car should cost; None where that cannot be told.

    Args:
        car: one car; its price is what is judged.
        others: cars of its model, without itself, shape (n,).
    """
    weight, differences = _compared(car, others)
    kept = weight > NEGLIGIBLE
    if not enough(weight[kept]):
        return None
    weight, price = weight[kept], others.price[kept]
    design = np.column_stack([np.ones(len(price)), differences[kept]])
    for clipped in (True, False):
        inverse, line = _fitted(design, price, weight)
        off = price - design @ line
        if clipped:
            most = CLIPPED * 1.4826 * float(np.median(np.abs(off))) + 1e-6
            weight = weight * np.minimum(1.0, most / np.maximum(np.abs(off), 1e-12))
    leverage = weight * np.einsum("ij,jk,ik->i", design, inverse, design)
    off /= 1.0 - np.minimum(leverage, MOST_LEVERAGE)
    low, high = _quantiles(off, weight, TAILS)
    if high - low > WIDEST:
        return None
    asked = float(car.price[0]) - line[0]
    fair, low, high = np.exp(line[0] + np.array([0.0, low, high])).tolist()
    return Appraisal(
        fair,
        low,
        high,
        len(price),
        _drivers(differences, others.price),
        verdict_of(asked, float(weight[off < asked].sum() / weight.sum())),
    )


def believable(asked: float, fair: float) -> bool:
    """Return whether a price, in the currency of the fair one, can be meant as the price of a car.

    >>> believable(1.0, 8_000.0), believable(5_000.0, 8_000.0)
    (False, True)
    """
    return asked >= BELIEVABLE * fair


def enough(weight: Vector) -> bool:
    """Return whether comparables of some weights, each in (0, 1], suffice for a verdict."""
    if len(weight) < LEAST:
        return False
    return float(weight.sum() ** 2 / (weight @ weight)) >= LEAST_EFFECTIVE


def verdict_of(asked: float, cheaper: float) -> Verdict:
    """Return the label of an asking price.

    Args:
        asked: log of asking over fair price.
        cheaper: share of comparables, adjusted to the car, that ask less, in [0, 1].

    >>> verdict_of(-0.2, 0.05).value, verdict_of(-0.02, 0.05).value, verdict_of(0.1, 0.8).value
    ('great', 'fair', 'high')
    """
    clearly = abs(asked) >= CLEARLY
    if asked <= -SAME and cheaper < GOOD:
        return Verdict.GREAT if clearly and cheaper < GREAT else Verdict.GOOD
    if asked >= SAME and cheaper > 1 - GOOD:
        return Verdict.STEEP if clearly and cheaper > 1 - GREAT else Verdict.HIGH
    return Verdict.FAIR


def _compared(car: Cars, others: Cars) -> tuple[Vector, Matrix]:
    """Return how much cars count, shape (n,), and how they differ, shape (n, len(AXES))."""
    weight = np.ones(len(others))
    differences: list[Vector] = []
    for axis, width in WIDTHS.items():
        away: Vector = getattr(others, axis) - getattr(car, axis)[0]
        stated = ~np.isnan(away)
        away = np.where(stated, away, 0.0)
        weight *= np.where(stated, np.exp(-0.5 * (away / width) ** 2), UNKNOWN)
        differences.append(away)
    for axis, counts in OTHER.items():
        mine, theirs = getattr(car, axis)[0], getattr(others, axis)
        unlike = (theirs != mine) & (theirs > 0) & (mine > 0)
        untold = (theirs == 0) & (mine > 0)
        weight *= np.where(unlike, counts, np.where(untold, UNKNOWN, 1.0))
        differences.append(unlike.astype(np.float64))
    there = np.array([[car.latitude[0], car.longitude[0]]])
    km = np.nan_to_num(kilometres(others.latitude, others.longitude, there)[:, 0], nan=0.0)
    weight *= FAR + (1 - FAR) * np.exp(-km / FAR_KM)
    return weight, np.column_stack(differences)


def _fitted(design: Matrix, price: Vector, weight: Vector) -> tuple[Matrix, Vector]:
    """Return (X' W X + ridge)^-1 and the coefficients; the intercept is not held back."""
    held = np.full(design.shape[1], RIDGE)
    held[0] = 0.0
    inverse = np.asarray(
        np.linalg.inv(design.T @ (weight[:, None] * design) + np.diag(held)), dtype=np.float64
    )
    return inverse, inverse @ (design.T @ (weight * price))


def _quantiles(values: Vector, weight: Vector, shares: tuple[float, ...]) -> Vector:
    """Return weighted quantiles, shape (len(shares),)."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order]) - 0.5 * weight[order]
    found = np.interp(shares, reached / weight.sum(), values[order])
    return np.asarray(found, dtype=np.float64)


def _drivers(differences: Matrix, price: Vector) -> dict[str, float]:
    """Return what sets a car apart, by how prices go with it among all cars of its model.

    Near the car itself others hardly differ from it, and would tell little of what a difference is
    worth.
    """
    design = np.column_stack([np.ones(len(price)), differences])
    _, line = _fitted(design, price, np.ones(len(price)))
    effects = -line[1:] * differences.mean(axis=0)
    strongest = np.argsort(-np.abs(effects), kind="stable")[:MOST_DRIVERS]
    told = ((AXES[n], float(effects[n])) for n in strongest.tolist())
    return {axis: effect for axis, effect in told if abs(effect) >= LEAST_EFFECT}
