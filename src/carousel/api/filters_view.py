"""Filters as HTTP shows them: only what was set, under the names and in the texts it takes.

Owns:    the document of filters in an answer.
Imports: domain.filters, api.{listing_view, queries}.
"""

from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api.listing_view import shown_name
from carousel.api.queries import LISTS
from carousel.domain.filters import Filters

EXAMPLE_FILTERS: dict[str, object] = {"brand": ["Skoda"], "fuel": ["Diesel"], "max_price": 15000}


class StatedFilters(TypedDict, total=False):
    """Filters that were set, each under the name of the query parameter that sets it."""

    brand: list[str]
    model: list[str]
    min_year: int
    max_year: int
    min_price: int
    max_price: int
    min_mileage: int
    max_mileage: int
    min_power: int
    max_power: int
    fuel: list[str]
    transmission: list[str]
    body: list[str]
    colour: list[str]
    seller_type: list[str]
    max_owners: int
    region: list[str]
    near_latitude: float
    near_longitude: float
    radius_km: float


def filters_view(filters: Filters) -> StatedFilters:
    """Return filters as HTTP shows them.

    >>> from carousel.domain.listing import Fuel
    >>> filters_view(Filters(make=("Škoda",), fuel=(Fuel.PLUGIN_HYBRID,), max_price=9000))
    {'brand': ['Škoda'], 'max_price': 9000, 'fuel': ['Plugin Hybrid']}
    """
    stated = filters.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    shown: StatedFilters = {}
    for name, value in stated.items():
        told = [shown_name(one) for one in value] if name in LISTS else value
        shown[name] = told  # type: ignore[literal-required]  # the names are those of Filters
    return shown
