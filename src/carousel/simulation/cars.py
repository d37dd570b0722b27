"""Which cars are for sale: a car's own attributes, from model to mileage, drawn together.

Owns:    the joint distribution of a car's own attributes.
Imports: domain.listing, simulation.{catalogue, columns, fit, regions}, numpy.

A car is a cell (generation, year of registration) of the table, chosen by popularity, by how many
cars of that age are for sale, and by what its country favours; everything else depends on the cell.
Age falls off like a gamma density of shape AGE_SHAPE, cut where the oldest cars are. What a fit to
a real file changes is applied where each attribute is drawn.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from carousel.domain.listing import Fuel
from carousel.simulation.catalogue import generations
from carousel.simulation.columns import BODIES, FUELS, Flags, Floats, Ints
from carousel.simulation.fit import (
    AGES,
    UNFITTED,
    Fit,
    fitted_cells,
    mapped_mileage,
    mapped_power,
)
from carousel.simulation.regions import cities

FIRST_YEAR = 2003
OLDEST, AGE_SHAPE, AGE_SCALE = 23.0, 1.7, 5.0

ANNUAL_KM, KM_SPREAD, KM_AGEING = 18_000, 0.42, 0.84
KM_BY_FUEL = {
    Fuel.PETROL: 0.78,
    Fuel.DIESEL: 1.32,
    Fuel.HYBRID: 0.98,
    Fuel.PLUGIN_HYBRID: 1.05,
    Fuel.ELECTRIC: 0.88,
    Fuel.LPG: 1.25,
    Fuel.CNG: 1.3,
}
KM_BY_SEGMENT = {
    "mini": 0.72,
    "small": 0.82,
    "compact": 0.98,
    "midsize": 1.15,
    "executive": 1.2,
    "luxury": 0.98,
    "sports": 0.6,
    "small_suv": 0.88,
    "compact_suv": 1.0,
    "large_suv": 1.1,
    "mpv": 1.05,
    "van": 1.3,
    "pickup": 1.2,
}
FOUR_WHEEL_DRIVE = {
    "compact_suv": 0.3,
    "large_suv": 0.75,
    "pickup": 0.85,
    "executive": 0.3,
    "luxury": 0.35,
    "sports": 0.0,
}
OTHER_FOUR_WHEEL_DRIVE = 0.06
STRONG_HP = 140
"""Weaker cars are not offered with four driven wheels, except where most have them."""

UNDRIVEN_SHARE, UNDRIVEN_AGE, UNDRIVEN_KM = 0.75, 1.5, (5, 120)
"""Share of new cars that a dealer registered and nobody drove; it falls to 0 at UNDRIVEN_AGE."""

FEW_KM, ROUND_KM_SHARE = 1_000, 0.45
"""Below FEW_KM sellers state the exact figure, above it this share of them full thousands."""

USUAL_HP = np.array([
    45, 50, 54, 58, 60, 65, 69, 73, 75, 80, 82, 86, 90, 95, 100, 102, 105, 110, 115, 116, 120,
    122, 125, 130, 136, 140, 143, 150, 156, 160, 163, 170, 177, 184, 190, 197, 204, 211, 218,
    220, 231, 239, 245, 252, 258, 265, 272, 286, 299, 306, 313, 320, 333, 340, 354, 367, 381,
    400, 421, 435, 450, 476, 490, 510, 530, 550, 571, 585, 612, 630, 650, 680, 707, 730, 761,
])  # fmt: skip
"""Powers that engines are sold with, metric horsepower."""


@dataclass(frozen=True, slots=True)
class Cars:
    """A batch of cars; every array has one entry a car.

    generation: index into ``generations()``;  fuel, body: indices into FUELS and BODIES.
    city:       index into ``cities()``.
    year, age:  of first registration; age in years at the moment of the draw, at least 0.
    engine:     where the power stands between the weakest (0) and the strongest version (1).
    trim:       0 is the entry level, 3 the top.
    """

    generation: Ints
    city: Ints
    year: Ints
    age: Floats
    fuel: Ints
    body: Ints
    power_hp: Ints
    engine: Floats
    trim: Ints
    automatic: Flags
    four_wheel_drive: Flags
    mileage_km: Ints


def draw_cars(count: int, moment: float, dice: np.random.Generator, fit: Fit = UNFITTED) -> Cars:
    """Draw cars that are for sale at a moment.

    Args:
        count: how many.
        moment: the year as a decimal number, e.g. 2026.5; at least FIRST_YEAR + 0.1.
        dice: where all chance comes from.
        fit: what a real file changes.
    """
    columns = _columns()
    city = dice.choice(len(cities()), size=count, p=columns.city_share)
    generation, year = _cells(city, moment, dice.random(count), fit)
    years = np.minimum(int(moment) - year, AGES - 1)
    age = moment - year - dice.random(count) * np.minimum(1.0, moment - year)
    lean = fit.fuels[years] * _fuel_era(year)
    fuel = _pick(columns.fuel_share[generation] * lean, dice.random(count))
    body = _pick(columns.body_share[generation], dice.random(count))
    engine = _engines(generation, fuel, dice)
    trim = _trims(engine, dice.standard_normal(count))
    automatic = dice.random(count) < _automatic_share(
        generation, year, fuel, engine, fit.gearbox[years]
    )
    exact = mapped_power(fit, generation, power_of(generation, engine))
    power = _usual_power(generation, exact, within=not fit.power)
    if fit.power:
        engine = engine_of(generation, exact)
    four_wheel_drive = dice.random(count) < np.where(
        (power >= STRONG_HP) | (columns.four_wheel_drive[generation] > 0.5),  # noqa: PLR2004 (mostly so)
        columns.four_wheel_drive[generation],
        0.0,
    )
    driven = _driven(_annual_km(generation, fuel), age, dice)
    mileage = _as_stated(mapped_mileage(fit, years, driven), dice.random(count))
    return Cars(
        generation, city, year, age, fuel, body, power, engine, trim, automatic, four_wheel_drive,
        mileage,
    )  # fmt: skip


def usual_engine(ratio: Floats) -> Floats:
    """Return where the middle of a generation's engines stands, given strongest / weakest.

    The wider the range, the nearer the middle is to its lower end: a Golf GTI is a rare Golf.
    """
    return np.asarray(1.6 / (3.2 + 2.2 * np.log(ratio)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Columns:
    """The table of models turned by 90 degrees: one array a column."""

    make: list[str]
    first_year: Ints
    last_year: Ints
    hp_low: Floats
    hp_ratio: Floats
    popularity: Floats
    automatic: Floats
    four_wheel_drive: Floats
    annual_km: Floats
    fuel_share: Floats
    body_share: Floats
    city_share: Floats


@cache
def _columns() -> _Columns:
    table = generations()

    def numbers(name: str) -> Floats:
        return np.array([getattr(g, name) for g in table], dtype=np.float64)

    weights = np.array([c.weight for c in cities()], dtype=np.float64)
    return _Columns(
        make=[g.make for g in table],
        first_year=numbers("first_year").astype(np.int64),
        last_year=numbers("last_year").astype(np.int64),
        hp_low=numbers("hp_low"),
        hp_ratio=numbers("hp_high") / numbers("hp_low"),
        popularity=numbers("popularity"),
        automatic=numbers("automatic"),
        four_wheel_drive=np.array(
            [FOUR_WHEEL_DRIVE.get(g.segment, OTHER_FOUR_WHEEL_DRIVE) for g in table]
        ),
        annual_km=np.array([ANNUAL_KM * KM_BY_SEGMENT[g.segment] for g in table]),
        fuel_share=np.array([[g.fuels.get(f, 0.0) for f in FUELS] for g in table]),
        body_share=np.array([[g.bodies.get(b, 0.0) for b in BODIES] for g in table]),
        city_share=weights / weights.sum(),
    )


def usual_engines(generation: Ints) -> Floats:
    """Return where the middle of the engines of each car's generation stands."""
    return usual_engine(_columns().hp_ratio[generation])


