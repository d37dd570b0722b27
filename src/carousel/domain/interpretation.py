"""What an event says about taste: a direction in the feature space and how strongly.

Owns:    the meaning of each event type for the preference; the axis each dismissal reason names.
Imports: domain.car_features, domain.events, domain.features, domain.listing, domain.preference.

A dismissal without a reason speaks against the whole car, softly. One with a reason speaks about
its axis only: "too expensive" takes away from this price and everything above it and gives to the
prices below, and leaves make, body and place alone.

A favourite is taken back by its opposite: two acts of the same shopper, so what is known of them
has grown while the direction is gone. A dismissal is undone as if it had never been: direction and
mass go, because it was a slip. Exactly so if the event says when the dismissal was, and if the car
is described as it was then: a new price in between moves the axis of "too expensive".
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

import numpy as np

from carousel.domain.car_features import (
    age_years,
    describe,
    describe_search,
    mileage_scale,
    price_scale,
)
from carousel.domain.events import Dismiss, Event, Reason, Search, Undismiss
from carousel.domain.features import Description, Vector
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing
from carousel.domain.preference import Evidence, Params, forget, observe

WHOLE_CAR_DISMISSAL = 0.5  # share of the dismissal's strength when no axis is named

WORSE = (1.0, 1.25, 1.6)  # of the dismissed price or mileage: this and beyond is unwanted
BETTER = (0.8, 0.65, 0.5)  # of the dismissed price or mileage: this is what is meant instead
WORSE_YEARS, BETTER_YEARS = (0.0, 2.0, 5.0), (-2.0, -4.0, -6.0)


class Directions(Hashable, Protocol):
    """A space in which partial descriptions point somewhere."""

    def direction(self, thing: Description) -> Vector:
        """Return the not normalised direction of a partial description, shape (dim,)."""
        ...


@dataclass(frozen=True, slots=True)
class Observation:
    """One event as the preference sees it; ``learn`` folds it in.

    item:   shape (dim,), at most unit norm.
    at:     from when on it counts.
    undoes: whether it takes back an observation of the opposite strength, mass and all.
    """

    item: Vector
    strength: float
    at: datetime
    undoes: bool = False


def learn(evidence: Evidence, said: Observation, params: Params) -> Evidence:
    """Fold one observation into the evidence.

    >>> noon, x = datetime(2026, 1, 1, 12, tzinfo=UTC), np.array([1.0])
    >>> once = learn(Evidence(np.zeros(1), 0.0, noon), Observation(x, -0.5, noon), Params())
    >>> undone = learn(once, Observation(x, 0.5, noon, undoes=True), Params())
    >>> once.mass, undone.mass, undone.direction
    (0.5, 0.0, array([0.]))
    """
    if said.undoes:
        return forget(evidence, said.item, -said.strength, said.at, params)
    return observe(evidence, said.item, said.strength, said.at, params)


def unlearn(evidence: Evidence, said: Observation, params: Params) -> Evidence:
    """Take one observation that was folded in back out; the inverse of ``learn``.

    >>> noon, x = datetime(2026, 1, 1, 12, tzinfo=UTC), np.array([1.0])
    >>> undone = Observation(x, 0.5, noon, undoes=True)
    >>> unlearn(Evidence(np.zeros(1), 0.0, noon), undone, Params()).direction
    array([-0.5])
    """
    return learn(evidence, replace(said, strength=-said.strength, undoes=not said.undoes), params)


def interpret(
    event: Event, at: datetime, listing: Listing | None, vector: Vector | None, space: Directions
) -> Observation | None:
    """Return what an event says about taste; None when it says nothing.

    Args:
        event: what the shopper did.
        at: when.
        listing: the car it is about; needed only by a dismissal with a reason, and its undoing.
        vector: that car's vector, shape (dim,), at most unit norm.
        space: the space ``vector`` lives in.
    """
    if event.strength == 0:
        return None
    if isinstance(event, Search):
        # An age is a matter of days: all of a day's equal searches share one direction.
        midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return _toward(_search_direction(event.filters, midnight, space), event.strength, at)
    if isinstance(event, Dismiss):
        return _dismissal(event.reason, at, listing, vector, space)
    if isinstance(event, Undismiss):
        # From the moment of the dismissal on, so that decay has taken the same from both.
        since = at if event.dismissed_at is None else min(at, event.dismissed_at)
        taken = _dismissal(event.reason, since, listing, vector, space)
        return taken and Observation(taken.item, -taken.strength, taken.at, undoes=True)
    return None if vector is None else Observation(vector, event.strength, at)


def _dismissal(
    reason: Reason,
    at: datetime,
    listing: Listing | None,
    vector: Vector | None,
    space: Directions,
) -> Observation | None:
    if reason is not Reason.OTHER and listing is not None:
        return _toward(_away_from(listing, reason, space), -Dismiss.strength, at)
    if vector is not None:
        return Observation(vector, Dismiss.strength * WHOLE_CAR_DISMISSAL, at)
    return None


@lru_cache(maxsize=4_096)  # few searches are new: most ask for what many ask for
def _search_direction(filters: Filters, at: datetime, space: Directions) -> Vector:
    return space.direction(describe_search(filters, at))


def _toward(direction: Vector, strength: float, at: datetime) -> Observation | None:
    norm = float(np.linalg.norm(direction))
    return None if norm < 1e-9 else Observation(direction / norm, strength, at)  # noqa: PLR2004


def _away_from(listing: Listing, reason: Reason, space: Directions) -> Vector:
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
