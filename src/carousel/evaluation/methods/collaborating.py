"""The latent space and the graph, told to the store in memory as the collaborative pipeline would.

Owns:    training both at the split, and telling the store what follows from each event.
Imports: domain, evaluation, storage, training.

They serve as they were trained at the split; shoppers' tastes and listings' factors move on.
"""

from collections.abc import Iterable

from carousel.domain.errors import ModelError
from carousel.domain.features import Vector
from carousel.domain.listing import ListingId, UserId
from carousel.evaluation.methods.factors_foretold import FactorsForetold
from carousel.evaluation.world import World
from carousel.recording.tables import NONE
from carousel.storage import MemoryStore
from carousel.training.graph import train_graph


class Collaborating(FactorsForetold):
    """Keeps a store's latent space and graph."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__()
        self._store = store

    def begin(self, world: World) -> None:
        """Train on all that lies before the split, fold it, and tell the store."""
        super().begin(world)
        if self._latent is None:
            return
        self._store.adopt_latent(
            self._of(world, world.rows().tolist()),
            {
                int(world.recording.users[shopper]): taste
                for shopper, known in self._evidence.items()
                if (taste := self._latent.taste(known)) is not None
            },
        )
        try:
            self._store.publish(train_graph(world.recording, world.now))
        except ModelError:
            return

    def observe(self, world: World, event: int) -> None:
        """Fold an event; tell what it moves."""
        super().observe(world, event)
        events = world.recording.events
        shopper, about = int(events.shopper[event]), int(events.listing[event])
        if self._latent is None:
            return
        if shopper in self._evidence:
            user_id: UserId = int(world.recording.users[shopper])
            self._store.save_tastes({user_id: self._latent.taste(self._evidence[shopper])})
        if about != NONE:
            self._store.move(self._of(world, [about]))

    def listed(self, world: World, row: int) -> None:
        """Foretell a new listing, and tell it."""
        self.repriced(world, row)

    def repriced(self, world: World, row: int) -> None:
        """Foretell a listing from its new price, and tell it."""
        super().repriced(world, row)
        if self._latent is not None:
            self._store.move(self._of(world, [row]))

    def _of(self, world: World, rows: Iterable[int]) -> dict[ListingId, Vector]:
        return {world.recording.listings[row].id: self._factors[row] for row in rows}

    def _wake(self, world: World) -> bool:
        """Serve on as trained at the split, as the ranker does."""
        del world
        return False
