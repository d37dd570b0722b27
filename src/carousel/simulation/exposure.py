"""What the marketplace showed before it had a recommender: sorted lists with a grain of chance.

Owns:    the logging policy and the exact probabilities of what it does; the meaning of [exposure].
Imports: domain.errors, simulation.columns, numpy.

A list is made of the pool: the E cars for sale that pass the filters, without those the shopper
dismissed and those on earlier pages of the same list; E is logged as ``eligible``. For a new list
the policy draws one of four orders, newest first, cheapest first, most popular first, or most
similar to the car the shopper opened last, with the shares of [exposure]; where nothing was opened
yet, the last one is out and the others share its part. A page shows m = min(page, E) cars.

With probability q = explore * m the page is explored: a place J is drawn evenly from the m and a
car X evenly from all E. X stands at J, and the other places are filled in order with what is not X.
Else the page is the first m in order. So a share ``explore`` of all places is random, each car of
the pool is as likely there as any other, and the probability that car c, of rank r in an order,
stands at place j of a page in that order is, with [.] 1 where true and 0 elsewhere,

    P(c at j) = (1 - q) [r=j] + q / (m E)
              + q (m - j) / m * ([r=j] (E - j) + [r=j+1] j) / E            J lies below j
              + q (j - 1) / m * ([r=j-1] (E - j + 1) + [r=j] (j - 1)) / E  J lies above j

The propensity of a car on a first page is the mean of this over the orders, weighted with their
shares, because the order was drawn too; on a later page it is that of the list's one order. It is
always given all that went before: the filters, the shopper's past, the cars for sale.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from carousel.domain.errors import ConfigurationError
from carousel.simulation.columns import Flags, Floats, Ints

SORTS = ("newest", "price", "popular", "similar")
"""An order is the index into these."""

SIMILAR = SORTS.index("similar")
FEW = 4
"""A pool of more than so many pages is first cut to the best, then sorted."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """Table [exposure]; parameters.toml says what each entry means."""

    page: int
    explore: float
    home: tuple[float, ...]
    search: tuple[float, ...]
    popularity_days: float


@dataclass(frozen=True, slots=True)
class Page:
    """One slate, best place first; arrays of shape (m,). See ``recording.Impressions``."""

    cars: Ints
    random: Flags
    propensity: Floats
    eligible: int


def check(settings: Exposure, source: str) -> None:
    """Make sure that the policy is one.

    Raises:
        ConfigurationError: an entry of [exposure] makes no sense.
    """
    if settings.page < 1 or not 0 < settings.explore * settings.page <= 1:
        raise ConfigurationError(
            f"{source}: in [exposure], explore must be above 0 and at most 1 / page, "
            f"here {1 / max(1, settings.page):g}, for at most one place of a page is random."
        )
    for name, shares in (("home", settings.home), ("search", settings.search)):
        usable = len(shares) == len(SORTS) and min(shares) >= 0 and sum(shares[:SIMILAR]) > 0
        if not usable:
            raise ConfigurationError(
                f"{source}: {name} in [exposure] needs {len(SORTS)} shares, at least 0, for "
                f"{', '.join(SORTS)}; one of the first {SIMILAR} must be above 0."
            )


def sort_shares(weights: tuple[float, ...], *, opened_before: bool) -> Floats:
    """Return the probability of each order for a new list, shape (len(SORTS),), sum 1.

    >>> sort_shares((0.25, 0.25, 0.0, 0.5), opened_before=False).tolist()
    [0.5, 0.5, 0.0, 0.0]
    """
    shares = np.array(weights, dtype=np.float64)
    if not opened_before:
        shares[SIMILAR] = 0.0
    return np.asarray(shares / shares.sum())


def first(keys: Floats, count: int) -> Ints:
    """Return the indices of the ``count`` smallest keys, smallest first; ties in their order.

    >>> first(np.array([3.0, 1.0, 2.0, 1.0]), 3).tolist()
    [1, 3, 2]
    """
    if len(keys) <= FEW * count:
        return np.argsort(keys, kind="stable")[:count]
    limit = np.partition(keys, count - 1)[count - 1]
    near = np.flatnonzero(keys <= limit)
    return near[np.argsort(keys[near], kind="stable")[:count]]


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders a page may be in.

    tops:   order -> its first m cars of the pool; every order with a share above 0.
    shares: probability of each order, shape (len(SORTS),).
    drawn:  the one that chance chose.
    """

    tops: Mapping[int, Ints]
    shares: Floats
    drawn: int


def lay(pool: Ints, orders: Orders, explore: float, dice: np.random.Generator) -> Page:
    """Lay out a page as the policy does.

    Args:
        pool: the E cars to choose from, shape (E,), E > 0.
        orders: of these cars.
        explore: share of places that are random, at most 1 / m.
        dice: decides on J and X.
    """
    cars = orders.tops[orders.drawn]
    places = len(cars)
    random = np.zeros(places, dtype=bool)
    luck, place, lot = dice.random(3)
    if luck < explore * places:
        place, stranger = int(place * places), pool[int(lot * len(pool))]
        cars = np.insert(cars[cars != stranger][: places - 1], place, stranger)
        random[place] = True
    tops = np.stack(list(orders.tops.values()))
    propensity = orders.shares[list(orders.tops)] @ chances(cars, tops, len(pool), explore)
    return Page(cars, random, np.minimum(propensity, 1.0), len(pool))


def chances(cars: Ints, top: Ints, eligible: int, explore: float) -> Floats:
    """Return the probability of each car at its place, given the order; the module's formula.

    Args:
        cars: shown, shape (m,).
        top: the first m of the pool in that order, shape (m,); or in several, shape (k, m).
        eligible: E.
        explore: share of places that are random.

    Returns:
        Shape (m,), or (k, m).

    >>> chances(np.array([7, 8]), np.array([7, 8]), eligible=4, explore=0.0).tolist()
    [1.0, 1.0]
    """
    m = len(cars)
    j = np.arange(1, m + 1)
    q = explore * m
    same = cars == top
    sooner, later = np.zeros(same.shape, dtype=bool), np.zeros(same.shape, dtype=bool)
    sooner[..., 1:] = cars[1:] == top[..., :-1]
    later[..., :-1] = cars[:-1] == top[..., 1:]
    below = (m - j) * (same * (eligible - j) + later * j)
    above = (j - 1) * (sooner * (eligible - j + 1) + same * (j - 1))
    return np.asarray((1 - q) * same + q * (1 + below + above) / (m * eligible))
