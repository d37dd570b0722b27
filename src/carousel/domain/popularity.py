"""Popularity of a listing: what shoppers' interest in it adds up to, decaying.

Owns:    the sum, and the standing by which listings are ordered without a clock.
Imports: nothing of ours. No I/O, no clock, no randomness.

With strength w_i at t_i and half-life h, at a moment T

    popularity = sum(w_i 2 ** (-(T - t_i) / h))        standing = log2(popularity) + T / h

The standing is the same at every T, so an index on it stays in order while everything decays.

Source:  forward decay: Cormode, Shkapenyuk, Srivastava & Xu, ICDE 2009.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce

HALF_LIFE = timedelta(days=7)
NOTHING = 1e-9  # what is left by rounding when interest was taken back
LARGEST_EXPONENT = 1_000.0


@dataclass(frozen=True, slots=True)
class Popularity:
    """A decayed sum of interest, aged to ``as_of``."""

    score: float
    as_of: datetime


def fold(kept: Popularity | None, interests: Iterable[tuple[float, datetime]]) -> Popularity:
    """Add interests, at least one, to what was kept; each is a strength and its moment.

    >>> from datetime import UTC
    >>> week = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 8)]
    >>> fold(None, [(1.0, week[0]), (1.0, week[1])]).score
    1.5
    """
    parts = [Popularity(strength, at) for strength, at in interests]
    return reduce(_sum, parts if kept is None else [kept, *parts])


def _sum(one: Popularity, other: Popularity) -> Popularity:
    now = max(one.as_of, other.as_of)
    return Popularity(_aged(one, now) + _aged(other, now), now)


def _aged(kept: Popularity, at: datetime) -> float:
    return kept.score * math.exp2(-((at - kept.as_of) / HALF_LIFE))


def standing(kept: Popularity) -> float | None:
    """Return the place of a listing among all, higher is better; None if nothing speaks for it."""
    if kept.score <= NOTHING:
        return None
    return math.log2(kept.score) + kept.as_of.timestamp() / HALF_LIFE.total_seconds()


def score_at(standing: float, at: datetime) -> float:
    """Return the popularity at a moment of a listing with this standing.

    >>> from datetime import UTC
    >>> monday = datetime(2026, 1, 5, tzinfo=UTC)
    >>> score_at(standing(Popularity(4.0, monday)), monday + HALF_LIFE)
    2.0
    """
    exponent = standing - at.timestamp() / HALF_LIFE.total_seconds()
    return math.exp2(min(exponent, LARGEST_EXPONENT))