def power_of(generation: Ints, engine: Floats) -> Floats:
    """Return the power in hp that stands there between the weakest and the strongest version."""
    columns = _columns()
    return np.asarray(columns.hp_low[generation] * columns.hp_ratio[generation] ** engine)


def engine_of(generation: Ints, power_hp: Floats) -> Floats:
    """Return where powers stand between the weakest (0) and the strongest (1) version."""
    columns = _columns()
    ratio = columns.hp_ratio[generation]
    span = np.where(ratio > 1, np.log(ratio), 1.0)
    return np.asarray(np.log(power_hp / columns.hp_low[generation]) / span, dtype=np.float64)


def cell_weights(moment: float, fit: Fit = UNFITTED) -> tuple[Ints, Floats]:
    """Return the years of registration and how common each (generation, year) is.

    Args:
        moment: the year as a decimal number.
        fit: what a real file changes.

    Returns:
        The years, and weights of shape (generations, years), all countries being alike.
    """
    columns = _columns()
    years = np.arange(FIRST_YEAR, int(moment) + 1)
    built = (columns.first_year[:, None] <= years) & (years <= columns.last_year[:, None])
    edge = (columns.first_year[:, None] == years) | (years == columns.last_year[:, None])
    age = np.maximum(moment - years - 0.5, 0.25)
    for_sale = age ** (AGE_SHAPE - 1) * np.exp(-age / AGE_SCALE) * (age < OLDEST)
    for_sale *= np.minimum(1.0, moment - years)
    weight = columns.popularity[:, None] * built * np.where(edge, 0.6, 1.0) * for_sale
    return years, fitted_cells(fit, weight, np.minimum(int(moment) - years, AGES - 1))


