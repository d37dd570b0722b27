"""What a shopper of the demo wants: a stage of life, made particular by chance.

Owns:    the life stages, the drawing of a taste, how much a taste likes each listing.
Imports: domain.events, domain.listing, simulation.{columns, regions, shelf}, numpy.

Liking is a sum of one term an axis, each at most 0 but for favourite makes. The budget is a cliff:
a price above it hurts much more than one below. A field that the seller left out costs UNKNOWN.
"""

from dataclasses import dataclass

import numpy as np

from carousel.domain.events import Reason
from carousel.domain.listing import Body, Fuel
from carousel.simulation.columns import BODIES, FUELS, Floats
from carousel.simulation.regions import City, cities
from carousel.simulation.shelf import Shelf

UNKNOWN, UNWANTED = -0.7, -3.0
BUDGET_SPREAD = 0.35
ABOVE_BUDGET, BELOW_BUDGET = 0.12, 0.45
POWER_TOLERANCE = 0.45
LOVED_MAKE = 2.0
KM_PER_YEAR_OK, KM_SLACK = 18_000, 45_000
DISTANCE_TOLERANCE_KM = 220.0
KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of life and what it asks of a car.

    bodies, fuels: those wanted, 1.0 the most; the rest is UNWANTED.
    budget:        EUR, the middle of such shoppers.
    power_hp:      what feels right.
    oldest:        years up to which age does not matter.
    """

    bodies: dict[Body, float]
    fuels: dict[Fuel, float]
    budget: int
    power_hp: int
    oldest: int


@dataclass(frozen=True, slots=True)
class Taste:
    """A stage made particular: ``budget`` in EUR, ``makes`` loved, ``home`` to drive from."""

    stage: Stage
    budget: float
    makes: tuple[str, ...]
    home: City


@dataclass(frozen=True, slots=True)
class Liking:
    """How much a taste likes each listing of a shelf, and what it minds, shape (listings,).

    total:      0 is a car with nothing against it, and of no loved make.
    complaints: how strongly, at least 0, each reason for a dismissal applies.
    """

    total: Floats
    complaints: dict[Reason, Floats]


_H, _E, _U, _M = Body.HATCHBACK, Body.ESTATE, Body.SUV, Body.MPV
_P, _D, _HY = Fuel.PETROL, Fuel.DIESEL, Fuel.HYBRID

STAGES = {
    "student": Stage({_H: 1.0, Body.SALOON: 0.5}, {_P: 1.0, Fuel.LPG: 0.6}, 4_500, 75, 16),
    "first job": Stage({_H: 1.0, _U: 0.5}, {_P: 1.0, _D: 0.4, _HY: 0.5}, 9_500, 100, 10),
    "young family": Stage(
        {_E: 1.0, _U: 0.7, _M: 0.6}, {_D: 1.0, _P: 0.8, _HY: 0.6}, 17_000, 140, 7
    ),
    "large family": Stage({_M: 1.0, Body.VAN: 0.5}, {_D: 1.0, _P: 0.5}, 19_000, 140, 9),
    "commuter": Stage({_E: 1.0, _H: 0.7, Body.SALOON: 0.6}, {_D: 1.0, _HY: 0.6}, 15_000, 130, 8),
    "manager": Stage(
        {_E: 1.0, Body.SALOON: 0.8, _U: 0.7}, {_D: 1.0, Fuel.PLUGIN_HYBRID: 0.9}, 38_000, 190, 4
    ),
    "second car": Stage({_H: 1.0}, {_P: 1.0, Fuel.ELECTRIC: 0.5}, 7_000, 75, 12),
    "empty nest": Stage({_U: 1.0, _H: 0.6}, {_P: 1.0, _HY: 0.9}, 23_000, 125, 5),
    "outdoors": Stage({_U: 1.0, Body.PICKUP: 0.7, _E: 0.4}, {_D: 1.0, _P: 0.4}, 21_000, 170, 10),
    "weekend": Stage({Body.CONVERTIBLE: 1.0, Body.COUPE: 0.9}, {_P: 1.0}, 24_000, 220, 18),
    "electric": Stage(
        {_U: 1.0, _H: 0.9, Body.SALOON: 0.7, _E: 0.6}, {Fuel.ELECTRIC: 1.0}, 29_000, 200, 6
    ),
    "trade": Stage(
        {Body.VAN: 1.0, Body.PICKUP: 0.5}, {_D: 1.0, Fuel.ELECTRIC: 0.3}, 16_000, 120, 10
    ),
}


def draw_taste(shelf: Shelf, dice: np.random.Generator) -> Taste:
    """Draw a shopper's taste; loved makes are more likely those that suit and are for sale."""
    stage = list(STAGES.values())[dice.integers(len(STAGES))]
    towns = cities()
    weights = np.array([c.weight for c in towns], dtype=np.float64)
    home = towns[dice.choice(len(towns), p=weights / weights.sum())]
    budget = stage.budget * float(np.exp(BUDGET_SPREAD * dice.standard_normal()))
    wanted = int(dice.integers(1, 4))
    anyone = liking(Taste(stage, budget, (), home), shelf)
    pull = np.bincount(shelf.make, np.exp(anyone.total), minlength=len(shelf.makes))
    order = np.argsort(-(np.log(pull + 1e-12) + dice.gumbel(size=len(pull))), kind="stable")
    return Taste(stage, budget, tuple(shelf.makes[n] for n in order[:wanted]), home)


