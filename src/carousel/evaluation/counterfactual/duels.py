"""Duels of two methods before simulated shoppers: interleaved lists, and how many of them it takes.

Owns:    playing a duel, the truth beside it, the power of a duel and of an A/B test.
Imports: numpy, domain.interleaving, evaluation.counterfactual.{interleaving,values},
         evaluation.results, recording.tables.

The car at place k is opened with the true chance times the share of shoppers who examine place k.
For the power, shoppers are drawn with replacement from those of the recording, with all their
lists, since what one of them does hangs together. A duel is decided by the mean credit of a list,
an A/B test, which gives each shopper one of the methods, by the difference of the openings per
list; both by a ratio whose variance is that between shoppers.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from carousel.domain.interleaving import team_draft
from carousel.evaluation.counterfactual.interleaving import Verdict, credit, verdict
from carousel.evaluation.counterfactual.values import by_shopper
from carousel.evaluation.results import Estimate
from carousel.recording.tables import NONE, Floats, Ints

DRAWS = 4
"""Each list is shown so many times to learn how lists end."""

TRIALS = 400
"""So many tests are simulated for each number of lists."""

POWER, SURE = 0.8, 1.959964
FEWEST_SHOPPERS = 10


@dataclass(frozen=True, slots=True)
class Side:
    """One method's lists: rows, NONE where shorter, and their true chances, shape (n, places)."""

    name: str
    rows: Ints
    chance: Floats


@dataclass(frozen=True, slots=True)
class Duel:
    """What came of it.

    verdict:    over the lists, each shown once.
    difference: first less second, of the mean true chances of their cars.
    lists:      interleaved lists until a test decides for the better one in POWER of cases; NaN
                where that takes more than were played, which would be guessing.
    ab_lists:   lists of an A/B test, both groups together, for the same.
    """

    first: str
    second: str
    verdict: Verdict
    difference: Estimate
    lists: float
    ab_lists: float


def duel(
    first: Side, second: Side, shopper: Ints, examined: Floats, dice: np.random.Generator
) -> Duel:
    """Return what comes of interleaving two methods.

    Args:
        first: one method.
        second: the other.
        shopper: whose list it is, shape (n,).
        examined: share of shoppers who look at each place, shape (places,).
        dice: of drafts and shoppers.
    """
    credits_ = np.array(
        [_shown(first, second, n, examined, dice) for n in range(len(shopper))], dtype=np.int64
    ).reshape(-1, DRAWS)
    difference = by_shopper(_mean(first.chance) - _mean(second.chance), shopper)
    sign = 1 if difference.mean >= 0 else -1
    most = DRAWS * len(np.unique(shopper))
    each = len(shopper) / len(np.unique(shopper))
    duel_units = _units(sign * credits_, shopper)
    better, worse = (
        _units(_openings(side, examined, dice), shopper) for side in (first, second)[::sign]
    )
    return Duel(
        first.name,
        second.name,
        verdict(credits_[:, 0]),
        difference,
        each * _needed(lambda people: _power([duel_units], people, dice), most),
        each * _needed(lambda people: _power([better, worse], people, dice), most),
    )


def _shown(
    first: Side, second: Side, number: int, examined: Floats, dice: np.random.Generator
) -> list[int]:
    """Return the credits of one list shown DRAWS times."""
    mine, theirs = first.rows[number], second.rows[number]
    here, there = mine != NONE, theirs != NONE
    chance = dict(zip(theirs[there].tolist(), second.chance[number, there].tolist(), strict=True))
    chance |= dict(zip(mine[here].tolist(), first.chance[number, here].tolist(), strict=True))
    found = []
    for _ in range(DRAWS):
        draft = team_draft(mine[here], theirs[there], len(examined), dice)
        odds = np.array([chance[row] for row in draft.rows.tolist()])
        opened = dice.random(len(odds)) < odds * examined[: len(odds)]
        found.append(credit(draft, opened))
    return found


def _mean(chance: Floats) -> Floats:
    """Return the mean chance of each list, 0 of an empty one, shape (n,)."""
    there = ~np.isnan(chance)
    return np.asarray(np.nansum(chance, axis=1) / np.maximum(there.sum(axis=1), 1))


def _openings(side: Side, examined: Floats, dice: np.random.Generator) -> Ints:
    """Return how many cars of each list are opened, shape (n, DRAWS)."""
    odds = np.nan_to_num(side.chance) * examined[: side.chance.shape[1]]
    return np.asarray((dice.random((DRAWS, *odds.shape)) < odds).sum(axis=2).T)


@dataclass(frozen=True, slots=True)
class _Units:
    """What shoppers bring in: total of their lists, number of lists, and how common that is."""

    total: Floats
    lists: Floats
    share: Floats


def _units(values: Ints, shopper: Ints) -> _Units:
    """Return the shoppers of values by list, shape (n, DRAWS), alike ones counted together."""
    _, who = np.unique(shopper, return_inverse=True)
    lists = np.bincount(who)
    totals = np.concatenate([np.bincount(who, column) for column in values.T])
    pairs = np.column_stack([totals, np.tile(lists, values.shape[1])])
    alike, count = np.unique(pairs, axis=0, return_counts=True)
    return _Units(alike[:, 0], alike[:, 1], count / count.sum())


def _power(groups: Sequence[_Units], people: int, dice: np.random.Generator) -> float:
    """Return how often so many shoppers show that the first group's mean is above the second's.

    A group alone is held against 0; two groups share the shoppers.
    """
    means, variances = [], []
    for units in groups:
        drawn = dice.multinomial(people // len(groups), units.share, TRIALS)
        lists = np.maximum(drawn @ units.lists, 1)
        mean = drawn @ units.total / lists
        squares = (
            drawn @ units.total**2
            - 2 * mean * (drawn @ (units.total * units.lists))
            + mean**2 * (drawn @ units.lists**2)
        )
        means.append(mean)
        variances.append(np.maximum(squares, 1e-300) / lists**2)
    lead = means[0] - (means[1] if len(means) > 1 else 0.0)
    return float((lead / np.sqrt(sum(variances)) >= SURE).mean())


def _needed(power: Callable[[int], float], most: int) -> float:
    """Return how many shoppers reach POWER: doubled until they do, then narrowed to some per cent.

    NaN where ``most`` do not.
    """
    people = FEWEST_SHOPPERS
    while power(people) < POWER:
        people *= 2
        if people > most:
            return math.nan
    low, high = people / 2, float(people)
    while high / low > 1.03:  # noqa: PLR2004 (simulated power is no more exact than that)
        middle = math.sqrt(low * high)
        low, high = (middle, high) if power(round(middle)) < POWER else (low, middle)
    return high
