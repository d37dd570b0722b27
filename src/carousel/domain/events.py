"""The vocabulary of implicit feedback: what a shopper did, and how strongly it speaks.

Owns:    one class per event type. The class is the HTTP schema, the log record and what the
         pipelines read.
Imports: domain.listing, domain.filters, pydantic.

To add an event type, add one class here and name it in ``Event``; domain/interpretation.py says
what it means for taste.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, TypeAlias, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from carousel.domain.filters import Filters
from carousel.domain.listing import ListingId, UserId

LARGEST_ID = 2**63 - 1
ListingKey = Annotated[ListingId, Field(ge=1, le=LARGEST_ID)]


class Reason(StrEnum):
    """Why a shopper dismissed a car; each but the last names an axis of the feature space."""

    TOO_EXPENSIVE = "too_expensive"
    TOO_OLD = "too_old"
    TOO_MANY_KM = "too_many_km"
    TOO_FAR = "too_far"
    NOT_THIS_MAKE = "not_this_make"
    NOT_THIS_BODY = "not_this_body"
    OTHER = "other"


class _Happening(BaseModel):
    """Fields of every event.

    id:          given by the client so that a retry is recognised, else made by the server.
    occurred_at: when the shopper did it, else when the server heard of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    strength: ClassVar[float]
    """How much taste it shows: 1.0 is one detail view, negative is dislike, 0 shows none."""

    id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")] | None = None
    occurred_at: AwareDatetime | None = None


class View(_Happening):
    """The detail page was opened."""

    strength = 1.0
    type: Literal["view"] = "view"
    listing_id: ListingKey


class Search(_Happening):
    """A search was made; its filters say what is wanted."""

    strength = 0.5
    type: Literal["search"] = "search"
    filters: Filters


class Favourite(_Happening):
    """The car was saved."""

    strength = 2.5
    type: Literal["favourite"] = "favourite"
    listing_id: ListingKey


class Unfavourite(_Happening):
    """The car was taken out of the saved ones: takes back what the favourite added."""

    strength = -2.5
    type: Literal["unfavourite"] = "unfavourite"
    listing_id: ListingKey


class Contact(_Happening):
    """The seller was called or written to: the strongest signal a marketplace sees."""

    strength = 3.5
    type: Literal["contact"] = "contact"
    listing_id: ListingKey


class Dismiss(_Happening):
    """The shopper asked not to see this car again; the reason says on which axis it failed."""

    strength = -1.0
    type: Literal["dismiss"] = "dismiss"
    listing_id: ListingKey
    reason: Reason = Reason.OTHER


class Undismiss(_Happening):
    """The dismissal was undone: the car may be shown again, what it said of taste is taken back.

    reason:       of the dismissal; what is taken back lies on its axis.
    dismissed_at: when the car was dismissed. With it what is taken back is exactly what is left of
                  the dismissal. Without it the dismissal is taken back as if it were new: a few
                  minutes make no difference, one half-life takes back twice what is left.
    """

    strength = 1.0
    type: Literal["undismiss"] = "undismiss"
    listing_id: ListingKey
    reason: Reason = Reason.OTHER
    dismissed_at: AwareDatetime | None = None


class Impression(_Happening):
    """The car was shown: evidence for evaluation, not of taste.

    slate:      id of the list it was part of.
    position:   1 is the top.
    propensity: probability with which the policy put it there, where known.
    random:     whether chance alone put it there.
    eligible:   how many cars chance would have drawn from.
    arm:        of the experiment that the slate was made for.

    A slate says all of these of its cars; who shows it sends them back as they are.
    """

    strength = 0.0
    type: Literal["impression"] = "impression"
    listing_id: ListingKey
    slate: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    position: Annotated[int, Field(ge=1, le=10_000)]
    propensity: Annotated[float, Field(gt=0, le=1)] | None = None
    random: bool = False
    eligible: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = None
    arm: Annotated[str, Field(min_length=1, max_length=64)] | None = None


Event: TypeAlias = Annotated[
    View | Search | Favourite | Unfavourite | Contact | Dismiss | Undismiss | Impression,
    Field(discriminator="type"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)

TYPES: tuple[str, ...] = tuple(
    one.model_fields["type"].default for one in get_args(get_args(Event)[0])
)
"""The types of all events."""

COLLECTIONS: Mapping[str, tuple[str, bool]] = {
    "favourite": ("favourite", True),
    "unfavourite": ("favourite", False),
    "dismiss": ("dismissed", True),
    "undismiss": ("dismissed", False),
}
"""Event types that put a listing into one of a shopper's collections (True), or take it out."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An event as the log keeps it: who, what, when, and under which id it counts once.

    at:      ``event.occurred_at`` where given, else the time the server accepted it; aware UTC.
    request: id of the request that brought it, where known.
    trace:   what it belongs to, as the header ``traceparent`` says it, where it is traced.
    """

    id: str
    user_id: UserId
    at: datetime
    event: Event
    request: str | None = None
    trace: str | None = None


def listing_of(event: Event) -> ListingId | None:
    """Return the listing an event is about, None for a search."""
    return None if isinstance(event, Search) else event.listing_id


def interest_of(event: Event) -> float:
    """Return how much an event adds to the popularity of its listing, in strength units.

    Dislike takes nothing away from it, so a dislike that is undone gives nothing back.

    >>> interest_of(View(listing_id=1)), interest_of(Undismiss(listing_id=1))
    (1.0, 0.0)
    """
    return 0.0 if isinstance(event, Undismiss) else max(0.0, event.strength)
