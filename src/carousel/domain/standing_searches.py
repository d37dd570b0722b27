"""Searches that stand: which of many filters one new car passes.

Owns:    many filters as columns, one car against all of them.
Imports: numpy, domain.filters, domain.listing. No I/O, no clock, no randomness.

One comparison for all filters at once. What passes is said by ``domain.filters.passes``, and a test
holds the columns to it; only of distances, which computers do not agree on to the last digit, it is
asked itself.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from carousel.domain.filters import EARTH_RADIUS_KM, Filters, passes
from carousel.domain.listing import ListingFacts, Place, spelling_key

Flags: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float64]

SLACK_KM = 0.001  # the columns only save work; the distance itself decides

_RANGES = (
    ("year", "min_year", "max_year"),
    ("price", "min_price", "max_price"),
    ("mileage_km", "min_mileage", "max_mileage"),
    ("power_hp", "min_power", "max_power"),
    ("owners", None, "max_owners"),
)
_NAMED = ("make", "model", "colour", "region", "fuel", "transmission", "body", "seller_type")


@dataclass(frozen=True, slots=True)
class _Range:
    """Bounds of one number, shape (n,); infinite where a filter has none."""

    low: Floats
    high: Floats

    def let(self, value: float | None) -> Flags:
        if value is None:
            found: Flags = np.isneginf(self.low) & np.isposinf(self.high)
            return found
        return (self.low <= value) & (value <= self.high)


@dataclass(frozen=True, slots=True)
class _Names:
    """Alternatives of one name. free: without any, shape (n,). places: of filters, by name."""

    free: Flags
    places: Mapping[str, npt.NDArray[np.int64]]

    def let(self, value: str | None) -> Flags:
        found = self.free.copy()
        if value is not None and (places := self.places.get(spelling_key(value))) is not None:
            found[places] = True
        return found


class StandingSearches:
    """Filters, each under the number of whoever keeps it."""

    def __init__(self, filters: Mapping[int, Filters]) -> None:
        self._numbers = tuple(filters)
        self._filters = tuple(filters.values())
        self._ranges = {name: _range(self._filters, low, high) for name, low, high in _RANGES}
        self._names = {name: _names(self._filters, name) for name in _NAMED}
        self._circles = np.array(
            [
                [math.nan if value is None else value for value in _circle(one)]
                for one in self._filters
            ],
            dtype=np.float64,
        ).reshape(len(self._filters), 3)
        self._located: Flags = ~np.isnan(self._circles[:, 2])

    def __len__(self) -> int:
        """Return how many filters there are."""
        return len(self._filters)

    def passed_by(self, car: ListingFacts) -> list[int]:
        """Return the numbers of the filters that a car passes, in the order given.

        >>> from datetime import UTC, datetime
        >>> car = ListingFacts(ref="1", make="Škoda", name="Fabia", year=2015, price=7000,
        ...                    listed_at=datetime(2026, 1, 1, tzinfo=UTC))
        >>> searches = {7: Filters(make=("skoda",)), 8: Filters(max_price=6000), 9: Filters()}
        >>> StandingSearches(searches).passed_by(car)
        [7, 9]
        """
        left = self._near(car.place)
        for name, bounds in self._ranges.items():
            left &= bounds.let(getattr(car, name))
        for name, choices in self._names.items():
            of = car.place if name == "region" else car
            left &= choices.let(None if of is None else getattr(of, name))
        return [
            self._numbers[n]
            for n, located in zip(
                np.flatnonzero(left).tolist(), self._located[left].tolist(), strict=True
            )
            if not located or passes(car, self._filters[n])
        ]

    def _near(self, place: Place | None) -> Flags:
        latitude, longitude, radius = self._circles.T
        anywhere: Flags = np.isnan(radius)
        if place is None or anywhere.all():
            return anywhere.copy()
        here, there = np.radians(place.latitude), np.radians(latitude)
        half_chord = (
            np.sin((there - here) / 2) ** 2
            + np.cos(here)
            * np.cos(there)
            * np.sin(np.radians(longitude - place.longitude) / 2) ** 2
        )
        distance = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(1.0, half_chord)))
        found: Flags = anywhere | (distance <= radius + SLACK_KM)
        return found


def _circle(filters: Filters) -> tuple[float | None, float | None, float | None]:
    return filters.near_latitude, filters.near_longitude, filters.radius_km


def _range(filters: Sequence[Filters], low: str | None, high: str) -> _Range:
    return _Range(
        _bounds([getattr(one, low) if low else None for one in filters], -math.inf),
        _bounds([getattr(one, high) for one in filters], math.inf),
    )


def _bounds(stated: Iterable[float | None], otherwise: float) -> Floats:
    return np.array([otherwise if one is None else one for one in stated], dtype=np.float64)


def _names(filters: Sequence[Filters], name: str) -> _Names:
    places: dict[str, list[int]] = {}
    free = np.zeros(len(filters), dtype=np.bool_)
    for n, one in enumerate(filters):
        choices = getattr(one, name)
        free[n] = not choices
        for choice in choices:
            places.setdefault(spelling_key(choice), []).append(n)
    return _Names(free, {key: np.array(of, dtype=np.int64) for key, of in places.items()})
