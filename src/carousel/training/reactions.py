"""From a recording to who reacted to what how strongly, as training wants it.

Owns:    what an old, a repeated and a crawler's reaction still count.
Imports: numpy, domain, recording.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from carousel.domain.events import Contact, Dismiss, Favourite, Search, Unfavourite, View
from carousel.domain.factors import Ints, Sparse
from carousel.domain.features import Vector
from carousel.recording.tables import EVENT_TYPES, NONE, Recording

DAY_SECONDS = 86_400.0

_CLASSES: Mapping[str, type[Search | View | Favourite | Unfavourite | Contact | Dismiss]] = {
    "view": View,
    "search": Search,
    "favourite": Favourite,
    "unfavourite": Unfavourite,
    "contact": Contact,
    "dismiss": Dismiss,
}
STRENGTHS: Vector = np.array([_CLASSES[name].strength for name in EVENT_TYPES])
"""Of each of EVENT_TYPES, see ``domain.events``."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """What an experiment may change.

    half_life: the age at which a reaction counts half.
    most:      of one shopper and listing: what is above counts no more, in strength units.
    most_a_day: of one shopper in a day, all listings together; whoever does more is a crawler or a
               dealer, and their whole day is scaled down to this.
    """

    half_life: timedelta = timedelta(days=30)
    most: float = 8.0
    most_a_day: float = 60.0


@dataclass(frozen=True, slots=True)
class Reactions:
    """Events about listings, in order of time; one entry an event.

    at: epoch seconds. shopper, listing: rows of the recording. strength: of ``domain.events``.
    """

    at: Vector
    shopper: Ints
    listing: Ints
    strength: Vector

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.at)


def reactions_until(recording: Recording, until: float) -> Reactions:
    """Return the reactions before a moment, epoch seconds."""
    events = recording.events
    some = np.flatnonzero((events.listing != NONE) & (events.at < until))
    return Reactions(
        events.at[some],
        events.shopper[some],
        events.listing[some],
        STRENGTHS[events.type[some]],
    )


def weights(reactions: Reactions, until: float, weighing: Weighing) -> Vector:
    """Return what each reaction counts at a moment; negative where it speaks against the listing.

    >>> day = np.array([0.0, 0.0, 86400.0])
    >>> seen = Reactions(day, np.array([1, 1, 2]), np.array([5, 6, 5]), np.array([1.0, 3.0, 1.0]))
    >>> weights(seen, 86400.0, Weighing(timedelta(days=1), most_a_day=2.0)).tolist()
    [0.25, 0.75, 1.0]
    """
    day = (reactions.at // DAY_SECONDS).astype(np.int64)
    days = 1 + day.max(initial=0)
    _, place = np.unique(reactions.shopper * days + day, return_inverse=True)
    busy = np.bincount(place, np.abs(reactions.strength))
    damped = np.minimum(1.0, weighing.most_a_day / np.maximum(busy, 1e-12))[place]
    age = (until - reactions.at) / weighing.half_life.total_seconds()
    counted: Vector = reactions.strength * damped * np.exp2(-age)
    return counted


def pairs(
    reactions: Reactions, counted: Vector, shape: tuple[int, int], weighing: Weighing
) -> Sparse:
    """Return the weight of each pair of shopper and listing, where it is above 0.

    Many reactions to one listing count ever less: log(1 + sum), up to a bound.

    Args:
        reactions: who reacted to what.
        counted: what each counts, see ``weights``.
        shape: shoppers and listings.
        weighing: the bound.

    >>> seen = Reactions(np.zeros(3), np.array([0, 0, 1]), np.array([1, 1, 0]), np.ones(3))
    >>> found = pairs(seen, np.array([1.0, 1.0, -1.0]), (2, 2), Weighing())
    >>> found.indptr.tolist(), found.indices.tolist(), found.data.round(2).tolist()
    ([0, 1, 1], [1], [1.1])
    """
    shoppers, listings = shape
    key, place = np.unique(
        reactions.shopper.astype(np.int64) * listings + reactions.listing, return_inverse=True
    )
    total = np.bincount(place, counted, len(key))
    liked = total > 0
    row, column = np.divmod(key[liked], listings)
    return Sparse(
        np.concatenate([[0], np.cumsum(np.bincount(row, minlength=shoppers))]),
        column,
        np.log1p(np.minimum(total[liked], weighing.most)),
        listings,
    )
