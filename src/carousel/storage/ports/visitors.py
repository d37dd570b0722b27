"""Visitors: people without an account, until what they did is put down to one.

Owns:    what the API may ask about visitors.
Imports: domain.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from carousel.domain.listing import UserId


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did.

    events:  how many archived events count for the account now; 0 if it was done before.
    version: of the account's state.
    """

    events: int
    version: int


class Visitors(Protocol):
    """Visitors come, are merged, and are forgotten. Sync; each call is one transaction."""

    def admit(self) -> UserId:
        """Make a visitor; the id belongs to nobody else, neither visitor nor account."""
        ...

    def merge(self, visitor_id: UserId, account_id: UserId) -> Merged | None:
        """Put everything a visitor did, and what of it still stands in the log, down to an account.

        May be repeated: the second time changes nothing. Returns None, and does nothing, when
        there is no such visitor or they were merged into another account. The account must exist.
        """
        ...

    def sweep(self, before: datetime) -> int:
        """Delete visitors who came before a moment and have no archived event; return how many."""
        ...
