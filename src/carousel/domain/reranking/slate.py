"""A slate by all rules: fairness, variety, needs, caps, exploration; and which rule moved what.

Owns:    the order of the rules, what they need to know, the account of what each did.
Imports: numpy, domain.{audience, facts, features}, domain.reranking.

Every rule takes the order of the one before it. What is nearest to a promise comes last: variety
only prefers, needs get their shares of whatever is preferred, caps hold even if a share then is one
place off, and random places are left as chance made them.

The rules only see the candidates they are given, and so does chance: a car that no channel found is
not explored.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from carousel.domain.audience import Audience
from carousel.domain.facts import Facts
from carousel.domain.features import Vector
from carousel.domain.reranking.caps import Params as Caps
from carousel.domain.reranking.caps import capped
from carousel.domain.reranking.exploration import Params as Exploration
from carousel.domain.reranking.exploration import explored
from carousel.domain.reranking.exposure import Params as Exposure
from carousel.domain.reranking.exposure import worth_of
from carousel.domain.reranking.mixing import Params as Needs
from carousel.domain.reranking.mixing import mixed
from carousel.domain.reranking.orders import Rows, best_first, ranks
from carousel.domain.reranking.variety import Params as Variety
from carousel.domain.reranking.variety import varied

RULES = ("exposure", "variety", "needs", "caps", "exploration")
"""In the order in which they are applied."""

RELEVANCE = "relevance"
"""What put a car at its place if no rule moved it."""


@dataclass(frozen=True, slots=True)
class Params:
    """What an experiment may change: the params of each rule."""

    exposure: Exposure = field(default_factory=Exposure)
    variety: Variety = field(default_factory=Variety)
    needs: Needs = field(default_factory=Needs)
    caps: Caps = field(default_factory=Caps)
    exploration: Exploration = field(default_factory=Exploration)


RELEVANCE_ALONE = Params(
    Exposure(most=1.0, buyer=0.0),
    Variety(trade=0.0),
    Needs(least=1.0),
    Caps(seller=1, model=1, window=1),
    Exploration(places=0.0),
)
"""All rules off: the order of the probabilities, for certain."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The n candidates of a slate: all that pass its filters and were found.

    facts:   shape (n,).
    chance:  calibrated probability that the shopper opens it, shape (n,), in [0, 1].
    had:     what each has had of its audience.
    need:    which need it would serve best, shape (n,), from 0.
    weights: of each need, >= 0; one need is none.
    """

    facts: Facts
    chance: Vector
    had: Audience
    need: Rows
    weights: Sequence[float]


@dataclass(frozen=True, slots=True)
class Slate:
    """What to show, best place first; arrays with one entry a place, m of them.

    rows:       of the pool, each once.
    propensity: probability of this car at this place, given the pool and the draws of ``exposure``.
    random:     whether chance alone put it there.
    eligible:   how many cars a random place is drawn from.
    worth:      by which it was ranked, in [0, 1].
    moved:      places won by each of RULES, negative where lost, shape (m, rules). They add up to
                its rank by probability less its place.
    """

    rows: Rows
    propensity: Vector
    random: npt.NDArray[np.bool_]
    eligible: int
    worth: Vector
    moved: Rows

    def rule(self, place: int) -> str:
        """Return what brought its car to a place, counted from 0: the rule that moved it most.

        Of equal ones the first; RELEVANCE if none did. Exploration moves the car it draws; others
        only make room for it. A single place may also be room made for a car that another rule
        moved.
        """
        if self.random[place]:
            return RULES[-1]
        moved = np.abs(self.moved[place, :-1])
        return RULES[int(np.argmax(moved))] if moved.any() else RELEVANCE


def lay(pool: Pool, size: int, params: Params, dice: np.random.Generator) -> Slate:
    """Return the slate of a pool.

    Args:
        pool: the candidates.
        size: places; fewer come back where there are fewer candidates.
        params: of every rule.
        dice: decides on new cars and on random places; see ``exploration.seed_of``.

    Raises:
        ValueError: the pool's arrays do not fit together, or its probabilities are none.

    >>> from carousel.domain.facts import FACTS
    >>> cars = np.zeros(3, dtype=FACTS)
    >>> cars["price"], cars["power_hp"], cars["body"] = 9_000, 90, [1, 1, 2]
    >>> had = Audience(np.full(3, 99.0), np.full(3, 9.0), np.zeros(3))
    >>> pool = Pool(cars, np.array([0.10, 0.09, 0.08]), had, np.zeros(3, dtype=int), [1.0])
    >>> quiet = Params(exploration=Exploration(places=0.0))
    >>> slate = lay(pool, 2, quiet, np.random.default_rng(0))
    >>> slate.rows.tolist(), slate.rule(0), slate.rule(1)
    ([0, 2], 'relevance', 'variety')
    """
    _check(pool)
    worth = worth_of(pool.chance, pool.had, params.exposure, dice)
    by_worth = best_first(worth)
    various = _varied(by_worth, worth, pool, size, params.variety)
    shared = mixed(various, pool.need, worth, pool.weights, size, params.needs)
    within = capped(shared, pool.facts, size, params.caps)
    shown = explored(within, size, params.exploration, dice)
    rows = shown.rows
    orders = (best_first(pool.chance), by_worth, various, shared, within)
    places = [*(ranks(order)[rows] for order in orders), np.arange(len(rows))]
    return Slate(
        rows,
        shown.propensity,
        shown.random,
        len(within),
        worth[rows],
        -np.diff(np.array(places), axis=0).T,
    )


def _varied(by_worth: Rows, worth: Vector, pool: Pool, size: int, params: Variety) -> Rows:
    """Return the order with each need's cars varied among themselves, at the places they had."""
    various = by_worth.copy()
    for need in range(len(pool.weights)):
        places = np.flatnonzero(pool.need[by_worth] == need)
        rows = by_worth[places]
        various[places] = rows[varied(worth[rows], pool.facts[rows], size, params)]
    return various


def _check(pool: Pool) -> None:
    count = len(pool.chance)
    of_each = (pool.facts, pool.need, pool.had.impressions, pool.had.views, pool.had.contacts)
    if any(len(column) != count for column in of_each):
        raise ValueError(f"a pool of {count} cars needs {count} entries in every array")
    if not ((pool.chance >= 0) & (pool.chance <= 1)).all():
        raise ValueError("a chance is a probability in [0, 1]; send scores through the logistic")
    if count and not 0 <= int(pool.need.min()) <= int(pool.need.max()) < len(pool.weights):
        raise ValueError(f"a need of a pool is one of its {len(pool.weights)} weights")
