"""Filters and orders as SQL over the inventory; values travel as bound parameters only.

Owns:    the translation of ``domain.filters.passes`` and of ``Sort``.
Imports: domain.filters, domain.listing, storage.ports.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from carousel.domain.filters import EARTH_RADIUS_KM, Filters
from carousel.domain.listing import ListingId, spelling_key
from carousel.storage.ports import Sort

KM_PER_DEGREE = math.radians(1.0) * EARTH_RADIUS_KM
SLACK_DEGREES = 1e-6  # the band of latitudes only saves work; the distance itself decides

ORDERS: Mapping[Sort, str] = {
    Sort.NEWEST: "listed_at desc",
    Sort.PRICE: "price",
    Sort.PRICE_DESCENDING: "price desc",
    Sort.MILEAGE: "mileage_km",
    Sort.YEAR: "year",
    Sort.YEAR_DESCENDING: "year desc",
    Sort.POWER_DESCENDING: "power_hp desc nulls last",
    Sort.VERDICT: "price / fair nulls last",
}


@dataclass(slots=True)
class Statement:
    """A statement in the making: the values bound so far, in the order of $1, $2, ..."""

    arguments: list[Any] = field(default_factory=list)

    def bind(self, value: object) -> str:
        """Bind a value and return its placeholder.

        >>> statement = Statement()
        >>> statement.bind("skoda"), statement.bind(7000)
        ('$1', '$2')
        """
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def where(self, filters: Filters, *further: str) -> str:
        """Return the ``where`` clause of filters over the inventory, empty if nothing filters.

        Args:
            filters: what a listing must satisfy.
            further: more conditions, written by us.

        >>> Statement().where(Filters(max_price=9000), "embedding is not null")
        'where (price <= $1) and (embedding is not null)'
        """
        conditions = [*_conditions(filters, self), *further]
        return "where " + " and ".join(f"({c})" for c in conditions) if conditions else ""

    def excluding(self, ids: frozenset[ListingId]) -> list[str]:
        """Return the condition that leaves listings out, if there are any to leave out."""
        return [f"listing_id <> all({self.bind(sorted(ids))}::bigint[])"] if ids else []

    def order(self, sort: Sort, filters: Filters) -> str:
        """Return the ``order by`` clause of a sort; ties are broken by id.

        A search by distance without a place to measure from is ordered by date.
        """
        if sort is Sort.DISTANCE and filters.near_latitude is not None:
            return f"order by {_distance(filters, self)} nulls last, listing_id"
        return f"order by {ORDERS.get(sort, ORDERS[Sort.NEWEST])}, listing_id"


def _conditions(filters: Filters, statement: Statement) -> list[str]:
    bind = statement.bind
    found: list[str] = []
    for column, names in (
        ("make_key", filters.make),
        ("model_key", filters.model),
        ("colour_key", filters.colour),
        ("region_key", filters.region),
    ):
        if names:
            found.append(
                f"{column} = any({bind(sorted({spelling_key(n) for n in names}))}::text[])"
            )
    for column, choices in (
        ("fuel", filters.fuel),
        ("transmission", filters.transmission),
        ("body", filters.body),
        ("seller_type", filters.seller_type),
    ):
        if choices:
            found.append(f"{column} = any({bind(sorted({c.value for c in choices}))}::text[])")
    for column, low, high in (
        ("year", filters.min_year, filters.max_year),
        ("price", filters.min_price, filters.max_price),
        ("mileage_km", filters.min_mileage, filters.max_mileage),
        ("power_hp", filters.min_power, filters.max_power),
        ("owners", None, filters.max_owners),
    ):
        if low is not None:
            found.append(f"{column} >= {bind(low)}")
        if high is not None:
            found.append(f"{column} <= {bind(high)}")
    if filters.near_latitude is not None and filters.radius_km is not None:
        reach = filters.radius_km / KM_PER_DEGREE + SLACK_DEGREES
        south, north = filters.near_latitude - reach, filters.near_latitude + reach
        found.append(f"latitude between {bind(south)} and {bind(north)}")
        found.append(f"{_distance(filters, statement)} <= {bind(filters.radius_km)}")
    return found


def _distance(filters: Filters, statement: Statement) -> str:
    """Return ``domain.filters.distance_km`` from the filters' place, operation by operation."""
    latitude = f"{statement.bind(filters.near_latitude)}::float8"
    longitude = f"{statement.bind(filters.near_longitude)}::float8"
    half_chord = (
        f"power(sin((radians(latitude) - radians({latitude})) / 2), 2)"
        f" + cos(radians({latitude})) * cos(radians(latitude))"
        f" * power(sin(radians(longitude - {longitude}) / 2), 2)"
    )
    return f"{2 * EARTH_RADIUS_KM} * asin(sqrt(least(1.0, {half_chord})))"
