"""Look-alikes kept apart by content vector: for lists of cars like a given one.

Owns:    maximal marginal relevance with a cap on look-alikes.
Imports: numpy, domain.features.

Source: Carbonell & Goldstein, SIGIR 1998 (MMR).
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from carousel.domain.features import Matrix, Vector


@dataclass(frozen=True, slots=True)
class Params:
    """What an experiment may change.

    relevance: in [0, 1]; 1 ranks by score alone, less gives weight to being unlike the rest.
    cap:       most members of one group among any ``window`` consecutive places.
    window:    how many places a shopper takes in at once.
    """

    relevance: float = 0.85
    cap: int = 5
    window: int = 10


def diversify(
    scores: Vector, items: Matrix, groups: Sequence[Hashable], size: int, params: Params
) -> list[int]:
    """Return positions of the slate, best first.

    Args:
        scores: shape (n,), higher is better, on the scale of the items' inner products.
        items: shape (n, dim), unit rows.
        groups: what counts as alike, e.g. the model; the cap holds while enough others are left.
        size: how many to choose; fewer come back when there are fewer candidates.
        params: the trade-off.

    >>> twins = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> diversify(np.array([0.9, 0.8, 0.5]), twins, "aab", 3, Params(relevance=0.5))
    [0, 2, 1]
    """
    base = params.relevance * scores
    taken = np.zeros(len(scores))  # -inf where a car is already on the slate
    closeness = np.zeros(len(scores))
    members: dict[Hashable, list[int]] = {}
    for i, group in enumerate(groups):
        members.setdefault(group, []).append(i)
    slate: list[int] = []
    in_view: Counter[Hashable] = Counter()
    for _ in range(min(size, len(scores))):
        if len(slate) >= params.window:
            in_view[groups[slate[-params.window]]] -= 1
        gain = base - (1 - params.relevance) * closeness + taken
        best = int(np.argmax(gain))
        if in_view[groups[best]] >= params.cap:
            capped = gain.copy()
            for group, times in in_view.items():
                if times >= params.cap:
                    capped[members[group]] = -np.inf
            other = int(np.argmax(capped))
            best = other if capped[other] > -np.inf else best
        taken[best] = -np.inf
        in_view[groups[best]] += 1
        slate.append(best)
        np.maximum(closeness, items @ items[best], out=closeness)
    return slate
