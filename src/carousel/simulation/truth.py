"""What simulated shoppers truly want: how likely they would open a car, and contact its seller.

Owns:    the shape in which the truth is asked for, and the truth of a market that was simulated.
Imports: simulation.{columns, needs, parameters, preferences, stock}, numpy.

Only the simulation and the evaluation may import this; an engine that could would cheat.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from carousel.simulation.columns import Floats, Ints
from carousel.simulation.needs import Kind, Need, Shopper
from carousel.simulation.parameters import Parameters
from carousel.simulation.preferences import desire_of
from carousel.simulation.stock import Stock


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


class KnownTruth:
    """The truth of a simulated market: its cars, its shoppers and the model that moved them.

    desire: the preference model, built over ``stock``; the behaviour asks the same one.
    """

    def __init__(
        self,
        stock: Stock,
        shoppers: Sequence[Shopper],
        parameters: Parameters,
        *,
        preferences: str,
        hidden: float,
    ) -> None:
        self.stock = stock
        self.shoppers = tuple(shoppers)
        self.parameters = parameters
        self.preferences = preferences
        self.hidden = hidden
        self.desire = desire_of(preferences, stock, parameters, hidden)

    def chances(self, shopper: int, cars: Ints, at: float, prices: Floats) -> Chances:
        """Return the chances of cars for a shopper; all 0 for an account that is none."""
        opened, contacted = np.zeros(len(cars)), np.zeros(len(cars))
        for need, share in in_mind(self.shoppers[shopper].needs, at):
            progress = progress_of(need, at)
            opening = self.desire.opening(need, cars, prices, progress)
            opened += share * opening
            contacted += share * opening * self.desire.contacting(need, cars, prices, progress)
        return Chances(np.minimum(opened, 1.0), np.minimum(contacted, 1.0))

    def noise(self) -> Ints:
        """Return the rows of accounts that are no shoppers at all: crawlers and dealers."""
        return np.flatnonzero([shopper.kind is not Kind.SHOPPER for shopper in self.shoppers])


def in_mind(needs: Sequence[Need], at: float) -> list[tuple[Need, float]]:
    """Return the needs a shopper has in mind at a moment, with shares that sum to 1.

    These are the open ones, by their weights; if none is, the one that opens or closed next to it.

    Args:
        needs: of one household; of an account without any, nothing is in mind.
        at: epoch seconds.
    """
    if not needs:
        return []
    away = [max(need.begins - at, at - need.ends, 0.0) for need in needs]
    near = [need for need, apart in zip(needs, away, strict=True) if apart == min(away)]
    total = sum(need.weight for need in near)
    return [(need, need.weight / total) for need in near]


def progress_of(need: Need, at: float) -> float:
    """Return the share of a need's search that lies behind at a moment, in [0, 1]."""
    return min(1.0, max(0.0, (at - need.begins) / (need.ends - need.begins)))
