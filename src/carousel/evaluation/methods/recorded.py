"""Which of a recording's events speak for a car, and how strongly.

Owns:    each type's strength as numbers; the likes of the past.
Imports: numpy, domain.events, recording, evaluation.world.
"""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from carousel.domain.events import Contact, Dismiss, Favourite, Search, Unfavourite, View
from carousel.evaluation.world import World
from carousel.recording.tables import EVENT_TYPES, Floats, Ints

_Act: TypeAlias = View | Favourite | Unfavourite | Contact | Search | Dismiss

_CLASSES: Mapping[str, type[_Act]] = {
    "view": View,
    "favourite": Favourite,
    "unfavourite": Unfavourite,
    "contact": Contact,
    "search": Search,
    "dismiss": Dismiss,
}

STRENGTHS: Floats = np.array([_CLASSES[name].strength for name in EVENT_TYPES])
"""How much taste each type of event shows, in the order of ``EVENT_TYPES``."""

LIKES = np.array([_CLASSES[name] in {View, Favourite, Contact} for name in EVENT_TYPES])
"""Which types of event speak for the listing they are about."""


def past_likes(world: World) -> Ints:
    """Return the rows of those past events that speak for a listing, in order of time."""
    return np.flatnonzero(LIKES[world.recording.events.type[: world.past]])
