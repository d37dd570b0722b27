"""Notices: whom to tell of a car that is new, cheaper or gone, and how often.

Owns:    the kinds of notice, what makes a load a bulk load, who is told of a new car, what a
         notice of a lower price says after the price has changed again.
Imports: numpy, domain.features, domain.listing. No I/O, no clock, no randomness.

A new car is told to the shoppers whom it fits: the inner product of preference and car is at least
``least_likeness``, and the preference is known with at least ``least_confidence``. Where more are
left than may be told, the best pairs by likeness times confidence come first, so that a shopper
hears of the best of several cars and a car is told to the best of several shoppers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from carousel.domain.features import Matrix, Vector
from carousel.domain.listing import ListingId, UserId

CARS_AT_ONCE = 64  # of a block of likenesses: 10 MB for 20,000 shoppers


class Kind(StrEnum):
    """What a notice is about."""

    PRICE_DROP = "price_drop"
    SOLD = "sold"
    FITS = "fits"
    SEARCH = "search"


@dataclass(frozen=True, slots=True)
class Params:
    """When a shopper is told, and how often at most.

    least_likeness:   of preference and car, in (0, 1].
    least_confidence: in the preference, in (0, 1); 0.75 is what three detail views just now give.
    shoppers:         told that one new car fits them.
    fits_a_day:       new cars that fit, told to one shopper.
    searches_a_day:   new cars that a saved search finds, told to one shopper.
    fresh:            how long a new car is news, should nobody have dealt with it before.
    window:           in which arrivals are counted together; longer than one batch of a load takes.
    bulk_least, bulk_share: more arrivals than both, the latter of what is for sale, are a load.
    """

    least_likeness: float = 0.6
    least_confidence: float = 0.5
    shoppers: int = 20
    fits_a_day: int = 5
    searches_a_day: int = 10
    fresh: timedelta = timedelta(days=1)
    window: timedelta = timedelta(seconds=15)
    bulk_least: int = 500
    bulk_share: float = 0.02


@dataclass(frozen=True, slots=True)
class Fit:
    """A shopper whom a new car fits. score: likeness times confidence, in (0, 1]."""

    user_id: UserId
    listing_id: ListingId
    score: float


@dataclass(frozen=True, slots=True)
class Drop:
    """What a notice of a lower price says, and whether the shopper has seen it."""

    before: int
    after: int
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Shoppers:
    """Shoppers who may be told. preferences: shape (n, dim), unit rows; confidences: shape (n,)."""

    ids: Sequence[UserId]
    preferences: Matrix
    confidences: Vector


def is_bulk(arrived: int, for_sale: int, params: Params) -> bool:
    """Return whether so many arrivals within a window are a load, none of which is news.

    >>> is_bulk(500, 20_000, Params()), is_bulk(501, 20_000, Params())
    (False, True)
    >>> is_bulk(8_000, 400_000, Params())
    False
    """
    return arrived > max(params.bulk_least, params.bulk_share * for_sale)


def after_change(told: Drop | None, before: int, after: int) -> Drop | None:
    """Return the notice of a lower price that is true after a change of price; None for none.

    One that was not seen yet grows, shrinks or goes with the price; one that was seen is history,
    and another drop is told on its own.

    >>> after_change(Drop(9_000, 8_500), 8_500, 8_200)
    Drop(before=9000, after=8200, seen=False)
    >>> after_change(Drop(9_000, 8_500), 8_500, 9_000) is None
    True
    >>> after_change(Drop(9_000, 8_500, seen=True), 8_500, 8_200)
    Drop(before=8500, after=8200, seen=False)
    """
    if told is not None and told.seen:
        return Drop(before, after) if after < before else told
    since = before if told is None else told.before
    return Drop(since, after) if after < since else None


def left_today(told: Mapping[UserId, int], users: Sequence[UserId], a_day: int) -> list[int]:
    """Return how many more notices each of the users may get.

    >>> left_today({7: 2, 8: 9}, [7, 8, 9], 5)
    [3, 0, 5]
    """
    return [max(0, a_day - told.get(user, 0)) for user in users]


def fitting(
    shoppers: Shoppers,
    cars: Sequence[ListingId],
    vectors: Matrix,
    left: Sequence[int],
    params: Params,
) -> list[Fit]:
    """Return whom to tell of which of the new cars, best first.

    Args:
        shoppers: n of them.
        cars: m ids.
        vectors: of the cars, shape (m, dim), unit rows or nought.
        left: how many cars each shopper may still be told of, n numbers.
        params: the thresholds and limits.

    >>> two = Shoppers([7, 8], np.eye(2), np.array([0.9, 0.8]))
    >>> fitting(two, [1, 2], np.array([[1.0, 0.0], [0.8, 0.6]]), [1, 1], Params())
    [Fit(user_id=7, listing_id=1, score=0.9), Fit(user_id=8, listing_id=2, score=0.48)]
    """
    may = (shoppers.confidences >= params.least_confidence) & (np.asarray(left, np.int64) > 0)
    who = np.flatnonzero(may)
    found = [
        (score, int(who[row]), start + column)
        for start in range(0, len(cars), CARS_AT_ONCE)
        for score, row, column in _pairs(
            shoppers.preferences[who],
            shoppers.confidences[who],
            vectors[start : start + CARS_AT_ONCE],
            params,
        )
    ]
    found.sort(key=lambda one: (-one[0], shoppers.ids[one[1]], cars[one[2]]))
    of_shopper, of_car = list(left), [params.shoppers] * len(cars)
    fits: list[Fit] = []
    for score, row, column in found:
        if of_shopper[row] > 0 and of_car[column] > 0:
            of_shopper[row] -= 1
            of_car[column] -= 1
            fits.append(Fit(shoppers.ids[row], cars[column], score))
    return fits


def _pairs(
    preferences: Matrix, confidences: Vector, vectors: Matrix, params: Params
) -> list[tuple[float, int, int]]:
    """Return score, row of the shopper and row of the car where a car fits well enough."""
    likeness = preferences @ vectors.T
    rows, columns = np.nonzero(likeness >= params.least_likeness)
    scores: npt.NDArray[np.float64] = likeness[rows, columns] * confidences[rows]
    return list(zip(scores.tolist(), rows.tolist(), columns.tolist(), strict=True))
