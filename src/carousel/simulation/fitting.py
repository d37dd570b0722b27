"""How the generator is fitted to a real listing file, one understandable step after another.

Owns:    the steps, their order, and what of a file is used.
Imports: domain.errors, domain.listing, simulation.{adverts, cars, columns, fit, parameters,
         price_fitting, samples, supply}, numpy.

1. Models and ages: the file's shares, each model's ages drawn towards what the catalogue expects of
   them where the file has few; raked until both margins are the file's.
2. Fuels: factors by age, raked on the cells of step 1.
3. Gearbox: log odds by age, moved until a drawn sample has the file's share.
4. Power: quantiles mapped model by model. Mileage: quantiles mapped age by age.
5. Prices: see simulation.price_fitting.

Each step draws a sample with all steps before it, so that it corrects only what is left. A subject
on which the file is silent stays as the generator has it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from carousel.domain.errors import ConfigurationError
from carousel.domain.listing import ListingFacts
from carousel.simulation.adverts import decimal_year
from carousel.simulation.cars import FIRST_YEAR, cell_weights, fuel_shares, power_of
from carousel.simulation.columns import FUELS, Flags, Floats, Ints
from carousel.simulation.fit import AGES, UNFITTED, Fit, QuantileMap, by_model, models, ratio
from carousel.simulation.model_names import UNKNOWN
from carousel.simulation.parameters import Parameters
from carousel.simulation.price_fitting import fitted_prices
from carousel.simulation.samples import Sample, draw_sample, drawn_with_cars, sample_of
from carousel.simulation.supply import Supply, read_supply

FEWEST_CARS = 200
"""Of known models, for a fit to make sense."""

DRAWN, SEED = 40_000, 20_260_101
"""Size and dice of the samples that a fit draws; fixed, so that a file always gives one fit."""

CATALOGUE_CARS = 30.0
"""As how many cars of the file the catalogue counts for the ages of one model."""

ENOUGH = 150
"""Cars from which a quantile or a share is taken; else neighbouring ages are added."""

ENOUGH_OF_A_MODEL = 60
RAKINGS, GEARBOX_ROUNDS, PRICE_ROUNDS = 60, 4, 3
LEAST_FACTOR, MOST_LOG_ODDS = 1e-6, 6.0
POWER_QUANTILES = np.array([0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98])
MILEAGE_QUANTILES = np.array(
    [0.005, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.995]
)


@dataclass(frozen=True, slots=True)
class Used:
    """What became of a file's cars; every car is counted once.

    fitted:   cars that the fit learned from.
    unknown:  by "make model", cars of models that the catalogue lacks, the most frequent first.
    not_built: cars of known models, registered when none was built as far as the catalogue knows.
    too_old:  cars from before the generator's first year, or older than it makes cars.
    too_new:  cars registered after the moment.
    """

    fitted: int
    unknown: dict[str, int]
    not_built: int
    too_old: int
    too_new: int


def fit(
    facts: Sequence[ListingFacts], parameters: Parameters, moment: datetime
) -> tuple[Fit, Used]:
    """Return what a file's cars change in the generator, and which of them were used.

    Args:
        facts: the file's adverts, prices in EUR.
        parameters: with the table [supply].
        moment: when they were for sale, aware; ages are counted from its year.

    Raises:
        ConfigurationError: fewer than FEWEST_CARS cars are of models that the catalogue knows.
    """
    supply = read_supply(parameters)
    everything = sample_of(facts, moment)
    usable, used = _usable(facts, everything, moment)
    if used.fitted < FEWEST_CARS:
        raise ConfigurationError(
            f"Only {used.fitted} of the file's {len(facts)} cars are of models and years that the "
            f"simulation knows; a fit needs {FEWEST_CARS}."
        )
    theirs = everything.where(usable)
    found = replace(UNFITTED, shares=_shares(everything, theirs, moment))
    found = replace(found, fuels=_fuels(theirs, found, moment))
    found = _with_gearbox(theirs, found, supply, moment)
    found = replace(found, power=_power(theirs, found, supply, moment))
    ours = draw_sample(supply, found, moment, DRAWN, SEED)
    found = replace(found, mileage=_mileage(theirs, ours))
    for step in range(PRICE_ROUNDS):
        ours = draw_sample(supply, found, moment, DRAWN, SEED + step)
        price, spread = fitted_prices(theirs, ours, found, supply)
        found = replace(found, price=price, condition_spread=spread)
    return found, used


def _usable(facts: Sequence[ListingFacts], sample: Sample, moment: datetime) -> tuple[Flags, Used]:
    too_new = sample.age < 0
    too_old = sample.age > min(AGES - 1, moment.year - FIRST_YEAR)
    in_years = ~too_new & ~too_old
    unknown = in_years & (sample.model == UNKNOWN)
    not_built = in_years & ~unknown & (sample.generation == UNKNOWN)
    usable = in_years & ~unknown & ~not_built
    names = Counter(
        f"{facts[n].make} {facts[n].model or '(no model)'}"
        for n in np.flatnonzero(unknown).tolist()
    )
    return usable, Used(
        fitted=int(usable.sum()),
        unknown=dict(names.most_common()),
        not_built=int(not_built.sum()),
        too_old=int(too_old.sum()),
        too_new=int(too_new.sum()),
    )


def _shares(everything: Sample, theirs: Sample, moment: datetime) -> Floats:
    """Return the shares of (model, age); a make's unknown models count for its known ones."""
    counts = np.zeros((len(models()), AGES))
    np.add.at(counts, (theirs.model, theirs.age), 1)
    years, weights = cell_weights(decimal_year(moment))
    ages = np.minimum(int(decimal_year(moment)) - years, AGES - 1)
    catalogue = np.zeros_like(counts)
    np.add.at(catalogue.T, ages, by_model(weights).T)
    of_model, of_age = counts.sum(axis=1), counts.sum(axis=0)
    named, number = np.unique(everything.make, return_counts=True)
    of_make = dict(zip(named.tolist(), number.tolist(), strict=True))
    make_known: Counter[str] = Counter()
    for (make, _), known in zip(models(), of_model.tolist(), strict=True):
        make_known[make] += known
    wanted = np.array(
        [
            known * of_make.get(make, 0) / make_known[make] if known else 0.0
            for (make, _), known in zip(models(), of_model.tolist(), strict=True)
        ]
    )
    leaning = catalogue * ratio(of_age, catalogue.sum(axis=0))
    expected = leaning * ratio(CATALOGUE_CARS, leaning.sum(axis=1))[:, None]
    shares = np.where(catalogue > 0, counts + expected, 0.0)
    shares[wanted == 0] = 0.0
    wanted_age = of_age * wanted.sum() / of_age.sum()
    for _ in range(RAKINGS):
        shares *= ratio(wanted_age, shares.sum(axis=0))
        shares *= ratio(wanted, shares.sum(axis=1))[:, None]
    return np.asarray(shares / shares.sum(), dtype=np.float64)


