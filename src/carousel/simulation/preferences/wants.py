"""What a need asks of a car's kinds, looked up once and kept: one table entry a body, fuel, make.

Owns:    the tables by kind, and their store.
Imports: simulation.{columns, needs}, numpy.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from carousel.simulation.columns import BODIES, FUELS, Floats
from carousel.simulation.needs import Need

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wants:
    """Shares of a need in [0, 1] by kind, and which makes are loved, 1 or 0."""

    body: Floats
    fuel: Floats
    loved: Floats


def wants(need: Need, makes: tuple[str, ...]) -> Wants:
    """Return what a need asks of each of BODIES, FUELS and ``makes``."""
    return Wants(
        body=np.array([need.stage.bodies.get(body, 0.0) for body in BODIES]),
        fuel=np.array([need.stage.fuels.get(fuel, 0.0) for fuel in FUELS]),
        loved=np.array([make in need.makes for make in makes], dtype=np.float64),
    )


class Kept(Generic[T]):
    """Results of a function of needs. A need is known by identity, so it is kept as well."""

    def __init__(self, make: Callable[[Need], T]) -> None:
        self._make = make
        self._kept: dict[int, tuple[Need, T]] = {}

    def of(self, need: Need) -> T:
        """Return the function's result for a need."""
        found = self._kept.get(id(need))
        if found is None:
            found = self._kept[id(need)] = (need, self._make(need))
        return found[1]
