"""Cars for sale by column, from a file or from the generator, so that the two can be compared.

Owns:    the columns that a fit looks at.
Imports: domain.listing, simulation.{adverts, catalogue, columns, fit, model_names, prices,
         sellers, supply}, numpy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import numpy as np
from numpy.typing import NDArray

from carousel.domain.listing import ListingFacts, Transmission
from carousel.simulation.adverts import decimal_year, draw_adverts
from carousel.simulation.cars import Cars
from carousel.simulation.catalogue import generations
from carousel.simulation.columns import FUELS, Flags, Floats, Ints
from carousel.simulation.fit import Fit, model_of_generation, models
from carousel.simulation.model_names import UNKNOWN, model_number
from carousel.simulation.sellers import draw_dealers
from carousel.simulation.supply import Supply

STALE_YEARS = 2
"""A car may be registered so many years after the last of its generation was built."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Cars for sale at one moment; every array has one entry a car.

    make:       its name, as the catalogue has it where it has the model.
    model:      index into ``fit.models()``, UNKNOWN where the catalogue lacks it.
    generation: index into ``generations()``, UNKNOWN where no such model was built then.
    age:        calendar years, may be negative or high in a file.
    price:      EUR. mileage_km, power_hp: NaN where not stated.
    fuel:       index into FUELS; automatic: 0 or 1; UNKNOWN where not stated.
    """

    make: NDArray[np.str_]
    model: Ints
    generation: Ints
    age: Ints
    price: Floats
    mileage_km: Floats
    power_hp: Floats
    fuel: Ints
    automatic: Ints

    def where(self, kept: Flags) -> "Sample":
        """Return only those cars."""
        return Sample(*(getattr(self, name)[kept] for name in self.__slots__))


def sample_of(facts: Sequence[ListingFacts], moment: datetime) -> Sample:
    """Return adverts by column, all as old as they are at one moment."""
    model = np.array([model_number(f.make, f.model) for f in facts], dtype=np.int64)
    pairs = zip(model.tolist(), (f.year for f in facts), strict=True)
    return Sample(
        make=np.array(
            [
                f.make if number == UNKNOWN else models()[number][0]
                for f, number in zip(facts, model.tolist(), strict=True)
            ],
            dtype=np.str_,
        ),
        model=model,
        generation=np.array([_generation(*pair) for pair in pairs], dtype=np.int64),
        age=np.array([moment.year - f.year for f in facts], dtype=np.int64),
        price=np.array([f.price for f in facts], dtype=np.float64),
        mileage_km=_numbers([f.mileage_km for f in facts]),
        power_hp=_numbers([f.power_hp for f in facts]),
        fuel=np.array([UNKNOWN if f.fuel is None else FUELS.index(f.fuel) for f in facts], int),
        automatic=np.array(
            [
                UNKNOWN if f.transmission is None else f.transmission is Transmission.AUTOMATIC
                for f in facts
            ],
            dtype=np.int64,
        ),
    )


def draw_sample(supply: Supply, fit: Fit, moment: datetime, count: int, seed: int) -> Sample:
    """Return generated adverts as a file would state them, nothing forgotten."""
    return drawn_with_cars(supply, fit, moment, count, seed)[0]


def drawn_with_cars(
    supply: Supply, fit: Fit, moment: datetime, count: int, seed: int
) -> tuple[Sample, Cars]:
    """Return generated adverts, and the cars behind them."""
    dice = np.random.default_rng(seed)
    dealers = draw_dealers(supply, dice)
    adverts = draw_adverts(
        count, decimal_year(moment), dice, supply=supply, dealers=dealers, fit=fit
    )
    cars = adverts.cars
    makes = np.array([g.make for g in generations()], dtype=np.str_)
    sample = Sample(
        make=makes[cars.generation],
        model=model_of_generation()[cars.generation],
        generation=cars.generation,
        age=moment.year - cars.year,
        price=adverts.price.astype(np.float64),
        mileage_km=cars.mileage_km.astype(np.float64),
        power_hp=cars.power_hp.astype(np.float64),
        fuel=cars.fuel,
        automatic=cars.automatic.astype(np.int64),
    )
    return sample, cars


@cache
def _generation(model: int, year: int) -> int:
    """Return the newest generation of a model that may have been registered in a year."""
    if model == UNKNOWN:
        return UNKNOWN
    table = generations()
    candidates = [
        number
        for number in np.flatnonzero(model_of_generation() == model).tolist()
        if table[number].first_year <= year <= table[number].last_year + STALE_YEARS
    ]
    return max(candidates, key=lambda number: table[number].first_year, default=UNKNOWN)


def _numbers(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