def _fuels(theirs: Sample, found: Fit, moment: datetime) -> Floats:
    """Return factors on fuels by age; a fuel that the file never names all but disappears."""
    stated = theirs.fuel != UNKNOWN
    factors = np.ones((AGES, len(FUELS)))
    if not stated.any():
        return factors
    years, weights = cell_weights(decimal_year(moment), found)
    for year, of_year in zip(years.tolist(), weights.T, strict=True):
        age = moment.year - year
        cells = np.flatnonzero(of_year)
        rows = _near(theirs.age, age, stated)
        if age >= AGES or not len(cells) or not len(rows):
            continue
        own = fuel_shares(cells, np.full(len(cells), year))
        weight = of_year[cells] / of_year[cells].sum()
        target = np.bincount(theirs.fuel[rows], minlength=len(FUELS)).astype(np.float64)
        target[weight @ own == 0] = 0.0
        target /= max(target.sum(), 1.0)
        for _ in range(RAKINGS):
            leaning = own * factors[age]
            reached = weight @ (leaning / leaning.sum(axis=1, keepdims=True))
            factors[age] = np.maximum(factors[age] * ratio(target, reached), LEAST_FACTOR)
    return factors


def _with_gearbox(theirs: Sample, found: Fit, supply: Supply, moment: datetime) -> Fit:
    stated = theirs.automatic != UNKNOWN
    if not stated.any():
        return found
    for step in range(GEARBOX_ROUNDS):
        ours = draw_sample(supply, found, moment, DRAWN, SEED + step)
        shift = found.gearbox.copy()
        for age in range(AGES):
            wanted = theirs.automatic[_near(theirs.age, age, stated)]
            reached = ours.automatic[_near(ours.age, age)]
            shift[age] += _log_odds(wanted) - _log_odds(reached)
        found = replace(found, gearbox=np.clip(shift, -MOST_LOG_ODDS, MOST_LOG_ODDS))
    return found


def _power(theirs: Sample, found: Fit, supply: Supply, moment: datetime) -> dict[int, QuantileMap]:
    ours, cars = drawn_with_cars(supply, found, moment, DRAWN, SEED)
    exact = power_of(cars.generation, cars.engine)
    maps = {}
    for model in np.unique(theirs.model).tolist():
        wanted = theirs.power_hp[theirs.model == model]
        wanted, mine = wanted[~np.isnan(wanted)], exact[ours.model == model]
        if len(wanted) >= ENOUGH_OF_A_MODEL and len(mine) >= ENOUGH_OF_A_MODEL:
            maps[model] = _quantile_map(mine, wanted, POWER_QUANTILES)
    return maps


def _mileage(theirs: Sample, ours: Sample) -> tuple[QuantileMap, ...]:
    stated = ~np.isnan(theirs.mileage_km)
    if not stated.any():
        return ()
    return tuple(
        _quantile_map(
            ours.mileage_km[_near(ours.age, age)],
            np.maximum(theirs.mileage_km[_near(theirs.age, age, stated)], 1.0),
            MILEAGE_QUANTILES,
        )
        for age in range(AGES)
    )


def _quantile_map(ours: Floats, theirs: Floats, levels: Floats) -> QuantileMap:
    """Return the map between quantiles; where ours repeat, the mean of theirs."""
    mine, wanted = np.log(np.quantile(ours, levels)), np.log(np.quantile(theirs, levels))
    distinct, place = np.unique(mine, return_inverse=True)
    return QuantileMap(distinct, np.bincount(place, wanted) / np.bincount(place))


def _near(ages: Ints, age: int, usable: Flags | None = None) -> Ints:
    """Return the usable cars of an age, of neighbouring ages too where they are not ENOUGH."""
    kept = np.ones(len(ages), dtype=bool) if usable is None else usable
    for reach in range(AGES):
        near = np.flatnonzero(kept & (np.abs(ages - age) <= reach))
        if len(near) >= min(ENOUGH, int(kept.sum())):
            return near
    return np.flatnonzero(kept)


def _log_odds(flags: Ints) -> float:
    share = (flags.sum() + 0.5) / (len(flags) + 1)
    return float(np.log(share / (1 - share)))
