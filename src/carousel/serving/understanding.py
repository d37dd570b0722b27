"""A shopper's words against the cars for sale: what they ask for, and how many cars that is.

Owns:    the dictionary of this process and its age, phrases and suggestions with their counts.
Imports: domain.phrase, storage.ports.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from carousel.domain.errors import StoreUnavailableError
from carousel.domain.phrase.amounts import Terms
from carousel.domain.phrase.belonging import with_makes
from carousel.domain.phrase.completing import Proposal, proposals
from carousel.domain.phrase.dictionary import Dictionary, dictionary_of
from carousel.domain.phrase.reading import Reading, read
from carousel.domain.phrase.settling import filters_of
from carousel.storage.ports import ServingStore

OF_EACH = 3  # how many times more are proposed than are asked for: some find no car
FRESH_SECONDS = 30.0  # a make that was never for sale before is known after this long

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Understood:
    """How a phrase reads, and how many active cars pass what it asks for."""

    reading: Reading
    total: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A phrase that a shopper may want to say, and how many active cars it finds."""

    proposal: Proposal
    count: int


class Vocabulary:
    """The dictionary of the cars for sale; share one between all requests of a process.

    Only the first request waits for it. Later a new one is made beside the one in use, which goes
    on while the store is away. clock: seconds, monotonic.
    """

    def __init__(self, store: ServingStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._known: Dictionary | None = None
        self._made_at = 0.0
        self._making: asyncio.Task[Dictionary] | None = None

    async def dictionary(self) -> Dictionary:
        """Return the dictionary.

        Raises:
            StoreUnavailableError: there is none yet, and the store did not answer.
        """
        if self._known is not None and self._clock() - self._made_at <= FRESH_SECONDS:
            return self._known
        if self._making is None or self._making.done():
            self._making = asyncio.create_task(self._make())
            self._making.add_done_callback(_heard)
        return await asyncio.shield(self._making) if self._known is None else self._known

    async def settled(self) -> None:
        """Wait until nothing is on its way; a dictionary that was is in use then."""
        if self._making is not None:
            await asyncio.wait([self._making])

    async def _make(self) -> Dictionary:
        self._made_at = self._clock()  # also of one that fails: the next is tried as much later
        names = await self._store.names()
        self._known = await asyncio.to_thread(dictionary_of, names)
        return self._known


@asynccontextmanager
async def open_vocabulary(store: ServingStore) -> AsyncIterator[Vocabulary]:
    """Give the vocabulary of a store; close the store after it."""
    vocabulary = Vocabulary(store)
    try:
        yield vocabulary
    finally:
        await vocabulary.settled()


async def understand(
    store: ServingStore, vocabulary: Vocabulary, text: str, terms: Terms
) -> Understood:
    """Return what a phrase asks for; one that asks for nothing is passed by every active car.

    A model that is said without its make brings it along.
    """
    known = await vocabulary.dictionary()
    reading = _complete(read(text, known, terms), known)
    return Understood(reading, await store.count(filters_of(reading.chips)))


async def suggest(
    store: ServingStore, vocabulary: Vocabulary, text: str, terms: Terms, limit: int
) -> list[Suggestion]:
    """Return what a shopper who typed this far may want to say; each finds at least one car."""
    known = await vocabulary.dictionary()
    proposed = [
        replace(one, reading=_complete(one.reading, known))
        for one in proposals(text, known, terms, OF_EACH * limit)
    ]
    found: list[Suggestion] = []
    for first in range(0, len(proposed), limit):
        some = proposed[first : first + limit]
        counts = await asyncio.gather(*(store.count(filters_of(one.reading.chips)) for one in some))
        counted = zip(some, counts, strict=True)
        found += [Suggestion(one, count) for one, count in counted if count]
        if len(found) >= limit:
            break
    return found[:limit]


def _complete(reading: Reading, known: Dictionary) -> Reading:
    return replace(reading, chips=with_makes(reading.chips, known))


def _heard(making: asyncio.Task[Dictionary]) -> None:
    """Tell of a dictionary that could not be made, for nobody may be waiting for it."""
    if not making.cancelled() and (error := making.exception()) is not None:
        unexpected = not isinstance(error, StoreUnavailableError)
        log.warning(
            "the names of the cars for sale stay as they are: %s", error, exc_info=unexpected
        )
