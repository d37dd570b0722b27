"""What prices of a file say beyond the generator's own formula.

Owns:    the regression on stated facts, its robustness.
Imports: simulation.{columns, fit, prices, samples, supply, cars, catalogue}, numpy.

For the file's cars and for generated ones alike, the price formula is evaluated with what is stated
(a middle trim, two driven wheels), and its logarithm is taken from that of the price. The rest is
regressed on age, mileage, power and gearbox, with an effect of each model, in the same way:

    log price - log formula = age(a) + b_km * km + b_power * log power + b_auto * automatic
                              + effect of the model + residual

The difference between the two regressions is what the generator has to add; what both get wrong in
the same way cancels out. The condition spread is moved by the difference of the residual variances.
Cars further off than OUTLIER robust standard deviations count for nothing, such as crashed cars
and prices of 1. A car is taken to be as old as the middle of its year says.
"""

from dataclasses import dataclass

import numpy as np

from carousel.simulation.cars import engine_of, usual_engines
from carousel.simulation.catalogue import generations
from carousel.simulation.columns import Flags, Floats
from carousel.simulation.fit import Fit, PriceFit, models
from carousel.simulation.model_names import UNKNOWN
from carousel.simulation.prices import AUTOMATIC, SCRAP_VALUE, log_power, retained, value_new
from carousel.simulation.samples import Sample
from carousel.simulation.supply import Supply

KNOTS = np.array([0.5, 1.5, 2.5, 4.5, 6.5, 9.5, 13.5, 18.5])
"""Ages in years at which the effect of age is found; between them it is linear."""

CARS_A_KNOT = 40
SMOOTHING_CARS = 40.0
"""As how many cars the assumption counts that neighbouring knots have the same effect."""

OUTLIER, ROUNDS = 4.0, 6
MAD_TO_SD = 1.4826
MODEL_CARS = 15.0
"""As how many cars the assumption counts that a model has no effect of its own."""

LEAST_SPREAD = 0.03


@dataclass(frozen=True, slots=True)
class _Regression:
    """Coefficients, effects of the models, and the standard deviation of what is left."""

    coefficients: Floats
    by_model: Floats
    spread: float


def fitted_prices(theirs: Sample, ours: Sample, fit: Fit, supply: Supply) -> tuple[PriceFit, float]:
    """Return what is to be added to log prices, and the new condition spread.

    Args:
        theirs: the file's cars, all of known generations.
        ours: generated with ``fit``.
        fit: what was found so far; what is found now is added to it.
        supply: with the condition spread that counts until one is fitted.
    """
    knots = _knots(theirs)
    stated = np.array(
        [
            not np.isnan(theirs.mileage_km).all(),
            not np.isnan(theirs.power_hp).all(),
            bool((theirs.automatic != UNKNOWN).any()),
        ]
    )
    wanted, mine = _regress(theirs, knots, stated), _regress(ours, knots, stated)
    change = wanted.coefficients - mine.coefficients
    slopes = np.zeros(len(stated))
    slopes[stated] = change[len(knots) :]
    before = fit.price or PriceFit(knots, np.zeros(len(knots)), 0, 0, 0, np.zeros(len(models())))
    current = supply.condition_spread if fit.condition_spread is None else fit.condition_spread
    variance = current**2 + wanted.spread**2 - mine.spread**2
    return PriceFit(
        knots=knots,
        by_age=before.by_age + change[: len(knots)],
        per_100_000_km=before.per_100_000_km + float(slopes[0]),
        per_log_power=before.per_log_power + float(slopes[1]),
        automatic=before.automatic + float(slopes[2]),
        by_model=before.by_model + wanted.by_model - mine.by_model,
    ), float(np.sqrt(max(variance, LEAST_SPREAD**2)))


def _regress(cars: Sample, knots: Floats, stated: Flags) -> _Regression:
    """Fit the formula of this module; ``stated`` says of which of the three slopes to speak."""
    age = cars.age.astype(np.float64) + 0.5
    ratio = np.isnan(cars.power_hp)
    engine = np.where(
        ratio,
        usual_engines(cars.generation),
        engine_of(cars.generation, np.where(ratio, 100.0, cars.power_hp)),
    )
    known = ~np.isnan(cars.mileage_km)
    mileage = (
        np.where(known, cars.mileage_km, np.nanmedian(cars.mileage_km))
        if stated[0]
        else (np.full(len(age), 15_000.0) * age)
    )
    automatic = np.where(cars.automatic == 1, 1.0, 0.0)
    fuel = np.where(cars.fuel == UNKNOWN, 0, cars.fuel)
    depreciation = np.array([g.depreciation for g in generations()])[cars.generation]
    formula = value_new(cars.generation, fuel, engine) * retained(age, mileage, depreciation)
    formula = formula * AUTOMATIC**automatic + SCRAP_VALUE
    left = np.log(cars.price) - np.log(formula)
    slopes = np.column_stack([mileage / 1e5, log_power(cars.generation, engine), automatic])
    x = np.column_stack([*_hats(age, knots), slopes[:, stated]])
    return _robust(x, left, cars, known | ~stated[0], slopes=int(stated.sum()))


def _robust(x: Floats, y: Floats, cars: Sample, kept: Flags, *, slopes: int) -> _Regression:
    """Alternate between coefficients and effects of models, without the outliers of the last."""
    count = len(models())
    knots = x.shape[1] - slopes
    differences = np.zeros((knots - 1, x.shape[1]))
    differences[:, :knots] = np.diff(np.eye(knots), axis=0)
    smooth = SMOOTHING_CARS * differences.T @ differences
    effect, usable = np.zeros(count), kept
    coefficients = np.zeros(x.shape[1])
    residual = y - np.median(y)
    for _ in range(ROUNDS):
        off = np.abs(residual - np.median(residual[kept]))
        usable = kept & (off <= OUTLIER * MAD_TO_SD * np.median(off[kept]))
        model = cars.model[usable]
        known = x[usable]
        coefficients = np.linalg.lstsq(
            known.T @ known + smooth, known.T @ (y - effect[cars.model])[usable], rcond=None
        )[0]
        rest = y - x @ coefficients
        effect = np.bincount(model, rest[usable], count) / (
            np.bincount(model, None, count) + MODEL_CARS
        )
        residual = rest - effect[cars.model]
    return _Regression(coefficients, effect, float(residual[usable].std()))


def _knots(cars: Sample) -> Floats:
    """Return those knots that enough cars are near to."""
    near = np.argmin(np.abs(cars.age[:, None] + 0.5 - KNOTS), axis=1)
    enough = np.bincount(near, minlength=len(KNOTS)) >= CARS_A_KNOT
    return KNOTS[enough] if enough.any() else KNOTS[[np.bincount(near).argmax()]]


def _hats(age: Floats, knots: Floats) -> list[Floats]:
    """Return one column a knot, 1 there, falling to 0 at its neighbours; each row sums to 1."""
    return [np.interp(age, knots, unit) for unit in np.eye(len(knots))]
