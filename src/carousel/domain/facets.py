"""What there is to choose from, counted so that a shopper sees what another choice would find.

Owns:    the facets, and which filters each of them leaves out: its own.
Imports: domain.filters, domain.histogram.

Who has chosen Audi wants to know how many Skodas there are with the other filters, not that there
is none among the Audis. A make leaves out the model too, which belongs to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.histogram import Histogram

FACETS: Mapping[str, str] = {
    "brands": "make",
    "models": "model",
    "colours": "colour",
    "regions": "region",
    "fuels": "fuel",
    "transmissions": "transmission",
    "bodies": "body",
    "seller_types": "seller_type",
}
"""The field, of listings and of filters, that each facet counts."""

RANGES = ("price", "year", "mileage_km", "power_hp")
"""The fields whose numbers are spread over bins."""

OWN: Mapping[str, tuple[str, ...]] = {
    **{facet: (field,) for facet, field in FACETS.items()},
    "brands": ("make", "model"),
    "price": ("min_price", "max_price"),
    "year": ("min_year", "max_year"),
    "mileage_km": ("min_mileage", "max_mileage"),
    "power_hp": ("min_power", "max_power"),
}
"""The filters that a facet, or a range, leaves out."""


@dataclass(frozen=True, slots=True)
class Facets:
    """The active listings that pass some filters, counted.

    total:   how many pass all of them.
    values:  for each of FACETS the values, most frequent first, and how many pass but for its own
             filters; names under their usual spelling among all active listings.
    centres: latitude and longitude, the mean of all active listings there, of each region counted;
             regions of which nobody says where they are have none.
    ranges:  for each of RANGES how its numbers are spread over those that pass but for its bounds.
    """

    total: int
    values: Mapping[str, Sequence[tuple[str, int]]]
    centres: Mapping[str, tuple[float, float]]
    ranges: Mapping[str, Histogram]


def without_own(filters: Filters, facet: str) -> Filters:
    """Return the filters that the count of a facet, or of a range, obeys.

    >>> kept = without_own(Filters(make=("Audi",), model=("A4",), max_price=9_000), "brands")
    >>> kept.make, kept.model, kept.max_price
    ((), (), 9000)
    """
    return filters.model_copy(update={name: getattr(NO_FILTERS, name) for name in OWN[facet]})


def in_order(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return names and counts, most frequent first, of equal ones by name.

    >>> in_order({"Fiat": 2, "Audi": 2, "BMW": 3})
    [('BMW', 3), ('Audi', 2), ('Fiat', 2)]
    """
    return sorted(counted.items(), key=lambda value: (-value[1], value[0]))
