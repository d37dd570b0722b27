"""One small marketplace on each engine that can serve, told and asked in the same words.

Owns:    the fixtures' two kinds of marketplace; what is kept where is the engines' business.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Protocol, TypeVar

import numpy as np
import psycopg

from carousel.domain.audience import Tally
from carousel.domain.car_features import describe, fit_space
from carousel.domain.features import Vector
from carousel.domain.latent import Moved, Pull
from carousel.domain.listing import Listing, ListingFacts, ListingId, Status
from carousel.domain.model import Model
from carousel.domain.preference import Evidence
from carousel.storage import (
    open_appraisals,
    open_catalogue,
    open_latent,
    open_learning,
    open_memory,
    open_mirror,
    open_models,
    open_serving,
)
from carousel.storage.ports import Interest, Learned, Reaction, ServingStore, User
from carousel.storage.ports.appraisals import Kept
from carousel.storage.ports.latent import Tasted
from tests.storage.postgres_world import NOON

_Answer = TypeVar("_Answer")


class Marketplace(Protocol):
    """What the conformance tests may do to an engine before they ask it."""

    def upsert(self, facts: Sequence[ListingFacts]) -> Sequence[ListingId]:
        """Add cars; return their ids."""

    def patch(self, listing_id: ListingId, changes: Mapping[str, Any]) -> None:
        """Change what is stated of a car."""

    def set_status(self, ids: Sequence[ListingId], status: Status) -> int:
        """Change the status of cars; return how many exist."""

    def reindex(self) -> str:
        """Fit a feature space to the active cars and move to it; return its version."""

    def save(self, learned: Iterable[Learned]) -> dict[int, int]:
        """Store evidence; return new versions."""

    def react(self, reactions: Iterable[Reaction]) -> None:
        """Store reactions."""

    def popularise(self, interests: Iterable[Interest]) -> None:
        """Add to popularity."""

    def hear(self, heard: Mapping[ListingId, Tally]) -> None:
        """Add to audiences."""

    def keep(self, found: Iterable[Kept]) -> None:
        """Keep appraisals."""

    def add_users(self, users: Iterable[User]) -> int:
        """Add accounts; return how many are new."""

    def publish(self, model: Model) -> None:
        """Make a model the active one."""

    def shadow(self, kind: str, model: Model | None) -> None:
        """Make a model the shadow of its kind, or none."""

    def move(
        self, version: str, factors: Mapping[ListingId, Vector], tastes: Mapping[int, Vector]
    ) -> None:
        """Let a version of the latent space serve, with factors of listings and of shoppers."""

    def asked(self, question: Callable[[ServingStore], Awaitable[_Answer]]) -> _Answer:
        """Ask the store and return its answer."""


class MemoryMarketplace:
    """A marketplace in memory."""

    def __init__(self) -> None:
        self.store = open_memory()
        self._space = None
        self._latent = ""
        self._listings: dict[str, Listing] = {}
        for name in (
            *("set_status", "save", "react", "popularise", "hear", "add_users"),
            *("publish", "shadow", "keep"),
        ):
            setattr(self, name, getattr(self.store, name))

    def upsert(self, facts):
        for one in facts:
            known = self._listings.get(one.ref)
            listing_id = known.id if known else len(self._listings) + 1
            self._listings[one.ref] = Listing(id=listing_id, **dict(one))
        self._put([self._listings[one.ref] for one in facts])
        return [self._listings[one.ref].id for one in facts]

    def patch(self, listing_id, changes):
        listing = self.asked(lambda store: store.listing(listing_id))
        self._put([listing.model_copy(update=dict(changes))])

    def _put(self, listings):
        self.store.put(
            listings, self._space and self._space.vectors([describe(c) for c in listings])
        )

    def reindex(self):
        every = self.asked(lambda store: store.active([c.id for c in self._listings.values()]))
        self._space = fit_space(every)
        vectors = self._space.vectors([describe(c) for c in self._listings.values()])
        ids = [c.id for c in self._listings.values()]
        self.store.adopt(self._space, dict(zip(ids, vectors, strict=True)))
        return self._space.version

    def move(self, version, factors, tastes):
        if version != self._latent:
            self.store.adopt_latent({}, {})
            self._latent = version
        self.store.move(factors)
        self.store.save_tastes(tastes)

    def asked(self, question):
        return asyncio.run(question(self.store))

    def close(self):
        """Nothing is held."""


class PostgresMarketplace:
    """A marketplace in a fresh, migrated database."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._doors = ExitStack()
        self._catalogue = self._doors.enter_context(open_catalogue(url))
        self._learning = self._doors.enter_context(open_learning(url))
        self._models = self._doors.enter_context(open_models(url))
        self._runner = self._doors.enter_context(asyncio.Runner())
        door = self.door(url)
        self.store = self._runner.run(door.__aenter__())
        self._doors.callback(lambda: self._runner.run(door.__aexit__(None, None, None)))
        self._appraisals = self._doors.enter_context(open_appraisals(url))
        for name in ("patch", "set_status", "add_users"):
            setattr(self, name, getattr(self._catalogue, name))
        self.keep = self._appraisals.keep

    @staticmethod
    def door(url):
        return open_serving(url, connections=2)

    def upsert(self, facts):
        return self._catalogue.upsert(facts).ids

    def reindex(self):
        return self._catalogue.reindex().version

    def save(self, learned):
        with self._learning.transaction() as batch:
            return batch.save(learned)

    def react(self, reactions):
        with self._learning.transaction() as batch:
            batch.react(reactions)

    def popularise(self, interests):
        with self._learning.transaction() as batch:
            batch.popularise(interests)

    def hear(self, heard):
        with self._learning.transaction() as batch:
            batch.hear(heard)

    def publish(self, model):
        self._models.publish(model, activate=True)

    def shadow(self, kind, model):
        if model is not None:
            self._models.publish(model, activate=False)
        self._models.shadow(kind, model and model.version)

    def move(self, version, factors, tastes):
        with open_latent(self._url, version) as store, store.transaction() as batch:
            states = {i: Moved(v, Pull(np.zeros(len(v)), 0.0)) for i, v in factors.items()}
            batch.save_moved(states, np.array(list(factors.values())))
            seen = {user: Evidence(v, 1.0, NOON) for user, v in tastes.items()}
            batch.save_tastes({user: Tasted(seen[user], v) for user, v in tastes.items()})
        with psycopg.connect(self._url) as connection:
            connection.execute("update latent_space set serves = false")
            connection.execute(
                "insert into latent_space (version, serves) values (%s, true) "
                "on conflict (version) do update set serves = true",
                [version],
            )

    def asked(self, question):
        return self._runner.run(_awaited(question(self.store)))

    def close(self):
        self._doors.close()


class MirrorMarketplace(PostgresMarketplace):
    """A marketplace in a fresh, migrated database, seen through a mirror.

    What is asked after a change is asked of a mirror that has looked since.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._changed = True
        for name in (
            *("upsert", "patch", "set_status", "reindex"),
            *("popularise", "hear", "move", "keep"),
        ):
            setattr(self, name, self._noting(getattr(self, name)))

    def _noting(self, change):
        def noted(*arguments):
            self._changed = True
            return change(*arguments)

        return noted

    @staticmethod
    def door(url):
        return open_mirror(url, connections=2)

    def asked(self, question):
        return self._runner.run(self._up_to_date(question))

    async def _up_to_date(self, question):
        if self._changed:
            await self.store.look()
            self._changed = False
        return await question(self.store)


async def _awaited(answer):
    return await answer


MARKETPLACES = {"postgres": PostgresMarketplace, "mirror": MirrorMarketplace}


def opened(engine: str, new_database: Callable[[], str]) -> Any:
    """Return an empty marketplace on the engine of this name."""
    return MemoryMarketplace() if engine == "memory" else MARKETPLACES[engine](new_database())
