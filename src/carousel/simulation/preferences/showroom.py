"""The cars of a stock as a shopper judges them: one row a car, taken out fast for few or many.

Owns:    what of a stock a preference model looks at; how many people a car seats with comfort.
Imports: simulation.{catalogue, columns, needs, stock}, numpy.
"""

from dataclasses import dataclass

import numpy as np

from carousel.domain.listing import Body
from carousel.simulation.catalogue import generations
from carousel.simulation.columns import BODIES, Floats, Ints
from carousel.simulation.needs import Need
from carousel.simulation.stock import Stock

KM_PER_DEGREE = 111.2
YEAR = 365.2425 * 86_400.0
SEATS_OF_SEGMENT = {"mini": 3, "small": 4, "sports": 2, "small_suv": 4}
SEATS_OF_BODY = {Body.COUPE: 3, Body.CONVERTIBLE: 3, Body.MPV: 7, Body.VAN: 7}
OTHER_SEATS = 5
"""People a car carries with comfort: of a van or MPV the body decides, else the lesser of both."""


@dataclass(frozen=True, slots=True)
class Cars:
    """Some cars of a showroom, shape (n,) each.

    log_worth: logarithm of EUR. age: years at publication. log_power: of metric horsepower.
    look:      shape (n, dimensions), scaled so that its product with a taste has deviation 1.
    automatic: 1 or 0.
    """

    log_worth: Floats
    age: Floats
    mileage_km: Floats
    power_hp: Floats
    log_power: Floats
    latitude: Floats
    longitude: Floats
    seats: Floats
    quality: Floats
    body: Ints
    fuel: Ints
    make: Ints
    automatic: Ints
    look: Floats


class Showroom:
    """A stock turned so that the facts of one car lie next to each other in memory."""

    def __init__(self, stock: Stock) -> None:
        self.makes = stock.makes
        age = 1970 + stock.listed_at / YEAR - stock.year - 0.5
        self._numbers = np.column_stack([
            np.log(stock.worth),
            np.maximum(age, 0.0),
            stock.mileage_km,
            stock.power_hp,
            np.log(stock.power_hp),
            stock.latitude,
            stock.longitude,
            _seats(stock),
            stock.quality,
        ])  # fmt: skip
        self._kinds = np.column_stack([
            stock.body, stock.fuel, stock.make, stock.automatic.astype(np.int64)
        ])  # fmt: skip
        self._looks = stock.looks * np.sqrt(stock.looks.shape[1])

    def take(self, cars: Ints) -> Cars:
        """Return the cars of some rows."""
        worth, age, mileage, power, log_power, north, east, seats, quality = self._numbers.take(
            cars, axis=0
        ).T
        body, fuel, make, automatic = self._kinds.take(cars, axis=0).T
        return Cars(
            worth, age, mileage, power, log_power, north, east, seats, quality,
            body, fuel, make, automatic, self._looks.take(cars, axis=0),
        )  # fmt: skip


def distance_km(cars: Cars, need: Need) -> Floats:
    """Return how far each car stands from home, on a flat map around it; good to about 1 %."""
    north = cars.latitude - need.home.latitude
    east = (cars.longitude - need.home.longitude) * np.cos(np.radians(need.home.latitude))
    return np.asarray(KM_PER_DEGREE * np.sqrt(north * north + east * east))


def _seats(stock: Stock) -> Floats:
    segment = np.array(
        [SEATS_OF_SEGMENT.get(g.segment, OTHER_SEATS) for g in generations()], dtype=np.float64
    )[stock.generation]
    body = np.array([SEATS_OF_BODY.get(b, OTHER_SEATS) for b in BODIES], dtype=np.float64)
    roomy = body[stock.body] > OTHER_SEATS
    return np.where(roomy, body[stock.body], np.minimum(segment, body[stock.body]))
