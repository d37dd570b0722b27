"""A full list for any filters: strict matches first, then the fewest concessions that fill it.

Owns:    when filters are relaxed, which concessions are taken, what is told about them.
Imports: domain.relaxation, storage.ports, serving.pipeline.

Where the strict answer is full nothing else is asked. Otherwise at most three more lists are made:
by the smallest concessions that bring any car, by the smallest that bring enough, and, should cars
vanish meanwhile, by all of them. Between them only short questions go out: are there so many?

What is told is read from the cars that are shown, not from how they were found: a concession that
none of them needed is not mentioned.

Source:  the preferred relaxation of Junker, QuickXplain, AAAI 2004: the dearest concession is as
         cheap as can be, and none is made that the others make needless.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeAlias, TypeVar

from carousel.domain.filters import Filters, passes
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.domain.relaxation import (
    Step,
    Widening,
    concessions,
    missed,
    steps,
    widened,
    widenings,
)
from carousel.serving.knobs import Knobs
from carousel.serving.pipeline import Slate, SlateEntry, recommend
from carousel.storage.ports import ServingStore, Sort

MOST_REFINED = 6  # concessions taken together that are each proven to be needed

Ways: TypeAlias = tuple[Widening, ...]


class Placed(Protocol):
    """Whatever stands in a list and has a listing."""

    @property
    def listing(self) -> Listing:
        """Return the listing."""
        ...


PlacedT = TypeVar("PlacedT", bound=Placed)
AskFor: TypeAlias = Callable[[Filters, int, frozenset[ListingId]], Awaitable[Sequence[PlacedT]]]
CountUpTo: TypeAlias = Callable[[Filters, int, frozenset[ListingId]], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Counted:
    """A concession, and how many active listings pass after it and those before it."""

    step: Step
    matches: int


@dataclass(frozen=True, slots=True)
class FullSlate:
    """A slate that relaxed filters may have filled.

    relaxed: the concessions made, the smallest first; empty where all cars pass the filters.
    needed:  those of each entry, in the slate's order; empty for a strict match.
    """

    slate: Slate
    relaxed: tuple[Counted, ...]
    needed: tuple[tuple[Step, ...], ...]


async def recommend_full(  # noqa: PLR0913 (the question of ``recommend``, word for word)
    store: ServingStore,
    user_id: UserId,
    filters: Filters,
    limit: int,
    *,
    now: datetime,
    knobs: Knobs,
    without: frozenset[ListingId] = frozenset(),
) -> FullSlate:
    """Return a slate of ``limit`` cars as long as there are so many, whatever the filters."""
    slates: list[Slate] = []
    dismissed: frozenset[ListingId] | None = None

    async def ask(asked: Filters, places: int, gone: frozenset[ListingId]) -> list[SlateEntry]:
        slate = await recommend(store, user_id, asked, places, now=now, knobs=knobs, without=gone)
        slates.append(slate)
        return list(slate.entries)

    async def count(asked: Filters, most: int, gone: frozenset[ListingId]) -> int:
        nonlocal dismissed
        if dismissed is None:
            dismissed = (await store.shopper(user_id)).dismissed
        return await _up_to(store, asked, most, gone | dismissed)

    entries = await fill(ask, count, filters, limit, without)
    return await told(store, _joined(slates, entries), filters)


async def told(store: ServingStore, slate: Slate, filters: Filters) -> FullSlate:
    """Return a slate with the concessions that its cars needed."""
    made = concessions((entry.listing for entry in slate.entries), filters)
    fields = (missed(entry.listing, filters) for entry in slate.entries)
    return FullSlate(
        slate,
        await _counted(store, made),
        tuple(tuple(step for step in made if step.field in own) for own in fields),
    )


async def nearest_relaxation(store: ServingStore, filters: Filters) -> tuple[Counted, ...]:
    """Return the smallest concessions by which any active listing passes; none if none can help.

    They belong together: the count of the last is that of all of them.
    """
    ways = widenings(filters)

    async def any_passes(taken: Ways) -> bool:
        return await _up_to(store, widened(filters, taken), 1, frozenset()) > 0

    if not ways or not await any_passes(ways):
        return ()
    taken = await smallest(ways, any_passes)
    return await _counted(store, steps(filters, taken))


async def fill(
    ask: AskFor[PlacedT],
    count: CountUpTo,
    filters: Filters,
    limit: int,
    without: frozenset[ListingId],
) -> tuple[PlacedT, ...]:
    """Return ``limit`` places, strict matches first; fewer only where there are no more cars.

    Args:
        ask: makes a list: filters, how many places, what must not come back. Asked once when that
            fills the list, at most four times otherwise.
        count: tells how many listings pass, up to a number, not counting some of them.
        filters: what the shopper asks for.
        limit: places to fill, at least 1.
        without: listings that must not come back.
    """
    found = list(await ask(filters, limit, without))
    ways = widenings(filters)
    missing = limit - len(found)
    if missing <= 0 or not ways:
        return tuple(found)
    gone = _ids(found, without)
    known: dict[Filters, int] = {}

    async def there(taken: Ways) -> int:
        asked = widened(filters, taken)
        if asked not in known:
            known[asked] = await count(asked, missing, gone)
        return known[asked]

    def reaching(target: int) -> Callable[[Ways], Awaitable[bool]]:
        async def enough(taken: Ways) -> bool:
            return await there(taken) >= target

        return enough

    most = await there(ways)
    if most == 0:
        return tuple(found)
    taken: Ways = ()
    for target in (1, most):
        if len(found) < limit and await there(taken) < target:
            # Anew each time: what the nearest car needs, an odd one, the others may do without.
            taken = await smallest(ways, reaching(target))
            places = limit - len(found)
            found += await ask(widened(filters, taken), places, _ids(found, without))
    if len(found) < limit - missing + most:  # some were sold, or a list came out short
        places = limit - len(found)
        found += await ask(widened(filters, ways), places, _ids(found, without))
    return tuple(sorted(found, key=lambda place: not passes(place.listing, filters)))


async def smallest(ways: Ways, enough: Callable[[Ways], Awaitable[bool]]) -> Ways:
    """Return the smallest of the concessions that are enough, in their order.

    Args:
        ways: the smallest first; all of them are enough.
        enough: does not turn false by one more.
    """
    needed: set[Widening] = set()
    rest = ways
    for _ in range(MOST_REFINED):
        if await enough(_chosen(ways, needed)):
            return _chosen(ways, needed)
        low, high = 0, len(rest)  # the first ``low`` are not enough, the first ``high`` are
        while high - low > 1:
            middle = (low + high) // 2
            if await enough(_chosen(ways, needed.union(rest[:middle]))):
                high = middle
            else:
                low = middle
        needed.add(rest[high - 1])
        rest = rest[: high - 1]
    return _chosen(ways, needed.union(rest))


def _chosen(ways: Ways, some: Iterable[Widening]) -> Ways:
    wanted = frozenset(some)
    return tuple(way for way in ways if way in wanted)


def _ids(found: Iterable[Placed], without: frozenset[ListingId]) -> frozenset[ListingId]:
    return without.union(place.listing.id for place in found)


async def _up_to(
    store: ServingStore, filters: Filters, most: int, without: frozenset[ListingId]
) -> int:
    """Return how many active listings pass, at most ``most``; stops looking at that number."""
    return len((await store.newest(filters, most, without)).ids)


async def _counted(store: ServingStore, made: Iterable[Step]) -> tuple[Counted, ...]:
    async def counted(step: Step) -> Counted:
        return Counted(step, (await store.search(step.filters, Sort.NEWEST, 1, 0)).total)

    return tuple(await asyncio.gather(*map(counted, made)))


def _joined(slates: Sequence[Slate], entries: tuple[SlateEntry, ...]) -> Slate:
    """Return one slate of what several gave; an event in between makes it as old as the first."""
    first = slates[0]
    if entries == first.entries:
        return first
    shown = f"{first.id}:{[entry.listing.id for entry in entries]}"
    return replace(
        first,
        id=hashlib.sha256(shown.encode()).hexdigest()[: len(first.id)],
        personal=any(slate.personal for slate in slates),
        entries=entries,
    )