def fuel_shares(generation: Ints, year: Ints) -> Floats:
    """Return how common each fuel is in these cars, shape (cars, fuels), rows sum to 1."""
    shares = _columns().fuel_share[generation] * _fuel_era(year)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float64)


def _cells(city: Ints, moment: float, luck: Floats, fit: Fit) -> tuple[Ints, Ints]:
    """Draw (generation, year) for each car from the distribution of its country."""
    columns = _columns()
    years, weight = cell_weights(moment, fit)
    country = np.array([c.country.name for c in cities()])[city]
    cell = np.empty(len(city), dtype=np.int64)
    for here in {c.country.name: c.country for c in cities()}.values():
        favours = here.favours if fit.shares is None else {}
        favour = np.array([favours.get(make, 1.0) for make in columns.make])
        cumulated = np.cumsum(weight * favour[:, None])
        mine = country == here.name
        cell[mine] = np.searchsorted(cumulated / cumulated[-1], luck[mine], side="right")
    return cell // len(years), years[cell % len(years)]


def _pick(shares: Floats, luck: Floats) -> Ints:
    """Draw one column of each row, shape (count,), from shares that need not sum to 1."""
    cumulated = np.cumsum(shares, axis=1)
    return np.asarray((cumulated <= luck[:, None] * cumulated[:, -1:]).sum(axis=1))


def _fuel_era(year: Ints) -> Floats:
    """Return how the buyers of a year leaned, shape (count, fuels); 1 where they did not."""
    lean = np.ones((len(year), len(FUELS)))
    lean[:, FUELS.index(Fuel.DIESEL)] = np.interp(
        year, [2003, 2008, 2014, 2017, 2020, 2025], [0.8, 1.05, 1.2, 1.0, 0.75, 0.5]
    )
    electrified = np.interp(year, [2012, 2019, 2021, 2025], [0.2, 0.6, 1.3, 1.6])
    for fuel in (Fuel.HYBRID, Fuel.PLUGIN_HYBRID, Fuel.ELECTRIC):
        lean[:, FUELS.index(fuel)] = electrified
    return lean


