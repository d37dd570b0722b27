"""Chips put in order: what was said twice, what contradicts, more than a search takes.

Owns:    the chip, which chips stay, the filters that chips make.
Imports: domain.filters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from carousel.domain.filters import Filters

MOST_CHOICES = 20  # of one filter
LISTS = frozenset(
    ("brand", "model", "fuel", "transmission", "body", "colour", "seller_type", "region")
)


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of a phrase and the query parameter that it sets.

    value:      as the domain spells it.
    text:       the shopper's own words: ``start`` to ``end`` of the phrase, in characters.
    corrected:  whether the words were mistyped.
    """

    name: str
    value: str
    text: str
    start: int
    end: int
    corrected: bool


def settled(chips: Sequence[Chip]) -> tuple[tuple[Chip, ...], tuple[Chip, ...]]:
    """Return the chips that count, in the order of the text, and those that cannot.

    Of a filter that takes one value the last one said counts, as it would in a query string; two
    years that stand alone are a range. What is said twice counts once and is not left over.

    >>> years = [Chip(n, v, v, s, s + 4, False) for v, s in (("2015", 0), ("2018", 5))
    ...          for n in ("min_year", "max_year")]
    >>> [(one.name, one.value) for one in settled(years)[0]]
    [('min_year', '2015'), ('max_year', '2018')]
    """
    chips = _years(chips)
    kept: list[Chip] = []
    left_over: list[Chip] = []
    seen: set[tuple[str, str]] = set()
    last = {one.name: (one.start, one.end) for one in chips if one.name not in LISTS}
    for one in chips:
        if one.name in LISTS:
            if (one.name, one.value) in seen:
                continue
            if sum(name == one.name for name, _ in seen) >= MOST_CHOICES:
                left_over.append(one)
                continue
            seen.add((one.name, one.value))
            kept.append(one)
        elif last[one.name] == (one.start, one.end):
            kept.append(one)
        else:
            left_over.append(one)
    heard = {(one.start, one.end) for one in kept}
    told: dict[tuple[int, int], Chip] = {}
    for one in left_over:
        if (one.start, one.end) not in heard:
            told.setdefault((one.start, one.end), one)
    return tuple(kept), tuple(told.values())


def filters_of(chips: Iterable[Chip]) -> Filters:
    """Return the filters that settled chips make.

    >>> filters_of([Chip("brand", "Audi", "audi", 0, 4, False)]).make
    ('Audi',)
    """
    stated: dict[str, str | list[str]] = {}
    for one in chips:
        if one.name in LISTS:
            values = stated.setdefault(one.name, [])
            if isinstance(values, list):
                values.append(one.value)
        else:
            stated[one.name] = one.value
    return Filters.model_validate(stated)


def _years(chips: Sequence[Chip]) -> list[Chip]:
    """Return the chips with years that stand alone as one range from the first to the last."""
    alone = [
        one
        for one, other in pairwise(chips)
        if (one.name, other.name) == ("min_year", "max_year")
        and (one.start, one.end, one.value) == (other.start, other.end, other.value)
    ]
    if len({one.value for one in alone}) < 2:  # noqa: PLR2004 (a range has two ends)
        return list(chips)
    first = min(alone, key=lambda one: int(one.value))
    last = max(alone, key=lambda one: int(one.value))
    spans = {(one.start, one.end) for one in alone}
    others = [one for one in chips if (one.start, one.end) not in spans]
    return sorted([*others, first, replace(last, name="max_year")], key=lambda one: one.start)
