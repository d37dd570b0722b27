"""Segments: what kind of car a need asks for, as bounds that filters can be narrowed to.

Owns:    bodies and prices of a need, and where a shopper looks.
Imports: numpy, domain.{facts, filters, listing, needs, trail}. No I/O, no clock, no randomness.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carousel.domain.facts import BODIES
from carousel.domain.features import Matrix, Vector
from carousel.domain.filters import Filters
from carousel.domain.listing import Body
from carousel.domain.needs import BELOW_LIMIT, Needs
from carousel.domain.trail import STRENGTHS, Trail

REACH = 0.35  # of log price on either side of what was looked at
LEAST = 0.2  # share of a need's steps that a body must have to be part of it
NEAR_KM = 150.0


@dataclass(frozen=True, slots=True)
class Segment:
    """Cars of some bodies within some prices.

    share:     of the need among all needs of the shopper, in (0, 1].
    bodies:    empty: any.
    low, high: prices, whole units of the marketplace's currency; None: any.
    """

    share: float
    bodies: tuple[Body, ...]
    low: int | None
    high: int | None

    def within(self, filters: Filters) -> Filters | None:
        """Return the filters that keep only this segment of what passes; None if nothing can.

        >>> vans = Segment(1.0, (Body.VAN,), 10_000, 20_000)
        >>> kept = vans.within(Filters(max_price=15_000))
        >>> kept.body == (Body.VAN,), kept.min_price, kept.max_price
        (True, 10000, 15000)
        >>> vans.within(Filters(max_price=5_000)) is None
        True
        """
        low = max((p for p in (self.low, filters.min_price) if p is not None), default=None)
        high = min((p for p in (self.high, filters.max_price) if p is not None), default=None)
        bodies = self.bodies or filters.body
        if filters.body:
            bodies = tuple(body for body in bodies if body in filters.body)
        if (low is not None and high is not None and low > high) or (filters.body and not bodies):
            return None
        narrow = {"body": bodies, "min_price": low, "max_price": high}
        return filters.model_copy(update=narrow)


def segments_of(trail: Trail, needs: Needs) -> Sequence[Segment]:
    """Return what each need asks for, the heaviest first; none where a trail says nothing of it.

    >>> from carousel.domain.trail import NO_TRAIL, extended, search
    >>> asked = extended(NO_TRAIL, searches=[search(0.0, Filters(max_price=10_000))])
    >>> (one,) = segments_of(asked, Needs(np.ones(1), np.ones((0, 1)), np.ones((1, 1))))
    >>> one.bodies, one.low, one.high
    ((), 6065, 12215)
    """
    strength = np.maximum(STRENGTHS[trail.reactions["kind"]], 0.0)
    weights = np.concatenate([strength, np.ones(len(trail.searches))])
    belonging = np.concatenate([needs.reactions, needs.searches])
    prices, bodies = _prices(trail), _bodies(trail)
    found = []
    for need, share in enumerate(needs.weights.tolist()):
        weight = weights * belonging[:, need]
        if weight.sum() > 0:
            low, high = _band(prices, weight)
            found.append(Segment(share, _named(bodies, weight), low, high))
    return found


def _prices(trail: Trail) -> Vector:
    """Return the log price that each step was about, reactions first; NaN where it says none."""
    limits = np.fmax(trail.searches["max_price"], trail.searches["min_price"])
    asked = np.log(np.maximum(limits, 1.0)) - BELOW_LIMIT
    seen = np.log(np.maximum(trail.reactions["facts"]["price"], 1.0))
    return np.concatenate([seen, asked]).astype(np.float64)


def _bodies(trail: Trail) -> Matrix:
    """Return the share of each body in each step, reactions first, shape (steps, bodies)."""
    codes = np.arange(1, len(BODIES) + 1)
    seen = trail.reactions["facts"]["body"][:, None] == codes
    asked = (trail.searches["bodies"].astype(np.int64)[:, None] >> codes) & 1
    said = np.concatenate([seen, asked]).astype(np.float64)
    shares: Matrix = said / np.maximum(said.sum(axis=1, keepdims=True), 1.0)
    return shares


def _band(prices: Vector, weight: Vector) -> tuple[int | None, int | None]:
    known = np.isfinite(prices) & (weight > 0)
    if not known.any():
        return None, None
    middle = float(np.average(prices[known], weights=weight[known]))
    return math.floor(math.exp(middle - REACH)), math.ceil(math.exp(middle + REACH))


def _named(said: Matrix, weight: Vector) -> tuple[Body, ...]:
    """Return the bodies that a need is of; any, where most of its steps name none."""
    counted = weight @ said
    if counted.sum() < weight.sum() / 2:
        return ()
    return tuple(b for b, n in zip(BODIES, counted, strict=True) if n >= LEAST * counted.sum())


def nearby(filters: Filters, trail: Trail) -> Filters:
    """Return the filters, kept to where the shopper last searched if they name no place.

    >>> from carousel.domain.trail import NO_TRAIL, extended, search
    >>> there = Filters(near_latitude=50.0, near_longitude=14.5, radius_km=20.0)
    >>> trail = extended(NO_TRAIL, searches=[search(0.0, there)])
    >>> kept = nearby(Filters(max_price=9_000), trail)
    >>> kept.max_price, kept.near_latitude, kept.radius_km
    (9000, 50.0, 150.0)
    """
    placed = trail.searches[np.isfinite(trail.searches["latitude"])]
    if not len(placed) or filters.region or filters.radius_km is not None:
        return filters
    here = {
        "near_latitude": float(placed["latitude"][-1]),
        "near_longitude": float(placed["longitude"][-1]),
        "radius_km": max(NEAR_KM, float(placed["radius_km"][-1])),
    }
    return filters.model_copy(update=here)
