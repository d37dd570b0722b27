"""The numbers of the supply side: who sells, for how long, and how sellers price.

Owns:    the table [supply], and the check that its entries make sense.
Imports: domain.errors, simulation.parameters.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from carousel.domain.errors import ConfigurationError
from carousel.simulation.parameters import Parameters, read_parameters, section

DAYS_A_WEEK, HOURS_A_DAY = 7, 24


@dataclass(frozen=True, slots=True)
class Supply:
    """The table [supply]; parameters.toml says what each entry means."""

    patience_days: float
    patience_spread: float
    longest_patience_days: float
    sold_per_day: float
    weekdays: tuple[float, ...]
    hours: tuple[float, ...]
    dealers: int
    dealer_concentration: float
    condition_spread: float
    quality_in_price: float
    reducing_share: float
    reduction_every_days: tuple[float, float]
    reduction: tuple[float, float]
    most_reductions: int
    taste_dimensions: int
    make_look: float
    own_look: float


def read_supply(parameters: Parameters) -> Supply:
    """Return the table [supply].

    Raises:
        ConfigurationError: an entry has the wrong type or a value that makes no sense.
    """
    supply = section(parameters, "supply", Supply)
    for names, sensible, must in _RULES:
        for name in names:
            if not sensible(getattr(supply, name)):
                raise ConfigurationError(
                    f"{parameters.source}: {name} in [supply] must be {must}, "
                    f"not {getattr(supply, name)!r}."
                )
    return supply


@cache
def default_supply() -> Supply:
    """Return the table [supply] of parameters.toml."""
    return read_supply(read_parameters())


def _weights(count: int) -> Callable[[Any], bool]:
    return lambda value: _numbers(value, count) and min(value) >= 0 < sum(value)


def _range(low: float, high: float) -> Callable[[Any], bool]:
    return lambda value: _numbers(value, 2) and low <= value[0] <= value[1] <= high


def _numbers(value: object, count: int) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) == count
        and all(isinstance(v, int | float) and math.isfinite(v) for v in value)
    )


_RULES: tuple[tuple[tuple[str, ...], Callable[[Any], bool], str], ...] = (
    (("weekdays",), _weights(DAYS_A_WEEK), "7 numbers, none negative, not all 0"),
    (("hours",), _weights(HOURS_A_DAY), "24 numbers, none negative, not all 0"),
    (("reduction",), _range(0, 0.9), "two numbers between 0 and 0.9, the lower first"),
    (("reduction_every_days",), _range(0.1, 365), "two numbers between 0.1 and 365"),
    (("patience_days", "longest_patience_days"), lambda v: 0 < v <= 365, "above 0, at most 365"),  # noqa: PLR2004 (a year)
    (("dealers", "taste_dimensions"), lambda v: v >= 1, "at least 1"),
    (
        ("patience_spread", "dealer_concentration", "condition_spread", "sold_per_day"),
        lambda v: 0 <= v < math.inf,
        "at least 0",
    ),
    (
        ("quality_in_price", "reducing_share", "make_look", "own_look"),
        lambda v: 0 <= v <= 1,
        "between 0 and 1",
    ),
    (("most_reductions",), lambda v: 0 <= v <= 20, "between 0 and 20"),  # noqa: PLR2004 (more than anybody tries)
)
"""Entries, what makes sense for them, and the same in words."""
