"""What a shopper does with a page of cars: which places are looked at, and what comes of it.

Owns:    examination, the steps from a view to a contact, dismissals; the meaning of [behaviour].
Imports: domain.errors, domain.events, simulation.{columns, desire, needs}, numpy.

Place k is examined with probability k ** -decay, until patience is used up. What is examined is
opened with the chance that the preference model gives, less often when it was opened before; what
is opened may be saved, and its seller contacted. What is not opened may be dismissed, the likelier
the more there is to complain about, and the complaint decides the reason.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from carousel.domain.errors import ConfigurationError
from carousel.domain.events import Reason
from carousel.simulation.columns import Flags, Floats, Ints
from carousel.simulation.desire import Desire
from carousel.simulation.needs import Need


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Table [behaviour]; parameters.toml says what each entry means."""

    decay: float
    opened_again: float
    dismissal: float
    untold: float
    glance_seconds: int
    look_seconds: tuple[int, ...]
    pause_seconds: tuple[int, ...]
    revisit: float
    forget: float
    most_revisits: int


Slot: TypeAlias = tuple[int, int]
"""A place of a slate: number of the slate, index into it."""


@dataclass(slots=True)
class Memory:
    """What one shopper remembers.

    found: opened cars, and on which slate each was first opened; None for a car found elsewhere.
    last:  the car opened last, or None.
    saved: cars kept, and for which of the shopper's needs.
    """

    found: dict[int, Slot | None] = field(default_factory=dict)
    last: int | None = None
    saved: dict[int, int] = field(default_factory=dict)
    contacted: set[int] = field(default_factory=set)
    dismissed: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing done with a car: ``after`` so many seconds, an event type, at a place from 0."""

    after: int
    type: str
    car: int
    place: int
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How a page was read.

    examined: shape (m,). deeds: in order of time. lasted: seconds. gave_up: patience ran out.
    """

    examined: Flags
    deeds: list[Deed]
    lasted: int
    gave_up: bool


@dataclass(frozen=True, slots=True)
class Mind:
    """A shopper with one need in mind at one moment.

    progress: in [0, 1]. patience: places still to be looked at before giving up.
    """

    need: Need
    progress: float
    patience: int
    memory: Memory
    desire: Desire


def check(settings: Behaviour, source: str) -> None:
    """Make sure that the habits are possible ones.

    Raises:
        ConfigurationError: an entry of [behaviour] makes no sense.
    """
    for name in ("opened_again", "dismissal", "revisit", "forget"):
        if not 0 <= getattr(settings, name) <= 1:
            raise ConfigurationError(f"{source}: {name} in [behaviour] must be from 0 to 1.")
    for name in ("look_seconds", "pause_seconds"):
        if not is_range(getattr(settings, name)):
            raise ConfigurationError(
                f"{source}: {name} in [behaviour] must be two whole numbers, from 1 on, the second "
                "larger."
            )
    if settings.glance_seconds < 1 or settings.decay < 0 or settings.untold <= 0:
        raise ConfigurationError(
            f"{source}: in [behaviour], glance_seconds must be at least 1, decay at least 0 and "
            "untold above 0."
        )


def is_range(given: tuple[int, ...]) -> bool:
    """Return whether these are two whole numbers, from 1 on, the second larger."""
    return (
        len(given) == 2  # noqa: PLR2004 (the sentence says it)
        and all(type(n) is int for n in given)
        and 1 <= given[0] < given[1]
    )


def seconds(given: tuple[int, ...], count: int, dice: np.random.Generator) -> Ints:
    """Return ``count`` whole seconds, each from the first to below the second given."""
    low, high = given
    return dice.integers(low, high, size=count)


def examine(
    places: int, patience: int, decay: float, dice: np.random.Generator
) -> tuple[Flags, bool]:
    """Return which places are looked at, shape (places,), and whether patience ran out.

    >>> examine(3, 2, 0.0, np.random.default_rng(1))
    (array([ True,  True, False]), True)
    """
    seen = dice.random(places) < np.arange(1, places + 1) ** -decay
    looked_at = np.cumsum(seen)
    return seen & (looked_at <= patience), bool(looked_at[-1] >= patience)


def read(
    cars: Ints,
    prices: Floats,
    mind: Mind,
    settings: Behaviour,
    dice: np.random.Generator,
) -> Reading:
    """Let a shopper read a page.

    Args:
        cars: shown, best place first, shape (m,), m > 0.
        prices: EUR, shape (m,).
        mind: who reads.
        settings: habits of all shoppers.
        dice: of this day's behaviour.
    """
    examined, gave_up = examine(len(cars), mind.patience, settings.decay, dice)
    places = np.flatnonzero(examined)
    need, progress, memory, desire = mind.need, mind.progress, mind.memory, mind.desire
    chance = desire.opening(need, cars[places], prices[places], progress)
    known = np.array([car in memory.found for car in cars[places].tolist()], dtype=bool)
    luck, mood = dice.random((2, len(places)))
    opened = luck < chance * np.where(known, settings.opened_again, 1.0)
    cross = np.flatnonzero(~opened & (mood < settings.dismissal))
    minded = places[cross]
    told = _objections(cars[minded], prices[minded], mind, settings, dice)
    reasons = dict(zip(minded.tolist(), told, strict=True))
    looks = places[opened]
    saved, contacted = _wants(cars[looks], prices[looks], mind, dice)
    stays = seconds(settings.look_seconds, len(looks), dice)
    deeds: list[Deed] = []
    spent, at_look = 0, {int(place): n for n, place in enumerate(looks)}
    for place in places.tolist():
        spent += settings.glance_seconds
        n = at_look.get(place)
        if n is not None:
            spent += 1
            deeds.append(Deed(spent, "view", int(cars[place]), place))
            spent += int(stays[n])
            deeds.extend(
                Deed(spent, kind, int(cars[place]), place)
                for kind, does in (("favourite", saved[n]), ("contact", contacted[n]))
                if does
            )
        elif (reason := reasons.get(place)) is not None:
            spent += 1
            deeds.append(Deed(spent, "dismiss", int(cars[place]), place, reason))
    return Reading(examined, deeds, spent, gave_up)


def _wants(
    cars: Ints, prices: Floats, mind: Mind, dice: np.random.Generator
) -> tuple[Flags, Flags]:
    """Return which opened cars are saved and whose sellers contacted, if not so already."""
    if not len(cars):
        return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
    luck = dice.random((2, len(cars)))
    saving = mind.desire.saving(mind.need, cars, prices, mind.progress)
    contacting = mind.desire.contacting(mind.need, cars, prices, mind.progress)
    fresh = [
        (car not in mind.memory.saved, car not in mind.memory.contacted) for car in cars.tolist()
    ]
    new = np.array(fresh, dtype=bool).T
    return (luck[0] < saving) & new[0], (luck[1] < contacting) & new[1]


def _objections(
    cars: Ints, prices: Floats, mind: Mind, settings: Behaviour, dice: np.random.Generator
) -> list[Reason | None]:
    """Return why each car is dismissed; None for one that is not, for lack of complaints."""
    if not len(cars):
        return []
    complaints = mind.desire.complaints(mind.need, cars, prices)
    reasons = [*complaints, Reason.OTHER]
    weights = np.stack([*complaints.values(), np.full(len(cars), settings.untold)])
    angry = dice.random(len(cars)) < -np.expm1(-weights[:-1].sum(axis=0))
    told = np.cumsum(weights / weights.sum(axis=0), axis=0)
    which = (dice.random(len(cars)) > told[:-1]).sum(axis=0)
    return [reasons[n] if does else None for n, does in zip(which, angry, strict=True)]
