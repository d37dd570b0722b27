"""Which model of the catalogue a file means: "320d Touring" is a 3 Series, "C 220" a C-Class.

Owns:    the rules by which names of models meet.
Imports: domain.listing, simulation.fit.

A name is tried as it is, then its first words (the longest match wins), then its last ones, then
what makes with numbers and letters for models do with them. A make that sells the same cars under
another name counts as that one.
"""

import re
from functools import cache

from carousel.domain.listing import spelling_key
from carousel.simulation.fit import models

UNKNOWN = -1

_SERIES = re.compile(r"(?:M|m)?(\d)(?:\d\d|er$|$)")
_CLASS = re.compile(r"([A-Z])[ -]?(?:\d{2,3}|Klasse)", re.IGNORECASE)
_SAME_CARS = {"vauxhall": "opel"}
_BETWEEN_WORDS = re.compile(r"[\s/]+")


@cache
def model_number(make: str, model: str | None) -> int:
    """Return the model as an index into ``models()``, UNKNOWN where the catalogue lacks it.

    >>> def found(make, model): return models()[model_number(make, model)][1]
    >>> found("BMW", "320"), found("Mercedes-Benz", "C 220"), found("Volkswagen", "Golf Variant")
    ('3 Series', 'C-Class', 'Golf')
    >>> found("Ford", "Grand C-MAX"), model_number("Trabant", "601")
    ('C-Max', -1)
    """
    key = spelling_key(make)
    known = _known().get(_SAME_CARS.get(key, key), {})
    words = [word for word in _BETWEEN_WORDS.split(model or "") if spelling_key(word)]
    starts = [words[:length] for length in range(len(words), 0, -1)]
    ends = [words[-length:] for length in range(len(words) - 1, 0, -1)]
    for part in (*starts, *ends):
        key = spelling_key("".join(part))
        if key in known:
            return known[key]
    if series := _SERIES.match(model or ""):
        return known.get(f"{series[1]}series", UNKNOWN)
    if letter := _CLASS.match(model or ""):
        return known.get(f"{letter[1].casefold()}class", UNKNOWN)
    return UNKNOWN


@cache
def _known() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for number, (make, model) in enumerate(models()):
        found.setdefault(spelling_key(make), {})[spelling_key(model)] = number
    return found
