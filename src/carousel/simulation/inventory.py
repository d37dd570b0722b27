"""Cars that somebody else advertised, made whole: given what no advert says, so they can be wanted.

Owns:    from listings to a stock; joining stocks and taking their later part.
Imports: domain.listing, simulation, numpy.

An advert does not say what its car looks like or how patient its seller is. Both are drawn here, a
look from the same images that the generated cars of this seed have. A model that the table of
models lacks looks like one of its make, or like any.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TypeVar

import numpy as np

from carousel.domain.listing import ListingFacts, Transmission, spelling_key
from carousel.simulation.adverts import decimal_year
from carousel.simulation.arrivals import draw_looks, makes_of_generations
from carousel.simulation.cars import Cars
from carousel.simulation.catalogue import generations
from carousel.simulation.columns import BODIES, FUELS, Floats
from carousel.simulation.fit import UNFITTED
from carousel.simulation.lives import Arrivals, draw_patience, draw_reductions
from carousel.simulation.parameters import Parameters
from carousel.simulation.prices import worth
from carousel.simulation.regions import cities
from carousel.simulation.stock import Stock
from carousel.simulation.supply import read_supply

USUAL_KM_A_YEAR = 14_000
USUAL_TRIM = 1
_INVENTORY = 0x1117
"""Joins the seed, so that no dice are shared with what else is drawn from it."""

_COLUMNS = tuple(
    f.name
    for f in fields(Stock)
    if f.name not in {"facts", "makes", "drop_at", "drop_car", "drop_price"}
)
"""The columns of a stock that have one entry a car."""

Kind = TypeVar("Kind")


def stock_of(
    listings: Sequence[ListingFacts], parameters: Parameters, seed: int, now: float
) -> Stock:
    """Return a stock of given listings, all for sale at a moment, in the order given.

    Args:
        listings: what was advertised.
        parameters: with the table [supply].
        seed: as for ``draw_stock``; also picks what no advert says.
        now: epoch seconds; sellers' patience is counted from here.
    """
    supply, count = read_supply(parameters), len(listings)
    dice = np.random.default_rng([seed, _INVENTORY])
    cars = _cars(listings)
    price = np.array([car.price for car in listings], dtype=np.int64)
    dealer = np.array([car.seller_type == "dealer" for car in listings], dtype=bool)
    latitude, longitude = _places(listings)
    listed_at = np.array([min(car.listed_at.timestamp(), now) for car in listings])
    patience = draw_patience(supply, dice.standard_normal(count))
    reductions = draw_reductions(
        supply, Arrivals(np.full(count, now), patience), price, dealer, dice
    )
    makes, make = makes_of_generations()
    return Stock(
        facts=tuple(listings),
        makes=makes,
        generation=cars.generation,
        make=make[cars.generation],
        body=cars.body,
        fuel=cars.fuel,
        automatic=cars.automatic,
        year=cars.year,
        mileage_km=cars.mileage_km.astype(np.float64),
        power_hp=cars.power_hp.astype(np.float64),
        latitude=latitude,
        longitude=longitude,
        seller=np.arange(count),
        dealer=dealer,
        listed_at=listed_at,
        patience=now - listed_at + patience,
        price=price.astype(np.float64),
        worth=worth(cars, dealer, UNFITTED),
        quality=dice.standard_normal(count),
        looks=draw_looks(supply, cars.generation, seed),
        drop_at=reductions.at,
        drop_car=reductions.car,
        drop_price=reductions.price.astype(np.float64),
    )


def _cars(listings: Sequence[ListingFacts]) -> Cars:
    """Return what the adverts say of the cars; what they do not say is the usual."""
    table, lookup = generations(), _Lookup()
    generation = np.array([lookup.generation(car) for car in listings], dtype=np.int64)
    known = [table[g] for g in generation.tolist()]
    pairs = list(zip(listings, known, strict=True))
    year = np.array([car.year for car in listings], dtype=np.int64)
    age = np.array([max(0.0, decimal_year(car.listed_at) - car.year - 0.5) for car in listings])
    power = np.array([car.power_hp or (g.hp_low * g.hp_high) ** 0.5 for car, g in pairs])
    low = np.array([g.hp_low for g in known], dtype=np.float64)
    ratio = np.array([max(1.01, g.hp_high / g.hp_low) for g in known])
    usual_km = USUAL_KM_A_YEAR * age
    return Cars(
        generation=generation,
        city=np.array([_nearest_city(car) for car in listings], dtype=np.int64),
        year=year,
        age=age,
        fuel=np.array(
            [FUELS.index(car.fuel or _likeliest(g.fuels)) for car, g in pairs], dtype=np.int64
        ),
        body=np.array(
            [BODIES.index(car.body or _likeliest(g.bodies)) for car, g in pairs], dtype=np.int64
        ),
        power_hp=np.rint(power).astype(np.int64),
        engine=np.clip(np.log(power / low) / np.log(ratio), 0.0, 1.0),
        trim=np.full(len(listings), USUAL_TRIM),
        automatic=np.array(
            [car.transmission is Transmission.AUTOMATIC for car in listings], dtype=bool
        ),
        four_wheel_drive=np.zeros(len(listings), dtype=bool),
        mileage_km=np.array(
            [
                km if car.mileage_km is None else car.mileage_km
                for car, km in zip(listings, usual_km, strict=True)
            ]
        ).astype(np.int64),
    )


class _Lookup:
    """Finds the generation of a car by make, model and year."""

    def __init__(self) -> None:
        self._of_model: dict[tuple[str, str], list[int]] = {}
        self._of_make: dict[str, list[int]] = {}
        for n, g in enumerate(generations()):
            make = spelling_key(g.make)
            self._of_model.setdefault((make, spelling_key(g.model)), []).append(n)
            self._of_make.setdefault(make, []).append(n)

    def generation(self, car: ListingFacts) -> int:
        """Return the generation of that make and model built nearest to the year of the car."""
        make = spelling_key(car.make)
        rows = self._of_model.get((make, spelling_key(car.model or ""))) or self._of_make.get(make)
        table = generations()
        return min(
            rows or range(len(table)),
            key=lambda n: max(table[n].first_year - car.year, car.year - table[n].last_year, 0),
        )


def _likeliest(shares: Mapping[Kind, float]) -> Kind:
    return max(shares, key=lambda kind: shares[kind])


def _nearest_city(car: ListingFacts) -> int:
    if car.place is None:
        return 0
    place = car.place
    return min(
        range(len(cities())),
        key=lambda n: (
            abs(cities()[n].latitude - place.latitude)
            + abs(cities()[n].longitude - place.longitude)
        ),
    )


def _places(listings: Sequence[ListingFacts]) -> tuple[Floats, Floats]:
    """Return where the cars stand; one without a place stands where the largest city is."""
    somewhere = max(cities(), key=lambda city: city.weight)
    places = [car.place or somewhere for car in listings]
    return (
        np.array([place.latitude for place in places], dtype=np.float64),
        np.array([place.longitude for place in places], dtype=np.float64),
    )


def joined(first: Stock, second: Stock) -> Stock:
    """Return the cars of both; those of ``second`` keep their order and come after."""
    at = np.concatenate([first.drop_at, second.drop_at])
    order = np.argsort(at, kind="stable")
    return Stock(
        facts=first.facts + second.facts,
        makes=first.makes,
        drop_at=at[order],
        drop_car=np.concatenate([first.drop_car, second.drop_car + len(first.facts)])[order],
        drop_price=np.concatenate([first.drop_price, second.drop_price])[order],
        **{n: np.concatenate([getattr(first, n), getattr(second, n)]) for n in _COLUMNS},
    )


def published_after(stock: Stock, moment: float, prefix: str) -> Stock:
    """Return the cars published after a moment, in epoch seconds, under refs with a new prefix."""
    first = int(np.searchsorted(stock.listed_at, moment, side="right"))
    kept = stock.drop_car >= first
    return Stock(
        facts=tuple(
            car.model_copy(update={"ref": f"{prefix}-{n}"})
            for n, car in enumerate(stock.facts[first:])
        ),
        makes=stock.makes,
        drop_at=stock.drop_at[kept],
        drop_car=stock.drop_car[kept] - first,
        drop_price=stock.drop_price[kept],
        **{n: getattr(stock, n)[first:] for n in _COLUMNS},
    )
