"""The catalogue: listings in, vectors beside them, and the accounts.

Owns:    what import, the operator's API and the default marketplace may ask.
Imports: domain, storage.ports.serving.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from carousel.domain.features import FeatureSpace
from carousel.domain.listing import Listing, ListingFacts, ListingId, Status
from carousel.storage.ports.serving import User


@dataclass(frozen=True, slots=True)
class Upserted:
    """What an upsert did; ``ids`` are in the order of the facts given."""

    ids: Sequence[ListingId] = field(default_factory=tuple)
    new: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What the catalogue knows of a listing that a later statement may leave out."""

    listed_at: datetime
    status: Status


class Catalogue(Protocol):
    """Listings in. Sync; each call is one transaction, obeyed at once by every reader."""

    def upsert(self, facts: Sequence[ListingFacts]) -> Upserted:
        """Insert or update listings by their ``ref``, with vectors where a space is active.

        Of two facts with one ``ref`` in a call the later wins.
        """
        ...

    def bulk(self) -> AbstractContextManager[None]:
        """Upsert many: the vector index is built once, when the block is left."""
        ...

    def patch(self, listing_id: ListingId, changes: Mapping[str, Any]) -> Listing | None:
        """Change some facts, by the names of ``ListingFacts``; None if there is no such listing.

        Raises:
            ValueError: a name or value does not fit.
        """
        ...

    def standing(self, refs: Sequence[str]) -> dict[str, Standing]:
        """Return since when and in which status the listings with these refs stand."""
        ...

    def set_status(self, listing_ids: Sequence[ListingId], status: Status) -> int:
        """Change the status of listings; return how many exist."""
        ...

    def count(self, status: Status | None = None) -> int:
        """Return how many listings there are."""
        ...

    def reindex(self) -> FeatureSpace:
        """Fit a feature space to the active listings and move everything to it at once.

        Listing vectors are recomputed, shoppers' evidence is rebuilt from the archive, the vector
        index is built anew; readers see the old space until all of it is there.
        """
        ...

    def ensure_space(self) -> FeatureSpace | None:
        """Return the active space; fit the first one if there are listings but no space yet."""
        ...

    def account(self, email: str) -> User | None:
        """Return an account by its e-mail, compared without case."""
        ...

    def add_users(self, users: Iterable[User]) -> int:
        """Insert accounts whose e-mail is new (ids are given by the store); return how many."""
        ...
