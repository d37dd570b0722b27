"""Lists of several needs, or of several starts, as one: each in its turn.

Owns:    how a channel shares its places out, and how it joins what it found.
Imports: domain, storage.ports.
"""

from collections.abc import Sequence

from carousel.domain.candidates import Found, nothing
from carousel.domain.listing import ListingId
from carousel.domain.needs import Needs
from carousel.storage.ports import Retrieved


def places_of(needs: Needs | None, places: int) -> list[int]:
    """Return how many of some places each need gets: at least one, then by weight.

    >>> import numpy as np
    >>> two = Needs(np.array([0.8, 0.2]), np.ones((0, 2)), np.ones((0, 2)))
    >>> places_of(two, 6), places_of(None, 6)
    ([5, 1], [6])
    """
    if needs is None:
        return [places]
    return [max(1, round(weight * places)) for weight in needs.weights.tolist()]


def in_turn(name: str, lists: Sequence[Retrieved]) -> Found:
    """Return the first of each list, then the second of each, and so on; each listing once.

    Scores fall evenly with the place in its list, from 1.
    """
    placed: dict[ListingId, tuple[int, int]] = {}
    for place in range(max((len(one.ids) for one in lists), default=0)):
        for n, one in enumerate(lists):
            if place < len(one.ids):
                placed.setdefault(one.ids[place], (n, place))
    if not placed:
        return nothing(name)
    longest = max(len(one.ids) for one in lists)
    return Found(
        name,
        list(placed),
        [1.0 - place / longest for _, place in placed.values()],
    )
