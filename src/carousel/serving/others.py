"""What other shoppers did, as far as a reason tells it: who reacted to one car reacted to another.

Owns:    how many must have done so before it is said.
Imports: numpy, domain.

The graph knows of two cars, and of two kinds of car, how many shoppers reacted to both. It does not
know what they did: opened, saved and asked about are all one to it, so no more than an interest is
told.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carousel.domain.facts import Facts
from carousel.domain.graph import Graph, kinds_of
from carousel.domain.listing import ListingId

FEWEST = 3
"""Shoppers who reacted to both; the one who is told may be among them, so two are others."""


@dataclass(frozen=True, slots=True)
class Others:
    """Where others went.

    graph: that serves. ids: of the n candidates. facts: of the same, shape (n,).
    """

    graph: Graph
    ids: Sequence[ListingId]
    facts: Facts

    def of_both(self, reaction: np.void, place: int) -> bool:
        """Return whether enough reacted to the very car of a reaction and to a candidate."""
        return self.graph.listings.shared(int(reaction["listing"]), self.ids[place]) >= FEWEST

    def key(self, reaction: np.void, place: int) -> str:
        """Return the key of what can be said; empty if nothing.

        Args:
            reaction: the shopper's, a record of ``domain.trail.REACTION``.
            place: of the candidate.
        """
        if self.of_both(reaction, place):
            return "also_liked"
        both = np.array([reaction["facts"], self.facts[place]], dtype=self.facts.dtype)
        start, end = kinds_of(both).tolist()
        return "also_liked_kind" if self.graph.kinds.shared(start, end) >= FEWEST else ""
