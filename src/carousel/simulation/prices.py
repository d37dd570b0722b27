"""What a used car costs: its value, and the figure a seller writes on it.

Owns:    the value formula, the habits of rounding, price reductions.
Imports: domain.listing, simulation.{cars, catalogue, columns, fit, regions}, numpy. No dice: chance
         enters as arrays.

With list price L, age a in years, mileage k in units of 100,000 km and yearly depreciation d,

    value = L * exp(-DROP * (1 - exp(-a / SETTLE)) - AGE_PART * d * a - PER_100_000_KM * k)

times what the engine, the trim, the drive, the place and the seller add. Mileage is charged on its
own, so only AGE_PART of the depreciation, which assumes ordinary driving, is charged to age. A
market fitted to a real file multiplies the result by what the fit found.
"""

import numpy as np

from carousel.domain.listing import Fuel
from carousel.simulation.cars import Cars, usual_engine
from carousel.simulation.catalogue import generations
from carousel.simulation.columns import FUELS, Flags, Floats, Ints
from carousel.simulation.fit import Fit, model_of_generation, price_effect
from carousel.simulation.regions import cities

DROP, SETTLE = 0.22, 0.15
AGE_PART = 0.75
PER_100_000_KM = 0.33
POWER_ELASTICITY = 0.56
TRIM_FACTORS = np.array([0.93, 1.0, 1.07, 1.16])
FOUR_WHEEL_DRIVE = 1.05
AUTOMATIC = 1.04
DEALER, INDIVIDUAL = 1.035, 0.955
SCRAP_VALUE = 350.0
FUEL_FACTORS = {
    Fuel.DIESEL: 1.06,
    Fuel.HYBRID: 1.06,
    Fuel.PLUGIN_HYBRID: 1.12,
    Fuel.LPG: 1.02,
    Fuel.CNG: 1.03,
}

_CHEAP, _DEAR = 3_000, 60_000
_STYLES = np.array(  # step, ending: 990 under a step of 1,000 is "12,990"
    [[1000, 990], [1000, 900], [500, 490], [500, 499], [500, 0], [1000, 0], [100, 0], [10, 0]]
)
_DEALER_HABITS = np.cumsum([0.26, 0.20, 0.14, 0.05, 0.08, 0.03, 0.10, 0.14])
_INDIVIDUAL_HABITS = np.cumsum([0.06, 0.13, 0.04, 0.03, 0.33, 0.23, 0.16, 0.02])


def worth(cars: Cars, dealer: Flags, fit: Fit) -> Floats:
    """Return what each car usually costs in EUR, where it stands and from who sells it.

    Args:
        cars: the cars.
        dealer: whether the seller is one, shape (cars,).
        fit: what a real file changes.
    """
    value = value_new(cars.generation, cars.fuel, cars.engine)
    value *= TRIM_FACTORS[cars.trim]
    value *= np.where(cars.four_wheel_drive, FOUR_WHEEL_DRIVE, 1.0)
    value *= np.where(cars.automatic, AUTOMATIC, 1.0)
    mileage = cars.mileage_km.astype(np.float64)
    value *= retained(cars.age, mileage, _numbers("depreciation")[cars.generation])
    value *= np.array([c.country.price_level for c in cities()])[cars.city]
    value *= np.where(dealer, DEALER, INDIVIDUAL)
    value *= np.exp(
        price_effect(
            fit,
            model=model_of_generation()[cars.generation],
            age=cars.age,
            mileage_km=mileage,
            log_power=log_power(cars.generation, cars.engine),
            automatic=cars.automatic.astype(np.float64),
        )
    )
    return np.asarray(value + SCRAP_VALUE, dtype=np.float64)


def value_new(generation: Ints, fuel: Ints, engine: Floats) -> Floats:
    """Return the price of new cars in a middle trim, manual, with two driven wheels, EUR.

    Args:
        generation: index into ``generations()``.
        fuel: index into FUELS.
        engine: as in ``Cars.engine``.
    """
    value = _numbers("list_price")[generation]
    value *= np.exp(POWER_ELASTICITY * log_power(generation, engine))
    return np.asarray(value * np.array([FUEL_FACTORS.get(f, 1.0) for f in FUELS])[fuel])


def log_power(generation: Ints, engine: Floats) -> Floats:
    """Return the logarithm of a car's power relative to the usual one of its generation."""
    ratio = (_numbers("hp_high") / _numbers("hp_low"))[generation]
    return np.asarray(np.log(ratio) * (engine - usual_engine(ratio)))


def retained(age: Floats, mileage_km: Floats, depreciation: Floats) -> Floats:
    """Return the share of the list price a car is still worth.

    Args:
        age: years since first registration, at least 0.
        mileage_km: kilometres on the clock.
        depreciation: share lost in a year of ordinary driving.

    >>> bool(retained(np.zeros(1), np.zeros(1), np.full(1, 0.1))[0] == 1)
    True
    """
    settled = 1 - np.exp(-age / SETTLE)
    loss = DROP * settled + AGE_PART * depreciation * age + PER_100_000_KM * mileage_km / 1e5
    return np.asarray(np.exp(-loss), dtype=np.float64)


def asking_price(value: Floats, dealer: Flags, habit: Floats) -> Ints:
    """Round values the way sellers do: dealers like 12,990, private sellers 12,500.

    Args:
        value: EUR, positive.
        dealer: whether the seller is one.
        habit: uniform in [0, 1), picks among the seller's habits.

    >>> value, dealer = np.array([12_700.0, 12_700.0]), np.array([True, False])
    >>> asking_price(value, dealer, np.array([0.1, 0.5])).tolist()
    [12990, 12500]
    """
    style = np.where(
        dealer,
        np.searchsorted(_DEALER_HABITS[:-1], habit, side="right"),
        np.searchsorted(_INDIVIDUAL_HABITS[:-1], habit, side="right"),
    )
    step, ending = _STYLES[style].T
    fine = value < _CHEAP
    step = np.where(fine, np.minimum(step, 50), np.where(value > _DEAR, 2 * step, step))
    ending = np.where(fine, 0, ending)
    rounded = np.rint((value - ending) / step) * step + ending
    return np.asarray(np.maximum(rounded, step), dtype=np.int64)


def reduced_price(price: Ints, cut: Floats, dealer: Flags) -> Ints:
    """Return asking prices after a reduction, as sellers write them; always lower than before.

    Args:
        price: before, EUR, at least 20.
        cut: share taken off, in [0, 1).
        dealer: whether the seller is one.

    >>> before, cut = np.array([12_990, 12_500, 990]), np.array([0.04, 0.04, 0.05])
    >>> reduced_price(before, cut, np.array([True, False, False])).tolist()
    [12490, 12000, 940]
    """
    exact = price * (1 - cut)
    fine = np.ceil(exact / 10) * 10 - 10
    coarse = np.rint(exact / 100) * 100 - np.where(dealer, 10, 0)
    coarse = np.where(coarse < price, coarse, fine)
    return np.asarray(np.where(price < _CHEAP, fine, coarse), dtype=np.int64)


def _numbers(name: str) -> Floats:
    """Return a column of the table of models, shape (generations,)."""
    return np.array([getattr(g, name) for g in generations()], dtype=np.float64)
