"""What the rest of the system may ask of storage, cut by who asks.

Owns:    the seams between computing and keeping, one file per asker.
Imports: domain.
"""

from carousel.storage.ports.archive import Archive, ArchivedEvents, ArchivedImpressions, Known
from carousel.storage.ports.catalogue import (
    Catalogue,
    Standing,
    Upserted,
)
from carousel.storage.ports.learning import (
    HALF_LIVES,
    Archived,
    CursorMovedError,
    Described,
    Interest,
    Learned,
    LearningStore,
    LearningTransaction,
    Reaction,
)
from carousel.storage.ports.log import (
    BEGINNING,
    NO_CAUSES,
    Cause,
    DeadLetter,
    EventSink,
    EventSource,
    Position,
    RawEntry,
    Update,
)
from carousel.storage.ports.models import ModelStore, Published
from carousel.storage.ports.serving import (
    Listeners,
    Page,
    Retrieved,
    ServingStore,
    ShopperState,
    SlateCache,
    Sort,
    User,
)
from carousel.storage.ports.synthetic import SYNTHETIC, Synthetic
from carousel.storage.ports.visitors import Merged, Visitors

__all__ = [
    "BEGINNING",
    "HALF_LIVES",
    "NO_CAUSES",
    "SYNTHETIC",
    "Archive",
    "Archived",
    "ArchivedEvents",
    "ArchivedImpressions",
    "Catalogue",
    "Cause",
    "CursorMovedError",
    "DeadLetter",
    "Described",
    "EventSink",
    "EventSource",
    "Interest",
    "Known",
    "Learned",
    "LearningStore",
    "LearningTransaction",
    "Listeners",
    "Merged",
    "ModelStore",
    "Page",
    "Position",
    "Published",
    "RawEntry",
    "Reaction",
    "Retrieved",
    "ServingStore",
    "ShopperState",
    "SlateCache",
    "Sort",
    "Standing",
    "Synthetic",
    "Update",
    "Upserted",
    "User",
    "Visitors",
]
