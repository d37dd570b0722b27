"""The needs behind a trail: a shopper may look for a city car and for a van at the same time.

Owns:    which steps of a trail belong together, how much each need weighs now, which of them a car
         would serve.
Imports: numpy, domain.{facts, features, trail}.

Two steps are as far apart as their prices (in units of ``price_width`` of the logarithm) and one
unit more if no body fits both. A need grows around the step that has most weight near it; the next
one around the heaviest step outside, as long as it has a share worth speaking of. Every step then
belongs to the needs by nearness. All of it is a function of the trail and the moment, so it does
not depend on the order in which events were heard.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from carousel.domain.facts import Facts
from carousel.domain.features import Matrix, Vector
from carousel.domain.trail import KINDS, STRENGTHS, Trail

Ints: TypeAlias = npt.NDArray[np.int64]

DAY = 86_400.0
BELOW_LIMIT = 0.15
"""People look somewhat below the limit they search with: in units of log price. No knob: what a
ranker was trained on says the same, and must mean the same."""

_DISMISS = KINDS.index("dismiss")


@dataclass(frozen=True, slots=True)
class Params:
    """What an experiment may change.

    most:        needs at most, > 0.
    apart:       > 0, distance from which a step does not belong to a need's heart.
    least:       share of all weight that a further need must have, in (0, 1).
    half_life:   > 0, days after which a step weighs half.
    search:      >= 0, weight of a search, where a detail view weighs 1.
    price_width: > 0, difference of the logarithms of two prices that is a distance of 1.
    """

    most: int = 3
    apart: float = 1.2
    least: float = 0.15
    half_life: float = 14.0
    search: float = 1.0
    price_width: float = 0.45


@dataclass(frozen=True, slots=True)
class Needs:
    """What a shopper looks for, the heaviest first.

    weights:   share of each, shape (needs,), sum 1; one need of weight 1 where nothing is known.
    reactions: how much each step belongs to each need, shape (reactions, needs), rows sum to 1.
    searches:  the same for searches, shape (searches, needs).
    """

    weights: Vector
    reactions: Matrix
    searches: Matrix

    def __len__(self) -> int:
        """Return how many needs there are."""
        return len(self.weights)


def needs_of(trail: Trail, now: float, params: Params) -> Needs:
    """Return the needs behind a trail at a moment, epoch seconds.

    >>> from carousel.domain.filters import Filters
    >>> from carousel.domain.listing import Body
    >>> from carousel.domain.trail import NO_TRAIL, extended, search
    >>> said = [(Body.VAN, 30_000), (Body.VAN, 28_000), (Body.HATCHBACK, 6_000)]
    >>> steps = [search(n, Filters(body=(b,), max_price=p)) for n, (b, p) in enumerate(said)]
    >>> needs_of(extended(NO_TRAIL, searches=steps), 3.0, Params()).weights.round(2).tolist()
    [0.67, 0.33]
    """
    count = len(trail.reactions)
    weight = _weights(trail, now, params)
    if not weight.sum() > 0:
        return _one(trail)
    apart = _distances(trail, params)
    near = np.exp(-0.5 * apart**2)
    density = near @ weight
    hearts: list[int] = []
    free = weight > 0
    while free.any() and len(hearts) < params.most:
        heart = int(np.argmax(np.where(free, density, -1.0)))
        inside = free & (apart[heart] < params.apart)
        if hearts and weight[inside].sum() < params.least * weight.sum():
            free &= ~inside
            free[heart] = False
            continue
        hearts.append(heart)
        free &= ~inside
        free[heart] = False
    if len(hearts) == 1:
        return _one(trail)
    belonging = near[:, hearts] ** 2 + 1e-12
    belonging /= belonging.sum(axis=1, keepdims=True)
    shares = weight @ belonging
    order = np.argsort(-shares, kind="stable")
    belonging, shares = belonging[:, order], shares[order] / shares.sum()
    return Needs(shares, belonging[:count], belonging[count:])


def served(facts: Facts, trail: Trail, needs: Needs, now: float, params: Params) -> Ints:
    """Return which need each of n cars would serve best, shape (n,), from 0.

    It is the need whose steps are nearest to the car on average.

    Args:
        facts: of the cars, shape (n,).
        trail: from which the needs were told.
        needs: behind it.
        now: epoch seconds.
        params: as the needs were told with.
    """
    if len(needs) == 1:
        return np.zeros(len(facts), np.int64)
    price = np.log(np.maximum(facts["price"].astype(np.float64), 1.0))
    near = np.exp(-0.5 * _apart((price, _bodies(facts)), _steps(trail), params) ** 2)
    belonging = np.concatenate([needs.reactions, needs.searches])
    share = _weights(trail, now, params)[:, None] * belonging
    share /= np.maximum(share.sum(axis=0), 1e-12)
    best: Ints = np.argmax(near @ share, axis=1)
    return best


def _one(trail: Trail) -> Needs:
    return Needs(np.ones(1), np.ones((len(trail.reactions), 1)), np.ones((len(trail.searches), 1)))


def _weights(trail: Trail, now: float, params: Params) -> Vector:
    """Return what each step weighs, reactions first; a dismissal says nothing of needs."""
    kinds = trail.reactions["kind"]
    strength = np.where(kinds == _DISMISS, 0.0, np.maximum(STRENGTHS[kinds], 0.0))
    worth = np.concatenate([strength, np.full(len(trail.searches), params.search)])
    at = np.concatenate([trail.reactions["at"], trail.searches["at"]])
    age = np.maximum(now - at, 0.0) / DAY
    weights: Vector = worth * np.exp2(-age / params.half_life)
    return weights


def _distances(trail: Trail, params: Params) -> Matrix:
    """Return how far apart any two steps are, reactions first, shape (steps, steps)."""
    prices, bodies = _steps(trail)
    return _apart((prices, bodies), (prices, bodies), params)


def _steps(trail: Trail) -> tuple[Vector, Ints]:
    """Return what each step was about, reactions first: log price, NaN unknown; bits of bodies."""
    facts, searches = trail.reactions["facts"], trail.searches
    prices = np.concatenate([
        np.log(np.maximum(facts["price"], 1.0)),
        np.log(np.fmax(np.fmax(searches["max_price"], searches["min_price"]), 1.0)) - BELOW_LIMIT,
    ]).astype(np.float64)  # fmt: skip
    return prices, np.concatenate([_bodies(facts), searches["bodies"].astype(np.int64)])


def _bodies(facts: Facts) -> Ints:
    return np.where(facts["body"] > 0, np.left_shift(1, facts["body"].astype(np.int64)), 0)


def _apart(some: tuple[Vector, Ints], others: tuple[Vector, Ints], params: Params) -> Matrix:
    """Return the distances of the module, shape (some, others), from log prices and bodies."""
    (price, body), (other_price, other_body) = some, others
    gap = np.abs(price[:, None] - other_price[None, :]) / params.price_width
    stated = (body[:, None] > 0) & (other_body[None, :] > 0)
    differ = stated & ((body[:, None] & other_body[None, :]) == 0)
    return np.asarray(np.nan_to_num(gap, nan=0.5) + differ)
