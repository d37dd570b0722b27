"""What a shopper asks a listing to satisfy: the hard filters of search and recommendation.

Owns:    the filters, their HTTP names, the test of one listing against them.
Imports: domain.listing, pydantic.
"""

import math
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from carousel.domain.listing import (
    Body,
    Fuel,
    Line,
    ListingFacts,
    SellerType,
    Transmission,
    spelling_key,
)

EARTH_RADIUS_KM = 6371.0

Bound = Annotated[int | None, Field(ge=0, le=1_000_000_000)]
Choices = Annotated[tuple[Line, ...], Field(max_length=20)]


class Filters(BaseModel):
    """Hard filters: alternatives within one field, all fields together.

    An empty choice or a missing bound does not filter. A listing that does not state a filtered
    field does not pass. Bounds are inclusive; ``min_price`` 0 is no bound in effect.
    near_latitude, near_longitude and radius_km come together or not at all.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True
    )

    make: Annotated[Choices, Field(alias="brand")] = ()
    model: Choices = ()
    min_year: Annotated[int | None, Field(ge=1900, le=2100)] = None
    max_year: Annotated[int | None, Field(ge=1900, le=2100)] = None
    min_price: Bound = None
    max_price: Bound = None
    min_mileage: Bound = None
    max_mileage: Bound = None
    min_power: Bound = None
    max_power: Bound = None
    fuel: Annotated[tuple[Fuel, ...], Field(max_length=20)] = ()
    transmission: Annotated[tuple[Transmission, ...], Field(max_length=20)] = ()
    body: Annotated[tuple[Body, ...], Field(max_length=20)] = ()
    colour: Choices = ()
    seller_type: Annotated[tuple[SellerType, ...], Field(max_length=20)] = ()
    max_owners: Annotated[int | None, Field(ge=0, le=99)] = None
    region: Choices = ()
    near_latitude: Annotated[float | None, Field(ge=-90, le=90)] = None
    near_longitude: Annotated[float | None, Field(ge=-180, le=180)] = None
    radius_km: Annotated[float | None, Field(gt=0, le=20_000)] = None

    @model_validator(mode="after")
    def _circle_is_whole(self) -> Self:
        parts = (self.near_latitude, self.near_longitude, self.radius_km)
        if any(p is None for p in parts) and any(p is not None for p in parts):
            raise ValueError(
                "must have all of near_latitude, near_longitude and radius_km or none: "
                "they go together"
            )
        return self

    @property
    def empty(self) -> bool:
        """Return whether nothing is filtered."""
        return self == NO_FILTERS


NO_FILTERS = Filters()


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Return the great-circle distance in kilometres (haversine) between two points in degrees.

    >>> round(distance_km(0.0, 0.0, 0.0, 90.0))  # a quarter of the equator
    10008
    """
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_chord = (
        math.sin((phi2 - phi1) / 2) ** 2
        + math.cos(phi1) * math.cos(phi2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half_chord)))


def passes(listing: ListingFacts, filters: Filters) -> bool:
    """Return whether a listing satisfies every filter; the meaning that storage must reproduce.

    Names are compared by their spelling key. Status is not a filter: see eligibility in storage.

    >>> from datetime import UTC, datetime
    >>> car = ListingFacts(ref="1", make="Škoda", name="Fabia", year=2015, price=7000,
    ...                    listed_at=datetime(2026, 1, 1, tzinfo=UTC))
    >>> passes(car, Filters(make=("skoda",), max_price=7000)), passes(car, Filters(min_power=50))
    (True, False)
    """
    return all(
        (
            _named(listing.make, filters.make),
            _named(listing.model, filters.model),
            _named(listing.colour, filters.colour),
            _named(listing.place.region if listing.place else None, filters.region),
            _one_of(listing.fuel, filters.fuel),
            _one_of(listing.transmission, filters.transmission),
            _one_of(listing.body, filters.body),
            _one_of(listing.seller_type, filters.seller_type),
            _within(listing.year, filters.min_year, filters.max_year),
            _within(listing.price, filters.min_price, filters.max_price),
            _within(listing.mileage_km, filters.min_mileage, filters.max_mileage),
            _within(listing.power_hp, filters.min_power, filters.max_power),
            _within(listing.owners, None, filters.max_owners),
            _near(listing, filters),
        )
    )


def _named(value: str | None, choices: tuple[str, ...]) -> bool:
    if not choices:
        return True
    return value is not None and spelling_key(value) in {spelling_key(c) for c in choices}


def _one_of(value: str | None, choices: tuple[str, ...]) -> bool:
    return not choices or value in choices


def _within(value: int | None, low: int | None, high: int | None) -> bool:
    if low is None and high is None:
        return True
    return value is not None and (low or 0) <= value <= (math.inf if high is None else high)


def _near(listing: ListingFacts, filters: Filters) -> bool:
    latitude, longitude, radius = filters.near_latitude, filters.near_longitude, filters.radius_km
    if latitude is None or longitude is None or radius is None:
        return True
    place = listing.place
    return (
        place is not None
        and distance_km(latitude, longitude, place.latitude, place.longitude) <= radius
    )
