"""What an event says about taste: a direction in the feature space and how strongly.

Owns:    the meaning of each event type for the preference; the axis each dismissal reason names.
Imports: domain.car_features, domain.events, domain.features, domain.listing.

A dismissal without a reason speaks against the whole car, softly. One with a reason speaks about
its axis only: "too expensive" takes away from this price and everything above it and gives to the
prices below, and leaves make, body and place alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np

from carousel.domain.car_features import (
    age_years,
    describe,
    describe_search,
    mileage_scale,
    price_scale,
)
from carousel.domain.events import Dismiss, Event, Reason, Search
from carousel.domain.features import Description, FeatureSpace, Vector
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing

WHOLE_CAR_DISMISSAL = 0.5  # share of the dismissal's strength when no axis is named

WORSE = (1.0, 1.25, 1.6)  # of the dismissed price or mileage: this and beyond is unwanted
BETTER = (0.8, 0.65, 0.5)  # of the dismissed price or mileage: this is what is meant instead
WORSE_YEARS, BETTER_YEARS = (0.0, 2.0, 5.0), (-2.0, -4.0, -6.0)


@dataclass(frozen=True, slots=True)
class Observation:
    """One event as the preference sees it: ``observe(evidence, item, strength, at, params)``.

    item: shape (dim,), at most unit norm.
    """

    item: Vector
    strength: float
    at: datetime


def interpret(
    event: Event, at: datetime, listing: Listing | None, vector: Vector | None, space: FeatureSpace
) -> Observation | None:
    """Return what an event says about taste; None when it says nothing.

    Args:
        event: what the shopper did.
        at: when.
        listing: the car it is about; needed only by a dismissal with a reason.
        vector: that car's content vector, shape (dim,), unit norm.
        space: the feature space of ``vector``.
    """
    if event.strength == 0:
        return None
    if isinstance(event, Search):
        # An age is a matter of days: all of a day's equal searches share one direction.
        midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return _toward(_search_direction(event.filters, midnight, space), event.strength, at)
    if isinstance(event, Dismiss):
        if event.reason is not Reason.OTHER and listing is not None:
            return _toward(_away_from(listing, event.reason, space), -event.strength, at)
        if vector is not None:
            return Observation(vector, event.strength * WHOLE_CAR_DISMISSAL, at)
        return None
    return None if vector is None else Observation(vector, event.strength, at)


@lru_cache(maxsize=4_096)  # few searches are new: most ask for what many ask for
def _search_direction(filters: Filters, at: datetime, space: FeatureSpace) -> Vector:
    return space.direction(describe_search(filters, at))


def _toward(direction: Vector, strength: float, at: datetime) -> Observation | None:
    norm = float(np.linalg.norm(direction))
    return None if norm < 1e-9 else Observation(direction / norm, strength, at)  # noqa: PLR2004


def _away_from(listing: Listing, reason: Reason, space: FeatureSpace) -> Vector:
    unwanted, wanted = _AXES[reason](listing)
    away: Vector = -space.direction(unwanted)
    return away + space.direction(wanted) if wanted else away


def _price_axis(listing: Listing) -> tuple[Description, Description]:
    return (
        {"price": [price_scale(listing.price * f) for f in WORSE]},
        {"price": [price_scale(listing.price * f) for f in BETTER]},
    )


def _mileage_axis(listing: Listing) -> tuple[Description, Description]:
    if listing.mileage_km is None:
        return {}, {}
    return (
        {"mileage": [mileage_scale(listing.mileage_km * f) for f in WORSE]},
        {"mileage": [mileage_scale(listing.mileage_km * f) for f in BETTER]},
    )


def _age_axis(listing: Listing) -> tuple[Description, Description]:
    age = age_years(listing.year, listing.listed_at)
    return (
        {"age": [age + years for years in WORSE_YEARS]},
        {"age": [max(0.0, age + years) for years in BETTER_YEARS]},
    )


def _only(*names: str) -> Callable[[Listing], tuple[Description, Description]]:
    def axis(listing: Listing) -> tuple[Description, Description]:
        return {name: s for name, s in describe(listing).items() if name in names}, {}

    return axis


_AXES: Mapping[Reason, Callable[[Listing], tuple[Description, Description]]] = {
    Reason.TOO_EXPENSIVE: _price_axis,
    Reason.TOO_OLD: _age_axis,
    Reason.TOO_MANY_KM: _mileage_axis,
    Reason.TOO_FAR: _only("place"),
    Reason.NOT_THIS_MAKE: _only("make", "model"),
    Reason.NOT_THIS_BODY: _only("body"),
}
