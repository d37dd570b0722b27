"""How often something had happened before a moment, for many moments at once.

Owns:    counting the past by key (a shopper, a listing) without playing it again.
Imports: numpy, recording.
"""

from dataclasses import dataclass

import numpy as np

from carousel.recording.tables import Ints


@dataclass(frozen=True, slots=True)
class Tally:
    """Events by key and order of time. ``span`` is more than the largest event number."""

    codes: Ints
    span: int

    def before(self, keys: Ints, past: Ints) -> Ints:
        """Return how many events of each key are among the first ``past`` ones.

        Args:
            keys: not negative, any shape.
            past: event numbers, of a shape that broadcasts with ``keys``.

        >>> tally([7, 8, 7], [0, 1, 2]).before(np.array([7, 7, 8]), np.array([1, 3, 1]))
        array([1, 2, 0])
        """
        start = keys * self.span
        end = start + np.minimum(past, self.span - 1)
        return np.searchsorted(self.codes, end) - np.searchsorted(self.codes, start)


def tally(keys: Ints, events: Ints) -> Tally:
    """Return a tally of events, each given by its key (not negative) and its number in time."""
    keys, events = np.asarray(keys, dtype=np.int64), np.asarray(events, dtype=np.int64)
    span = int(events.max(initial=0)) + 2
    return Tally(np.sort(keys * span + events), span)
