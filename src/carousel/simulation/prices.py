"""What a used car costs: its value, and the figure a seller writes on it.

Owns:    the value formula, the habits of rounding.
Imports: domain.listing, simulation.columns, numpy. No dice: chance enters as arrays.

With list price L, age a in years, mileage k in units of 100,000 km and yearly depreciation d,

    value = L * exp(-DROP * (1 - exp(-a / SETTLE)) - AGE_PART * d * a - PER_100_000_KM * k)

times what the engine, the trim, the drive, the place and the seller add. Mileage is charged on its
own, so only AGE_PART of the depreciation, which assumes ordinary driving, is charged to age.
"""

import numpy as np

from carousel.domain.listing import Fuel
from carousel.simulation.columns import Flags, Floats, Ints

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
