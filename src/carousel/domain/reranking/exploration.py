"""Exploration: a few places are left to chance, and it is known exactly to how much chance.

Owns:    which places and which cars, the probability of what is shown; the meaning of a seed.
Imports: numpy, domain.listing, domain.reranking.orders. The generator is passed in.

A slate has m places for E >= m cars. With K random places a set J of K places and K different cars
X are drawn evenly; X stands at J in the order drawn, and the other places are filled in order with
what is not in X. Any car is as likely as any other at a random place, so given that a place is
random the probability of its car is 1 / E. Let a car have r better ones in the order, and a place j
places before it. With H(x; N, K, d), the hypergeometric probability of x hits when d of N are drawn
and K of N are hits, the car stands at the place with probability

    P = K / (m E) + (1 - K / m) (1 - K / E) S
    S = sum over a of H(a; m - 1, K, j) H(a + r - j; E - 1, K, r)

the first term where chance put it there; in the sum, a of the j places before are random, and so
a + r - j of the r better cars must be among X. ``places`` need not be whole: 0.5 is
one random place in every other slate, and P the mean of both.

P is given the order: also given the draws of a rule before this one. So every estimate weighted by
1 / P is unbiased, as long as those draws are independent of these.
"""

import hashlib
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from carousel.domain.features import Vector
from carousel.domain.listing import UserId
from carousel.domain.reranking.orders import Rows, ranks


@dataclass(frozen=True, slots=True)
class Params:
    """What an experiment may change. places: in [0, 20], random ones per slate on average."""

    places: float = 1.0


@dataclass(frozen=True, slots=True)
class Explored:
    """What is shown, best place first; arrays of shape (m,).

    random:     whether chance alone put the car there.
    propensity: probability of this car at this place, in (0, 1].
    """

    rows: Rows
    random: npt.NDArray[np.bool_]
    propensity: Vector


def seed_of(shopper: UserId, key: str) -> int:
    """Return the seed of a shopper's slate: a request that is repeated is answered the same.

    Args:
        shopper: whose slate it is.
        key: what the slate was made from: the same as long as the same slate is to be shown.

    >>> seed_of(7, "home") == seed_of(7, "home"), seed_of(7, "home") == seed_of(8, "home")
    (True, False)
    """
    return int.from_bytes(hashlib.sha256(f"{shopper}:{key}".encode()).digest()[:8])


def explored(order: Rows, size: int, params: Params, dice: np.random.Generator) -> Explored:
    """Return the slate with its random places.

    Args:
        order: all E cars that may be shown, best first.
        size: places of the slate; fewer where there are fewer cars.
        params: how many are left to chance.
        dice: chance.

    >>> shown = explored(np.arange(9), 3, Params(places=0.0), np.random.default_rng(0))
    >>> shown.rows.tolist(), shown.propensity.tolist()
    ([0, 1, 2], [1.0, 1.0, 1.0])
    """
    eligible = len(order)
    places = min(size, eligible)
    whole, part = divmod(min(params.places, places), 1.0)
    count = int(whole) + int(dice.random() < part)
    spots = np.sort(dice.choice(places, count, replace=False))
    strangers = order[dice.choice(eligible, count, replace=False)]
    rows = laid(order, places, spots, strangers)
    random = np.zeros(places, dtype=bool)
    random[spots] = True
    return Explored(rows, random, propensity(rows, order, params))


def laid(order: Rows, places: int, spots: Rows, strangers: Rows) -> Rows:
    """Return a slate with ``strangers`` at ``spots`` and the others in order, shape (places,).

    >>> laid(np.arange(9), 3, np.array([1]), np.array([7])).tolist()
    [0, 7, 1]
    """
    rows = np.empty(places, dtype=np.int64)
    rest = np.ones(places, dtype=bool)
    rest[spots] = False
    rows[spots] = strangers
    head = order[:places]
    rows[rest] = head[~np.isin(head, strangers)][: places - len(spots)]
    return rows


def propensity(rows: Rows, order: Rows, params: Params) -> Vector:
    """Return the probability of each car at its place, shape (m,); the formula of the module.

    Args:
        rows: shown, shape (m,).
        order: all E cars that might have been, best first.
        params: how many places were left to chance.

    >>> propensity(np.array([0, 1]), np.arange(4), Params(places=2.0)).tolist()
    [0.25, 0.25]
    """
    places = len(rows)
    better = ranks(order)[rows]
    whole, part = divmod(min(params.places, places), 1.0)
    chance = (1 - part) * _given(int(whole), better, len(order))
    if part > 0:
        chance += part * _given(int(whole) + 1, better, len(order))
    return chance


def _given(count: int, better: Rows, eligible: int) -> Vector:
    """Return P with K = count, where ``better`` is r of each car shown."""
    places = len(better)
    if count == places:  # all is random, or there is nothing
        return np.full(places, 1 / max(eligible, 1))
    before = np.arange(places)
    ranked = np.zeros(places)
    for a in range(count + 1):
        ranked += _hits(a, places - 1, count, before) * _hits(
            a + better - before, eligible - 1, count, better
        )
    return count / (places * eligible) + (1 - count / places) * (1 - count / eligible) * ranked


def _hits(x: Rows | int, total: int, hits: int, drawn: Rows) -> Vector:
    """Return the hypergeometric probability H(x; total, hits, drawn), shape of ``drawn``."""
    among = _choices(drawn, x, hits) * _choices(total - drawn, np.subtract(hits, x), hits)
    possible = (np.asarray(x) >= 0) & (np.asarray(x) <= hits)
    return np.where(possible, among / math.comb(total, hits), 0.0)


def _choices(n: Rows, k: Rows | int, most: int) -> Vector:
    """Return how many ways there are to choose k of n, for k up to ``most``."""
    ways = np.ones(len(n))
    for i in range(most):
        ways = np.where(i < np.asarray(k), ways * (n - i) / (i + 1), ways)
    return ways
