"""A small model of what gets opened, so that the doubly-robust estimate has less to correct.

Owns:    what the model sees of a shopper and a car; fitting it; asking it about other shoppers.
Imports: numpy, evaluation.counterfactual.histories, recording.tables.

Chance a(x) = 1 / (1 + exp(-x b)) is that of a car being opened once examined. An impression at a
place examined with probability e is opened with probability e a(x), so b solves

    sum(x (opened - e a(x))) = ridge * b

which has one solution, found by Newton's method. The model need not be right: it is fitted on other
shoppers than it is asked about, and the doubly-robust estimate stays unbiased.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carousel.domain.listing import Listing
from carousel.evaluation.counterfactual.histories import Histories
from carousel.recording.tables import Floats, Ints

FOLDS, RIDGE, STEPS = 5, 1.0, 30
SETTLED = 1e-9
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Cars:
    """What the model reads of n listings: moments, and codes of make, model and body."""

    listed_at: Floats
    make: Ints
    model: Ints
    body: Ints


def cars_of(listings: Sequence[Listing], listed_at: Floats) -> Cars:
    """Return what the model reads of listings."""
    return Cars(
        listed_at,
        _coded([c.make for c in listings]),
        _coded([f"{c.make} {c.model}" for c in listings]),
        _coded([str(c.body) for c in listings]),
    )


@dataclass(frozen=True, slots=True)
class Moment:
    """When a list is made for whom: row of the shopper, epoch seconds, cars to choose from."""

    shopper: int
    at: float
    eligible: int


def features(cars: Cars, histories: Histories, moment: Moment, rows: Ints, price: Floats) -> Floats:
    """Return what the model sees, shape (n, FEATURES).

    Args:
        cars: of the recording.
        histories: what was done before.
        moment: when and for whom.
        rows: of the cars, shape (n,).
        price: EUR of every listing now, NaN of one that is not published.
    """
    shopper, at = moment.shopper, moment.at
    views = histories.views(shopper, at)
    views = views[~np.isnan(price[views])]
    log_price = np.log(np.maximum(price[rows], 1.0))
    away = np.zeros(len(rows))
    if len(views):
        away = log_price - float(np.log(np.maximum(price[views], 1.0)).mean())
    alike = [
        (codes[rows][:, None] == codes[views]).mean(axis=1) if len(views) else np.zeros(len(rows))
        for codes in (cars.make, cars.model, cars.body)
    ]
    return np.column_stack(
        [
            np.ones(len(rows)),
            np.log1p(histories.looks(rows, at)),
            np.log1p(np.maximum(at - cars.listed_at[rows], 0.0) / _DAY),
            away,
            away**2,
            np.full(len(rows), float(len(views) > 0)),
            *alike,
            histories.opened(shopper, rows, at),
            np.full(len(rows), np.log(moment.eligible)),
        ]
    )


FEATURES = 11


@dataclass(frozen=True, slots=True)
class Model:
    """Coefficients over standardised features; ``spread`` is 1 where a feature never varies."""

    middle: Floats
    spread: Floats
    weights: Floats

    def chance(self, seen: Floats) -> Floats:
        """Return a(x) of features, shape (..., FEATURES) to shape (...)."""
        return _logistic((seen - self.middle) / self.spread @ self.weights)


def fit(seen: Floats, happened: Floats, examined: Floats) -> Model:
    """Return the model fitted to impressions.

    Args:
        seen: features, shape (n, FEATURES); the first is constant and not penalised.
        happened: 1 where it was opened, else 0, shape (n,).
        examined: e of each one's place, in (0, 1], shape (n,).
    """
    middle, spread = seen.mean(axis=0), seen.std(axis=0)
    middle[0] = 0.0
    spread = np.where(spread > 0, spread, 1.0)
    x = (seen - middle) / spread
    weights = np.zeros(x.shape[1])
    rate = (happened.sum() + 0.5) / (examined.sum() + 1.0)
    weights[0] = np.log(rate / (1 - rate)) if rate < 1 else 0.0
    ridge = np.full(x.shape[1], RIDGE)
    ridge[0] = 1e-6
    for _ in range(STEPS):
        chance = _logistic(x @ weights)
        slope = x.T @ (happened - examined * chance) - ridge * weights
        curve = (x * (examined * chance * (1 - chance))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        weights = weights + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < SETTLED:
            break
    return Model(middle, spread, weights)


def folds_of(shopper: Ints, seed: int) -> Ints:
    """Return a fold in [0, FOLDS) for each, the same for all of one shopper, shape (n,)."""
    people, who = np.unique(shopper, return_inverse=True)
    dealt = np.random.default_rng(seed).permutation(len(people)) % FOLDS
    return np.asarray(dealt[who])


def _logistic(x: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)))


def _coded(names: list[str]) -> Ints:
    return np.unique(np.array(names, dtype=np.str_), return_inverse=True)[1].astype(np.int64)
