"""Test moments by what is known: of the shopper, and of the car that was wanted.

Owns:    the slices that every table is shown by.
Imports: numpy, evaluation.{played,tallies}, evaluation.metrics.column.
"""

import numpy as np

from carousel.evaluation.metrics.column import Slices
from carousel.evaluation.played import Played
from carousel.evaluation.tallies import tally
from carousel.recording.tables import Flags

HISTORY = (("0", 0, 0), ("1-2", 1, 2), ("3-10", 3, 10), (">10", 11, None))
"""Name, fewest and most events of the shopper before the moment."""


def by_shopper(played: Played) -> Slices:
    """Return the slices ``history`` (past events) and ``shopper`` (any before the split)."""
    recording, moments = played.recording, played.moments
    events = recording.events
    done = tally(events.shopper, np.arange(len(events.at)))
    history = done.before(moments.shopper, moments.past)
    before_split = np.searchsorted(events.at, np.full(len(moments), played.split))
    warm = done.before(moments.shopper, before_split) > 0
    return {
        "history": {
            name: (history >= fewest) & (history <= (np.inf if most is None else most))
            for name, fewest, most in HISTORY
        },
        "shopper": {"cold": ~warm, "warm": warm},
    }


def by_listing(cold: Flags) -> Slices:
    """Return the slice ``listing``: had anybody reacted to the wanted car before the moment."""
    return {"listing": {"cold": cold, "warm": ~cold}}
