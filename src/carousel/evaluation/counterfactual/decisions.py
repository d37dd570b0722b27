"""The decisions chance made: random impressions after the split, fit to judge other policies by.

Owns:    which are used, how large the pool may be, what came of each, how many are left out.
Imports: numpy, domain.errors, evaluation.counterfactual.{estimators,judge}, recording.

At a random place of a list every car of the pool is equally likely, so its propensity is one over
the size of the pool. A policy that would put its ten best cars there agrees with chance once in
E / 10 lists. N lists with pools of E_i cars are therefore expected to leave

    10 N / mean(E_i)

effective decisions, whatever the policy and whatever was opened. In large pools nothing can be
learned: only lists with pools up to a limit are used, the largest that leaves AMPLE of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from carousel.domain.errors import ConfigurationError
from carousel.evaluation.effective import FEWEST_EFFECTIVE
from carousel.recording.tables import EVENT_TYPES, NONE, OUTCOMES, Flags, Floats, Ints, Recording

PLACES = 10
"""A policy is judged by so many first places. A pool of no more is no choice."""

AMPLE = 4 * FEWEST_EFFECTIVE
POOLS = (50, 100, 200, 300, 500, 700, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 20_000, 50_000)
"""Limits that are tried, from the largest."""

SOON = 3_600.0
"""Seconds within which a contact belongs to the list it came from and not to a later visit."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """One random impression each, in order of time.

    impression: row of ``recording.impressions``, shape (n,).
    at, shopper, listing, position, eligible: its columns, shape (n,).
    opened, contacted: whether it led to that, shape (n,).
    pool:       the largest ``eligible`` that was let in.
    """

    impression: Ints
    at: Floats
    shopper: Ints
    listing: Ints
    position: Ints
    eligible: Ints
    opened: Flags
    contacted: Flags
    pool: int

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.impression)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which decisions are wanted.

    split:     epoch seconds; policies learn from what lies before.
    left_out:  shape (shoppers,), accounts that are known to be no shoppers.
    pool:      the largest pool; None finds it.
    most:      so many decisions at most, drawn evenly; None takes all.
    undivided: says of a shopper at a moment whether it is known what they look for.
    """

    split: float
    left_out: Flags
    pool: int | None
    most: int | None
    undivided: Callable[[int, float], bool]


def opened(recording: Recording) -> Flags:
    """Return of each impression whether its car was opened from there."""
    return recording.impressions.outcome >= OUTCOMES.index("view")


def contacted(recording: Recording) -> Flags:
    """Return of each impression whether it led to a contact before the list was left.

    The outcome of an impression also counts contacts of later visits, which a list cannot earn now.
    """
    shown, events = recording.impressions, recording.events
    cars = len(recording.listings)
    chosen = (events.type == EVENT_TYPES.index("contact")) & (events.slate != NONE)
    pairs = events.slate[chosen] * cars + events.listing[chosen]
    order = np.argsort(pairs, kind="stable")  # the earliest of a pair stays first
    pairs, moments = pairs[order], events.at[chosen][order]
    of_shown = shown.slate * cars + shown.listing
    place = np.searchsorted(pairs, of_shown)
    inside = np.minimum(place, max(len(pairs) - 1, 0))
    if len(pairs) == 0:
        return np.zeros(len(of_shown), dtype=bool)
    return np.asarray((pairs[inside] == of_shown) & (moments[inside] - shown.at <= SOON))


def choose(
    recording: Recording, wanted: Wanted, dice: np.random.Generator
) -> tuple[Decisions, dict[str, int]]:
    """Return the decisions, and what was left out: text -> number.

    Raises:
        ConfigurationError: the recording has no random exposure that could be used.
    """
    shown = recording.impressions
    rows = np.flatnonzero(shown.random & (shown.at >= wanted.split))
    counts = {"random impressions after the split": len(rows)}

    def keep(kept: Flags, why: str) -> None:
        nonlocal rows
        if not kept.all():
            counts[f"random impressions left out: {why}"] = int((~kept).sum())
        rows = rows[kept]

    keep(~wanted.left_out[shown.shopper[rows]], "crawlers and dealers")
    pairs = zip(shown.shopper[rows].tolist(), shown.at[rows].tolist(), strict=True)
    keep(
        np.array([wanted.undivided(who, at) for who, at in pairs], dtype=bool),
        "several needs were open and nobody wrote down which it was about",
    )
    keep(shown.eligible[rows] > PLACES, f"no more than {PLACES} cars to choose from")
    pool = widest(shown.eligible[rows]) if wanted.pool is None else wanted.pool
    keep(shown.eligible[rows] <= pool, f"more than {pool:,} cars to choose from")
    if wanted.most is not None and wanted.most < len(rows):
        kept = np.zeros(len(rows), dtype=bool)
        kept[dice.choice(len(rows), wanted.most, replace=False)] = True
        keep(kept, "drawn evenly to spare time")
    if len(rows) == 0:
        raise ConfigurationError(
            f"{recording.name} has no random exposure after the split in lists with "
            f"{PLACES + 1} to {pool:,} cars to choose from, so nothing can be estimated for other "
            "policies; choose an earlier split, or record some random places (docs/recording.md)."
        )
    rows = rows[np.argsort(shown.at[rows], kind="stable")]
    return (
        Decisions(
            rows,
            shown.at[rows],
            shown.shopper[rows],
            shown.listing[rows],
            shown.position[rows],
            shown.eligible[rows],
            opened(recording)[rows],
            contacted(recording)[rows],
            pool,
        ),
        counts,
    )


def widest(eligible: Ints) -> int:
    """Return the largest limit of POOLS under which AMPLE effective decisions are expected.

    If there is none, the smallest.

    >>> widest(np.full(5_000, 60)), widest(np.array([60, 60]))
    (50000, 50)
    """
    for limit in reversed(POOLS):
        pools = eligible[eligible <= limit]
        if len(pools) and PLACES * len(pools) / pools.mean() >= AMPLE:
            return limit
    return POOLS[0]
