"""The prototype's way of knowing a shopper, kept as a baseline.

Owns:    min-max scaled numbers and one-hot names, the profile that jumps half-way to every car
         opened, and the flat mean in its place; the nearest cars by Euclidean distance.
Imports: numpy, domain.listing, evaluation.

It knows the features the prototype knew: make, year, price, mileage, fuel, seller, transmission
and owners. With x the vector of a car reacted to, the profile becomes

    u = (u + x) / 2        the first car is the start

so a car counts half of the one after it. The flat mean counts them all alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from carousel.domain.features import Matrix, Vector
from carousel.domain.listing import Listing, spelling_key
from carousel.evaluation.method import Ask
from carousel.evaluation.methods.car_vectors import CarVectors
from carousel.evaluation.methods.choosing import ByScore
from carousel.evaluation.methods.recorded import LIKES, past_likes
from carousel.evaluation.world import World
from carousel.recording.tables import Floats, Ints


@dataclass(frozen=True, slots=True)
class Encoding:
    """What the prototype takes from its inventory.

    low, high: of year, price, mileage and owners, shape (4,).
    values: the known makes, fuels, kinds of seller and transmissions, each sorted.
    """

    low: Vector
    high: Vector
    values: tuple[tuple[str, ...], ...]


def fit(listings: Sequence[Listing]) -> Encoding:
    """Fit the encoding to an inventory."""
    numbers = _numbers(listings)
    names = zip(*(_names(car) for car in listings), strict=True)
    return Encoding(
        numbers.min(axis=0), numbers.max(axis=0), tuple(tuple(sorted(set(n))) for n in names)
    )


def encode(listings: Sequence[Listing], encoding: Encoding) -> Matrix:
    """Return one row per listing: numbers in [0, 1] over the inventory fitted to, names one-hot.

    A later car may lie outside [0, 1]; a name never seen before is a zero block.
    """
    span = np.maximum(encoding.high - encoding.low, 1e-9)
    columns = [(_numbers(listings) - encoding.low) / span]
    for column, values in zip(
        zip(*(_names(car) for car in listings), strict=True), encoding.values, strict=True
    ):
        index = {value: place for place, value in enumerate(values)}
        block = np.zeros((len(listings), len(values)))
        known = [(row, index[name]) for row, name in enumerate(column) if name in index]
        if known:
            block[tuple(np.array(known).T)] = 1.0
        columns.append(block)
    return np.concatenate(columns, axis=1)


def halfway(profile: Vector | None, opened: Vector) -> Vector:
    """Return the profile after a car was opened.

    >>> halfway(halfway(None, np.array([0.0, 1.0])), np.array([1.0, 0.0])).tolist()
    [0.5, 0.5]
    """
    return opened if profile is None else (profile + opened) / 2


def distances(items: npt.NDArray[np.floating], profile: npt.NDArray[np.floating]) -> Floats:
    """Return the Euclidean distance of each row from the profile.

    >>> distances(np.array([[3.0, 4.0], [0.0, 0.0]]), np.zeros(2)).tolist()
    [5.0, 0.0]
    """
    apart = items - profile
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", apart, apart)), np.float64)


def _numbers(listings: Sequence[Listing]) -> Matrix:
    return np.array(
        [
            [car.year, car.price, car.mileage_km or 0, 1 if car.owners is None else car.owners]
            for car in listings
        ],
        dtype=np.float64,
    )


def _names(car: Listing) -> tuple[str, str, str, str]:
    return spelling_key(car.make), car.fuel or "", car.seller_type or "", car.transmission or ""


class Prototype(ByScore):
    """The nearest cars to the profile; a stranger gets the inventory's first ones, as it did.

    flat: the profile is the flat mean of all cars reacted to, instead.
    """

    def __init__(self, *, flat: bool = False) -> None:
        super().__init__("prototype-flat-mean" if flat else "prototype")
        self._flat = flat

    def begin(self, world: World) -> None:
        """Fit the encoding to the cars alive; take in all past reactions, at today's prices."""
        encoding = fit([world.listing(row) for row in world.rows().tolist()])
        published = [world.listing(row) for row in range(world.published)]
        self._cars = CarVectors(
            world, encode(published, encoding), lambda listings: encode(listings, encoding)
        )
        self._profiles: dict[int, Vector] = {}
        self._counts: dict[int, int] = {}
        for event in past_likes(world):
            self._take_in(world, int(event))

    def observe(self, world: World, event: int) -> None:
        """Move the profile towards a car viewed, saved or asked about."""
        if LIKES[world.recording.events.type[event]]:
            self._take_in(world, event)

    def _take_in(self, world: World, event: int) -> None:
        events = world.recording.events
        shopper, car = int(events.shopper[event]), self._cars.one(int(events.listing[event]))
        before = self._profiles.get(shopper)
        if self._flat and before is not None:
            count = self._counts[shopper]
            self._profiles[shopper] = (before * count + car) / (count + 1)
            self._counts[shopper] = count + 1
        else:
            self._profiles[shopper] = halfway(before, car)
            self._counts[shopper] = 1

    def listed(self, world: World, row: int) -> None:
        """Encode the new listing."""
        self._cars.renew(world, row)

    def repriced(self, world: World, row: int) -> None:
        """Encode the listing with its new price."""
        self._cars.renew(world, row)

    def score(self, world: World, ask: Ask, rows: Ints) -> Floats:
        """Return minus the distance; for a stranger minus the row."""
        del world
        profile = self._profiles.get(ask.shopper)
        if profile is None:
            return -rows.astype(np.float64)
        return -distances(self._cars.of(rows), profile.astype(np.float32))
