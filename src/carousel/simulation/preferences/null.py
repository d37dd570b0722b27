"""A shopper without wants: every car has the same chance, and only dice decide.

Owns:    the null model; the meaning of [null].
Imports: domain.events, simulation.{columns, needs, parameters}, numpy.

In a market of such shoppers nothing can be learnt, and a method that seems to has been measured
wrongly.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from carousel.domain.events import Reason
from carousel.simulation.columns import Floats, Ints
from carousel.simulation.needs import Need
from carousel.simulation.parameters import Parameters, section


@dataclass(frozen=True, slots=True)
class Null:
    """Table [null]: the chances of every car; parameters.toml says what each entry means."""

    opening: float
    saving: float
    contacting: float


class NullDesire:
    """The null model; see ``Desire``."""

    def __init__(self, parameters: Parameters) -> None:
        self._settings = section(parameters, "null", Null)

    def opening(self, need: Need, cars: Ints, prices: Floats, progress: float) -> Floats:  # noqa: ARG002 (it ignores whatever is asked)
        """Return the one chance that a card, once examined, is opened."""
        return np.full(len(cars), self._settings.opening)

    def saving(self, need: Need, cars: Ints, prices: Floats, progress: float) -> Floats:  # noqa: ARG002 (it ignores whatever is asked)
        """Return the one chance that an opened car is saved."""
        return np.full(len(cars), self._settings.saving)

    def contacting(self, need: Need, cars: Ints, prices: Floats, progress: float) -> Floats:  # noqa: ARG002 (it ignores whatever is asked)
        """Return the one chance that the seller of an opened car is contacted."""
        return np.full(len(cars), self._settings.contacting)

    def complaints(self, need: Need, cars: Ints, prices: Floats) -> Mapping[Reason, Floats]:  # noqa: ARG002 (it ignores whatever is asked)
        """Return the same for every reason: one is as good as another."""
        return dict.fromkeys(Reason, np.ones(len(cars)))