def _engines(generation: Ints, fuel: Ints, dice: np.random.Generator) -> Floats:
    ratio = _columns().hp_ratio[generation]
    place = dice.beta(1.6, 1.6 + 2.2 * np.log(ratio))
    diesel = fuel == FUELS.index(Fuel.DIESEL)
    frugal = np.isin(fuel, [FUELS.index(Fuel.LPG), FUELS.index(Fuel.CNG)])
    plugged = fuel == FUELS.index(Fuel.PLUGIN_HYBRID)
    place = np.where(diesel, 0.08 + 0.72 * place, place)
    place = np.where(frugal, 0.6 * place, place)
    return np.where(plugged, 0.45 + 0.4 * place, place)


def _usual_power(generation: Ints, exact: Floats, *, within: bool) -> Ints:
    """Return the power nearest to the exact one that is usual; ``within`` the range of its kind."""
    above = np.clip(np.searchsorted(USUAL_HP, exact), 1, len(USUAL_HP) - 1)
    lower, upper = USUAL_HP[above - 1], USUAL_HP[above]
    usual = np.where(exact - lower < upper - exact, lower, upper)
    if within:
        columns = _columns()
        low, ratio = columns.hp_low[generation], columns.hp_ratio[generation]
        usual = np.clip(usual, low, low * ratio)
    return np.asarray(np.rint(usual), dtype=np.int64)


def _trims(engine: Floats, luck: Floats) -> Ints:
    """Strong engines come with rich trims: a quarter of the trim's variance is the engine's."""
    return np.searchsorted([-0.7, 0.35, 1.2], 2.2 * (engine - 0.33) + 0.87 * luck)


def _automatic_share(
    generation: Ints, year: Ints, fuel: Ints, engine: Floats, lean: Floats
) -> Floats:
    columns = _columns()
    share = np.clip(columns.automatic[generation], 0.005, 0.999)
    middle = (columns.first_year + np.minimum(columns.last_year, 2026)) / 2
    logit = np.log(share / (1 - share))
    logit += 3.0 * (engine - 0.33) + 0.12 * np.clip(year - middle[generation], -5, 5)
    logit += lean
    electrified = np.isin(
        fuel, [FUELS.index(f) for f in (Fuel.PLUGIN_HYBRID, Fuel.ELECTRIC, Fuel.HYDROGEN)]
    )
    full_hybrid = fuel == FUELS.index(Fuel.HYBRID)
    certain = np.where(electrified, 1.0, np.where(full_hybrid, 0.96, 0.0))
    return np.maximum(certain, 1 / (1 + np.exp(-logit)))


def _annual_km(generation: Ints, fuel: Ints) -> Floats:
    by_fuel = np.array([KM_BY_FUEL.get(f, 1.0) for f in FUELS])[fuel]
    return np.asarray(_columns().annual_km[generation] * by_fuel)


def _driven(annual_km: Floats, age: Floats, dice: np.random.Generator) -> Floats:
    driver = np.exp(KM_SPREAD * dice.standard_normal(len(age)) - KM_SPREAD**2 / 2)
    driven = annual_km * driver * age**KM_AGEING
    undriven = dice.random(len(age)) < UNDRIVEN_SHARE * np.maximum(0.0, 1 - age / UNDRIVEN_AGE)
    return np.where(undriven, dice.uniform(*UNDRIVEN_KM, len(age)), np.clip(driven, 10, 450_000))


def _as_stated(mileage: Floats, luck: Floats) -> Ints:
    step = np.where(mileage < FEW_KM, 1, np.where(luck < ROUND_KM_SHARE, 1_000, 10))
    return np.asarray(np.maximum(np.rint(mileage / step) * step, 1), dtype=np.int64)
