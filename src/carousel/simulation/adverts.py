"""Adverts for the cars: seller, price, owners, colour, place, and what the seller forgot.

Owns:    what an advert says beyond the car itself; turning columns into listings.
Imports: domain.listing, simulation.{cars, catalogue, columns, fit, prices, regions, sellers,
         supply, titles}, numpy.

The asking price is what the market pays for a car with these facts, times what no field states:

    log price = log worth + s * (q * quality + sqrt(1 - q ** 2) * haste)

with the condition spread s, the correlation q of quality with it, and two standard normal dice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from carousel.domain.listing import ListingFacts, Place, SellerType, Transmission
from carousel.simulation.cars import Cars, draw_cars
from carousel.simulation.catalogue import generations
from carousel.simulation.columns import BODIES, FUELS, Flags, Floats, Ints
from carousel.simulation.fit import UNFITTED, Fit
from carousel.simulation.prices import asking_price, worth
from carousel.simulation.regions import cities
from carousel.simulation.sellers import Dealers, pick_dealers, scattered, seller_names
from carousel.simulation.supply import Supply
from carousel.simulation.titles import title

BATCH = 5_000
"""Cars are drawn so many at a time; memory stays small."""

EARLIEST = datetime(2005, 1, 1, tzinfo=UTC)
"""The table of models reaches back to cars that were for sale then."""

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

_GEARBOX = (Transmission.MANUAL, Transmission.AUTOMATIC)
_SELLER = (SellerType.INDIVIDUAL, SellerType.DEALER)


@dataclass(frozen=True, slots=True)
class Adverts:
    """A batch of adverts; every array has one entry an advert.

    dealer:   whether the seller is one; seller: their number among those of their kind.
    worth:    EUR, what a car with these facts usually costs.
    quality:  hidden, standard normal. price: EUR, asked.
    owners:   so far, at least 1. colour: index into COLOURS.
    latitude, longitude: degrees.
    names_gearbox, names_drive: whether the headline says so.
    stated:   by field, whether the seller filled it in.
    """

    cars: Cars
    dealer: Flags
    seller: Ints
    worth: Floats
    quality: Floats
    price: Ints
    owners: Ints
    colour: Ints
    latitude: Floats
    longitude: Floats
    names_gearbox: Flags
    names_drive: Flags
    stated: dict[str, Flags]


def draw_adverts(  # noqa: PLR0913 (what a marketplace consists of, and the dice)
    count: int,
    moment: float,
    dice: np.random.Generator,
    *,
    supply: Supply,
    dealers: Dealers,
    fit: Fit = UNFITTED,
    individuals: int = 0,
) -> Adverts:
    """Draw adverts that are published at about one moment.

    Args:
        count: how many.
        moment: the year as a decimal number, e.g. 2026.5.
        dice: where all chance comes from.
        supply: the numbers of the market.
        dealers: of the marketplace.
        fit: what a real file changes.
        individuals: how many people have sold a car before; the next has this number.
    """
    cars = draw_cars(count, moment, dice, fit)
    dealer = dice.random(count) < np.maximum(0.25, 0.95 - 0.033 * cars.age)
    usual = worth(cars, dealer, fit)
    quality, haste = dice.standard_normal((2, count))
    known = supply.quality_in_price
    luck = known * quality + np.sqrt(1 - known**2) * haste
    spread = supply.condition_spread if fit.condition_spread is None else fit.condition_spread
    price = asking_price(usual * np.exp(spread * luck), dealer, dice.random(count))
    number = pick_dealers(dealers, cars.city, dice.random(count))
    latitude, longitude = scattered(cars.city, dice)
    owners = _owners(cars, dice)
    colour = _colours(cars.year, dice.random(count))
    forgotten = dict(zip(FORGOTTEN, dice.random((len(FORGOTTEN), count)), strict=True))
    names_gearbox, names_drive = dice.random((2, count)) < np.array([[0.5], [0.8]])
    return Adverts(
        cars=cars,
        dealer=dealer,
        seller=np.where(dealer, number, individuals + np.cumsum(~dealer) - 1),
        worth=usual,
        quality=quality,
        price=price,
        owners=owners,
        colour=colour,
        latitude=np.where(dealer, dealers.latitude[number], latitude),
        longitude=np.where(dealer, dealers.longitude[number], longitude),
        names_gearbox=names_gearbox,
        names_drive=names_drive,
        stated={field: forgotten[field] >= share for field, share in FORGOTTEN.items()},
    )


def publish(
    adverts: Adverts, prefix: str, first: int, listed_at: list[datetime]
) -> Iterator[ListingFacts]:
    """Yield the adverts as listings, with refs like "demo-000001" numbered from ``first``."""
    cars, table, towns = adverts.cars, generations(), cities()
    columns = zip(
        cars.generation.tolist(), cars.city.tolist(), cars.year.tolist(), cars.fuel.tolist(),
        cars.body.tolist(), cars.power_hp.tolist(), cars.trim.tolist(), cars.automatic.tolist(),
        cars.four_wheel_drive.tolist(), cars.mileage_km.tolist(), adverts.dealer.tolist(),
        seller_names(adverts.seller, adverts.dealer), adverts.price.tolist(),
        adverts.owners.tolist(), adverts.colour.tolist(), adverts.latitude.tolist(),
        adverts.longitude.tolist(), listed_at, adverts.names_gearbox.tolist(),
        adverts.names_drive.tolist(), *(s.tolist() for s in adverts.stated.values()), strict=True,
    )  # fmt: skip
    for row, (
        generation, city, year, fuel, body, power, trim, automatic, four_wheel_drive, mileage,
        is_dealer, seller, asked, owner_count, paint, lat, lon, published, names_gearbox,
        names_drive, has_mileage, has_fuel, has_transmission, has_body, has_power, has_colour,
        has_owners,
    ) in enumerate(columns, start=first):  # fmt: skip
        model = table[generation]
        yield ListingFacts(
            ref=f"{prefix}-{row:06d}",
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
            seller=seller,
            owners=owner_count if has_owners else None,
            place=Place(region=towns[city].name, latitude=lat, longitude=lon),
            listed_at=published,
        )


def decimal_year(moment: datetime) -> float:
    """Return a moment as a decimal number of years.

    >>> decimal_year(datetime(2026, 7, 2, 12, tzinfo=UTC))
    2026.5
    """
    start = datetime(moment.year, 1, 1, tzinfo=UTC)
    return moment.year + (moment - start) / (datetime(moment.year + 1, 1, 1, tzinfo=UTC) - start)


def _owners(cars: Cars, dice: np.random.Generator) -> Ints:
    changes = dice.poisson(OWNERS_PER_YEAR * np.maximum(0.0, cars.age - 0.8))
    return np.asarray(np.minimum(1 + changes, MOST_OWNERS), dtype=np.int64)


def _colours(year: Ints, luck: Floats) -> Ints:
    """Draw colours from shares that drift from those of 2003 to those of 2024."""
    drift = np.clip((year - 2003) / 21, 0, 1)[:, None]
    shares = (1 - drift) * np.array(_COLOURS_2003) + drift * np.array(_COLOURS_2024)
    cumulated = np.cumsum(shares, axis=1)
    return np.asarray((cumulated <= luck[:, None] * cumulated[:, -1:]).sum(axis=1))
