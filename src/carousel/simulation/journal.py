"""Writing down what happens in a market, and handing it over as the tables of a recording.

Owns:    the numbering of slates and searches, the outcome of each place, the order of time.
Imports: domain.events, domain.filters, recording, simulation.columns, numpy.
"""

from dataclasses import dataclass, field

import numpy as np

from carousel.domain.events import Reason
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.recording.tables import (
    EVENT_TYPES,
    NONE,
    OUTCOMES,
    REASONS,
    Events,
    Impressions,
)
from carousel.simulation.columns import Flags, Floats, Ints

TYPE = {name: n for n, name in enumerate(EVENT_TYPES)}
STEP = {name: n for n, name in enumerate(OUTCOMES)}
REASON = {reason: n for n, reason in enumerate(REASONS)}


@dataclass(frozen=True, slots=True)
class _Slate:
    at: float
    shopper: int
    search: int
    eligible: int
    cars: Ints
    random: Flags
    propensity: Floats
    outcome: Ints
    examined: Flags


@dataclass(slots=True)
class Journal:
    """What happened so far. Slates are written in order of time, events in any order."""

    searches: dict[Filters, int] = field(default_factory=lambda: {NO_FILTERS: 0})
    opened: list[int] = field(default_factory=list)
    _slates: list[_Slate] = field(default_factory=list)
    _events: list[tuple[float, int, int, int, int, int, int]] = field(default_factory=list)

    def search(self, at: float, shopper: int, filters: Filters) -> int:
        """Write down that somebody searched; return the number of the filters."""
        number = self.searches.setdefault(filters, len(self.searches))
        self._events.append((at, shopper, TYPE["search"], NONE, NONE, number, NONE))
        return number

    def event(  # noqa: PLR0913 (the columns of an event)
        self,
        at: float,
        shopper: int,
        kind: str,
        car: int,
        *,
        slot: tuple[int, int] | None = None,
        reason: Reason | None = None,
    ) -> None:
        """Write down what somebody did with a car, and from which place of which slate it came."""
        code = NONE if reason is None else REASON[reason]
        slate = NONE if slot is None else slot[0]
        self._events.append((at, shopper, TYPE[kind], car, code, NONE, slate))
        if kind == "view":
            self.opened.append(car)
        if slot is not None and kind in STEP:
            outcome = self._slates[slot[0]].outcome
            outcome[slot[1]] = max(int(outcome[slot[1]]), STEP[kind])

    def slate(  # noqa: PLR0913 (the columns of a slate)
        self,
        at: float,
        shopper: int,
        search: int,
        *,
        cars: Ints,
        random: Flags,
        propensity: Floats,
        eligible: int,
        examined: Flags,
    ) -> int:
        """Write down what somebody was shown; return the number of the slate."""
        nothing = np.zeros(len(cars), dtype=np.int64)
        self._slates.append(
            _Slate(at, shopper, search, eligible, cars, random, propensity, nothing, examined)
        )
        return len(self._slates) - 1

    def events(self) -> Events:
        """Return all events in order of time; at one moment, as they were written."""
        rows = np.array(self._events, dtype=np.float64).reshape(-1, 7)
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        codes = rows[:, 1:].astype(np.int64).T
        return Events(rows[:, 0].copy(), *(column.copy() for column in codes))

    def impressions(self) -> Impressions:
        """Return all that was shown."""
        slates = self._slates
        sizes = np.array([len(s.cars) for s in slates], dtype=np.int64)

        def each(values: list[int]) -> Ints:
            return np.repeat(np.array(values, dtype=np.int64), sizes)

        starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
        return Impressions(
            at=np.repeat(np.array([s.at for s in slates], dtype=np.float64), sizes),
            shopper=each([s.shopper for s in slates]),
            slate=each(list(range(len(slates)))),
            position=np.arange(int(sizes.sum())) - starts + 1,
            listing=np.concatenate([np.zeros(0, dtype=np.int64), *(s.cars for s in slates)]),
            random=np.concatenate([np.zeros(0, dtype=bool), *(s.random for s in slates)]),
            propensity=np.concatenate([np.zeros(0), *(s.propensity for s in slates)]),
            eligible=each([s.eligible for s in slates]),
            search=each([s.search for s in slates]),
            outcome=np.concatenate([np.zeros(0, dtype=np.int64), *(s.outcome for s in slates)]),
        )

    def examined(self) -> Flags:
        """Return of each row of ``impressions()`` whether it was looked at."""
        return np.concatenate([np.zeros(0, dtype=bool), *(s.examined for s in self._slates)])
