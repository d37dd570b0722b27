"""Caps: one seller, or one model, does not fill what a shopper sees at once.

Owns:    the order that keeps to the caps as long as it can.
Imports: numpy, domain.facts, domain.reranking.orders.

Each place goes to the first car of the order that breaks no cap among the places before it. Where
every car that is left breaks one, it goes to the one that breaks fewest, the first of them: a page
of one dealer's cars is a full page.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from carousel.domain.facts import Facts
from carousel.domain.reranking.orders import Rows, followed

TAKEN = 1_000  # more than all caps that a car can break


@dataclass(frozen=True, slots=True)
class Params:
    """What an experiment may change; a cap of ``window`` or more is none.

    seller: most cars of one seller among any ``window`` consecutive places, >= 1.
    model:  most of one make and model, >= 1.
    window: how many places a shopper takes in at once, >= 1.
    """

    seller: int = 3
    model: int = 4
    window: int = 10


def capped(order: Rows, facts: Facts, size: int, params: Params) -> Rows:
    """Return all rows, the first ``size`` within the caps, the others as they were.

    A seller or a model that is not stated is never one too many.

    Args:
        order: all n rows, best first.
        facts: shape (n,).
        size: places of the slate.
        params: the caps.

    >>> from carousel.domain.facts import FACTS
    >>> cars = np.zeros(4, dtype=FACTS)
    >>> cars["seller"] = [7, 7, 7, 8]
    >>> capped(np.arange(4), cars, 4, Params(seller=2, window=3)).tolist()
    [0, 1, 3, 2]
    """
    groups = [
        (facts["seller"][order], params.seller, Counter[int]()),
        (facts["model"][order], params.model, Counter[int]()),
    ]
    broken = np.zeros(len(order), dtype=np.int64)
    chosen = np.empty(min(size, len(order)), dtype=np.int64)
    for place in range(len(chosen)):
        if place >= params.window:
            leaving = chosen[place - params.window]
            for codes, cap, seen in groups:
                code = int(codes[leaving])
                if code and seen[code] == cap:
                    broken[codes == code] -= 1
                seen[code] -= 1
        best = int(np.argmin(broken))
        chosen[place] = best
        broken[best] += TAKEN
        for codes, cap, seen in groups:
            code = int(codes[best])
            seen[code] += 1
            if code and seen[code] == cap:
                broken[codes == code] += 1
    return followed(order[chosen], order)
