"""A visit of a shopper, slate by slate: saved cars first, then lists of cars, until patience ends.

Owns:    the course of a visit; what a shopper's deeds do to the market and to their memory.
Imports: domain.filters, simulation, numpy.

A list is the home page or a search; one that finds nothing is widened. It goes on to further pages
or gives way to another list. A car saved earlier and looked at again is credited to the slate on
which it was found, so that the outcome of an impression is the furthest step it ever led to.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from carousel.domain.filters import NO_FILTERS, Filters
from carousel.simulation.behaviour import Behaviour, Deed, Memory, Mind, Slot, read, seconds
from carousel.simulation.columns import Floats, Ints
from carousel.simulation.desire import Desire
from carousel.simulation.exposure import SORTS, Exposure, Orders, Page, lay, sort_shares
from carousel.simulation.journal import Journal
from carousel.simulation.market_state import LOOK_AHEAD, Market
from carousel.simulation.needs import Need
from carousel.simulation.searching import Searching, goes_home, typed, widened
from carousel.simulation.sessions import Sessions
from carousel.simulation.sorting import Basis, best
from carousel.simulation.truth import progress_of


@dataclass(slots=True)
class Dice:
    """One day's chance, a stream a subject, so that one does not disturb the other."""

    searching: np.random.Generator
    exposure: np.random.Generator
    behaviour: np.random.Generator
    sales: np.random.Generator
    noise: np.random.Generator


@dataclass(slots=True)
class Scene:
    """Where visits take place.

    popularity: shape (cars,), how often each was opened lately, as of last midnight.
    memories:   one an account.
    ends:       epoch seconds at which the recording stops; nothing happens then or later.
    """

    market: Market
    desire: Desire
    journal: Journal
    memories: list[Memory]
    popularity: Floats
    sessions: Sessions
    searching: Searching
    exposure: Exposure
    behaviour: Behaviour
    ends: float
    dice: Dice

    def limit(self, at: float) -> float:
        """Return the moment before which all that begins at ``at`` must have happened."""
        return min(at + LOOK_AHEAD, self.ends)


@dataclass(slots=True)
class Visit:
    """A visit under way.

    number:   of the need, among the shopper's.
    at:       epoch seconds, now.
    patience: places still to be looked at. lists: how many more may be opened.
    filters:  of the list being read, None where a new one is to be opened.
    shown:    pages of that list so far. order: of it, index into SORTS.
    wider:    what to try next, should it be empty.
    """

    shopper: int
    number: int
    need: Need
    patience: int
    lists: int
    at: float
    arrived: bool = False
    filters: Filters | None = None
    search: int = 0
    shown: list[Ints] = field(default_factory=list)
    order: int = 0
    wider: Iterator[Filters] = field(default_factory=lambda: iter(()))


def proceed(scene: Scene, visit: Visit, at: float) -> float | None:
    """Let a visit go on at a moment; return when it goes on again, None when it is over."""
    visit.at = at
    if not visit.arrived:
        visit.arrived = True
        spent = _look_at_saved(scene, visit)
        if spent:
            return at + spent + _pause(scene)
    if visit.filters is None:
        visit.lists -= 1
        _open_list(scene, visit)
    pool = _pool(scene, visit)
    if not len(pool):
        return _try_wider(scene, visit)
    page = _lay_out(scene, visit, pool)
    lasted, gave_up = _read(scene, visit, page)
    if gave_up or not _goes_on(scene, visit, len(pool) - len(page.cars)):
        return None
    return at + lasted + _pause(scene)


def _pause(scene: Scene) -> int:
    return int(seconds(scene.behaviour.pause_seconds, 1, scene.dice.behaviour)[0])


def _look_at_saved(scene: Scene, visit: Visit) -> int:
    """Let the shopper return to saved cars; return how many seconds that took."""
    market, memory, dice = scene.market, scene.memories[visit.shopper], scene.dice.behaviour
    for car in [car for car in memory.saved if market.leaves[car] <= visit.at]:
        del memory.saved[car]
    mine = [car for car, number in memory.saved.items() if number == visit.number]
    back = [car for car in mine if dice.random() < scene.behaviour.revisit]
    cars = np.array(back[-scene.behaviour.most_revisits :], dtype=np.int64)
    if not len(cars):
        return 0
    chance = scene.desire.contacting(
        visit.need, cars, market.price[cars], progress_of(visit.need, visit.at)
    )
    luck, mood = dice.random((2, len(cars)))
    stays = seconds(scene.behaviour.look_seconds, len(cars), dice)
    spent = 0
    for n, car in enumerate(cars.tolist()):
        spent += 1
        _do(scene, visit, Deed(spent, "view", car, n))
        spent += int(stays[n])
        if luck[n] < chance[n] and car not in memory.contacted:
            _do(scene, visit, Deed(spent, "contact", car, n))
        elif mood[n] < scene.behaviour.forget:
            _do(scene, visit, Deed(spent, "unfavourite", car, n))
    return spent


