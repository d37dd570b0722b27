"""The upper bound: a method that looks into the shoppers' heads. No real method can.

Owns:    ranking by the true chances of a simulated market.
Imports: evaluation, simulation.truth.
"""

from carousel.evaluation.method import Ask
from carousel.evaluation.methods.choosing import ByScore
from carousel.evaluation.world import World
from carousel.recording.tables import Floats, Ints
from carousel.simulation.truth import Truth


class Oracle(ByScore):
    """Listings by the true chance that the shopper opens them."""

    def __init__(self, truth: Truth) -> None:
        super().__init__("oracle")
        self._truth = truth

    def score(self, world: World, ask: Ask, rows: Ints) -> Floats:
        """Return the true chance of each, in [0, 1]."""
        return self._truth.chances(ask.shopper, rows, ask.at, world.price[rows]).open
