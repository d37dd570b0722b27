"""What shoppers had done with cars before a moment, read from a recording as a whole.

Owns:    cars opened, contacted and dismissed earlier; how much a car is looked at.
Imports: numpy, recording.tables.

Everything is strictly before the moment asked for, so that nothing is known early.
"""

import numpy as np

from carousel.recording.tables import EVENT_TYPES, NONE, Events, Flags, Floats, Ints, Recording

WEEK = 7 * 86_400.0


class Histories:
    """The events of a recording, sorted so that a moment's past is found by bisection."""

    def __init__(self, recording: Recording) -> None:
        events, self._cars = recording.events, len(recording.listings)
        self._begins = recording.begins
        self._span = recording.ends - recording.begins + WEEK
        self._opened = _firsts(events, "view", self._cars)
        self._contacted = _firsts(events, "contact", self._cars)
        self._views = _by_shopper(events, "view", len(recording.users))
        self._dismissals = _by_shopper(events, "dismiss", len(recording.users))
        looked = (events.type == EVENT_TYPES.index("view")) & (events.listing != NONE)
        self._looks = np.sort(self._stamped(events.listing[looked], events.at[looked]))

    def opened(self, shopper: int, cars: Ints, at: float) -> Flags:
        """Return which cars the shopper had opened before, shape (n,)."""
        return _before(self._opened, shopper * self._cars + cars, at)

    def contacted(self, shopper: int, cars: Ints, at: float) -> Flags:
        """Return the cars whose sellers the shopper had contacted before, shape (n,)."""
        return _before(self._contacted, shopper * self._cars + cars, at)

    def views(self, shopper: int, at: float) -> Ints:
        """Return the cars the shopper had opened, in order of time, some perhaps repeatedly."""
        return _past(self._views, shopper, at)

    def dismissed(self, shopper: int, at: float) -> Ints:
        """Return the cars the shopper had dismissed, in order of time."""
        return _past(self._dismissals, shopper, at)

    def looks(self, cars: Ints, at: float) -> Ints:
        """Return how often each car was opened by anybody in the week before, shape (n,)."""
        until = np.searchsorted(self._looks, self._stamped(cars, at))
        return until - np.searchsorted(self._looks, self._stamped(cars, at - WEEK))

    def _stamped(self, cars: Ints, at: Floats | float) -> Floats:
        return np.asarray(cars * self._span + np.maximum(at - self._begins, 0.0))


def _firsts(events: Events, kind: str, cars: int) -> tuple[Ints, Floats]:
    """Return each pair of a shopper and a car as one number, ascending, and its first moment."""
    rows = _rows(events, kind)
    pairs, first = np.unique(events.shopper[rows] * cars + events.listing[rows], return_index=True)
    return pairs, events.at[rows][first]


def _before(firsts: tuple[Ints, Floats], pairs: Ints, at: float) -> Flags:
    known, moments = firsts
    if len(known) == 0:
        return np.zeros(len(pairs), dtype=bool)
    place = np.minimum(np.searchsorted(known, pairs), len(known) - 1)
    return np.asarray((known[place] == pairs) & (moments[place] < at))


def _by_shopper(events: Events, kind: str, shoppers: int) -> tuple[Ints, Ints, Floats]:
    """Return where each shopper's events start, and of all events the cars and the moments."""
    rows = _rows(events, kind)
    rows = rows[np.argsort(events.shopper[rows], kind="stable")]
    starts = np.searchsorted(events.shopper[rows], np.arange(shoppers + 1))
    return starts, events.listing[rows], events.at[rows]


def _past(sorted_: tuple[Ints, Ints, Floats], shopper: int, at: float) -> Ints:
    starts, cars, moments = sorted_
    begin, end = int(starts[shopper]), int(starts[shopper + 1])
    return cars[begin : begin + int(np.searchsorted(moments[begin:end], at))]


def _rows(events: Events, kind: str) -> Ints:
    return np.flatnonzero((events.type == EVENT_TYPES.index(kind)) & (events.listing != NONE))
