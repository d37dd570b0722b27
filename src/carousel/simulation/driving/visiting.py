"""One visit to a running server: what it shows decides what the shopper does.

Owns:    the course of a visit over HTTP.
Imports: domain, simulation, numpy.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from carousel.domain.events import (
    Contact,
    Dismiss,
    Event,
    Favourite,
    Impression,
    Reason,
)
from carousel.domain.filters import Filters
from carousel.simulation.behaviour import Behaviour, Deed, Memory, Mind, read
from carousel.simulation.columns import Ints
from carousel.simulation.desire import Desire
from carousel.simulation.driving.site import Card, Site
from carousel.simulation.market_state import Market
from carousel.simulation.needs import Need
from carousel.simulation.searching import Searching, goes_home, typed
from carousel.simulation.sessions import Sessions
from carousel.simulation.truth import progress_of

PAGE = 20
SENT_BACK = ("propensity", "random", "eligible", "arm")


@dataclass(slots=True)
class Town:
    """Where visits take place.

    ids:    the server's id of each car of the market, NOT_THERE while it has none.
    row_of: the other way round.
    clock:  returns simulated epoch seconds.
    wait:   sleeps for simulated seconds.
    """

    site: Site
    market: Market
    desire: Desire
    ids: Ints
    row_of: dict[int, int]
    sessions: Sessions
    searching: Searching
    behaviour: Behaviour
    dice: np.random.Generator
    clock: Callable[[], float]
    wait: Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class Visitor:
    """An account and what its shopper remembers; ``token`` is empty before the first visit."""

    row: int
    email: str
    token: str = ""
    memory: Memory = field(default_factory=Memory)


async def visit(town: Town, visitor: Visitor, number: int, need: Need, patience: int) -> None:
    """Let a shopper visit with one need in mind, list by list, until patience ends."""
    visitor.token = visitor.token or await town.site.token(visitor.email) or ""
    if not visitor.token:
        return
    for _ in range(town.sessions.most_lists):
        progress = progress_of(need, town.clock())
        cards, slate = await _list(town, visitor, need, progress)
        places = [n for n, card in enumerate(cards) if card["id"] in town.row_of]
        await town.site.tell(visitor.token, _impressions(cards, slate))
        if places:
            cars = np.array([town.row_of[cards[n]["id"]] for n in places], dtype=np.int64)
            mind = Mind(need, progress, patience, visitor.memory, town.desire)
            prices = np.array([float(cards[n]["selling_price"]) for n in places])
            reading = read(cars, prices, mind, town.behaviour, town.dice)
            begun = town.clock()
            for deed in reading.deeds:
                await town.wait(begun + deed.after - town.clock())
                await _do(town, visitor, number, deed, int(cars[deed.place]))
            await town.wait(begun + reading.lasted - town.clock())
            patience -= int(reading.examined.sum())
            if reading.gave_up:
                return
        if town.dice.random() >= town.sessions.another_list:
            return
        shortest, longest = town.behaviour.pause_seconds
        await town.wait(float(town.dice.integers(shortest, longest)))


async def _list(
    town: Town, visitor: Visitor, need: Need, progress: float
) -> tuple[Sequence[Card], str]:
    if goes_home(progress, town.searching, town.dice):
        return await town.site.recommended(visitor.token, PAGE)
    filters = typed(need, progress, town.market.year, town.searching, town.dice)
    # Typed filters are made without validation, for speed; what goes over a wire is validated.
    filters = Filters.model_validate(filters.model_dump(exclude_defaults=True))
    return await town.site.search(visitor.token, filters, PAGE), ""


def _impressions(cards: Sequence[Card], slate: str) -> list[Event]:
    """Return that cars were seen; what a list says of chance and of its arm is sent back."""
    return [
        Impression(
            listing_id=card["id"],
            slate=slate or None,
            position=place,
            **{name: card[name] for name in SENT_BACK if card.get(name) is not None},
        )
        for place, card in enumerate(cards, start=1)
    ]


async def _do(town: Town, visitor: Visitor, number: int, deed: Deed, car: int) -> None:
    """Do one thing with a car, unless it has been sold meanwhile."""
    memory, listing_id = visitor.memory, int(town.ids[car])
    if deed.type == "view":
        memory.found.setdefault(car, None)
        memory.last = car
        if not await town.site.open(visitor.token, listing_id):
            visitor.memory.dismissed.append(car)
        return
    if car in memory.dismissed:
        return
    if deed.type == "favourite":
        memory.saved[car] = number
    elif deed.type == "contact":
        memory.contacted.add(car)
        town.market.contacted(car, town.clock(), (visitor.row, number), town.dice)
    elif deed.type == "dismiss":
        memory.dismissed.append(car)
    await town.site.tell(visitor.token, [_EVENTS[deed.type](listing_id, deed.reason)])


_EVENTS: Mapping[str, Callable[[int, Reason | None], Event]] = {
    "favourite": lambda listing_id, _: Favourite(listing_id=listing_id),
    "contact": lambda listing_id, _: Contact(listing_id=listing_id),
    "dismiss": lambda listing_id, reason: Dismiss(
        listing_id=listing_id, reason=reason or Reason.OTHER
    ),
}


async def sleep_until(moment: float, clock: Callable[[], float], speed: float) -> None:
    """Sleep until the simulated clock shows a moment; not at all if it has passed."""
    if (rest := moment - clock()) > 0:
        await asyncio.sleep(rest / speed)
