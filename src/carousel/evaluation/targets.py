"""What the shopper did next: the cars a good slate would have had.

Owns:    the next contact, favourite and view after each test moment; the views of the day.
Imports: numpy, evaluation.{played,visits}, recording.

A car that was not for sale at the moment cannot be in an honest slate. A moment whose next target
is such a car has no target of that kind, and is counted.
"""

from dataclasses import dataclass

import numpy as np

from carousel.evaluation.played import Rows
from carousel.evaluation.visits import Moments
from carousel.recording.tables import EVENT_TYPES, NONE, Flags, Floats, Ints, Recording

KINDS = ("contact", "favourite", "view")


@dataclass(frozen=True, slots=True)
class Targets:
    """The next car of one kind at each test moment.

    listing:  its row, NONE where there is none, shape (moments,).
    unlisted: moments whose next car was published only later.
    gone:     moments whose next car was no longer for sale.
    """

    kind: str
    listing: Ints
    unlisted: int
    gone: int


@dataclass(frozen=True, slots=True)
class Viewed:
    """All cars viewed within a day of each test moment that were for sale then.

    pairs:   moment * span + row, each once, ascending.
    unlisted: pairs left out because the car was published only later.
    """

    pairs: Ints
    span: int
    unlisted: int


def on_sale(recording: Recording, rows: Ints | Rows, at: Floats) -> Flags:
    """Return which listings are for sale at given moments, of shapes that broadcast."""
    lives = recording.lives
    held: Flags = (rows != NONE) & (lives.listed_at[rows] <= at) & (at < lives.left_at[rows])
    return held


def next_targets(recording: Recording, moments: Moments, kind: str, horizon: float) -> Targets:
    """Return the first event of a kind at or after each moment, if within the horizon.

    Args:
        recording: what happened.
        moments: test moments.
        kind: one of KINDS.
        horizon: seconds.
    """
    numbers, keys, span = _by_shopper(recording, kind)
    found = np.searchsorted(keys, moments.shopper * span + moments.past)
    known = found < len(keys)
    event = numbers[np.minimum(found, len(keys) - 1)] if len(keys) else np.zeros_like(found)
    events = recording.events
    known &= events.shopper[event] == moments.shopper
    known &= events.at[event] < moments.at + horizon
    listing = np.where(known, events.listing[event], NONE)
    reachable = on_sale(recording, listing, moments.at)
    unlisted = (listing != NONE) & (recording.lives.listed_at[listing] > moments.at)
    gone = (listing != NONE) & ~reachable & ~unlisted
    return Targets(kind, np.where(reachable, listing, NONE), int(unlisted.sum()), int(gone.sum()))


def viewed_within(recording: Recording, moments: Moments, day: float) -> Viewed:
    """Return all cars viewed at or after each moment and less than ``day`` seconds later."""
    numbers, keys, span = _by_shopper(recording, "view")
    until = np.searchsorted(recording.events.at, moments.at + day)
    first = np.searchsorted(keys, moments.shopper * span + moments.past)
    last = np.searchsorted(keys, moments.shopper * span + until)
    many = last - first
    moment = np.repeat(np.arange(len(moments)), many)
    offset = np.arange(len(moment)) - np.repeat(np.cumsum(many) - many, many)
    listing = recording.events.listing[numbers[np.repeat(first, many) + offset]]
    width = len(recording.listings)
    pairs = np.unique(moment * width + listing)
    moment, listing = pairs // width, pairs % width
    unlisted = recording.lives.listed_at[listing] > moments.at[moment]
    alive = on_sale(recording, listing, moments.at[moment])
    return Viewed(pairs[alive], width, int(unlisted.sum()))


def _by_shopper(recording: Recording, kind: str) -> tuple[Ints, Ints, int]:
    """Return the events of a kind by shopper and time, their sorted keys and the keys' span."""
    events = recording.events
    numbers = np.flatnonzero(events.type == EVENT_TYPES.index(kind))
    span = len(events.at) + 1
    keys = events.shopper[numbers] * span + numbers
    order = np.argsort(keys)
    return numbers[order], keys[order], span
