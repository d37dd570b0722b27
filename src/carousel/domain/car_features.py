"""The declared features of a car: what the content vector of a listing is made of.

Owns:    the list of blocks with their weights, how a listing and a search describe themselves.
Imports: domain.features, domain.listing, domain.filters.

To add a feature, add one block to BLOCKS and one line to ``describe``.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from carousel.domain.features import Block, Bumps, Description, FeatureSpace, Grid, OneHot, fit
from carousel.domain.filters import Filters
from carousel.domain.listing import ListingFacts, spelling_key

DIM = 64

BLOCKS: tuple[Block, ...] = (
    Bumps("price", count=12, weight=1.0),  # log of the price
    Bumps("age", count=10, weight=0.7),  # years between the middle of the model year and listing
    Bumps("mileage", count=10, weight=0.6),  # log of 1,000 km + the kilometres
    Bumps("power", count=10, weight=0.6),  # log of horsepower
    OneHot("make", weight=0.9),
    OneHot("model", weight=0.9),
    OneHot("body", weight=0.8),
    OneHot("fuel", weight=0.6),
    OneHot("transmission", weight=0.5),
    Grid("place", side=6, weight=0.5),
)

SECONDS_A_YEAR = 365.25 * 86_400
RANGE_SAMPLES = 7
NEWEST_AGE, OLDEST_AGE = 0.0, 25.0  # years


def price_scale(price: float) -> float:
    """Return the coordinate of a price on the price axis."""
    return math.log(max(price, 1.0))


def mileage_scale(mileage_km: float) -> float:
    """Return the coordinate of a mileage; the added 1,000 km keep new cars apart but near."""
    return math.log(mileage_km + 1_000.0)


def power_scale(power_hp: float) -> float:
    """Return the coordinate of a power on the power axis."""
    return math.log(max(power_hp, 1.0))


@dataclass(frozen=True, slots=True)
class _Axis:
    """How a half-open range on one axis is meant.

    least, most: ends of the axis. reach: "up to b" means from reach * b, "from a" to a / reach.
    """

    least: float
    most: float
    reach: float
    scale: Callable[[float], float]


PRICE = _Axis(300.0, 300_000.0, 0.5, price_scale)
MILEAGE = _Axis(0.0, 300_000.0, 0.3, mileage_scale)
POWER = _Axis(40.0, 600.0, 0.6, power_scale)


def age_years(year: int, at: datetime) -> float:
    """Return a car's age in years at a moment, counted from the middle of its model year, >= 0.

    >>> age_years(2020, datetime(2026, 7, 1, tzinfo=UTC))
    6.0
    """
    middle = datetime(year, 7, 1, tzinfo=UTC)
    return max(0.0, round((at - middle).total_seconds() / SECONDS_A_YEAR, 2))


def model_key(make: str, model: str) -> str:
    """Return the coordinate name of a model, which belongs to its make."""
    return f"{spelling_key(make)}/{spelling_key(model)}"


def describe(listing: ListingFacts) -> Description:
    """Return a listing's samples per block; what is not stated is left out."""
    thing: dict[str, list[float | str | tuple[float, float]]] = {
        "price": [price_scale(listing.price)],
        "age": [age_years(listing.year, listing.listed_at)],
        "make": [spelling_key(listing.make)],
    }
    if listing.model is not None:
        thing["model"] = [model_key(listing.make, listing.model)]
    if listing.mileage_km is not None:
        thing["mileage"] = [mileage_scale(listing.mileage_km)]
    if listing.power_hp is not None:
        thing["power"] = [power_scale(listing.power_hp)]
    if listing.body is not None:
        thing["body"] = [listing.body.value]
    if listing.fuel is not None:
        thing["fuel"] = [listing.fuel.value]
    if listing.transmission is not None:
        thing["transmission"] = [listing.transmission.value]
    if listing.place is not None:
        thing["place"] = [(listing.place.latitude, listing.place.longitude)]
    return thing


def describe_search(filters: Filters, at: datetime) -> Description:
    """Return what a search says about taste: samples across each range, one per named value.

    >>> filters = Filters(make=("Škoda",), max_price=10_000)
    >>> said = describe_search(filters, datetime(2026, 1, 1, tzinfo=UTC))
    >>> sorted(said), said["make"], round(math.exp(said["price"][-1]))
    (['make', 'price'], ['skoda'], 10000)
    """
    thing: dict[str, Sequence[float | str | tuple[float, float]]] = {
        "make": [spelling_key(m) for m in filters.make],
        "model": [model_key(make, m) for make in filters.make for m in filters.model],
        "body": [b.value for b in filters.body],
        "fuel": [f.value for f in filters.fuel],
        "transmission": [t.value for t in filters.transmission],
        "price": _range(filters.min_price, filters.max_price, PRICE),
        "mileage": _range(filters.min_mileage, filters.max_mileage, MILEAGE),
        "power": _range(filters.min_power, filters.max_power, POWER),
        "age": _ages(filters, at),
    }
    if filters.near_latitude is not None and filters.near_longitude is not None:
        thing["place"] = [(filters.near_latitude, filters.near_longitude)]
    return {name: samples for name, samples in thing.items() if samples}


def fit_space(listings: Sequence[ListingFacts]) -> FeatureSpace:
    """Fit the declared blocks to an inventory.

    Raises:
        ValueError: the inventory is empty.
    """
    return fit(BLOCKS, [describe(listing) for listing in listings], DIM)


def _range(low: int | None, high: int | None, axis: _Axis) -> list[float]:
    """Return samples across a range. "Up to 10,000" means somewhat below it, not near nothing."""
    if low is None and high is None:
        return []
    if low is None:
        top = max(float(high or axis.least), axis.least)
        bottom = max(axis.least, axis.reach * top)
    else:
        bottom = max(float(low), axis.least)
        top = float(high) if high is not None else min(axis.most, bottom / axis.reach)
    scaled = np.linspace(axis.scale(bottom), axis.scale(max(top, bottom)), RANGE_SAMPLES)
    return [float(x) for x in scaled]


def _ages(filters: Filters, at: datetime) -> list[float]:
    if filters.min_year is None and filters.max_year is None:
        return []
    oldest = OLDEST_AGE if filters.min_year is None else age_years(filters.min_year, at)
    newest = NEWEST_AGE if filters.max_year is None else age_years(filters.max_year, at)
    return [float(x) for x in np.linspace(min(newest, oldest), oldest, RANGE_SAMPLES)]
