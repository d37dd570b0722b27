"""Mixing: a shopper with two needs finds both on one slate, each in its share.

Owns:    whose turn the next place is.
Imports: numpy, domain.features, domain.reranking.orders.

The next place goes to the need with the largest weight / (2 * turns so far + 1), so every beginning
of the slate is near the shares. A need whose next car is worth less than a part of the best car at
hand gives its turn away: it has had it, and does not come back for it later.

Source:  the highest-averages method of Sainte-Lague, 1910. That a list should show all of a
         person's interests in their proportions: Steck, RecSys 2018.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carousel.domain.features import Vector
from carousel.domain.reranking.orders import Rows, followed


@dataclass(frozen=True, slots=True)
class Params:
    """What an experiment may change.

    least: in [0, 1], what a need's next car must be worth to keep its turn, as a share of the best
           car that any need would show next. 0 keeps every turn; 1 is no sharing at all.
    """

    least: float = 0.25


def mixed(  # noqa: PLR0913, PLR0917 (an order, what is known of its cars, and how to share)
    order: Rows, need: Rows, worth: Vector, weights: Sequence[float], size: int, params: Params
) -> Rows:
    """Return all rows, the first ``size`` taken from the needs in turn, the others as they were.

    Args:
        order: all n rows; each need's cars stay in this order.
        need: which need a car would serve, shape (n,), from 0. Cars that serve none can be a need
            of their own.
        worth: shape (n,), >= 0.
        weights: of each need, >= 0. One of weight 0 gets places when nobody else takes them.
        size: places of the slate.
        params: when a turn is given away.

    >>> vans_last = np.array([0, 0, 0, 0, 1, 1])
    >>> mixed(np.arange(6), vans_last, np.ones(6), [0.7, 0.3], 4, Params()).tolist()
    [0, 4, 1, 2, 3, 5]
    """
    if len(weights) == 1:
        return order
    queues = [order[need[order] == one].tolist() for one in range(len(weights))]
    heads = [0] * len(queues)
    turns = [0] * len(queues)
    chosen: list[int] = []
    for _ in range(min(size, len(order))):
        next_worth = {
            one: float(worth[queue[heads[one]]])
            for one, queue in enumerate(queues)
            if heads[one] < len(queue)
        }
        enough = params.least * max(next_worth.values())
        by_turn = sorted(next_worth, key=lambda one: -weights[one] / (2 * turns[one] + 1))
        for one in by_turn:
            turns[one] += 1
            if next_worth[one] >= enough:
                chosen.append(queues[one][heads[one]])
                heads[one] += 1
                break
    return followed(np.array(chosen, dtype=np.int64), order)
