"""Variety: a car much like one already on the slate is worth less than it was alone.

Owns:    how alike two cars are by their facts, and the greedy order of marginal relevance.
Imports: numpy, domain.{facts, features}, domain.reranking.orders.

Two cars are alike by 2 ** -d. Each fact adds to d what its width says: a price higher by the factor
``price`` adds 1, so it halves the likeness; so does another body. What is not stated counts as the
mean of the candidates if it is a number, and as a kind of its own if it is a name.

With worth v of a car alone, its worth on a slate S is

    v(i | S) = v_i (1 - trade * max over j in S of likeness(i, j))

and the next place goes to the car that is worth most. A share is taken off, not a constant, so that
a slate does not depend on how often shoppers click at all.

Source:  Carbonell & Goldstein, SIGIR 1998 (marginal relevance), with the penalty as a share.
"""

from dataclasses import dataclass, field

import numpy as np

from carousel.domain.facts import Facts
from carousel.domain.features import Matrix, Vector
from carousel.domain.reranking.orders import Rows, best_first, followed


@dataclass(frozen=True, slots=True)
class Widths:
    """How different two cars must be to be half as alike.

    price, power_hp:    factor between them, > 1.
    years, mileage_km:  difference, > 0.
    make, model, body, fuel, transmission: halvings if it is another one, >= 0. Another make is
                        another model, too.
    """

    price: float = 1.5
    power_hp: float = 1.5
    years: float = 4.0
    mileage_km: float = 50_000.0
    make: float = 1.0
    model: float = 1.0
    body: float = 1.0
    fuel: float = 0.5
    transmission: float = 0.5


@dataclass(frozen=True, slots=True)
class Params:
    """What an experiment may change.

    trade:  in [0, 1], the share of its worth that a car loses beside its twin; 0 ranks by worth.
    widths: what is alike.
    """

    trade: float = 0.5
    widths: Widths = field(default_factory=Widths)


def likeness(facts: Facts, widths: Widths) -> Matrix:
    """Return how alike cars are, shape (n, n), in (0, 1]; 1 for equal facts.

    >>> from carousel.domain.facts import FACTS
    >>> two = np.zeros(2, dtype=FACTS)
    >>> two["price"], two["power_hp"], two["body"] = [10_000, 15_000], 90, [1, 2]
    >>> likeness(two, Widths())[0].round(3).tolist()  # another price, another body
    [1.0, 0.25]
    """
    points, most = _points(facts, widths)
    count = points.shape[1]
    return np.array([_like(points, most, row) for row in range(count)]).reshape(count, count)


def varied(worth: Vector, facts: Facts, size: int, params: Params) -> Rows:
    """Return all rows, the first ``size`` by marginal relevance, the others by worth.

    Args:
        worth: shape (n,), >= 0: a probability. Log-odds must have gone through the logistic.
        facts: shape (n,).
        size: places of the slate.
        params: the trade-off.

    >>> from carousel.domain.facts import FACTS
    >>> cars = np.zeros(3, dtype=FACTS)
    >>> cars["price"], cars["power_hp"], cars["body"] = 9_000, 90, [1, 1, 2]
    >>> varied(np.array([0.10, 0.09, 0.08]), cars, 3, Params(trade=0.5)).tolist()
    [0, 2, 1]
    """
    order = best_first(worth)
    places = min(size, len(order))
    if places == 0:
        return order
    # Whoever is on the slate, one of the first ``places`` is still free, and its worth is at least
    # 1 - trade of what the last of them is worth alone: nobody below that can be chosen.
    enough = (1 - params.trade) * worth[order[places - 1]]
    near = order[: int(np.count_nonzero(worth >= enough))]
    points, most = _points(facts, params.widths)
    points, alone = np.ascontiguousarray(points[:, near]), worth[near]
    closest, taken = np.zeros(len(near)), np.zeros(len(near))
    chosen = np.empty(places, dtype=np.int64)
    for place in range(places):
        best = int(np.argmax(alone * (1 - params.trade * closest) + taken))
        chosen[place] = best
        taken[best] = -np.inf
        np.maximum(closest, _like(points, most, best), out=closest)
    return followed(near[chosen], order)


def _points(facts: Facts, widths: Widths) -> tuple[Matrix, Matrix]:
    """Return cars as points, shape (facts, n), and how far apart two can be, shape (facts, 1).

    A coordinate is in halvings. Codes are whole numbers, so two names are at least as far apart as
    they can be.
    """
    numbers = [
        np.log2(facts["price"].astype(np.float64)) / np.log2(widths.price),
        np.log2(facts["power_hp"].astype(np.float64)) / np.log2(widths.power_hp),
        facts["year"] / widths.years,
        facts["mileage_km"] / widths.mileage_km,
    ]
    names = ("make", "model", "body", "fuel", "transmission")
    halvings = [float(getattr(widths, name)) for name in names]
    codes = [facts[name] * width for name, width in zip(names, halvings, strict=True)]
    points = np.array([*(_filled(column) for column in numbers), *codes], dtype=np.float64)
    return points, np.array([*(np.inf for _ in numbers), *halvings])[:, None]


def _filled(column: Vector) -> Vector:
    missing = np.isnan(column)
    if not missing.any():
        return column
    return np.where(missing, 0.0 if missing.all() else column[~missing].mean(), column)


def _like(points: Matrix, most: Matrix, row: int) -> Vector:
    apart = np.abs(points - points[:, row, None])
    likeness: Vector = np.exp2(-np.minimum(apart, most, out=apart).sum(axis=0))
    return likeness
