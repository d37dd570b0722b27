"""The orders in which the marketplace sorts its lists.

Owns:    what newest, cheapest, most popular and most similar mean.
Imports: simulation.{columns, exposure, market_state}, numpy.

Ties go to the car published last. Two cars are as dissimilar as the sum of: the difference of log
prices over PRICE_STEP, of years over YEAR_STEP, and OTHER for each of body, make and fuel that
differs. It is a crude similarity of the kind that marketplaces built by hand, and not the engine's.
"""

from dataclasses import dataclass

import numpy as np

from carousel.simulation.columns import Floats, Ints
from carousel.simulation.exposure import SORTS, first
from carousel.simulation.market_state import Market

PRICE_STEP, YEAR_STEP, OTHER = 0.25, 3.0, 1.0
NEWEST, PRICE, POPULAR, SIMILAR = range(len(SORTS))


@dataclass(frozen=True, slots=True)
class Basis:
    """What lists are sorted by.

    market:     as it stands.
    popularity: shape (cars,), how often each was opened lately.
    last:       the car that the shopper opened last; needed for the most similar ones.
    """

    market: Market
    popularity: Floats
    last: int | None


def best(order: int, pool: Ints, count: int, basis: Basis) -> Ints:
    """Return the first cars of a pool in an order, shape (min(count, E),).

    Args:
        order: index into SORTS.
        pool: rows, ascending, shape (E,).
        count: how many.
        basis: what to sort by.
    """
    newest = pool[::-1]
    if order == NEWEST:
        return newest[:count]
    if order == PRICE:
        return newest[first(basis.market.price[newest], count)]
    if order == SIMILAR and basis.last is not None:
        return newest[first(dissimilar(basis.market, newest, basis.last), count)]
    return newest[first(-basis.popularity[newest], count)]


def dissimilar(market: Market, cars: Ints, to: int) -> Floats:
    """Return how dissimilar cars are to another, at least 0; the car itself comes last, at inf."""
    shelf, price = market.shelf, market.price
    apart = np.abs(np.log(price[cars] / price[to])) / PRICE_STEP
    apart += np.abs(shelf.age[cars] - shelf.age[to]) / YEAR_STEP
    for kinds in (shelf.body, shelf.make, shelf.fuel):
        apart += OTHER * (kinds[cars] != kinds[to])
    return np.where(cars == to, np.inf, apart)
