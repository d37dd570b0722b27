"""A recording's events as the engine knows them.

Owns:    from a row of the event table to ``domain.events.Event``, from seconds to a moment.
Imports: domain.events, recording.tables.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias

from carousel.domain.events import (
    Contact,
    Dismiss,
    Event,
    Favourite,
    Reason,
    Search,
    Unfavourite,
    View,
)
from carousel.recording.tables import EVENT_TYPES, NONE, REASONS, Recording

_Plain: TypeAlias = View | Favourite | Unfavourite | Contact

_PLAIN: Mapping[str, type[_Plain]] = {
    "view": View,
    "favourite": Favourite,
    "unfavourite": Unfavourite,
    "contact": Contact,
}


def moment(seconds: float) -> datetime:
    """Return epoch seconds as a moment, aware UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def event_of(recording: Recording, row: int) -> Event:
    """Return an event of a recording as the engine would receive it, without id and time."""
    events = recording.events
    kind = EVENT_TYPES[events.type[row]]
    if kind == "search":
        return Search(filters=recording.searches[events.search[row]])
    listing_id = recording.listings[events.listing[row]].id
    if kind == "dismiss":
        reason = events.reason[row]
        return Dismiss(
            listing_id=listing_id, reason=Reason.OTHER if reason == NONE else REASONS[reason]
        )
    return _PLAIN[kind](listing_id=listing_id)
