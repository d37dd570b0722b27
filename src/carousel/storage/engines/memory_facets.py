"""What there is to choose from among some listings, counted.

Owns:    the facets and their usual spellings.
Imports: domain.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from carousel.domain.listing import Listing, spelling_key


def facets_of(listings: Sequence[Listing]) -> dict[str, list[tuple[str, int]]]:
    """Return the values of each facet, with counts, the most frequent first."""
    return {
        "brands": _facet(one.make for one in listings),
        "fuels": _facet(one.fuel for one in listings),
        "bodies": _facet(one.body for one in listings),
        "transmissions": _facet(one.transmission for one in listings),
        "regions": _facet(one.place.region if one.place else None for one in listings),
    }


def _facet(stated: Iterable[str | None]) -> list[tuple[str, int]]:
    """Return how often each name was stated, under its usual spelling, the most frequent first."""
    spellings: dict[str, Counter[str]] = {}
    for name in stated:
        if name is not None:
            spellings.setdefault(spelling_key(name), Counter())[str(name)] += 1
    usual = (
        (min(counts, key=lambda name: (-counts[name], name)), counts.total())
        for counts in spellings.values()
    )
    return sorted(usual, key=lambda value: (-value[1], value[0]))
