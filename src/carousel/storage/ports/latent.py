"""The latent store: shoppers' and listings' states in one version of the latent space.

Owns:    what the collaborative pipeline may read and write, and what decides which version serves.
Imports: domain, storage.ports.learning.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from carousel.domain.features import Matrix, Vector
from carousel.domain.latent import Latent, Moved
from carousel.domain.listing import ListingId, UserId
from carousel.domain.preference import Evidence
from carousel.storage.ports.learning import LearningStore, LearningTransaction


@dataclass(frozen=True, slots=True)
class Tasted:
    """A shopper's state: the evidence, and the unit factors read from it, None if it is mute."""

    evidence: Evidence
    taste: Vector | None


class LatentTransaction(LearningTransaction, Protocol):
    """One batch of the collaborative pipeline; all is of the version the store was opened for."""

    def foretold(self, ids: Iterable[ListingId]) -> dict[ListingId, Vector]:
        """Return f of those listings that have a state, each of shape (k,)."""
        ...

    def foretell(self, ids: Sequence[ListingId], foretold: Matrix, factors: Matrix) -> None:
        """Give states to listings that have none; those that have one keep it.

        Args:
            ids: which.
            foretold: f of each, shape (n, k).
            factors: p of each, shape (n, k).
        """
        ...

    def still_there(self, places: Sequence[tuple[int, int]]) -> set[int]:
        """Return those places of the archive, given with their shards, that were not removed."""
        ...

    def tastes(self, user_ids: Iterable[UserId]) -> dict[UserId, Evidence]:
        """Return the evidence of those users who have any.

        All of them are locked until the transaction ends, those without a state too.
        """
        ...

    def moved(self, ids: Iterable[ListingId]) -> dict[ListingId, Moved]:
        """Return the states of those listings that have one, locked until the transaction ends."""
        ...

    def save_tastes(self, tastes: Mapping[UserId, Tasted]) -> None:
        """Store shoppers' states."""
        ...

    def save_moved(self, moved: Mapping[ListingId, Moved], factors: Matrix) -> None:
        """Store listings' states, and the factors v that come of each, shape (n, k)."""
        ...


class LatentStore(LearningStore, Protocol):
    """The states of one version. Sync; one per process or thread."""

    def transaction(self) -> AbstractContextManager[LatentTransaction]:
        """Open a batch; leaving the block commits, an exception rolls back."""
        ...


class LatentSpaces(Protocol):
    """Which versions there are, and which one serves. Sync; one per process or thread."""

    def serving(self) -> str | None:
        """Return the version whose states serve."""
        ...

    def wanted(self) -> str | None:
        """Return the version of the active model."""
        ...

    def begin(self, version: str) -> Latent:
        """Return a version's latent space and keep states of it from now on.

        Raises:
            ModelError: there is no such model, or it is damaged.
        """
        ...

    def fill(self, version: str, limit: int) -> int:
        """Give states to active listings that have none, up to a limit; return how many."""
        ...

    def serve(self, version: str, pipeline: str) -> bool:
        """Make a version serve if its states have come up with the archive; return whether.

        Every active listing has a state in it from then on. ``pipeline`` names its cursors.
        """
        ...

    def forget(self, limit: int) -> int:
        """Delete states and cursors of versions that neither serve nor are wanted.

        Returns how many rows went, up to a limit for each kind of state.
        """
        ...
