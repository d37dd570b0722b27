"""What a shopper would truly have done with a car at a moment, as the simulation decides it.

Owns:    from the truth of a market to the chances at one page: what memory takes away.
Imports: evaluation.counterfactual.histories, simulation.{behaviour,parameters,truth}.

The truth says how likely a car is opened when it is new to the shopper. A car opened before is
opened less often, and a seller is contacted once only.
"""

from dataclasses import dataclass

import numpy as np

from carousel.evaluation.counterfactual.histories import Histories
from carousel.recording.tables import Floats, Ints
from carousel.simulation.behaviour import Behaviour
from carousel.simulation.parameters import section
from carousel.simulation.truth import Chances, KnownTruth, Truth, in_mind


@dataclass(frozen=True, slots=True)
class Judge:
    """A truth, and what its shoppers remember."""

    truth: Truth
    histories: Histories

    def undivided(self, shopper: int, at: float) -> bool:
        """Return whether it is known which need the shopper has in mind: at most one is open."""
        if not isinstance(self.truth, KnownTruth):
            return True
        return len(in_mind(self.truth.shoppers[shopper].needs, at)) <= 1

    def chances(self, shopper: int, cars: Ints, at: float, prices: Floats) -> Chances:
        """Return the chances of cars once examined; see ``Truth.chances``."""
        fresh = self.truth.chances(shopper, cars, at, prices)
        again = np.where(self.histories.opened(shopper, cars, at), self._again(), 1.0)
        called = self.histories.contacted(shopper, cars, at)
        return Chances(fresh.open * again, np.where(called, 0.0, fresh.contact * again))

    def _again(self) -> float:
        if not isinstance(self.truth, KnownTruth):
            return 1.0
        return section(self.truth.parameters, "behaviour", Behaviour).opened_again
