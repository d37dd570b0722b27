"""How cars fit the searches of a trail: what each search asks that a car does not have.

Owns:    the concessions a car would need, search by search; how well it suits them altogether.
Imports: numpy, domain.{cars, features, trail}.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from carousel.domain.cars import Cars, Codes, cars_of, kilometres
from carousel.domain.facts import Facts
from carousel.domain.features import Matrix, Vector
from carousel.domain.trail import Steps

Flags: TypeAlias = npt.NDArray[np.bool_]

COST_BODY, COST_FUEL, COST_MAKE, COST_LIMIT, COST_RADIUS = 2.0, 1.0, 0.7, 0.5, 0.7
COST_DEARER, COST_CHEAPER = 12.0, 1.0  # per unit of log price above the limit, far below it
FAR_BELOW = 0.4
"""From here on, in units of log price, a car is of another class than the search had in mind."""

_BOUNDS = (
    ("price", "min_price", "max_price"),
    ("year", "min_year", "max_year"),
    ("mileage_km", None, "max_mileage"),
    ("power_hp", "min_power", "max_power"),
)

HALF_LIFE_SECONDS = 7 * 86_400.0
"""After which a search weighs half where no ranker weighs it."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What n cars lack for s searches, shape (n, s) each; 0 is a perfect fit.

    body, fuel, make: 1 where the car is of none of those asked for.
    limits: how many of the bounds on year, mileage and power it misses.
    gap:    log price above the search's limit, negative below it; 0 without a limit.
    away:   1 where it stands outside the circle.
    cost:   all of it in one number.
    """

    body: Matrix
    fuel: Matrix
    make: Matrix
    limits: Matrix
    gap: Matrix
    away: Matrix
    cost: Matrix


def fit(cars: Cars, facts: Facts, searches: Steps) -> Fit:
    """Return how cars fit searches.

    Args:
        cars: n of them.
        facts: the same cars.
        searches: records of ``domain.trail.SEARCH``, shape (s,).
    """
    body = _outside(cars.body, searches["bodies"])
    fuel = _outside(cars.fuel, searches["fuels"])
    gear = _outside(cars.transmission, searches["transmissions"])
    make = _unnamed(cars.make, searches["makes"]) + _unnamed(cars.model, searches["models"])
    limits = gear + sum(
        _beyond(facts[column], searches, low, high)
        for column, low, high in _BOUNDS
        if column != "price"
    )
    gap = _gap(cars.price, searches)
    away = _away(cars, searches)
    cost = (
        COST_BODY * body
        + COST_FUEL * fuel
        + COST_MAKE * make
        + COST_LIMIT * limits
        + COST_RADIUS * away
        + COST_DEARER * np.maximum(gap, 0.0)
        + COST_CHEAPER * np.maximum(-gap - FAR_BELOW, 0.0)
    )
    return Fit(body, fuel, make, limits, gap, away, cost)


def meets(said: Fit, facts: Facts, searches: Steps) -> Flags:
    """Return whether cars have all that searches ask, shape (n, s).

    Cheaper is not worse here: only ``Fit.cost`` holds it against a car to be far below a limit. As
    in a search, what is not stated does not pass.

    Args:
        said: ``fit`` of the same.
        facts: of n cars.
        searches: shape (s,).
    """
    found: Flags = said.body + said.fuel + said.make + said.limits + said.away == 0
    for column, low, high in _BOUNDS:
        values = facts[column][:, None]
        for name, within in ((low, np.greater_equal), (high, np.less_equal)):
            if name is not None:
                bound = searches[name][None, :]
                found &= np.isnan(bound) | within(values, bound)
    return found


def suiting(facts: Facts, searches: Steps, now: float) -> Vector:
    """Return how well cars suit the searches of a trail, in [0, 1), shape (n,).

    With cost k_s of a car for a search s that is h_s half-lives old,

        sum(2 ** -h_s * exp(-k_s)) / (1 + sum(2 ** -h_s))

    so one search of just now is worth a half, and old ones say little.

    >>> from carousel.domain.filters import Filters
    >>> from carousel.domain.facts import facts_of
    >>> from carousel.domain.trail import search
    >>> from datetime import UTC, datetime
    >>> from carousel.domain.listing import ListingFacts
    >>> car = ListingFacts(ref="1", make="Skoda", name="Fabia", year=2015, price=7000,
    ...                    listed_at=datetime(2026, 1, 1, tzinfo=UTC))
    >>> suiting(facts_of([car]), search(0.0, Filters(max_price=8_000)), now=0.0).tolist()
    [0.5]
    """
    age = np.maximum(now - searches["at"], 0.0) / HALF_LIFE_SECONDS
    weight = np.exp2(-age)
    suits = np.exp(-fit(cars_of(facts), facts, searches).cost) @ weight
    return np.asarray(suits / (1.0 + weight.sum()), np.float64)


def _outside(codes: Codes, wanted: Codes) -> Matrix:
    """Return 1 where a car is of no kind asked for; not to state it is not to have it."""
    bits = np.left_shift(1, codes.astype(np.int64))[:, None]
    asked = wanted.astype(np.int64)[None, :]
    return np.asarray((asked > 0) & ((bits & asked) == 0), dtype=np.float64)


def _unnamed(codes: Codes, wanted: Codes) -> Matrix:
    asked = np.asarray(wanted > 0).any(axis=1)
    named = np.asarray(codes[:, None, None] == wanted[None, :, :]).any(axis=2)
    return np.where(named, 0.0, asked.astype(np.float64))


def _beyond(values: Vector, searches: Steps, low: str | None, high: str) -> Matrix:
    missed = np.asarray(values[:, None] > searches[high][None, :])
    if low is not None:
        missed |= np.asarray(values[:, None] < searches[low][None, :])
    return missed.astype(np.float64)


def _gap(price: Vector, searches: Steps) -> Matrix:
    top = np.log(np.maximum(searches["max_price"].astype(np.float64), 1.0))
    bottom = np.log(np.maximum(searches["min_price"].astype(np.float64), 1.0))
    above = np.nan_to_num(price[:, None] - top[None, :], nan=0.0)
    below = np.nan_to_num(np.minimum(price[:, None] - bottom[None, :], 0.0), nan=0.0)
    gap: Matrix = above + below * (above <= 0)
    return gap


def _away(cars: Cars, searches: Steps) -> Matrix:
    there = np.stack([searches["latitude"], searches["longitude"]], axis=1).astype(np.float64)
    distance = kilometres(cars.latitude, cars.longitude, there)
    radius: Vector = searches["radius_km"].astype(np.float64)
    outside = np.ones_like(distance)
    outside[distance <= radius] = 0.0
    outside[:, np.isnan(radius)] = 0.0
    return outside
