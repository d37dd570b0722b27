"""The serving store of production: retrieval from this process's memory, the rest from PostgreSQL.

Owns:    the mirror of the active listings, how it is filled, how it follows.
Imports: engines.memory_*, engines.postgres_*, domain, observability, storage.ports.

Search through an index costs a round trip and milliseconds, and is approximate. All active listings
fit into the memory of every process (100,000 take about 100 MB), where the exact answer is a
millisecond of arithmetic. What must never be old is still asked of PostgreSQL: the shopper, and
whether the cars of a finished slate are active.

Filling: the moment is noted, all active listings are read page by page, and what changed since that
moment is read after them. Pages are of different moments; what they have in common is that every
change after the first is read again. No transaction stays open meanwhile, so a re-index, which
exchanges the tables, waits for nobody.

Following: five times a second one statement asks what became visible since the last one, see
``postgres_feed``. Asking costs a look at each of five indexes. To be told (LISTEN) would need a
session of its own and lose what is said while it is away, so that asking would be needed all the
same.

A new feature space is a new mirror: it is filled beside the one in use and put in its place whole.
Until then PostgreSQL answers, from the moment at which anything read from it tells of the new
space: vectors of two spaces never meet in one slate.

While PostgreSQL is away retrieval goes on; ``staleness`` says how old its answers may be.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from carousel.domain.car_features import DIM
from carousel.domain.errors import StoreUnavailableError
from carousel.domain.facets import Facets
from carousel.domain.features import Matrix, Vector
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.listing import ListingId, UserId
from carousel.domain.refinements import Splits
from carousel.domain.trending import Params as Trends
from carousel.observability.loaded import tell_loaded
from carousel.observability.metrics import INDEX_LISTINGS, INDEX_LOOKED
from carousel.storage.engines import memory_facets, memory_retrieval
from carousel.storage.engines.memory_columns import ActiveListings, Batch
from carousel.storage.engines.memory_sketch import prepare
from carousel.storage.engines.postgres_feed import Changes, Feed, Moment
from carousel.storage.engines.postgres_pool import Pool
from carousel.storage.engines.postgres_serving import PostgresServing
from carousel.storage.ports import Page, Retrieved, ShopperState, Sort
from carousel.storage.ports.serving import Described

LOOK_SECONDS = 0.2
PAGE = 500  # listings put in place at once: about 3 ms in which nobody is answered

log = logging.getLogger(__name__)

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class _Held:
    """Active listings, and the moment up to which changes have been brought into them.

    latent: version of the latent space whose factors they have; empty for none.
    """

    active: ActiveListings
    moment: Moment
    latent: str = ""


class Mirror(PostgresServing):
    """Implements ``storage.ports.ServingStore``; share one between all requests of a process.

    Before it is filled, and while a new feature space is on its way, PostgreSQL answers everything.
    Otherwise retrieval needs no server; every other method raises StoreUnavailableError when the
    server does not answer.
    """

    def __init__(
        self,
        pool: Pool,
        look_seconds: float = LOOK_SECONDS,
        gone: Callable[[Collection[ListingId]], None] = lambda _: None,
        priced: Callable[[Mapping[ListingId, int]], None] = lambda _: None,
    ) -> None:
        super().__init__(pool)
        self._look_seconds = look_seconds
        self._gone = gone
        self._priced = priced
        self._feed = Feed(self._rows)
        self._held: _Held | None = None
        self._used: ActiveListings | None = None  # what answers; None while PostgreSQL does
        self._filled = asyncio.Event()
        self._doubt = asyncio.Event()  # whether to look again at once, and trust nothing until then
        self._looked = asyncio.Condition()
        self._true_at = time.monotonic()
        self._failing = False

    @property
    def staleness(self) -> float:
        """Return the age of what is held, in seconds: a fraction of one, unless PostgreSQL is away.

        Before the mirror is filled, the seconds it has been waiting for that.
        """
        return time.monotonic() - self._true_at

    async def filled(self) -> None:
        """Wait until the mirror has been filled for the first time."""
        await self._filled.wait()

    async def look(self) -> None:
        """Wait until whatever was committed before the call can be found; a few milliseconds.

        As long as PostgreSQL is away this does not return.
        """
        asked_at = time.monotonic()
        self._doubt.set()
        async with self._looked:
            await self._looked.wait_for(lambda: self._true_at >= asked_at)

    async def follow(self) -> None:
        """Fill the mirror and keep it true, for ever; what fails is tried again."""
        while True:
            self._doubt.clear()
            try:
                await self._catch_up()
                self._say_that_it_follows()
                async with self._looked:
                    self._looked.notify_all()
            except Exception as error:  # noqa: BLE001 (it is told; the next look may succeed)
                self._say_that_it_fails(error)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._doubt.wait(), self._look_seconds)

    async def _catch_up(self) -> None:
        """Make the mirror what the database is now."""
        held, asked_at = self._held, time.monotonic()
        while held is None or (changes := await self._feed.since(held.moment, held.latent)) is None:
            self._used = None
            held, asked_at = await self._fresh(), time.monotonic()
        if await self._apply(changes, held):
            # The switch of the latent space is a moment too: rows that changed before are read now.
            if changes.latent != held.latent:
                await self._read_factors(held.active, changes.latent)
            self._held = _Held(held.active, changes.moment, changes.latent)
            self._used = None if self._doubt.is_set() else held.active
            self._true_at = asked_at
            self._filled.set()
            self._tell(self._held)
        else:
            self._doubt.set()

    async def _fresh(self) -> _Held:
        """Return all active listings, and a moment: changes after it may be missing."""
        started = time.monotonic()
        await asyncio.to_thread(prepare, DIM)
        held, last = _Held(ActiveListings(), await self._feed.now()), 0
        while (cars := await self._feed.page(last, PAGE)).batch.ids:
            if cars.space == held.moment.space:
                held.active.put(cars.batch)
                last = cars.batch.ids[-1]
            else:
                held, last = _Held(ActiveListings(), await self._feed.now()), 0
        seconds = time.monotonic() - started
        log.info("mirror filled with %d listings in %.1f s", held.active.size, seconds)
        return held

    async def _apply(self, changes: Changes, held: _Held) -> bool:
        """Bring changes into the listings; return whether their space is still in use."""
        for few in _chunks(changes.popularity):
            for listing_id, standing in few:
                held.active.stand(listing_id, standing)
            await asyncio.sleep(0)
        for start in range(0, len(changes.heard), PAGE):
            rows = slice(start, start + PAGE)
            held.active.hear(changes.heard[rows], changes.counts[rows], changes.heard_at[rows])
            await asyncio.sleep(0)
        for start in range(0, len(changes.appraised), PAGE):
            rows = slice(start, start + PAGE)
            held.active.appraise(changes.appraised[rows], changes.fair[rows])
            await asyncio.sleep(0)
        for ids in _chunks(changes.listings):
            cars = await self._feed.cars(ids)
            if cars.batch.ids and cars.space != held.moment.space:
                return False
            self._put(held.active, cars.batch)
            gone = set(ids).difference(cars.batch.ids)
            for listing_id in gone:
                held.active.drop(listing_id)
            if gone:
                self._gone(gone)
        for ids in _chunks([*changes.listings, *changes.moved]) if held.latent else ():
            moved = await self._feed.factors(held.latent, ids)
            held.active.move(moved.ids, moved.factors)
        return True

    def _put(self, active: ActiveListings, batch: Batch) -> None:
        """Put listings in place, and tell which have another price or are for sale again."""
        before, newest = active.prices(batch.ids), active.newest
        active.put(batch)
        # Of a new one nobody can have heard.
        now = active.prices(i for i in batch.ids if i in before or i <= newest)
        priced = {i: price for i, price in now.items() if before.get(i) != price}
        if priced:
            self._priced(priced)

    async def _read_factors(self, active: ActiveListings, latent: str) -> None:
        """Read the factors of all listings in another version of the latent space, if one serves.

        Until they are there, nothing is found by factors: those of two versions never meet.
        """
        active.latent.clear()
        for ids in _chunks(active.ids.tolist()) if latent else ():
            moved = await self._feed.factors(latent, ids)
            if moved.ids:
                await asyncio.to_thread(prepare, moved.factors.shape[1])
            active.move(moved.ids, moved.factors)

    def _heard_of(self, space: str) -> None:
        """Let PostgreSQL answer if it seems to be in another space, and look at once."""
        if self._held is not None and space != self._held.moment.space:
            self._used = None
            self._doubt.set()

    def _tell(self, held: _Held) -> None:
        INDEX_LISTINGS.set(held.active.size)
        INDEX_LOOKED.set(time.time() - self.staleness)
        tell_loaded("features", held.moment.space or None)
        tell_loaded("factors", held.latent or None)

    def _say_that_it_fails(self, error: Exception) -> None:
        if not self._failing:
            unexpected = not isinstance(error, StoreUnavailableError)
            log.warning("the mirror stays as it is and tries again: %s", error, exc_info=unexpected)
        self._failing = True

    def _say_that_it_follows(self) -> None:
        if self._failing:
            log.info("the mirror follows again")
        self._failing = False

    async def shopper(self, user_id: UserId) -> ShopperState:
        """Return a shopper's state; version 0 for a stranger."""
        latent, state = await self.shopper_in_latent(user_id)
        self._heard_of(state.space)
        if self._used is not None and self._held is not None and latent != self._held.latent:
            # Another version has begun to serve: its factors are on their way.
            return replace(state, latent=None)
        return state

    async def vectors(self, ids: Sequence[ListingId]) -> dict[ListingId, Vector]:
        """Return the vectors, each of shape (dim,), read-only, of listings that have one."""
        space, found = await self.vectors_in_space(ids)
        self._heard_of(space)
        return found

    async def newest_known(self) -> ListingId:
        """Return the largest id that retrieval can have found; 0 without any."""
        return await super().newest_known() if self._used is None else self._used.newest

    async def nearest(
        self, vector: Vector, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings by descending inner product with ``vector``, shape (dim,)."""
        if self._used is None:
            return await super().nearest(vector, filters, limit, without)
        return memory_retrieval.nearest(self._used, vector, filters, limit, without)

    async def nearest_each(
        self, vectors: Matrix, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Sequence[Retrieved]:
        """Return for each of k vectors, shape (k, dim), what ``nearest`` returns for it."""
        if self._used is None:
            return await super().nearest_each(vectors, filters, limit, without)
        return memory_retrieval.nearest_each(self._used, vectors, filters, limit, without)

    async def nearest_latent(
        self, vector: Vector, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings by descending inner product of factors with ``vector``, (k,)."""
        if self._used is None:
            return await super().nearest_latent(vector, filters, limit, without)
        return memory_retrieval.nearest_latent(self._used, vector, filters, limit, without)

    async def among(
        self,
        scores: Mapping[ListingId, float],
        filters: Filters,
        limit: int,
        without: frozenset[ListingId],
    ) -> Retrieved:
        """Return those of the given listings that are active and pass, by descending score."""
        if self._used is None:
            return await super().among(scores, filters, limit, without)
        return memory_retrieval.among(self._used, scores, filters, limit, without)

    async def popular(
        self, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings by decayed popularity, best first; only those with any."""
        if self._used is None:
            return await super().popular(filters, limit, without)
        now = datetime.now(UTC)
        return memory_retrieval.popular(self._used, filters, limit, without, now)

    async def trending(
        self, filters: Filters, limit: int, without: frozenset[ListingId], params: Trends
    ) -> Retrieved:
        """Return active listings by ``domain.trending.lifts`` among those that pass, best first."""
        if self._used is None:
            return await super().trending(filters, limit, without, params)
        now = datetime.now(UTC)
        return memory_retrieval.trending(self._used, filters, limit, without, params, now)

    async def sample(
        self, filters: Filters, limit: int, without: frozenset[ListingId], seed: int
    ) -> Retrieved:
        """Return active listings as ``domain.lots.turns`` draws them, the first drawn first."""
        if self._used is None:
            return await super().sample(filters, limit, without, seed)
        now = datetime.now(UTC)
        return memory_retrieval.sample(self._used, filters, limit, without, seed, now)

    async def newest(
        self, filters: Filters, limit: int, without: frozenset[ListingId]
    ) -> Retrieved:
        """Return active listings, latest published first; the score is its epoch second."""
        if self._used is None:
            return await super().newest(filters, limit, without)
        return memory_retrieval.newest(self._used, filters, limit, without)

    async def search(self, filters: Filters, sort: Sort, limit: int, offset: int) -> Page:
        """Return a page of active listings; ``Sort.RECOMMENDED`` is ordered by date here.

        For the best deals PostgreSQL would have to look at every listing that passes. One that was
        sold a moment ago is left out, so that a page may be one short.
        """
        if self._used is None or sort is not Sort.VERDICT:
            return await super().search(filters, sort, limit, offset)
        best, total = memory_retrieval.best_deals(self._used, filters, offset + limit)
        return Page(await self.active(best.ids[offset:]), total)

    async def described(self, ids: Sequence[ListingId]) -> Described:
        """Describe the listings among ``ids`` that are active, in the order asked."""
        if self._used is None:
            return await super().described(ids)
        return memory_retrieval.described(self._used, ids, datetime.now(UTC))

    async def count(self, filters: Filters) -> int:
        """Return how many active listings pass."""
        if self._used is None:
            return await super().count(filters)
        return memory_retrieval.count(self._used, filters)

    async def counts(self, asked: Sequence[tuple[Filters, datetime]]) -> list[tuple[int, int]]:
        """Return for each how many active listings pass, and how many of them are listed later."""
        active = self._used
        if active is None:
            return await super().counts(asked)
        found: list[tuple[int, int]] = []
        for filters, moment in asked:
            found.append(memory_retrieval.count_later(active, filters, moment))
            await asyncio.sleep(0)  # a shopper may ask for many: others come between
        return found

    async def facets(self, filters: Filters = NO_FILTERS) -> Facets:
        """Return what there is to choose from, counted as ``domain.facets`` says."""
        if self._used is None:
            return await super().facets(filters)
        return memory_facets.facets_of(self._used, filters)

    async def splits(self, filters: Filters, wanted: Vector | None) -> Splits:
        """Return how each further filter would split the active listings that pass."""
        if self._used is None:
            return await super().splits(filters, wanted)
        return memory_facets.splits_of(self._used, filters, wanted)


def _chunks(items: Sequence[_Item], size: int = PAGE) -> Iterator[Sequence[_Item]]:
    """Yield items a few at a time.

    >>> list(_chunks([1, 2, 3], 2))
    [[1, 2], [3]]
    """
    return (items[start : start + size] for start in range(0, len(items), size))
