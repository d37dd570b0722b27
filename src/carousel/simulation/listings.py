"""Adverts for the cars: seller, price, owners, colour, place and day, and what the seller forgot.

Owns:    the generated marketplace's listings.
Imports: domain.listing, simulation.{cars, catalogue, columns, prices, regions, titles}, numpy.

Listings are drawn in batches, each with dice of its own that depend on the seed and the batch's
number only. So memory stays small, and a smaller marketplace is the beginning of a larger one.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np

from carousel.domain.listing import ListingFacts, Place, SellerType, Transmission
from carousel.simulation.cars import Cars, draw_cars, usual_engine
from carousel.simulation.catalogue import generations
from carousel.simulation.columns import BODIES, FUELS, Flags, Floats, Ints
from carousel.simulation.prices import (
    AUTOMATIC,
    DEALER,
    FOUR_WHEEL_DRIVE,
    FUEL_FACTORS,
    INDIVIDUAL,
    POWER_ELASTICITY,
    SCRAP_VALUE,
    TRIM_FACTORS,
    asking_price,
    retained,
)
from carousel.simulation.regions import cities
from carousel.simulation.titles import title

BATCH = 5_000
EARLIEST = datetime(2005, 1, 1, tzinfo=UTC)
CONDITION_SPREAD = 0.12
"""Standard deviation of the log price that no stated field explains: condition, haste, luck."""

ON_SALE_DAYS, LONGEST_ON_SALE_DAYS = 13.0, 40.0
NEIGHBOURHOOD_KM, KM_PER_DEGREE = 7.0, 111.2
OWNERS_PER_YEAR, MOST_OWNERS = 0.16, 8

FORGOTTEN = {
    "mileage_km": 0.015,
    "fuel": 0.004,
    "transmission": 0.01,
    "body": 0.02,
    "power_hp": 0.03,
    "colour": 0.04,
    "owners": 0.08,
}
"""Share of adverts in which a field is not stated."""

COLOURS = ("black", "grey", "white", "silver", "blue", "red", "green", "brown", "beige", "yellow", "orange")  # fmt: skip  # noqa: E501 (one row of a table)
_COLOURS_2003 = (22, 14, 4, 32, 14, 7, 4, 1.5, 2, 1, 0.5)
_COLOURS_2024 = (25, 26, 21, 8, 11, 5, 2, 1, 0.7, 0.5, 0.8)


def generate_listings(count: int, seed: int, now: datetime) -> Iterator[ListingFacts]:
    """Yield the adverts of a marketplace as it stands at a moment; the same arguments, the same.

    Args:
        count: how many, at least 0.
        seed: picks the marketplace, at least 0.
        now: aware; the newest advert is from this moment, the oldest about 40 days older.

    Raises:
        ValueError: ``now`` is naive or before 2005, or ``count`` or ``seed`` is negative.

    >>> cars = list(generate_listings(3, seed=1, now=datetime(2026, 6, 1, tzinfo=UTC)))
    >>> [car.ref for car in cars], all(car.year <= 2026 for car in cars)
    (['demo-000001', 'demo-000002', 'demo-000003'], True)
    """
    if now.tzinfo is None or now < EARLIEST:
        raise ValueError(f"now must be an aware time from {EARLIEST:%Y} on, not {now!r}")
    if count < 0 or seed < 0:
        raise ValueError(f"count and seed must be at least 0, not {count} and {seed}")
    return islice(_all_listings(seed, now.astimezone(UTC)), count)


def _all_listings(seed: int, now: datetime) -> Iterator[ListingFacts]:
    number = 0
    while True:
        yield from _batch(number, np.random.default_rng([seed, number]), now)
        number += 1


def _batch(number: int, dice: np.random.Generator, now: datetime) -> Iterator[ListingFacts]:
    cars = draw_cars(BATCH, _decimal_year(now), dice)
    dealer = dice.random(BATCH) < np.maximum(0.25, 0.95 - 0.033 * cars.age)
    price = asking_price(_values(cars, dealer, dice), dealer, dice.random(BATCH))
    owners = _owners(cars, dice)
    colour = _colours(cars.year, dice.random(BATCH))
    latitude, longitude = _places(cars.city, dice)
    seconds = _seconds_on_sale(dice.random(BATCH))
    wordy = dice.random((2, BATCH)) < np.array([[0.5], [0.8]])
    forgotten = dict(zip(FORGOTTEN, dice.random((len(FORGOTTEN), BATCH)), strict=True))
    stated = {field: forgotten[field] >= share for field, share in FORGOTTEN.items()}
    table, towns = generations(), cities()
    columns = zip(
        cars.generation.tolist(), cars.city.tolist(), cars.year.tolist(), cars.fuel.tolist(),
        cars.body.tolist(), cars.power_hp.tolist(), cars.trim.tolist(), cars.automatic.tolist(),
        cars.four_wheel_drive.tolist(), cars.mileage_km.tolist(), dealer.tolist(), price.tolist(),
        owners.tolist(), colour.tolist(), latitude.tolist(), longitude.tolist(), seconds.tolist(),
        *(w.tolist() for w in wordy), *(s.tolist() for s in stated.values()), strict=True,
    )  # fmt: skip
    for row, (
        generation, city, year, fuel, body, power, trim, automatic, four_wheel_drive, mileage,
        is_dealer, asked, owner_count, paint, lat, lon, age_seconds, names_gearbox, names_drive,
        has_mileage, has_fuel, has_transmission, has_body, has_power, has_colour, has_owners,
    ) in enumerate(columns, start=number * BATCH + 1):  # fmt: skip
        model = table[generation]
        yield ListingFacts(
            ref=f"demo-{row:06d}",
            make=model.make,
            model=model.model,
            name=title(
                model,
                year=year,
                body=BODIES[body],
                fuel=FUELS[fuel],
                power_hp=power,
                trim=trim,
                automatic=automatic and names_gearbox and model.automatic < 1,
                four_wheel_drive=four_wheel_drive and names_drive,
            ),
            year=year,
            price=asked,
            mileage_km=mileage if has_mileage else None,
            fuel=FUELS[fuel] if has_fuel else None,
            transmission=_GEARBOX[automatic] if has_transmission else None,
            body=BODIES[body] if has_body else None,
            power_hp=power if has_power else None,
            colour=COLOURS[paint] if has_colour else None,
            seller_type=_SELLER[is_dealer],
            owners=owner_count if has_owners else None,
            place=Place(region=towns[city].name, latitude=lat, longitude=lon),
            listed_at=now - timedelta(seconds=age_seconds),
        )


_GEARBOX = (Transmission.MANUAL, Transmission.AUTOMATIC)
_SELLER = (SellerType.INDIVIDUAL, SellerType.DEALER)


def _decimal_year(now: datetime) -> float:
    start = datetime(now.year, 1, 1, tzinfo=UTC)
    return now.year + (now - start) / (datetime(now.year + 1, 1, 1, tzinfo=UTC) - start)


def _values(cars: Cars, dealer: Flags, dice: np.random.Generator) -> Floats:
    """Return what each car is worth in EUR, chance included."""
    table = generations()
    new = np.array([g.list_price for g in table], dtype=np.float64)[cars.generation]
    depreciation = np.array([g.depreciation for g in table])[cars.generation]
    ratio = np.array([g.hp_high / g.hp_low for g in table])[cars.generation]
    new *= ratio ** (POWER_ELASTICITY * (cars.engine - usual_engine(ratio)))
    new *= np.array([FUEL_FACTORS.get(f, 1.0) for f in FUELS])[cars.fuel]
    new *= TRIM_FACTORS[cars.trim]
    new *= np.where(cars.four_wheel_drive, FOUR_WHEEL_DRIVE, 1.0)
    new *= np.where(cars.automatic, AUTOMATIC, 1.0)
    worth = new * retained(cars.age, cars.mileage_km.astype(np.float64), depreciation)
    worth *= np.array([c.country.price_level for c in cities()])[cars.city]
    worth *= np.where(dealer, DEALER, INDIVIDUAL)
    worth *= np.exp(CONDITION_SPREAD * dice.standard_normal(len(new)))
    return np.asarray(worth + SCRAP_VALUE, dtype=np.float64)


def _owners(cars: Cars, dice: np.random.Generator) -> Ints:
    changes = dice.poisson(OWNERS_PER_YEAR * np.maximum(0.0, cars.age - 0.8))
    return np.asarray(np.minimum(1 + changes, MOST_OWNERS), dtype=np.int64)


def _colours(year: Ints, luck: Floats) -> Ints:
    """Draw colours from shares that drift from those of 2003 to those of 2024."""
    drift = np.clip((year - 2003) / 21, 0, 1)[:, None]
    shares = (1 - drift) * np.array(_COLOURS_2003) + drift * np.array(_COLOURS_2024)
    cumulated = np.cumsum(shares, axis=1)
    return np.asarray((cumulated <= luck[:, None] * cumulated[:, -1:]).sum(axis=1))


def _places(city: Ints, dice: np.random.Generator) -> tuple[Floats, Floats]:
    """Return coordinates scattered around the city, rounded to about 100 m."""
    north, east = dice.normal(0.0, NEIGHBOURHOOD_KM / KM_PER_DEGREE, (2, len(city)))
    latitude = np.array([c.latitude for c in cities()])[city] + north
    longitude = np.array([c.longitude for c in cities()])[city]
    longitude = longitude + east / np.cos(np.radians(latitude))
    return np.round(latitude, 3), np.round(longitude, 3)


def _seconds_on_sale(luck: Floats) -> Ints:
    """Return how long each advert has stood: exponential, cut at LONGEST_ON_SALE_DAYS."""
    cut = 1 - np.exp(-LONGEST_ON_SALE_DAYS / ON_SALE_DAYS)
    days = -ON_SALE_DAYS * np.log1p(-luck * cut)
    return np.asarray(days * 86_400, dtype=np.int64)
