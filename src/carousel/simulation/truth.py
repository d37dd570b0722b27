"""What simulated shoppers truly want: how likely they would open a car, and contact its seller.

Owns:    the shape in which the truth is asked for.
Imports: simulation.columns.

Only the simulation and the evaluation may import this; an engine that could would cheat.
"""

from dataclasses import dataclass
from typing import Protocol

from carousel.simulation.columns import Floats, Ints


@dataclass(frozen=True, slots=True)
class Chances:
    """True probabilities for n cars, in [0, 1], shape (n,), given that the shopper examines them.

    open:    that the detail page is opened.
    contact: that it is opened and the seller contacted; never more than ``open``.
    """

    open: Floats
    contact: Floats


class Truth(Protocol):
    """What a simulation knows of its shoppers; shoppers and cars by row of the recording."""

    def chances(self, shopper: int, cars: Ints, at: float, prices: Floats) -> Chances:
        """Return the chances of cars for a shopper.

        A shopper with several needs is asked about all of them, each as likely as they are to be
        in mind. One who is no longer, or not yet, looking for a car has the needs next to ``at``.

        Args:
            shopper: row.
            cars: rows, shape (n,).
            at: epoch seconds.
            prices: asking prices at that moment, EUR, shape (n,).
        """
        ...

    def noise(self) -> Ints:
        """Return the rows of accounts that are no shoppers at all: crawlers and dealers."""
        ...
