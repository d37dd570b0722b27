"""The shadow ranker: some lists are made a second time by it, after the answer, for comparison.

Owns:    which lists, the queue between request and comparison, what is counted.
Imports: numpy, domain, serving, storage.ports.

A list is made again by the same functions, knobs, filters and moment, so that the two differ by
the ranker alone; it is shown to nobody. Nothing here can change, delay or fail an answer: a list
that does not fit into the queue is left out and counted, and so is one that fails.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from carousel.domain.model import Model
from carousel.domain.ranker.ranking import KIND
from carousel.serving.experimenting import Asked, full_by
from carousel.serving.experiments import Assignment
from carousel.serving.knobs import Knobs
from carousel.serving.pipeline import Slate
from carousel.serving.ranking import active_ranker
from carousel.storage.ports import ServingStore

FIRST = 10
"""Places that are compared."""

LONGEST_QUEUE = 16
"""Lists that wait; later ones are left out."""

TELL_SECONDS = 60.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """What a list was asked with, by which knobs it was made, and the list that was served."""

    asked: Asked
    knobs: Knobs
    served: Slate


@dataclass(frozen=True, slots=True)
class Difference:
    """How two lists for the same shopper at the same moment differ.

    overlap: share of the first places that both have in common, in [0, 1].
    order:   Spearman's rank correlation of the cars in both lists; NaN below three of them.
    chance:  mean absolute difference of their chances to be opened; NaN without such cars, or
             where no ranker served.
    """

    overlap: float
    order: float
    chance: float


@dataclass(slots=True)
class Counts:
    """What was found of one shadow since it became the shadow, by this process.

    slates:   compared. failures: lists that the shadow could not make, or only without ranking.
    left_out: lists that were to be compared, but the queue was full or the shopper had gone on.
    seconds:  that making the shadow's lists took, in all.
    """

    version: str
    slates: int = 0
    failures: int = 0
    left_out: int = 0
    seconds: float = 0.0
    overlap: list[float] = field(default_factory=lambda: [0.0, 0.0])
    order: list[float] = field(default_factory=lambda: [0.0, 0.0])
    chance: list[float] = field(default_factory=lambda: [0.0, 0.0])

    def add(self, found: Difference, seconds: float) -> None:
        """Count one comparison."""
        self.slates += 1
        self.seconds += seconds
        for sums, value in (
            (self.overlap, found.overlap),
            (self.order, found.order),
            (self.chance, found.chance),
        ):
            if not np.isnan(value):
                sums[0] += value
                sums[1] += 1

    def means(self) -> dict[str, float | None]:
        """Return the mean overlap, order, chance and milliseconds; None where there is none."""
        sums = {"overlap": self.overlap, "order": self.order, "chance": self.chance}
        sums["milliseconds"] = [1000 * self.seconds, float(self.slates)]
        return {name: total / count if count else None for name, (total, count) in sums.items()}

    def sentence(self) -> str:
        """Return everything in a line of the log."""
        shown = {
            name: "none" if one is None else f"{one:.3g}" for name, one in self.means().items()
        }
        return (
            f"shadow {KIND} {self.version}: {self.slates} slates, overlap@{FIRST} "
            f"{shown['overlap']}, rank correlation {shown['order']}, mean |chance difference| "
            f"{shown['chance']}, {shown['milliseconds']} ms each, {self.failures} failures, "
            f"{self.left_out} left out"
        )


class Shadow:
    """Compares a share of the lists that one process serves; for one event loop."""

    def __init__(self, store: ServingStore, share: float) -> None:
        self._store = store
        self.share = share
        self._owed = 0.0
        self._queue: asyncio.Queue[Question] = asyncio.Queue(LONGEST_QUEUE)
        self._told_at = time.monotonic()
        self._told = 0
        self.counts: Counts | None = None

    def consider(self, asked: Asked, assigned: Assignment, served: Slate) -> None:
        """Have every so many lists compared later. Returns at once and never raises.

        Lists of two sets of knobs are passed over: no ranker alone would have made them.
        """
        if len(assigned.knobs) != 1:
            return
        self._owed += self.share
        if self._owed < 1:
            return
        self._owed -= 1
        try:
            self._queue.put_nowait(Question(asked, assigned.knobs[0], served))
        except asyncio.QueueFull:
            if self.counts is not None:
                self.counts.left_out += 1

    @property
    def waiting(self) -> int:
        """Return how many lists are still to be compared."""
        return self._queue.qsize()

    async def compare(self) -> None:
        """Compare what was put aside, one list after the other, for ever."""
        while True:
            question = await self._queue.get()
            try:
                await self._one(question)
            except Exception:  # whatever it is: nobody waits for this
                log.warning("the shadow could not be asked", exc_info=True)
            self._tell()

    async def _one(self, question: Question) -> None:
        model = await self._store.shadow_model(KIND)
        if model is None or not question.knobs.ranked:
            self.counts = None if model is None else self.counts
            return
        if self.counts is None or self.counts.version != model.version:
            self.counts = Counts(model.version)
        counts = self.counts
        ranked = await active_ranker(self._store) is not None
        shadowed = cast("ServingStore", _Shadowed(self._store, model))
        if await active_ranker(shadowed) is None:  # the blend would have made its list
            counts.failures += 1
            return
        begun = time.perf_counter()
        try:
            full = await full_by(shadowed, question.asked, question.knobs)
        except Exception:  # a shadow is there to be found out
            counts.failures += 1
            log.warning("the shadow %s %s made no list", KIND, model.version, exc_info=True)
            return
        if full.slate.version != question.served.version:
            counts.left_out += 1
            return
        found = difference(question.served, full.slate, ranked=ranked)
        counts.add(found, time.perf_counter() - begun)

    def _tell(self) -> None:
        """Say in the log, once a minute, what was found."""
        counts, now = self.counts, time.monotonic()
        if counts is None or now - self._told_at < TELL_SECONDS or counts.slates == self._told:
            return
        self._told_at, self._told = now, counts.slates
        log.info("%s", counts.sentence())


def difference(served: Slate, other: Slate, *, ranked: bool) -> Difference:
    """Return how another list differs from the one that was served.

    Args:
        served: what the shopper saw.
        other: what they would have seen.
        ranked: whether a ranker made the first, so that its scores are chances, too.
    """
    here = {entry.listing.id: n for n, entry in enumerate(served.entries)}
    there = {entry.listing.id: n for n, entry in enumerate(other.entries)}
    first = [{one for one, n in places.items() if n < FIRST} for places in (here, there)]
    places = max(map(len, first), default=0)
    both = [one for one in here if one in there]
    chances = [
        abs(served.entries[here[one]].score - other.entries[there[one]].score) for one in both
    ]
    return Difference(
        overlap=len(first[0] & first[1]) / places if places else float("nan"),
        order=_spearman([here[one] for one in both], [there[one] for one in both]),
        chance=float(np.mean(chances)) if chances and ranked else float("nan"),
    )


@asynccontextmanager
async def open_shadow(store: ServingStore, share: float) -> AsyncIterator[Shadow]:
    """Give what compares lists in the background; at the end what still waits is dropped."""
    shadow = Shadow(store, share)
    comparing = asyncio.create_task(shadow.compare())
    try:
        yield shadow
    finally:
        comparing.cancel()
        with suppress(asyncio.CancelledError):
            await comparing


class _Shadowed:
    """A store in which the shadow ranker is the one that serves; everything else as it is."""

    def __init__(self, store: ServingStore, shadow: Model) -> None:
        self._store = store
        self._shadow = shadow

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def model(self, kind: str) -> Model | None:
        """Return the model that serves, for the ranker the shadow."""
        return self._shadow if kind == KIND else await self._store.model(kind)


def _spearman(one: list[int], other: list[int]) -> float:
    """Return the correlation of two orders of the same things, in [-1, 1].

    >>> _spearman([0, 1, 2], [5, 7, 9]), _spearman([0, 1, 2], [9, 7, 5])
    (1.0, -1.0)
    """
    if len(one) < 3:  # noqa: PLR2004 (two things stand in order or they do not)
        return float("nan")
    ranks = np.argsort(np.argsort([one, other], axis=1), axis=1)
    count = len(one)
    apart = int(((ranks[0] - ranks[1]) ** 2).sum())
    return 1 - 6 * apart / (count * (count**2 - 1))  # no two things share a place
