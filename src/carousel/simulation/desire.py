"""How a need feels about cars: the seam between preference models and behaviour.

Owns:    what a preference model must answer.
Imports: domain.events, simulation.{columns, needs}.
"""

from collections.abc import Mapping
from typing import Protocol

from carousel.domain.events import Reason
from carousel.simulation.columns import Floats, Ints
from carousel.simulation.needs import Need


class Desire(Protocol):
    """A preference model over one stock. Cars are indices into it, shape (n,).

    ``progress`` is the share of the search behind, 0 at its begin, 1 at its end: an early shopper
    is open to more, a late one knows what they want.
    """

    def opening(self, need: Need, cars: Ints, prices: Floats, progress: float) -> Floats:
        """Return the chance, in [0, 1], that the card of a car, once examined, is opened."""
        ...

    def saving(self, need: Need, cars: Ints, prices: Floats, progress: float) -> Floats:
        """Return the chance, in [0, 1], that an opened car is saved."""
        ...

    def contacting(self, need: Need, cars: Ints, prices: Floats, progress: float) -> Floats:
        """Return the chance, in [0, 1], that the seller of an opened car is contacted."""
        ...

    def complaints(self, need: Need, cars: Ints, prices: Floats) -> Mapping[Reason, Floats]:
        """Return how strongly, at least 0, each reason for a dismissal applies."""
        ...
