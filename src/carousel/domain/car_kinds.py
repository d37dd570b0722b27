"""A kind of car by one word: a make, a body, a fuel or a gearbox; whether an event is about it.

Owns:    the kinds that a shopper may have forgotten.
Imports: domain.{filters, listing}. No I/O, no clock, no randomness.
"""

from dataclasses import dataclass
from enum import StrEnum

from carousel.domain.filters import Filters
from carousel.domain.listing import spelling_key


class Axis(StrEnum):
    """What cars are told apart by."""

    MAKE = "make"
    BODY = "body"
    FUEL = "fuel"
    TRANSMISSION = "transmission"


@dataclass(frozen=True, slots=True)
class CarKind:
    """All cars of a make, of a body, of a fuel or with a gearbox.

    name: the make in any spelling, or the value of ``Body``, ``Fuel`` or ``Transmission``.
    """

    axis: Axis
    name: str

    @property
    def key(self) -> str:
        """Return what is the same for all spellings of the name.

        >>> CarKind(Axis.MAKE, " Škoda").key, CarKind(Axis.FUEL, "plugin_hybrid").key
        ('skoda', 'plugin_hybrid')
        """
        return spelling_key(self.name) if self.axis is Axis.MAKE else self.name


def asks_for(filters: Filters, kind: CarKind) -> bool:
    """Return whether a search names a kind of car, perhaps among others.

    >>> asks_for(Filters(make=("Audi", "Škoda")), CarKind(Axis.MAKE, "skoda"))
    True
    >>> asks_for(Filters(), CarKind(Axis.MAKE, "skoda"))
    False
    """
    match kind.axis:
        case Axis.MAKE:
            return kind.key in {spelling_key(name) for name in filters.make}
        case Axis.BODY:
            return kind.key in filters.body
        case Axis.FUEL:
            return kind.key in filters.fuel
        case Axis.TRANSMISSION:
            return kind.key in filters.transmission
