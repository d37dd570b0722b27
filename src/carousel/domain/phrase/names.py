"""What the cars for sale are called: the names that a phrase can mean, and how often each is there.

Owns:    the record of names, how one is made of listings.
Imports: domain.listing.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from carousel.domain.listing import spelling_key


@dataclass(frozen=True, slots=True)
class Model:
    """A model of a make, both as listings usually spell them, and how many listings name it."""

    make: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Region:
    """A region, how many listings stand in it, and the middle of them in degrees, WGS 84."""

    name: str
    count: int
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the active listings in their usual spellings, the most frequent first.

    makes, colours: each with how many listings state it.
    models:         each with its make.
    regions:        each with its middle.
    """

    makes: tuple[tuple[str, int], ...] = ()
    models: tuple[Model, ...] = ()
    colours: tuple[tuple[str, int], ...] = ()
    regions: tuple[Region, ...] = ()


def usual(stated: Iterable[tuple[str | None, int]]) -> tuple[tuple[str, int], ...]:
    """Return names under their most frequent spelling and how often each is stated in all.

    The most frequent comes first; of equal ones the first in the alphabet. None is not stated.

    >>> usual([("Škoda", 5), ("Audi", 6), ("SKODA", 2), (None, 9)])
    (('Škoda', 7), ('Audi', 6))
    """
    spellings: dict[str, Counter[str]] = {}
    for name, count in stated:
        if name is not None:
            spellings.setdefault(spelling_key(name), Counter())[name] += count
    found = (
        (min(counts, key=lambda name: (-counts[name], name)), counts.total())
        for counts in spellings.values()
    )
    return tuple(sorted(found, key=lambda one: (-one[1], one[0])))


def names_of(
    cars: Iterable[tuple[str, str | None, int]],
    colours: Iterable[tuple[str | None, int]],
    regions: Iterable[Region],
) -> Names:
    """Return the names of listings.

    Args:
        cars: make, model and how many listings state them together; any spelling, any order.
        colours: name and how many listings state it.
        regions: by any spelling; those of one name are put together.

    >>> names_of([("Audi", "A4", 2), ("AUDI", "a4", 1), ("Audi", None, 4)], [("Red", 7)], []).models
    (Model(make='Audi', name='A4', count=3),)
    """
    cars = list(cars)
    makes = usual((make, count) for make, _, count in cars)
    spelt = {spelling_key(make): make for make, _ in makes}
    of_make: dict[str, list[tuple[str | None, int]]] = {}
    for make, model, count in cars:
        of_make.setdefault(spelling_key(make), []).append((model, count))
    models = (
        Model(spelt[key], name, count)
        for key, stated in of_make.items()
        for name, count in usual(stated)
    )
    ordered = sorted(models, key=lambda one: (-one.count, one.make, one.name))
    return Names(makes, tuple(ordered), usual(colours), _together(regions))


def _together(regions: Iterable[Region]) -> tuple[Region, ...]:
    """Return each region once, in the middle of all its listings."""
    of_key: dict[str, list[Region]] = {}
    for region in regions:
        of_key.setdefault(spelling_key(region.name), []).append(region)
    found = []
    for same in of_key.values():
        ((name, count),) = usual((one.name, one.count) for one in same)
        latitude = sum(one.latitude * one.count for one in same) / count
        longitude = sum(one.longitude * one.count for one in same) / count
        found.append(Region(name, count, latitude, longitude))
    return tuple(sorted(found, key=lambda one: (-one.count, one.name)))
