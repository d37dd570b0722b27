"""When accounts come to the marketplace: how often, on which days, at what hour.

Owns:    the arrivals of one day; the meaning of [sessions].
Imports: domain.errors, simulation.{columns, needs}, numpy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from carousel.domain.errors import ConfigurationError
from carousel.simulation.columns import Floats, Ints
from carousel.simulation.needs import Kind, Shopper

DAY, HOUR = 86_400, 3_600
THURSDAY = 3
"""The weekday on which epoch seconds begin; Monday is 0."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Table [sessions]; parameters.toml says what each entry means."""

    activity: float
    weekdays: tuple[float, ...]
    hours: tuple[float, ...]
    most_lists: int
    another_list: float
    next_page: float


def check(settings: Sessions, source: str) -> None:
    """Make sure that the week has its days and the day its hours.

    Raises:
        ConfigurationError: a table of [sessions] has another length or no positive sum.
    """
    for name, weights, count in (("weekdays", settings.weekdays, 7), ("hours", settings.hours, 24)):
        if len(weights) != count or min(weights) < 0 or sum(weights) <= 0:
            raise ConfigurationError(
                f"{source}: {name} in [sessions] must be {count} weights, at least 0, not all 0."
            )
    if settings.most_lists < 1:
        raise ConfigurationError(f"{source}: most_lists in [sessions] must be at least 1.")


@dataclass(frozen=True, slots=True)
class Habits:
    """How often each account comes, shape (accounts,).

    per_day: mean sessions in a day on which it looks for a car.
    begins, ends: epoch seconds between which it does, of all its needs together.
    """

    per_day: Floats
    begins: Floats
    ends: Floats


def habits(shoppers: Sequence[Shopper], activity: Mapping[Kind, float]) -> Habits:
    """Return the habits of all accounts; noise comes at any time.

    Args:
        shoppers: who they are.
        activity: times the sessions a day, by kind.
    """
    return Habits(
        per_day=_numbers([activity[s.kind] * s.sessions_per_day for s in shoppers]),
        begins=_numbers([min((n.begins for n in s.needs), default=-np.inf) for s in shoppers]),
        ends=_numbers([max((n.ends for n in s.needs), default=np.inf) for s in shoppers]),
    )


def arrivals(
    known: Habits, midnight: float, settings: Sessions, dice: np.random.Generator
) -> tuple[Floats, Ints]:
    """Draw who comes when within 24 hours.

    Args:
        known: habits of all accounts.
        midnight: epoch seconds, whole, at which the 24 hours begin; any hour of the day will do.
        settings: the week and the day.
        dice: of this day's sessions.

    Returns:
        Epoch seconds, whole, ascending, and rows of accounts; both shape (sessions,).
    """
    weekday = (int(midnight // DAY) + THURSDAY) % 7
    factor = settings.weekdays[weekday] / np.mean(settings.weekdays)
    open_today = (known.begins < midnight + DAY) & (known.ends > midnight)
    visits = dice.poisson(known.per_day * factor * open_today)
    who = np.repeat(np.arange(len(visits), dtype=np.int64), visits)
    weights = np.array(settings.hours) / np.sum(settings.hours)
    clock = HOUR * dice.choice(24, len(who), p=weights) + dice.integers(HOUR, size=len(who))
    at = midnight + ((clock - midnight) % DAY).astype(np.float64)
    order = np.argsort(at, kind="stable")
    return at[order], who[order]


def _numbers(values: list[float]) -> Floats:
    return np.array(values, dtype=np.float64)
