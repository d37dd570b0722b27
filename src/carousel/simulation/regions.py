"""Where the cars stand: cities with their coordinates, and what differs from country to country.

Owns:    reading regions.toml; the meaning of its fields.
Imports: nothing of ours.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Country:
    """What differs in a country.

    price_level: of used cars, 1.0 is Germany.
    favours:     how many times more often than elsewhere a make is for sale.
    """

    name: str
    price_level: float
    favours: dict[str, float]


@dataclass(frozen=True, slots=True)
class City:
    """A place with cars for sale; degrees in WGS 84, weight relative to the other cities."""

    name: str
    latitude: float
    longitude: float
    weight: float
    country: Country


@cache
def cities() -> tuple[City, ...]:
    """Return every city, country by country.

    >>> prague = next(c for c in cities() if c.name == "Prague")
    >>> prague.country.name, prague.country.favours["Skoda"] > 1
    ('Czechia', True)
    """
    text = resources.files("carousel.simulation").joinpath("regions.toml").read_text("utf-8")
    found: list[City] = []
    for name, facts in tomllib.loads(text).items():
        country = Country(name, facts["price_level"], facts["favours"])
        found.extend(City(**city, country=country) for city in facts["cities"])
    return tuple(found)
