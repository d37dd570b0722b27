"""A car beside another, as HTTP shows it: a card, and what the car has otherwise.

Owns:    differences in numbers and in kind under HTTP names.
Imports: serving.differences, domain.trade_offs, api.listing_view.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api.listing_view import EXAMPLE_CARD, HTTP_NAMES, Card, card
from carousel.domain.trade_offs import Toward
from carousel.serving.differences import Compared

METRES = 3  # decimals of a distance in km

EXAMPLE_CLOSEST: dict[str, object] = {
    **EXAMPLE_CARD,
    "differences": {"selling_price": -700, "km_driven": 21500},
    "different": ["fuel"],
}


class Differences(TypedDict, total=False):
    """Numbers of the other car less those of this one; only where both state them and differ."""

    selling_price: int
    year: int
    km_driven: int
    distance_km: Annotated[float, Field(description="only where the caller said where they are")]
    power_hp: int


class Closest(Card):
    """A card against the car asked about.

    ``different`` names what the two cars are: brand, model, body, fuel, transmission.
    """

    differences: Differences
    different: list[str]


def closest_card(compared: Compared, currency: str) -> Closest:
    """Return a car beside another as HTTP shows it."""
    return {
        **card(compared.listing, currency),
        "differences": shown_differences(compared.differences),
        "different": [HTTP_NAMES.get(name, name) for name in compared.different],
    }


def shown_differences(of: Mapping[Toward, float]) -> Differences:
    """Return differences under HTTP names.

    >>> shown_differences({Toward.NEWER: 2.0, Toward.CLOSER: -3.14159})
    {'year': 2, 'distance_km': -3.142}
    """
    found: Differences = {}
    for toward, difference in of.items():
        match toward:
            case Toward.CHEAPER:
                found["selling_price"] = int(difference)
            case Toward.NEWER:
                found["year"] = int(difference)
            case Toward.FEWER_KM:
                found["km_driven"] = int(difference)
            case Toward.CLOSER:
                found["distance_km"] = round(difference, METRES)
            case Toward.MORE_POWERFUL:
                found["power_hp"] = int(difference)
    return found
