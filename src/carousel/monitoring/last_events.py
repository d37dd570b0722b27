"""The latest events of the log as an operator may see them: what happened, never to whom.

Owns:    what is shown of an event.
Imports: storage (doors and ports), domain.errors.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from typing_extensions import TypedDict

from carousel.domain.errors import CarouselError
from carousel.domain.listing import UserId
from carousel.monitoring.views import moment
from carousel.storage import open_log_tail, open_tail_names
from carousel.storage.ports.tail import LatestEvent

MOST = 20


class EventView(TypedDict):
    """An event. ``who`` is a pseudonym; ``about`` a make and model, or null for a search."""

    at: str
    type: str
    who: str
    about: str | None
    synthetic: bool


@dataclass(slots=True)
class LastEvents:
    """Reads the latest events. Blocks; for one thread at a time.

    pseudonym: returns the name by which a shopper is called.
    """

    database_url: str = field(repr=False)
    log_url: str = field(repr=False)
    pseudonym: Callable[[UserId], str]

    def read(self) -> Sequence[EventView]:
        """Return the latest events, newest first.

        Raises:
            LogUnavailableError: the log does not answer.
        """
        with open_log_tail(self.log_url) as tail:
            events = tail.latest(MOST)
        names, synthetic = self._known(events)
        return [
            {
                "at": moment(event.at),
                "type": event.type or "unreadable",
                "who": self.pseudonym(event.user_id) if event.user_id is not None else "?",
                "about": names.get(event.listing_id, "a car") if event.listing_id else None,
                "synthetic": event.user_id in synthetic,
            }
            for event in events
        ]

    def _known(self, events: Sequence[LatestEvent]) -> tuple[dict[int, str], frozenset[UserId]]:
        """Return names of cars, and who is synthetic; nothing while the database is away."""
        listings = {event.listing_id for event in events if event.listing_id is not None}
        users = {event.user_id for event in events if event.user_id is not None}
        with ExitStack() as stack:
            try:
                names = stack.enter_context(open_tail_names(self.database_url))
                return dict(names.cars(listings)), names.synthetic(users)
            except CarouselError:
                return {}, frozenset()