def _open_list(scene: Scene, visit: Visit) -> None:
    """Open the home page or make a search, and draw the order in which it is sorted."""
    progress = progress_of(visit.need, visit.at)
    dice, year = scene.dice.searching, scene.market.year
    if goes_home(progress, scene.searching, dice):
        visit.filters, visit.search, visit.wider = NO_FILTERS, 0, iter(())
        visit.shown = []
    else:
        filters = typed(visit.need, progress, year, scene.searching, dice)
        visit.wider = widened(filters)
        _search(scene, visit, filters, visit.at)


def _search(scene: Scene, visit: Visit, filters: Filters, at: float) -> None:
    """Begin a list with a search."""
    visit.filters, visit.shown = filters, []
    visit.search = scene.journal.search(at, visit.shopper, filters)


def _pool(scene: Scene, visit: Visit) -> Ints:
    """Return the cars to choose from: for sale, passing, not dismissed, not on an earlier page."""
    dismissed = np.array(scene.memories[visit.shopper].dismissed, dtype=np.int64)
    return scene.market.passing(
        visit.filters or NO_FILTERS, visit.at, without=[dismissed, *visit.shown]
    )


def _try_wider(scene: Scene, visit: Visit) -> float | None:
    """Search again with less asked for, a little later; give up where nothing is left to drop."""
    later = visit.at + _pause(scene)
    filters = next(visit.wider, None)
    if filters is None or later >= scene.ends:
        return None
    _search(scene, visit, filters, later)
    return later


def _lay_out(scene: Scene, visit: Visit, pool: Ints) -> Page:
    """Choose the next page of the list; a new list draws its order."""
    settings, dice = scene.exposure, scene.dice.exposure
    last = scene.memories[visit.shopper].last
    if visit.shown:
        shares = np.zeros(len(SORTS))
        shares[visit.order] = 1.0
    else:
        weights = settings.home if visit.filters == NO_FILTERS else settings.search
        shares = sort_shares(weights, opened_before=last is not None)
        visit.order = int(np.searchsorted(np.cumsum(shares), dice.random(), side="right"))
        visit.order = min(visit.order, int(np.flatnonzero(shares)[-1]))
    basis = Basis(scene.market, scene.popularity, last)
    tops = {
        order: best(order, pool, settings.page, basis) for order in np.flatnonzero(shares).tolist()
    }
    page = lay(pool, Orders(tops, shares, visit.order), settings.explore, dice)
    visit.shown.append(page.cars)
    return page


def _read(scene: Scene, visit: Visit, page: Page) -> tuple[int, bool]:
    """Let the shopper read a page; return how many seconds it took and whether it was the last."""
    mind = Mind(
        visit.need,
        progress_of(visit.need, visit.at),
        visit.patience,
        scene.memories[visit.shopper],
        scene.desire,
    )
    prices = scene.market.price[page.cars]
    reading = read(page.cars, prices, mind, scene.behaviour, scene.dice.behaviour)
    slate = scene.journal.slate(
        visit.at,
        visit.shopper,
        visit.search,
        cars=page.cars,
        random=page.random,
        propensity=page.propensity,
        eligible=page.eligible,
        examined=reading.examined,
    )
    for deed in reading.deeds:
        _do(scene, visit, deed, (slate, deed.place))
    visit.patience -= int(reading.examined.sum())
    return reading.lasted, reading.gave_up


def _do(scene: Scene, visit: Visit, deed: Deed, slot: Slot | None = None) -> None:
    """Do one thing with a car, unless it has left by then or the recording is over."""
    moment, car = visit.at + deed.after, deed.car
    if moment >= scene.limit(visit.at) or moment >= scene.market.leaves[car]:
        return
    memory = scene.memories[visit.shopper]
    if deed.type == "view":
        memory.found.setdefault(car, slot)
        memory.last = car
    elif deed.type == "favourite":
        memory.saved[car] = visit.number
    elif deed.type == "unfavourite":
        del memory.saved[car]
    elif deed.type == "dismiss":
        memory.dismissed.append(car)
        memory.saved.pop(car, None)
    elif deed.type == "contact":
        memory.contacted.add(car)
        who = (visit.shopper, visit.number)
        scene.market.contacted(car, moment, who, scene.dice.sales)
    scene.journal.event(
        moment,
        visit.shopper,
        deed.type,
        car,
        slot=slot or memory.found.get(car),
        reason=deed.reason,
    )


def _goes_on(scene: Scene, visit: Visit, more: int) -> bool:
    """Return whether the shopper turns the page or opens another list."""
    turns, changes = scene.dice.behaviour.random(2)
    if more and turns < scene.sessions.next_page:
        return True
    visit.filters = None
    return visit.lists > 0 and changes < scene.sessions.another_list
