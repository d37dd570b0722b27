"""Who is looking, and for what: shoppers and the needs of their households.

Owns:    what a simulated shopper is.
Imports: simulation.{columns, tastes, regions}.
"""

from dataclasses import dataclass
from enum import StrEnum

from carousel.simulation.columns import Floats
from carousel.simulation.regions import City
from carousel.simulation.tastes import Stage

ASPECTS = (
    *("price", "body", "fuel", "age", "mileage", "distance", "power", "make"),
    *("deal", "class", "gearbox", "room", "look"),
)
"""What a car can be turned down for. ``class`` is to be far below what the budget buys."""


class Kind(StrEnum):
    """Who is behind an account. The last two are noise: they do not buy what they look at."""

    SHOPPER = "shopper"
    CRAWLER = "crawler"
    DEALER = "dealer"


@dataclass(frozen=True, slots=True)
class Need:
    """One car that a household looks for.

    stage:   of life, what it asks of a car; made particular, so that no two needs ask the same.
    budget:  EUR; ``stretch`` is the share above it that is sometimes accepted, e.g. 0.05.
    makes:   loved ones, by name.
    home:    to drive from. distance_km: how far feels far.
    taste:   hidden: shape (taste dimensions,), unit norm; liking of a car's look is their product.
    begins, ends: epoch seconds between which the shopper looks for it.
    weight:  share of the household's sessions while it is sought, relative to its other needs.
    people:  whom the car has to seat.
    annual_km: how far it will be driven in a year.
    gearbox: liking of an automatic gearbox, negative for a manual one; about -2 to 2.
    order:   ASPECTS, the one a shopper checks first and most strictly first.
    """

    stage: Stage
    budget: float
    stretch: float
    makes: tuple[str, ...]
    home: City
    distance_km: float
    taste: Floats
    begins: float
    ends: float
    weight: float
    people: int = 2
    annual_km: float = 14_000.0
    gearbox: float = 0.0
    order: tuple[str, ...] = ASPECTS


@dataclass(frozen=True, slots=True)
class Shopper:
    """An account.

    needs:    at least one for a shopper, none for noise.
    sessions_per_day: mean, while any need is open; of noise always.
    patience: mean number of list places looked at before giving up.
    """

    kind: Kind
    needs: tuple[Need, ...]
    sessions_per_day: float
    patience: float
