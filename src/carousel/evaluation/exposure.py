"""The random-exposure bucket: impressions that chance alone made, hence free of what was favoured.

Owns:    which of them are asked about, grouped by slate and by visit.
Imports: numpy, evaluation.visits, recording.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from carousel.evaluation.visits import Scope, Visits
from carousel.recording.tables import EVENT_TYPES, OUTCOMES, Flags, Floats, Ints, Recording

_OPENED = OUTCOMES.index("view")
VIEW = EVENT_TYPES.index("view")


@dataclass(frozen=True, slots=True)
class Bucket:
    """Random impressions of the test period on cars then for sale; one slate after the other.

    impression: row of ``recording.impressions``, shape (n,).
    listing, shopper: rows, shape (n,).
    opened:     whether the detail page was opened, shape (n,).
    weight:     how many cars could have been drawn, shape (n,): given that a place is random,
                one over the probability of each. (The logged propensity also counts the ways
                by which the ordinary orders put a car there.)
    starts:     where each slate starts among the n, with n at the end, shape (slates + 1,).
    visits:     for each visit in which some but not all were opened: its entries among the n whose
                cars were for sale when the first was shown.
    """

    impression: Ints
    listing: Ints
    shopper: Ints
    opened: Flags
    weight: Floats
    starts: Ints
    visits: tuple[Ints, ...]

    def slate(self, number: int) -> slice:
        """Return where the entries of a slate are."""
        return slice(int(self.starts[number]), int(self.starts[number + 1]))


def bucket(
    recording: Recording, found: Visits, scope: Scope, most: int | None
) -> tuple[Bucket, dict[str, int]]:
    """Return the random impressions of the test period, and what was left out: text -> number.

    Args:
        recording: what happened.
        found: its visits.
        scope: which part is tested.
        most: so many slates at most, drawn evenly; None takes all.
    """
    seen, lives = recording.impressions, recording.lives
    after = np.flatnonzero(seen.random & (seen.at >= scope.split))
    noisy = scope.left_out[seen.shopper[after]]
    rows = after[~noisy]
    first, last = lives.listed_at[seen.listing[rows]], lives.left_at[seen.listing[rows]]
    alive = (first <= seen.at[rows]) & (seen.at[rows] < last)
    counts = {
        "random impressions after the split": len(after),
        "random impressions left out: crawlers and dealers": int(noisy.sum()),
        "random impressions left out: car no longer for sale": int((~alive).sum()),
    }
    rows = rows[alive]
    if most is not None:
        slates = np.unique(seen.slate[rows])
        if most < len(slates):
            kept = np.isin(seen.slate[rows], scope.rng.choice(slates, most, replace=False))
            counts["random impressions left out: drawn evenly to spare time"] = int((~kept).sum())
            rows = rows[kept]
    rows = rows[np.lexsort((seen.position[rows], seen.slate[rows], seen.at[rows]))]
    counts["random impressions asked about"] = len(rows)
    opened = seen.outcome[rows] >= _OPENED
    counts["random impressions opened"] = int(opened.sum())
    groups, later = _visits(
        found.impression[rows], opened, seen.at[rows], lives.listed_at[seen.listing[rows]]
    )
    counts["random impressions not compared within their visit: car published during it"] = later
    drawn = Bucket(
        rows,
        seen.listing[rows],
        seen.shopper[rows],
        opened,
        seen.eligible[rows].astype(np.float64),
        _starts(seen.slate[rows], seen.at[rows]),
        groups,
    )
    return drawn, counts


def _starts(*columns: Ints | Floats) -> Ints:
    """Return where runs of equal entries in all columns start, and the length.

    >>> _starts(np.array([7, 7, 9])).tolist()
    [0, 2, 3]
    """
    count = len(columns[0])
    if count == 0:
        return np.zeros(1, dtype=np.int64)
    changes = np.any([np.diff(column) != 0 for column in columns], axis=0)
    return np.concatenate([[0], np.flatnonzero(changes) + 1, [count]])


def _visits(
    visit: Ints, opened: Flags, at: Floats, listed_at: Floats
) -> tuple[tuple[Ints, ...], int]:
    """Return the entries of every visit with both opened and unopened ones, first entry first.

    All of a visit are asked about at its first entry. How many cars were published only later, and
    are left out, is returned as well.
    """
    order = np.argsort(visit, kind="stable")
    groups, later = [], 0
    for a, b in pairwise(_starts(visit[order])):
        group = order[a:b]
        if opened[group].any() and not opened[group].all():
            known = listed_at[group] <= at[group[0]]
            later += int((~known).sum())
            groups.append(group[known])
    return tuple(sorted(groups, key=lambda group: int(group[0]))), later
