"""What shoppers type into the search form, the narrower the further they are.

Owns:    from a need and its progress to filters; how a search in vain is widened; [searching].
Imports: domain.{filters, listing}, simulation.{needs, parameters}, numpy.

First body and price. Later fewer bodies, then the fuel, then a loved make, then the limits on year
and mileage, and how far from home. Price limits are round figures just above the budget, sometimes
stretched.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from carousel.domain.filters import NO_FILTERS, Filters
from carousel.simulation.needs import Need

PRICE_STEPS = ((10_000, 500), (25_000, 1_000), (60_000, 2_500))
LARGEST_PRICE_STEP = 5_000
MILEAGE_STEP, KM_PER_YEAR = 25_000, 14_000
RADII_KM = (50, 100, 150, 200, 300, 500)
WIDENINGS = (
    ("make",),
    ("min_year", "max_mileage"),
    ("near_latitude", "near_longitude", "radius_km"),
    ("fuel",),
    ("body",),
)
"""What is given up, step by step, when a search finds next to nothing."""


@dataclass(frozen=True, slots=True)
class Searching:
    """Table [searching]; parameters.toml says what each entry means."""

    home_early: float
    home_late: float
    body: float
    fuel_after: float
    make_after: float
    limits_after: float
    near_after: float
    once_due: float
    stretched: float
    years_more: int


def goes_home(progress: float, settings: Searching, dice: np.random.Generator) -> bool:
    """Return whether the shopper opens the home page instead of searching."""
    chance = settings.home_early + (settings.home_late - settings.home_early) * progress
    return bool(dice.random() < chance)


def typed(
    need: Need, progress: float, year: int, settings: Searching, dice: np.random.Generator
) -> Filters:
    """Return the filters of a search.

    Args:
        need: what is looked for.
        progress: share of the search behind, in [0, 1].
        year: calendar year.
        settings: when people start to type what.
        dice: of this day's searches.
    """
    luck = dice.random(7)

    def due(after: float, chance: float) -> bool:
        return progress >= after and chance < settings.once_due

    bodies = sorted(need.stage.bodies, key=need.stage.bodies.__getitem__, reverse=True)
    count = 1 + int(luck[0] * len(bodies) * (1 - 0.5 * progress))
    fuels = sorted(need.stage.fuels, key=need.stage.fuels.__getitem__, reverse=True)
    limit = need.budget * (1 + (need.stretch if luck[1] < settings.stretched else 0.0))
    limits = due(settings.limits_after, luck[4])
    near = due(settings.near_after, luck[5])
    oldest = need.stage.oldest + settings.years_more
    return Filters.model_construct(
        body=tuple(bodies[:count]) if luck[2] < settings.body else (),
        fuel=tuple(fuels[:2]) if due(settings.fuel_after, luck[3]) else (),
        make=need.makes if need.makes and due(settings.make_after, luck[6]) else (),
        max_price=round_price(limit),
        min_year=year - oldest if limits else None,
        max_mileage=-(-KM_PER_YEAR * oldest // MILEAGE_STEP) * MILEAGE_STEP if limits else None,
        near_latitude=need.home.latitude if near else None,
        near_longitude=need.home.longitude if near else None,
        radius_km=_radius(need.distance_km) if near else None,
    )


def round_price(limit: float) -> int:
    """Return the round figure at or just above a limit in EUR.

    >>> round_price(7_150.0), round_price(10_000.0), round_price(18_300.0)
    (7500, 10000, 19000)
    """
    step = next((step for below, step in PRICE_STEPS if limit < below), LARGEST_PRICE_STEP)
    return int(-(-limit // step) * step)


def widened(filters: Filters) -> Iterator[Filters]:
    """Yield ever wider filters, up to those that ask for nothing but a price."""
    for names in WIDENINGS:
        given_up = {
            name: getattr(NO_FILTERS, name)
            for name in names
            if getattr(filters, name) != getattr(NO_FILTERS, name)
        }
        if given_up:
            filters = filters.model_copy(update=given_up)
            yield filters


def _radius(distance_km: float) -> float:
    return float(next((r for r in RADII_KM if r >= distance_km), RADII_KM[-1]))
