"""When adverts come, how long their sellers wait, and how they lower the price meanwhile.

Owns:    arrivals, patience, price reductions.
Imports: simulation.{columns, prices, supply}, numpy.

Arrivals are a Poisson process whose rate follows the day of the week and the hour of the day. What
is for sale when the recording begins is drawn the same way, from the adverts of the weeks before:
those stay whose sellers are still patient and that nobody bought. So the first stock is in balance,
with long-standing cars as over-represented in it as they are on any single day.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from carousel.simulation.columns import Flags, Floats, Ints
from carousel.simulation.prices import reduced_price
from carousel.simulation.supply import DAYS_A_WEEK, HOURS_A_DAY, Supply

HOUR, DAY = 3_600.0, 86_400.0
_EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Adverts in order of publication: epoch seconds, and the patience of the seller in seconds."""

    listed_at: Floats
    patience: Floats


@dataclass(frozen=True, slots=True)
class Reductions:
    """Price reductions in order of time: epoch seconds, index of the car, new price in EUR."""

    at: Floats
    car: Ints
    price: Ints


def draw_arrivals(
    supply: Supply, listings: int, begins: float, days: int, dice: np.random.Generator
) -> Arrivals:
    """Draw about as many adverts as asked: those for sale at the beginning, and those that follow.

    Args:
        supply: the numbers of the market.
        listings: how many are expected altogether.
        begins: epoch seconds.
        days: how long the recording is.
        dice: where all chance comes from.
    """
    before = int(np.ceil(supply.longest_patience_days))
    hours = np.floor(begins / HOUR) * HOUR + HOUR * np.arange(-24 * before, 24 * days)
    rate = _hourly_rate(supply, hours)
    a_day = listings / (rate[24 * before :].sum() / HOURS_A_DAY + expected_stay_days(supply))
    count = dice.poisson(a_day * rate.sum() / HOURS_A_DAY)
    cumulated = np.append(0.0, np.cumsum(rate / rate.sum()))
    edges = np.append(hours, hours[-1] + HOUR)
    listed_at = np.floor(np.interp(np.sort(dice.random(count)), cumulated, edges))
    patience = draw_patience(supply, dice.standard_normal(count))
    stood = np.maximum(0.0, begins - listed_at)
    unsold = dice.random(count) < np.exp(-supply.sold_per_day * stood / DAY)
    there = (patience > stood) & unsold
    return Arrivals(listed_at[there], patience[there])


def expected_stay_days(supply: Supply) -> float:
    """Return how long an advert stays on average, if sold as often as before the beginning, days.

    This is the integral over age of the share of adverts still there.
    """
    steps = 24 * int(np.ceil(supply.longest_patience_days))
    age = (np.arange(steps) + 0.5) / 24
    quantiles = draw_patience(supply, _normal_quantiles(2_000)) / DAY
    patient = 1 - np.searchsorted(np.sort(quantiles), age) / len(quantiles)
    return float((patient * np.exp(-supply.sold_per_day * age)).sum() / 24)


def draw_reductions(
    supply: Supply, arrivals: Arrivals, price: Ints, dealer: Flags, dice: np.random.Generator
) -> Reductions:
    """Draw when sellers lower their prices, and to what, as long as their patience lasts.

    Args:
        supply: the numbers of the market.
        arrivals: the adverts.
        price: first asked, EUR, shape (adverts,).
        dealer: whether the seller is one.
        dice: where all chance comes from.
    """
    count, most = len(price), supply.most_reductions
    reduces = dice.random(count) < supply.reducing_share
    gaps = dice.uniform(*supply.reduction_every_days, (most, count)) * DAY
    cuts = dice.uniform(*supply.reduction, (most, count))
    after = np.floor(np.cumsum(gaps, axis=0))
    prices = np.empty((most, count), dtype=np.int64)
    current = price
    for step in range(most):
        current = reduced_price(current, cuts[step], dealer)
        prices[step] = current
    steps, car = np.nonzero(reduces & (after < arrivals.patience))
    at = arrivals.listed_at[car] + after[steps, car]
    order = np.argsort(at, kind="stable")
    return Reductions(at[order], car[order], prices[steps, car][order])


def _hourly_rate(supply: Supply, hours: Floats) -> Floats:
    """Return how many times the average rate adverts come in each hour."""
    day = np.floor(hours / DAY).astype(np.int64)
    weekdays, of_day = np.array(supply.weekdays, float), np.array(supply.hours, float)
    hour = np.floor((hours % DAY) / HOUR).astype(np.int64)
    rate = weekdays[(day + _EPOCH_WEEKDAY) % DAYS_A_WEEK] * of_day[hour]
    return np.asarray(rate / (weekdays.mean() * of_day.mean()), dtype=np.float64)


def draw_patience(supply: Supply, normal: Floats) -> Floats:
    """Return how long sellers wait, in whole seconds, given standard normal dice."""
    days = supply.patience_days * np.exp(supply.patience_spread * normal)
    return np.floor(np.minimum(days, supply.longest_patience_days) * DAY)


def _normal_quantiles(count: int) -> Floats:
    return np.array([NormalDist().inv_cdf((n + 0.5) / count) for n in range(count)])
