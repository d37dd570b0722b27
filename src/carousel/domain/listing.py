"""A car for sale: what the seller states about it, and its place in the catalogue.

Owns:    the listing's fields, their units and limits, the four statuses.
Imports: pydantic.

``make`` is called ``brand`` in the HTTP API, whose names are older than this code; api/cars.py is
the one place that translates.
"""

import unicodedata
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

ListingId: TypeAlias = int
UserId: TypeAlias = int

Line = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
]
"""One line of text a person wrote: trimmed, 1 to 200 characters, no control characters."""

MOST_PHOTOS = 20
_NEVER = r"\s\x00-\x1f\x7f\"<>\\^`{|}"  # what no address holds
PHOTO_FORM = rf"^(https?://[^{_NEVER}/?#@]+([/?#][^{_NEVER}]*)?|/([^{_NEVER}/][^{_NEVER}]*)?)$"

Photo = Annotated[str, StringConstraints(max_length=500, pattern=PHOTO_FORM)]
"""Address of a picture: http, https, or a path from the root of the page's own host."""


class Fuel(StrEnum):
    """Energy carrier."""

    PETROL = "petrol"
    DIESEL = "diesel"
    HYBRID = "hybrid"
    PLUGIN_HYBRID = "plugin_hybrid"
    ELECTRIC = "electric"
    LPG = "lpg"
    CNG = "cng"
    HYDROGEN = "hydrogen"
    ETHANOL = "ethanol"
    OTHER = "other"


class Transmission(StrEnum):
    """Who changes gear. Semi-automatic and dual-clutch gearboxes count as automatic."""

    MANUAL = "manual"
    AUTOMATIC = "automatic"


class Body(StrEnum):
    """Body type."""

    HATCHBACK = "hatchback"
    SALOON = "saloon"
    ESTATE = "estate"
    SUV = "suv"
    MPV = "mpv"
    COUPE = "coupe"
    CONVERTIBLE = "convertible"
    PICKUP = "pickup"
    VAN = "van"
    OTHER = "other"


class SellerType(StrEnum):
    """Who sells."""

    INDIVIDUAL = "individual"
    DEALER = "dealer"


class Status(StrEnum):
    """Where a listing is in its life. Only an active one is recommended or found."""

    ACTIVE = "active"
    RESERVED = "reserved"
    SOLD = "sold"
    WITHDRAWN = "withdrawn"


class Place(BaseModel):
    """Where the car stands.

    region: its name as people say it; latitude and longitude in degrees, WGS 84.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    region: Line
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class ListingFacts(BaseModel):
    """What a seller states about one car. ``None`` means not stated.

    ref:        the marketplace's own key of the listing; the same ref again is the same listing.
    price:      whole units of the marketplace's currency.
    mileage_km: kilometres on the clock.
    power_hp:   metric horsepower, 1 hp = 0.7355 kW.
    seller:     the marketplace's own key of who sells; two cars of one seller share it.
    owners:     how many people have owned the car so far; 1 is a first-owner car.
    photos:     pictures of the car, the one to show first first.
    listed_at:  when the listing was published, aware.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ref: Line
    make: Line
    model: Line | None = None
    name: Line
    year: Annotated[int, Field(ge=1900, le=2100)]
    price: Annotated[int, Field(ge=1, le=1_000_000_000)]
    mileage_km: Annotated[int | None, Field(ge=0, le=5_000_000)] = None
    fuel: Fuel | None = None
    transmission: Transmission | None = None
    body: Body | None = None
    power_hp: Annotated[int | None, Field(ge=1, le=3_000)] = None
    colour: Line | None = None
    seller_type: SellerType | None = None
    seller: Line | None = None
    owners: Annotated[int | None, Field(ge=0, le=99)] = None
    place: Place | None = None
    photos: Annotated[tuple[Photo, ...], Field(max_length=MOST_PHOTOS)] = ()
    listed_at: AwareDatetime
    status: Status = Status.ACTIVE


class Listing(ListingFacts):
    """A car in the catalogue.

    revision: grows with every change, so that an answer made from an older one is recognised.
    """

    id: ListingId
    revision: int = 1


@lru_cache(maxsize=16_384)  # the same few names are asked for again and again
def spelling_key(text: str) -> str:
    """Return the form under which two spellings of one name meet: no case, marks or punctuation.

    >>> spelling_key("Škoda"), spelling_key(" Mercedes-Benz "), spelling_key("CITROËN C4")
    ('skoda', 'mercedesbenz', 'citroenc4')
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if c.isalnum())
