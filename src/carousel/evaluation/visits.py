"""A shopper's activity cut into visits, and the test moments: the first activity of each.

Owns:    what a visit is, which visits are tested, who is left out and how many they are.
Imports: numpy, domain.errors, recording.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from carousel.domain.errors import ConfigurationError
from carousel.recording.tables import Flags, Floats, Ints, Recording


@dataclass(frozen=True, slots=True)
class Visits:
    """Everything a shopper did or saw with no long pause between; numbered by shopper, then time.

    at:         first activity, epoch seconds, shape (visits,).
    shopper:    row, shape (visits,).
    impression: number of the visit each impression belongs to, shape (impressions,).
    """

    at: Floats
    shopper: Ints
    impression: Ints


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of a recording is tested.

    split:    epoch seconds; what lies before is for learning.
    left_out: shape (shoppers,), accounts that are known to be no shoppers.
    rng:      draws where not everything is tested.
    """

    split: float
    left_out: Flags
    rng: np.random.Generator


@dataclass(frozen=True, slots=True)
class Moments:
    """When every method is asked for a slate, in order of time, just before an activity.

    at:      epoch seconds, shape (moments,).
    shopper: row, shape (moments,).
    past:    how many events, the first ones of the recording, lie before it.
    """

    at: Floats
    shopper: Ints
    past: Ints

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.at)


def visits(recording: Recording, pause: float) -> Visits:
    """Return all visits of a recording.

    Args:
        recording: what happened.
        pause: seconds without activity that end a visit.
    """
    events, seen = recording.events, recording.impressions
    at = np.concatenate([events.at, seen.at])
    shopper = np.concatenate([events.shopper, seen.shopper])
    order = np.lexsort((at, shopper))
    sorted_at, sorted_shopper = at[order], shopper[order]
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = (np.diff(sorted_shopper) != 0) | (np.diff(sorted_at) >= pause)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(starts) - 1
    return Visits(sorted_at[starts], sorted_shopper[starts], number[len(events.at) :])


def _told(moment: float) -> str:
    """Return epoch seconds as a person reads them.

    >>> _told(0.0), _told(1e18)
    ('1970-01-01 00:00 UTC', '1000000000000000000 s after 1970')
    """
    try:
        return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError, OSError):
        return f"{moment:.0f} s after 1970"


def check_split(recording: Recording, split: float) -> None:
    """Make sure that there is something to learn before the split and something to test after.

    Raises:
        ConfigurationError: the split lies outside the recording, or one side of it is empty.
    """
    begins, ends = recording.begins, recording.ends
    if not begins < split < ends:
        raise ConfigurationError(
            f"The split, {_told(split)}, is not inside the recording {recording.name!r}, "
            f"{_told(begins)} to {_told(ends)}; choose a moment between."
        )
    before = int(np.searchsorted(recording.events.at, split))
    for side, count in (("before", before), ("after", len(recording.events.at) - before)):
        if count == 0:
            raise ConfigurationError(
                f"The recording {recording.name!r} has no event {side} the split; move the split."
            )


def moments(
    recording: Recording, found: Visits, scope: Scope, most: int | None
) -> tuple[Moments, dict[str, int]]:
    """Return the test moments, and what they were chosen from: text -> number.

    Args:
        recording: what happened.
        found: its visits; those that begin before the split are not tested.
        scope: which part is tested.
        most: so many moments at most, drawn evenly; None takes all.

    Raises:
        ConfigurationError: nobody visits after the split.
    """
    after = np.flatnonzero(found.at >= scope.split)
    noisy = scope.left_out[found.shopper[after]]
    chosen = after[~noisy]
    if len(chosen) == 0:
        raise ConfigurationError(
            f"No shopper of {recording.name!r} comes back after the split; choose an earlier one."
        )
    counts = {
        "visits after the split": len(after),
        "visits left out: crawlers and dealers": int(noisy.sum()),
    }
    if most is not None and most < len(chosen):
        counts["visits left out: drawn evenly to spare time"] = len(chosen) - most
        chosen = scope.rng.choice(chosen, most, replace=False)
    chosen = chosen[np.lexsort((found.shopper[chosen], found.at[chosen]))]
    at = found.at[chosen]
    counts["test moments"] = len(chosen)
    return Moments(at, found.shopper[chosen], np.searchsorted(recording.events.at, at)), counts
