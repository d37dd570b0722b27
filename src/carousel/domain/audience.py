"""The audience of a listing: how often it was shown, opened and asked about lately.

Owns:    which events count, the decayed counts of one listing (write side), their values for many
         listings at a moment (read side).
Imports: numpy, domain.features. No I/O, no clock, no randomness.

With c_i events of a kind at t_i and its half-life h, the count at a moment T is

    sum(c_i 2 ** (-(T - t_i) / h))

a sum, so events may come in any order and any grouping, and taking one back (c = -1) leaves what
was there before. Impressions and views share a half-life: their ratio is then a click rate. What a
contact tells, that the car may have found its buyer, is over sooner.

Source:  forward decay: Cormode, Shkapenyuk, Srivastava & Xu, ICDE 2009.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce

import numpy as np
import numpy.typing as npt

from carousel.domain.features import Matrix, Vector

KINDS = ("impression", "view", "contact")
"""Event types that are counted, in the order of every array of counts."""


@dataclass(frozen=True, slots=True)
class Params:
    """What an experiment may change; writer and reader must share one instance.

    half_life:         of impressions and views, > 0.
    contact_half_life: of contacts, > 0.
    """

    half_life: timedelta = timedelta(days=14)
    contact_half_life: timedelta = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Tally:
    """Decayed counts of one listing, aged to ``as_of``, aware UTC."""

    impressions: float
    views: float
    contacts: float
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Audience:
    """What n listings have had of theirs lately: decayed counts, shape (n,), each >= 0."""

    impressions: Vector
    views: Vector
    contacts: Vector

    def of(self, rows: npt.NDArray[np.int64]) -> "Audience":
        """Return what some of the listings have had."""
        return Audience(self.impressions[rows], self.views[rows], self.contacts[rows])


def heard(kind: str, at: datetime, count: float = 1.0) -> Tally:
    """Return the tally of events of one moment, of a kind out of KINDS; -1 takes one back.

    >>> from datetime import UTC
    >>> heard("contact", datetime(2026, 1, 1, tzinfo=UTC)).contacts
    1.0
    """
    impressions, views, contacts = (count if kind == one else 0.0 for one in KINDS)
    return Tally(impressions, views, contacts, at)


def fold(tallies: Iterable[Tally], params: Params) -> Tally:
    """Return the sum of tallies, at least one, aged to the latest of them.

    >>> from datetime import UTC
    >>> monday, days = datetime(2026, 1, 5, tzinfo=UTC), timedelta(days=4)
    >>> kept = fold([heard("contact", monday), heard("contact", monday + days)], Params())
    >>> kept.contacts, kept.as_of == monday + days
    (1.5, True)
    """
    return reduce(lambda one, other: _sum(one, other, params), tallies)


def _sum(one: Tally, other: Tally, params: Params) -> Tally:
    now = max(one.as_of, other.as_of)
    (shown, asked), (other_shown, other_asked) = (
        (_left(now - t.as_of, params.half_life), _left(now - t.as_of, params.contact_half_life))
        for t in (one, other)
    )
    return Tally(
        shown * one.impressions + other_shown * other.impressions,
        shown * one.views + other_shown * other.views,
        asked * one.contacts + other_asked * other.contacts,
        now,
    )


def _left(age: timedelta, half_life: timedelta) -> float:
    return math.exp2(-(age / half_life))


def at_moment(counts: Matrix, as_of: Vector, at: float, params: Params) -> Audience:
    """Return the audiences of listings at a moment.

    Args:
        counts: as kept, shape (n, 3), columns as KINDS; zeros for a listing nobody has seen.
        as_of: to when each row is aged, epoch seconds, shape (n,).
        at: epoch seconds. What is of after it, by another clock, counts as of now.
        params: half-lives.

    >>> counts, fortnight = np.array([[8.0, 2.0, 0.0]]), 14 * 86_400.0
    >>> at_moment(counts, np.zeros(1), fortnight, Params()).impressions.tolist()
    [4.0]
    """
    age = np.maximum(at - as_of, 0.0)
    shown = np.exp2(age * (-1.0 / params.half_life.total_seconds()))
    contacts = np.zeros(len(age))
    some = np.flatnonzero(counts[:, 2] > 0)  # few listings are asked about: powers take their time
    asked = np.exp2(age[some] * (-1.0 / params.contact_half_life.total_seconds()))
    contacts[some] = counts[some, 2] * asked
    # What rounding leaves of events that were all taken back may be less than nothing.
    impressions, views = (np.maximum(counts[:, n] * shown, 0.0) for n in (0, 1))
    return Audience(impressions, views, contacts)
