"""A recording's events as the engine knows them.

Owns:    from a row of the event table to ``domain.events.Event``; each type's strength as numbers.
Imports: numpy, domain.events, recording.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias

import numpy as np

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
from carousel.evaluation.world import World
from carousel.recording.tables import EVENT_TYPES, NONE, REASONS, Floats, Ints, Recording

_Plain: TypeAlias = View | Favourite | Unfavourite | Contact

_PLAIN: Mapping[str, type[_Plain]] = {
    "view": View,
    "favourite": Favourite,
    "unfavourite": Unfavourite,
    "contact": Contact,
}
_CLASSES: Mapping[str, type[_Plain | Search | Dismiss]] = {
    **_PLAIN,
    "search": Search,
    "dismiss": Dismiss,
}

STRENGTHS: Floats = np.array([_CLASSES[name].strength for name in EVENT_TYPES])
"""How much taste each type of event shows, in the order of ``EVENT_TYPES``."""

LIKES = np.array([_CLASSES[name] in {View, Favourite, Contact} for name in EVENT_TYPES])
"""Which types of event speak for the listing they are about."""


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


def past_likes(world: World) -> Ints:
    """Return the rows of those past events that speak for a listing, in order of time."""
    return np.flatnonzero(LIKES[world.recording.events.type[: world.past]])