def liking(taste: Taste, shelf: Shelf) -> Liking:
    """Return how much a taste likes every listing; 0 is a car with nothing against it."""
    stage = taste.stage
    dearer = np.log(shelf.price / taste.budget)
    price = -0.5 * (dearer / np.where(dearer > 0, ABOVE_BUDGET, BELOW_BUDGET)) ** 2
    age = -0.5 * np.maximum(0.0, shelf.age - stage.oldest)
    allowed = KM_PER_YEAR_OK * shelf.age + KM_SLACK
    mileage = _known(-np.maximum(0.0, shelf.mileage_km - allowed) / 30_000)
    power = _known(-0.5 * (np.log(shelf.power_hp / stage.power_hp) / POWER_TOLERANCE) ** 2)
    away = _distance_km(shelf, taste.home)
    distance = _known(-away / DISTANCE_TOLERANCE_KM)
    loved = np.array([make in taste.makes for make in shelf.makes], dtype=bool)
    make = LOVED_MAKE * loved[shelf.make] if len(shelf.makes) else np.zeros(0)
    body = _wanted([stage.bodies.get(b) for b in BODIES])[shelf.body]
    fuel = _wanted([stage.fuels.get(f) for f in FUELS])[shelf.fuel]
    return Liking(
        total=price + age + mileage + power + distance + make + body + fuel,
        complaints={
            Reason.TOO_EXPENSIVE: 6 * np.maximum(0.0, dearer + 0.15),
            Reason.TOO_OLD: 0.35 * np.maximum(0.0, shelf.age - stage.oldest + 3),
            Reason.TOO_MANY_KM: np.maximum(0.0, 3 * _stated(shelf.mileage_km / allowed) - 2),
            Reason.TOO_FAR: np.maximum(0.0, _stated(away) - 150) / 600,
            Reason.NOT_THIS_MAKE: np.where(make > 0, 0.0, 0.5),
            Reason.NOT_THIS_BODY: np.minimum(1.0, -body),
        },
    )


def _wanted(shares: list[float | None]) -> Floats:
    """Return the term of each kind, and last, where NOT_STATED points, that of an unknown one."""
    return np.array([UNWANTED if s is None else np.log(s) for s in shares] + [UNKNOWN])


def _known(term: Floats) -> Floats:
    return np.where(np.isnan(term), UNKNOWN, term)


def _stated(values: Floats) -> Floats:
    return np.nan_to_num(values, nan=0.0)


def _distance_km(shelf: Shelf, home: City) -> Floats:
    """Return distances on a flat map around home: good enough for a few hundred kilometres."""
    north = shelf.latitude - home.latitude
    east = (shelf.longitude - home.longitude) * np.cos(np.radians(home.latitude))
    return np.asarray(KM_PER_DEGREE * np.hypot(north, east), dtype=np.float64)
