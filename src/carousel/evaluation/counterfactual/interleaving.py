"""Interleaved lists before shoppers: who won a list, and who wins over many.

Owns:    the credit, the verdict.
Imports: domain.interleaving, evaluation.results.

What the shopper opens is credited to the ranking that picked it; the one with more credit wins the
list. The draft itself is the one that serves requests.
"""

import math
from dataclasses import dataclass

from carousel.domain.interleaving import Interleaved
from carousel.evaluation.results import Estimate
from carousel.recording.tables import Flags, Ints


def credit(shown: Interleaved, opened: Flags) -> int:
    """Return +1 if the first ranking won the list, -1 if the second, 0 for a tie.

    >>> import numpy as np
    >>> shown = Interleaved(np.array([7, 8]), np.array([True, False]))
    >>> credit(shown, np.array([False, True]))
    -1
    """
    mine, theirs = int((opened & shown.first).sum()), int((opened & ~shown.first).sum())
    return (mine > theirs) - (mine < theirs)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who won.

    preference: share of decided lists won by the first ranking, less a half; in [-0.5, 0.5].
    p:          of the two-sided sign test; 1 where no list was decided.
    decided:    lists that were no tie, of ``lists``.
    """

    preference: Estimate
    p: float
    decided: int
    lists: int


def verdict(credits_: Ints) -> Verdict:
    """Return who won over many lists, given each one's credit, shape (lists,).

    >>> import numpy as np
    >>> verdict(np.array([1, 1, 1, 1, 1, 1, 0])).p  # 2 / 2**6
    0.03125
    """
    wins, losses = int((credits_ > 0).sum()), int((credits_ < 0).sum())
    decided = wins + losses
    if decided == 0:
        nothing = Estimate(math.nan, math.nan, math.nan, 0)
        return Verdict(nothing, 1.0, 0, len(credits_))
    low, high = _wilson(wins, decided)
    share = Estimate(wins / decided - 0.5, low - 0.5, high - 0.5, decided)
    return Verdict(share, _sign_test(wins, decided), decided, len(credits_))


def _wilson(wins: int, decided: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson, JASA 1927)."""
    z = 1.959964
    share, scale = wins / decided, 1 + z * z / decided
    middle = (share + z * z / (2 * decided)) / scale
    reach = z * math.sqrt(share * (1 - share) / decided + z * z / (4 * decided**2)) / scale
    return middle - reach, middle + reach


def _sign_test(wins: int, decided: int) -> float:
    fewer = min(wins, decided - wins)
    tail = sum(math.exp(_log_choose(decided, n) - decided * math.log(2)) for n in range(fewer + 1))
    return min(1.0, round(2 * tail, 12))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
