"""What a real listing file changes in the generator, and how each change is applied.

Owns:    the fitted quantities. How they are found is in simulation.fitting.
Imports: simulation.{catalogue, columns}, numpy.

Every quantity is neutral in UNFITTED, with which the generator draws its own default market. Ages
are calendar years, so that a market fitted to a file of 2021 can be drawn for 2026.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from carousel.simulation.catalogue import generations
from carousel.simulation.columns import FUELS, Floats, Ints

AGES = 24
"""Ages in calendar years are 0 to AGES - 1."""

RAKINGS, LEAST_SHARE = 20, 1e-9
"""Rounds between models and ages; the share of a model at an age that a file does not show."""


@dataclass(frozen=True, slots=True)
class QuantileMap:
    """Moves a positive quantity from our distribution to a file's, keeping the order of cars.

    ours, theirs: logarithms of the same quantiles, increasing, shape (q,). Beyond the ends the
                  shift of the end applies.
    """

    ours: Floats
    theirs: Floats

    def __call__(self, values: Floats) -> Floats:
        """Return what takes the place of these values.

        >>> doubled = QuantileMap(np.log([1.0, 10.0]), np.log([2.0, 20.0]))
        >>> np.round(doubled(np.array([1.0, 5.0, 100.0])), 6).tolist()
        [2.0, 10.0, 200.0]
        """
        logs = np.log(values)
        inside = np.clip(logs, self.ours[0], self.ours[-1])
        moved = np.interp(inside, self.ours, self.theirs) + logs - inside
        return np.asarray(np.exp(moved), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class PriceFit:
    """What is added to the logarithm of a car's worth.

    knots, by_age: years since registration and the effect there; linear between, flat outside.
    per_100_000_km, per_log_power, automatic: per unit; log power relative to the model's usual one.
    by_model:      shape (models,).
    """

    knots: Floats
    by_age: Floats
    per_100_000_km: float
    per_log_power: float
    automatic: float
    by_model: Floats


@dataclass(frozen=True, slots=True)
class Fit:
    """What a file says about cars for sale; None and empty where it says nothing.

    shares:   of cars by model and age, shape (models, AGES), sum 1; the places then favour nothing.
    fuels:    factors on a model's shares of fuels, by age, shape (AGES, fuels).
    gearbox:  added to the log odds of an automatic gearbox, by age, shape (AGES,).
    power:    by model, maps horsepower.
    mileage:  by age, maps kilometres; empty or one for each age.
    price:    what is added to log prices.
    condition_spread: of the log price that no field explains.
    """

    shares: Floats | None
    fuels: Floats
    gearbox: Floats
    power: Mapping[int, QuantileMap]
    mileage: tuple[QuantileMap, ...]
    price: PriceFit | None
    condition_spread: float | None


UNFITTED = Fit(
    shares=None,
    fuels=np.ones((AGES, len(FUELS))),
    gearbox=np.zeros(AGES),
    power={},
    mileage=(),
    price=None,
    condition_spread=None,
)


@cache
def models() -> tuple[tuple[str, str], ...]:
    """Return every (make, model) of the catalogue, in its order; a model is an index into it."""
    return tuple(dict.fromkeys((g.make, g.model) for g in generations()))


@cache
def model_of_generation() -> Ints:
    """Return the model of each generation, shape (generations,)."""
    number = {name: n for n, name in enumerate(models())}
    return np.array([number[g.make, g.model] for g in generations()], dtype=np.int64)


def by_model(weights: Floats) -> Floats:
    """Sum weights of generations, shape (generations, k), over each model: shape (models, k)."""
    summed = np.zeros((len(models()), weights.shape[1]))
    np.add.at(summed, model_of_generation(), weights)
    return summed


def fitted_cells(fit: Fit, weight: Floats, ages: Ints) -> Floats:
    """Return weights of (generation, year) cells such that models and ages have the fitted shares.

    A share that no generation can fill, because none was built in that year, goes to other cars:
    as far as possible to other ages of the model and to other models of that age. The ages are met
    exactly, the models nearly.

    Args:
        fit: with ``shares``.
        weight: what the catalogue says, shape (generations, years).
        ages: of the years, shape (years,), each below AGES.
    """
    if fit.shares is None:
        return weight
    own = by_model(weight)
    of_age, of_model = fit.shares[:, ages].sum(axis=0), fit.shares.sum(axis=1)
    wanted = np.where(own > 0, np.maximum(fit.shares[:, ages], LEAST_SHARE), 0.0)
    for _ in range(RAKINGS):
        wanted *= ratio(of_model, wanted.sum(axis=1))[:, None]
        wanted *= ratio(of_age, wanted.sum(axis=0))
    return np.asarray(weight * ratio(wanted, own)[model_of_generation()])


def ratio(wanted: Floats | float, reached: Floats) -> Floats:
    """Return how many times more is wanted, 0 where there is nothing to multiply."""
    safe = np.where(reached > 0, reached, 1.0)
    return np.asarray(np.where(reached > 0, wanted / safe, 0.0), dtype=np.float64)


def mapped_power(fit: Fit, generation: Ints, power_hp: Floats) -> Floats:
    """Return horsepower as the file has it for these models."""
    if not fit.power:
        return power_hp
    moved = power_hp.copy()
    model = model_of_generation()[generation]
    for number, quantiles in fit.power.items():
        mine = model == number
        moved[mine] = quantiles(power_hp[mine])
    return moved


def mapped_mileage(fit: Fit, age: Ints, mileage_km: Floats) -> Floats:
    """Return kilometres as the file has them at these ages, in calendar years."""
    if not fit.mileage:
        return mileage_km
    moved = mileage_km.copy()
    for number, quantiles in enumerate(fit.mileage):
        mine = age == number
        moved[mine] = quantiles(mileage_km[mine])
    return moved


def price_effect(  # noqa: PLR0913 (one argument for each stated fact that has a price)
    fit: Fit, *, model: Ints, age: Floats, mileage_km: Floats, log_power: Floats, automatic: Floats
) -> Floats:
    """Return what is added to the log worth of cars, shape (cars,).

    Args:
        fit: whose price is asked.
        model: index into ``models()``.
        age: years since registration.
        mileage_km: on the clock.
        log_power: logarithm of the power relative to the usual one of the generation.
        automatic: 1 where the gearbox is.
    """
    if fit.price is None:
        return np.zeros(len(model))
    price = fit.price
    return np.asarray(
        np.interp(age, price.knots, price.by_age)
        + price.per_100_000_km * mileage_km / 1e5
        + price.per_log_power * log_power
        + price.automatic * automatic
        + price.by_model[model],
        dtype=np.float64,
    )
