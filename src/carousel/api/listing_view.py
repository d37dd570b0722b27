"""A listing as HTTP shows and takes it: the names and texts that clients of the prototype know.

Owns:    the card, the translation between domain and HTTP names and texts, both ways.
Imports: domain.listing, api.{moments, problems}, pydantic.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from typing_extensions import TypedDict  # pydantic accepts typing's own only from Python 3.12

from carousel.api.moments import moment
from carousel.api.problems import FieldError, mistakes
from carousel.domain.listing import (
    Body,
    Fuel,
    Listing,
    ListingFacts,
    SellerType,
    Transmission,
    spelling_key,
)

EXAMPLE_CARD: dict[str, object] = {
    "id": 4711,
    "brand": "Skoda",
    "model": "Octavia",
    "name": "Skoda Octavia 2.0 TDI Style",
    "year": 2018,
    "selling_price": 13900,
    "currency": "EUR",
    "km_driven": 84000,
    "fuel": "Diesel",
    "transmission": "Manual",
    "body": "Estate",
    "power_hp": 150,
    "colour": "Silver",
    "seller_type": "Dealer",
    "owner": "First Owner",
    "owners": 1,
    "region": "Brno",
    "latitude": 49.195,
    "longitude": 16.607,
    "photos": [],
    "listed_at": "2026-10-30T09:15:00Z",
    "status": "active",
}


class Card(TypedDict):
    """A car as the API shows it. ``null`` means not stated."""

    id: int
    brand: str
    model: str | None
    name: str
    year: int
    selling_price: Annotated[int, Field(description="whole units of the currency")]
    currency: Annotated[str, Field(description="ISO 4217 code")]
    km_driven: int | None
    fuel: str | None
    transmission: str | None
    body: str | None
    power_hp: Annotated[int | None, Field(description="metric horsepower")]
    colour: str | None
    seller_type: str | None
    owner: Annotated[str | None, Field(description="the number of owners in words")]
    owners: Annotated[int | None, Field(description="how many have owned it so far")]
    region: str | None
    latitude: float | None
    longitude: float | None
    photos: Annotated[list[str], Field(description="addresses of pictures, the first first")]
    listed_at: Annotated[str, Field(description="ISO 8601, UTC")]
    status: str


CHOICES: Mapping[str, type[StrEnum]] = {
    "fuel": Fuel,
    "transmission": Transmission,
    "body": Body,
    "seller_type": SellerType,
}
"""The fields that take one of a few values, under the same name on both sides."""

_ALL_CAPITALS = ("lpg", "cng", "suv", "mpv")
_SHOWN: Mapping[StrEnum, str] = {
    member: member.upper() if member in _ALL_CAPITALS else member.replace("_", " ").title()
    for kind in CHOICES.values()
    for member in kind
}
_SHOWN_BY_TEXT = {str(member): text for member, text in _SHOWN.items()}
_MEANT: Mapping[str, Mapping[str, str]] = {
    name: {spelling_key(member): str(member) for member in kind} for name, kind in CHOICES.items()
}

OWNERS = ("Test Drive Car", "First Owner", "Second Owner", "Third Owner", "Fourth & Above Owner")

HTTP_NAMES: Mapping[str, str] = {
    "make": "brand",
    "price": "selling_price",
    "mileage_km": "km_driven",
}
"""Fields that HTTP calls otherwise than we do."""

_DOMAIN_NAMES = {http: ours for ours, http in HTTP_NAMES.items()}
_PLACE = ("region", "latitude", "longitude")
FIELD_NAMES = frozenset(
    {HTTP_NAMES.get(name, name) for name in ListingFacts.model_fields if name != "place"}
    | set(_PLACE)
)
"""What an operator may state about a listing."""


def card(listing: Listing, currency: str) -> Card:
    """Return a listing as HTTP shows it."""
    place = listing.place
    return {
        "id": listing.id,
        "brand": listing.make,
        "model": listing.model,
        "name": listing.name,
        "year": listing.year,
        "selling_price": listing.price,
        "currency": currency,
        "km_driven": listing.mileage_km,
        "fuel": _SHOWN[listing.fuel] if listing.fuel else None,
        "transmission": _SHOWN[listing.transmission] if listing.transmission else None,
        "body": _SHOWN[listing.body] if listing.body else None,
        "power_hp": listing.power_hp,
        "colour": listing.colour,
        "seller_type": _SHOWN[listing.seller_type] if listing.seller_type else None,
        "owner": owner_text(listing.owners),
        "owners": listing.owners,
        "region": place.region if place else None,
        "latitude": place.latitude if place else None,
        "longitude": place.longitude if place else None,
        "photos": list(listing.photos),
        "listed_at": moment(listing.listed_at),
        "status": listing.status.value,
    }


def owner_text(owners: int | None) -> str | None:
    """Return the number of owners in the prototype's words.

    >>> owner_text(0), owner_text(1), owner_text(7), owner_text(None)
    ('Test Drive Car', 'First Owner', 'Fourth & Above Owner', None)
    """
    return None if owners is None else OWNERS[min(owners, len(OWNERS) - 1)]


def shown(value: StrEnum) -> str:
    """Return a choice as HTTP shows it.

    >>> shown(Fuel.PLUGIN_HYBRID), shown(Fuel.LPG)
    ('Plugin Hybrid', 'LPG')
    """
    return _SHOWN[value]


def shown_name(value: str) -> str:
    """Return a choice as HTTP shows it, any other name as it is.

    >>> shown_name("suv"), shown_name("Škoda")
    ('SUV', 'Škoda')
    """
    return _SHOWN_BY_TEXT.get(value, value)


def meant(field: str, value: object) -> object:
    """Return the domain's spelling of a choice, any other value as it is.

    >>> meant("fuel", "Plug-in HYBRID"), meant("fuel", "steam"), meant("brand", "Diesel")
    ('plugin_hybrid', 'steam', 'Diesel')
    """
    if field in _MEANT and isinstance(value, str):
        return _MEANT[field].get(spelling_key(value), value)
    return value


def facts(stated: Mapping[str, object], listed_at: datetime) -> ListingFacts | list[FieldError]:
    """Return the facts of a listing given under HTTP names, or what is wrong with them.

    Args:
        stated: what the operator sent.
        listed_at: when it was published, if it does not say.
    """
    if unknown := _unknown(stated):
        return unknown
    try:
        return ListingFacts.model_validate({"listed_at": listed_at, **_renamed(stated)})
    except ValidationError as error:
        return _http_mistakes(error)


def changes(stated: Mapping[str, object]) -> dict[str, object] | list[FieldError]:
    """Return what to change in a listing, under domain names and valid, or what is wrong.

    A field that is not stated stays; one stated as null is forgotten, where it may be unknown.
    """
    if unknown := _unknown(stated):
        return unknown
    try:
        change = _Changes.model_validate(_renamed(stated))
    except ValidationError as error:
        return _http_mistakes(error)
    return {name: getattr(change, name) for name in change.model_fields_set}


def _unknown(stated: Mapping[str, object]) -> list[FieldError]:
    return [FieldError(n, "is not a known field") for n in stated if n not in FIELD_NAMES]


def _renamed(stated: Mapping[str, object]) -> dict[str, object]:
    """Return fields under domain names: place gathered, choices in the domain's spelling."""
    renamed = {
        _DOMAIN_NAMES.get(name, name): meant(name, value)
        for name, value in stated.items()
        if name not in _PLACE
    }
    place = {name: stated[name] for name in _PLACE if name in stated}
    if place:
        renamed["place"] = None if all(v is None for v in place.values()) else place
    return renamed


def _http_mistakes(error: ValidationError) -> list[FieldError]:
    found = [
        {**e, "loc": e["loc"][1:] if e["loc"][0] == "place" and e["loc"][1:] else e["loc"]}
        for e in error.errors(include_url=False, include_input=False)
    ]
    return mistakes(found, HTTP_NAMES)


def _changes_model() -> type[BaseModel]:
    """Return a model of the facts, each with its own limits and none of them required."""
    fields: dict[str, Any] = {
        name: (Annotated[info.annotation, *info.metadata, Field()], None)
        for name, info in ListingFacts.model_fields.items()
        if name != "ref"
    }
    return create_model("Changes", __config__=ConfigDict(extra="forbid"), **fields)


_Changes = _changes_model()
