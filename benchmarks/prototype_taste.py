"""The prototype's way of knowing a shopper, kept as a baseline.

Owns:    min-max scaled numbers and one-hot names, the profile that jumps half-way to every car
         opened, the nearest cars by Euclidean distance.

Measured in docs/benchmarks.md beside ours. It knows the features the prototype knew: make, year,
price, mileage, fuel, seller, transmission and owners.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from carousel.domain.listing import Listing, spelling_key

Matrix = npt.NDArray[np.float64]


def vectors(listings: Sequence[Listing]) -> Matrix:
    """Return one row per listing: numbers in [0, 1] over the inventory, names one-hot."""
    numbers = np.array(
        [
            [car.year, car.price, car.mileage_km or 0, 1 if car.owners is None else car.owners]
            for car in listings
        ],
        dtype=np.float64,
    )
    low, high = numbers.min(axis=0), numbers.max(axis=0)
    columns = [(numbers - low) / np.maximum(high - low, 1e-9)]
    names = [
        [spelling_key(car.make), car.fuel or "", car.seller_type or "", car.transmission or ""]
        for car in listings
    ]
    for column in zip(*names, strict=True):
        values = sorted(set(column))
        columns.append(np.array([[value == v for v in values] for value in column], dtype=float))
    return np.concatenate(columns, axis=1)


class PrototypeProfile:
    """A shopper's vector: u = (u + v) / 2 with every car opened; the first car is the start."""

    def __init__(self, items: Matrix) -> None:
        self._items = items
        self._profile: npt.NDArray[np.float64] | None = None

    def open(self, row: int) -> None:
        """Take in that the car in this row was opened."""
        opened = self._items[row]
        self._profile = opened if self._profile is None else (self._profile + opened) / 2

    def nearest(self, count: int) -> list[int]:
        """Return the rows of the nearest cars; the inventory's first ones for a stranger."""
        if self._profile is None:
            return list(range(count))
        distance = np.linalg.norm(self._items - self._profile, axis=1)
        return [int(row) for row in np.argsort(distance, kind="stable")[:count]]
