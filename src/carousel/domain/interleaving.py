"""Team-draft interleaving: two rankings in one list.

Owns:    the draft.
Imports: numpy.

Round by round the two rankings pick, in an order drawn anew each time, their best car not yet
taken. Whoever gets what the shopper opens has won the list. Both sides stand in the same list for
the same shopper at the same time, so far fewer lists are needed than for two separate groups of
shoppers.

Source:  Radlinski, Kurup & Joachims, CIKM 2008; sensitivity: Chapelle, Joachims, Radlinski & Yue,
         TOIS 2012.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Interleaved:
    """One list of two rankings.

    rows:  what is shown, best first, shape (k,).
    first: whether the first ranking picked it, shape (k,).
    """

    rows: Ints
    first: npt.NDArray[np.bool_]


def team_draft(first: Ints, second: Ints, limit: int, dice: np.random.Generator) -> Interleaved:
    """Return one list of at most ``limit`` different cars.

    As long as both have cars left, neither team is ahead by more than one.

    Args:
        first: one ranking, cars best first, as rows or ids.
        second: the other, likewise.
        limit: places of the list.
        dice: who picks first in each round.

    >>> draft = team_draft(np.array([1, 2]), np.array([1, 3]), 3, np.random.default_rng(0))
    >>> int(draft.rows[0]), sorted(draft.rows.tolist())
    (1, [1, 2, 3])
    """
    rankings, next_up = (first.tolist(), second.tolist()), [0, 0]
    rows: list[int] = []
    teams: list[bool] = []
    taken: set[int] = set()
    while len(rows) < limit:
        starter = int(dice.integers(2))
        before = len(rows)
        for side in (starter, 1 - starter):
            ranking = rankings[side]
            while next_up[side] < len(ranking) and ranking[next_up[side]] in taken:
                next_up[side] += 1
            if next_up[side] < len(ranking) and len(rows) < limit:
                row = ranking[next_up[side]]
                taken.add(row)
                rows.append(row)
                teams.append(side == 0)
        if len(rows) == before:
            break
    return Interleaved(np.array(rows, dtype=np.int64), np.array(teams, dtype=bool))
