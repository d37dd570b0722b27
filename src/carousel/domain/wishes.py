"""Wishes: several cars that somebody points at, told apart, and a list that does justice to each.

Owns:    grouping references into wishes, closeness to a wish, sharing the places of a list.
Imports: numpy, domain.features.

The mean of a van and a city car is a car nobody asked for. So references are joined only while
they are alike on average; within one wish with references r_1 .. r_k the closeness of a car x is
their soft maximum

    closeness(x) = log(mean_i exp(b * x . r_i)) / b

which lies between the mean (b near 0) and the maximum (b large); places are given out in turn.

Source: grouping: average linkage, Sokal & Michener, 1958. Turns: the highest-averages method of
        Sainte-Lague, 1910, which keeps every beginning of the list near the shares.
"""

from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np

from carousel.domain.features import Matrix, Vector

ALIKE = 0.25
"""Inner product from which references are one wish.

Of two cars of one model 95 % are more alike than this, of a van and a hatchback about 6 %.
"""

SHARPNESS = 10.0  # b: near one reference is nearly as good as near all of them

ItemT = TypeVar("ItemT", bound=Hashable)


def wishes(references: Matrix, alike: float = ALIKE) -> list[list[int]]:
    """Return the rows of each wish; every reference is in exactly one.

    Args:
        references: shape (n, dim), unit rows.
        alike: two groups are joined while the mean inner product between them is at least this.

    >>> wishes(np.array([[1.0, 0.0], [0.0, 1.0], [0.8, 0.6]]), alike=0.7)
    [[0, 2], [1]]
    """
    likeness = references @ references.T
    members = np.eye(len(references))  # row: a group, column: whether a reference is in it
    while len(members) > 1:
        sizes = members.sum(axis=1)
        means = members @ likeness @ members.T / np.outer(sizes, sizes)
        np.fill_diagonal(means, -np.inf)
        first, second = divmod(int(np.argmax(means)), len(members))
        if means[first, second] < alike:
            break
        members[first] += members[second]
        members = np.delete(members, second, axis=0)
    groups: list[list[int]] = [np.flatnonzero(row).tolist() for row in members]
    return sorted(groups)


def closeness(items: Matrix, wish: Matrix, sharpness: float = SHARPNESS) -> Vector:
    """Return how close items are to one wish, shape (n,).

    Args:
        items: shape (n, dim), unit rows.
        wish: its references, shape (k, dim), unit rows, k >= 1.
        sharpness: b > 0.

    >>> cars, wish = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 0.0]])
    >>> closeness(cars, wish).tolist()
    [1.0, 0.0]
    """
    products = items @ wish.T
    best = products.max(axis=1)
    found: Vector = (
        best + np.log(np.exp(sharpness * (products - best[:, None])).mean(1)) / sharpness
    )
    return found


def in_turn(
    queues: Sequence[Sequence[ItemT]], weights: Sequence[float], places: int
) -> list[ItemT]:
    """Return one list of several queues, each getting places in proportion to its weight.

    The next place goes to the queue with the largest weight / (2 * places so far + 1), of equal
    ones to the first. A queue that is empty passes its turns on.

    >>> "".join(in_turn(["AAAA", "bbbb"], [3, 1], 6))
    'AAbAAb'
    """
    given = [0] * len(queues)
    chosen: list[ItemT] = []
    while len(chosen) < places:
        waiting = [n for n, queue in enumerate(queues) if given[n] < len(queue)]
        if not waiting:
            break
        turn = max(waiting, key=lambda n: weights[n] / (2 * given[n] + 1))
        chosen.append(queues[turn][given[turn]])
        given[turn] += 1
    return chosen
