"""What a market thinks of kinds of cars: a fair price, and how often such cars are opened.

Owns:    statistics by model, by body and price, which survive every single listing.
Imports: numpy, domain.{cars, facts, features}.

The fair price is a ridge regression of log price on a model's own level, age, mileage and power.
How often a kind is opened counts examinations, not impressions: a car at the foot of a page was
hardly seen.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from carousel.domain.cars import cars_of
from carousel.domain.facts import BODIES, Facts
from carousel.domain.features import Matrix, Vector

BANDS, FIRST_BAND, BANDS_PER_UNIT = 32, 6.0, 4.0
"""Price bands: a quarter of a unit of log price each, from exp(6)."""

PRIOR_CHANCE, PRIOR_SEEN, OWN_SEEN = 0.06, 20.0, 10.0
"""A kind begins as if it had been seen PRIOR_SEEN times and opened at PRIOR_CHANCE; a model begins
at its kind's, as if seen OWN_SEEN times."""

RIDGE, SLOPES = 1.0, 5
MIDDLE_AGE, MIDDLE_MILEAGE, MIDDLE_POWER = 8.0, 11.3, 4.9
"""Where a car does not state it: years, log of 1,000 km more than driven, log of horsepower."""


@dataclass(frozen=True, slots=True)
class Market:
    """Statistics by kind.

    segments:    log of the chance to be opened by body and price band, shape (bodies + 1, BANDS).
    model_codes: codes of ``domain.facts``, ascending, shape (m,).
    models:      log of their chance to be opened, shape (m,).
    prices:      of the regression: the slopes of ``_slopes``, then each model's level, then the
                 level of a model not known, shape (slopes + m + 1,).
    """

    segments: Matrix
    model_codes: npt.NDArray[np.uint32]
    models: Vector
    prices: Vector

    def opened(self, facts: Facts) -> tuple[Vector, Vector]:
        """Return log chances to be opened of cars, by body and price, and by model."""
        segment = self.segments[facts["body"].astype(np.int64), bands(facts)]
        place, known = _places(self.model_codes, facts["model"])
        return segment, np.where(known, self.models[place], segment)

    def deal(self, facts: Facts) -> Vector:
        """Return log of fair price over asking price, shape (n,); above 0 is cheap."""
        place, known = _places(self.model_codes, facts["model"])
        slopes = _slopes(facts)
        count = slopes.shape[1]
        levels = self.prices[count:]
        level = np.where(known, levels[:-1][place], levels[-1])
        deal: Vector = slopes @ self.prices[:count] + level - cars_of(facts).price
        return deal


def bands(facts: Facts) -> npt.NDArray[np.int64]:
    """Return the price band of cars, shape (n,)."""
    band = (cars_of(facts).price - FIRST_BAND) * BANDS_PER_UNIT
    return np.clip(band, 0, BANDS - 1).astype(np.int64)


def learn(priced: Facts, shown: Facts, seen: Vector, opened: Vector) -> Market:
    """Return the statistics of a market.

    Args:
        priced: listings to learn prices from, shape (k,), k > 0.
        shown: the car of each impression, shape (n,).
        seen: how surely each impression was examined, in [0, 1], shape (n,).
        opened: whether it was opened, 0 or 1, shape (n,).
    """
    segments = np.zeros((2, len(BODIES) + 1, BANDS))
    where = shown["body"].astype(np.int64), bands(shown)
    np.add.at(segments[0], where, seen)
    np.add.at(segments[1], where, opened)
    chance = (segments[1] + PRIOR_CHANCE * PRIOR_SEEN) / (segments[0] + PRIOR_SEEN)
    codes = np.unique(priced["model"][priced["model"] > 0]).astype(np.uint32)
    place, known = _places(codes, shown["model"])
    kind = chance[where]
    counted = np.zeros((3, len(codes)))
    for row, values in enumerate((seen, opened, seen * kind)):
        np.add.at(counted[row], place[known], values[known])
    usual = counted[2] / np.maximum(counted[0], 1e-9)
    usual = np.where(counted[0] > 0, usual, PRIOR_CHANCE)
    models = (counted[1] + usual * OWN_SEEN) / (counted[0] + OWN_SEEN)
    return Market(np.log(chance), codes, np.log(models), _fair(priced, codes))


def _fair(priced: Facts, codes: npt.NDArray[np.uint32]) -> Vector:
    """Return the coefficients of the fair price; levels are pulled to the mean level."""
    place, known = _places(codes, priced["model"])
    slopes, price = _slopes(priced), cars_of(priced).price
    count = slopes.shape[1]
    rows = np.zeros((len(priced), count + len(codes)))
    rows[:, :count] = slopes
    rows[np.flatnonzero(known), count + place[known]] = 1.0
    middle = float(price.mean())
    gram = rows.T @ rows + RIDGE * np.eye(rows.shape[1])
    found = np.linalg.solve(gram, rows.T @ (price - middle))
    return np.concatenate([found[:count], found[count:] + middle, [middle]])


def _slopes(facts: Facts) -> Matrix:
    cars = cars_of(facts)
    age = 1970.0 + cars.listed_at / (365.2425 * 86_400.0) - 0.5 - cars.year
    age = np.clip(age, 0.0, 40.0) - MIDDLE_AGE
    mileage = np.nan_to_num(cars.mileage - MIDDLE_MILEAGE, nan=0.0)
    power = np.nan_to_num(cars.power - MIDDLE_POWER, nan=0.0)
    far = np.nan_to_num(np.exp(cars.mileage) / 1e5, nan=0.8)
    return np.column_stack([age, age**2, mileage, far, power])


def _places(
    codes: npt.NDArray[np.uint32], asked: npt.NDArray[np.uint32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return where codes stand among known ones, and which are known; place 0 for the others."""
    if not len(codes):
        return np.zeros(len(asked), dtype=np.int64), np.zeros(len(asked), dtype=np.bool_)
    place = np.minimum(np.searchsorted(codes, asked), len(codes) - 1)
    known = codes[place] == asked
    return np.where(known, place, 0), known
