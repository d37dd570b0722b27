"""Cars as columns that can be reckoned with: scaled numbers of many records at once.

Owns:    the scales on which two cars are compared.
Imports: numpy, domain.facts.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from carousel.domain.facts import Facts
from carousel.domain.features import Matrix, Vector

KM_PER_DEGREE = 111.2

Codes = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Cars:
    """Columns of n cars, shape (n,) each; what is not stated is NaN, of codes 0.

    price: natural logarithm. mileage: of 1,000 km + the kilometres. power: of horsepower.
    year:  model year. latitude, longitude: degrees.
    """

    price: Vector
    year: Vector
    mileage: Vector
    power: Vector
    latitude: Vector
    longitude: Vector
    listed_at: Vector
    make: Codes
    model: Codes
    body: Codes
    fuel: Codes
    transmission: Codes

    def __len__(self) -> int:
        """Return how many cars there are."""
        return len(self.price)


def cars_of(facts: Facts) -> Cars:
    """Return the columns of some records, shape (n,)."""
    number = {n: facts[n].astype(np.float64) for n in ("price", "year", "latitude", "longitude")}
    return Cars(
        price=np.log(np.maximum(number["price"], 1.0)),
        year=number["year"],
        mileage=np.log(facts["mileage_km"].astype(np.float64) + 1_000.0),
        power=np.log(np.maximum(facts["power_hp"].astype(np.float64), 1.0)),
        latitude=number["latitude"],
        longitude=number["longitude"],
        listed_at=facts["listed_at"].astype(np.float64),
        make=facts["make"].astype(np.uint32),
        model=facts["model"].astype(np.uint32),
        body=facts["body"].astype(np.uint32),
        fuel=facts["fuel"].astype(np.uint32),
        transmission=facts["transmission"].astype(np.uint32),
    )


def kilometres(latitude: Vector, longitude: Vector, there: Matrix) -> Matrix:
    """Return how far cars stand from some points, on a flat map, shape (cars, points).

    Good to about 1 % within 500 km, which is nearer than anybody tells two distances apart.

    Args:
        latitude: of the cars, degrees, shape (n,).
        longitude: of the same.
        there: latitude and longitude of the points, shape (points, 2).

    >>> round(float(kilometres(np.array([50.0]), np.array([8.0]), np.array([[51.0, 8.0]]))[0, 0]))
    111
    """
    north = latitude[:, None] - there[None, :, 0]
    east = (longitude[:, None] - there[None, :, 1]) * np.cos(np.radians(there[None, :, 0]))
    distance: Matrix = KM_PER_DEGREE * np.sqrt(north * north + east * east)
    return distance
