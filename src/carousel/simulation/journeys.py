"""How a shopper gets to a car: sessions that begin with a search, looks that turn into favourites.

Owns:    the model of sessions, what happens in them, and when.
Imports: domain.events, domain.filters, simulation.{columns, shelf, tastes}, numpy.

A journey lasts up to 30 days. Its searches narrow: first body and price, later fuel and make. A
shopper looks at cars that pass the search and were published by then, the better liked the more
often, and more surely so the longer the journey lasts. Some of them are saved, a few sellers are
contacted, and cars that displease are dismissed for what speaks against them.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from carousel.domain.events import (
    Contact,
    Dismiss,
    Event,
    Favourite,
    Reason,
    Search,
    Unfavourite,
    View,
)
from carousel.domain.filters import Filters
from carousel.simulation.columns import BODIES, FUELS, Flags
from carousel.simulation.shelf import Shelf
from carousel.simulation.tastes import Liking, Taste, liking

LONGEST_DAYS, LAST_START = 28.0, timedelta(hours=5)
EVENTS_PER_SESSION = 7
EVENING_HOUR, EVENING_SPREAD = 19.5, 2.0
GAP_SECONDS, BREAK = (12.0, 85.0), timedelta(minutes=10)

SEARCH_FIRST, SEARCH_AGAIN = 0.8, 0.08
CONTACT, FAVOURITE, UNFAVOURITE, DISMISS, LOOK_AGAIN = 0.06, 0.16, 0.02, 0.08, 0.06
"""Chances at each step; contact and favourite need a car that was just looked at and is liked."""

LIKED, NO_REASON = -2.0, 0.4
"""Liking above which a car may be saved; weight of a dismissal that tells no reason."""

FIRST_TEMPERATURE, LAST_TEMPERATURE = 1.2, 0.5
BY_FUEL_AFTER, BY_MAKE_AFTER = 0.3, 0.5
"""Share of the journey after which searches name a fuel, and a make."""


def journey(  # noqa: PLR0913 (who, how long, wanting what, from what, until when, by which dice)
    name: str,
    length: int,
    *,
    taste: Taste,
    shelf: Shelf,
    now: datetime,
    dice: np.random.Generator,
) -> list[Event]:
    """Return a journey of ``length`` events in order of time, all before ``now``.

    Event ids are ``name`` and a running number: "demo-john12-0007".
    """
    shopper = _Shopper(taste, shelf, liking(taste, shelf), now.year, dice)
    events: list[Event] = []
    for number, (at, begins) in enumerate(_moments(length, now, dice), start=1):
        event = shopper.act(at, progress=number / length, begins_session=begins)
        stamp = {"id": f"{name}-{number:04d}", "occurred_at": at}
        events.append(event.model_copy(update=stamp))
    return events


def _moments(length: int, now: datetime, dice: np.random.Generator) -> list[tuple[datetime, bool]]:
    """Return when each event happens, ascending, and whether it is the first of a session."""
    sessions = max(1, round(length / EVENTS_PER_SESSION))
    days_ago = dice.uniform(0.0, LONGEST_DAYS * dice.uniform(0.25, 1.0), sessions)
    starts = sorted(_evening(now - timedelta(days=float(d)), now, dice) for d in days_ago)
    sizes = 1 + dice.multinomial(length - sessions, np.full(sessions, 1 / sessions))
    moments: list[tuple[datetime, bool]] = []
    for start, size in zip(starts, sizes, strict=True):
        at = max(start, moments[-1][0] + BREAK) if moments else start
        for n in range(size):
            moments.append((at, n == 0))
            at += timedelta(seconds=round(dice.uniform(*GAP_SECONDS)))
    return moments


def _evening(day: datetime, now: datetime, dice: np.random.Generator) -> datetime:
    hour = float(np.clip(dice.normal(EVENING_HOUR, EVENING_SPREAD), 6.0, 23.0))
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
    start = midnight + timedelta(seconds=round(hour * 3600))
    return start if start <= now - LAST_START else start - timedelta(days=1)


@dataclass(slots=True)
class _Shopper:
    """A journey under way: what the shopper wants, and what was done so far.

    Cars are indices into the shelf. passing: cars that pass the search of this session.
    looked_at: the car on the screen. saved, contacted, seen, dismissed: cars so far.
    """

    taste: Taste
    shelf: Shelf
    liking: Liking
    year: int
    dice: np.random.Generator
    passing: Flags = field(init=False)
    looked_at: int | None = None
    saved: list[int] = field(default_factory=list)
    contacted: set[int] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)
    dismissed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.passing = np.ones(len(self.shelf.ids), dtype=bool)

    def act(self, at: datetime, *, progress: float, begins_session: bool) -> Event:
        """Do the next thing; ``progress`` is the share of the journey behind, in (0, 1]."""
        if begins_session:
            self.looked_at = None
        if self.dice.random() < (SEARCH_FIRST if begins_session else SEARCH_AGAIN):
            return self._search(progress)
        published = self.passing & (self.shelf.listed_at <= at.timestamp())
        event = self._react() or self._dismiss(published)
        return event or self._look(published, progress) or self._search(progress)

    def _search(self, progress: float) -> Event:
        """Search, the narrower the later; a search that would find nothing names no make."""
        self.looked_at = None
        stage, shelf = self.taste.stage, self.shelf
        step = 500 if self.taste.budget < 10_000 else 1_000  # noqa: PLR2004 (how people round)
        max_price = int(-(-self.taste.budget * 1.1 // step) * step)
        bodies = tuple(stage.bodies)[: int(self.dice.integers(1, 3))]
        fuels = tuple(stage.fuels) if progress > BY_FUEL_AFTER else ()
        oldest = stage.oldest + 2
        passing = (
            np.isin(shelf.body, [BODIES.index(b) for b in bodies])
            & (shelf.price <= max_price)
            & (shelf.age <= oldest)
        )
        if fuels:
            passing &= np.isin(shelf.fuel, [FUELS.index(f) for f in fuels])
        makes = self.taste.makes if progress > BY_MAKE_AFTER else ()
        of_makes = passing & np.isin(shelf.make, [shelf.makes.index(m) for m in makes])
        self.passing, makes = (of_makes, makes) if of_makes.any() else (passing, ())
        return Search(
            filters=Filters(
                make=makes,
                body=bodies,
                fuel=fuels,
                max_price=max_price,
                min_year=self.year - oldest,
            )
        )

    def _react(self) -> Event | None:
        """Save the car on the screen, contact its seller, or drop one saved earlier; or nothing."""
        luck, car = self.dice.random(), self.looked_at
        if car is not None and self.liking.total[car] > LIKED:
            if luck < CONTACT and car not in self.contacted:
                self.contacted.add(car)
                return Contact(listing_id=int(self.shelf.ids[car]))
            if CONTACT <= luck < CONTACT + FAVOURITE and car not in self.saved:
                self.saved.append(car)
                return Favourite(listing_id=int(self.shelf.ids[car]))
        if luck > 1 - UNFAVOURITE and self.saved:
            dropped = self.saved.pop(0)
            return Unfavourite(listing_id=int(self.shelf.ids[dropped]))
        return None

    def _dismiss(self, published: Flags) -> Event | None:
        """Dismiss some car of the list, for one of the complaints about it; or nothing."""
        if self.dice.random() >= DISMISS:
            return None
        shown = [int(car) for car in np.flatnonzero(published) if int(car) not in self.saved]
        shown = [car for car in shown if car not in self.dismissed]
        if not shown:
            return None
        car = shown[int(self.dice.integers(len(shown)))]
        self.dismissed.add(car)
        reasons = [*self.liking.complaints, Reason.OTHER]
        weights = [terms[car] for terms in self.liking.complaints.values()] + [NO_REASON]
        reason = reasons[self.dice.choice(len(reasons), p=np.array(weights) / sum(weights))]
        return Dismiss(listing_id=int(self.shelf.ids[car]), reason=reason)

    def _look(self, published: Flags, progress: float) -> Event | None:
        """Open a car, mostly one not seen yet; None when there is none."""
        kept = [car for car in self.saved if car != self.looked_at]
        if kept and self.dice.random() < LOOK_AGAIN:
            self.looked_at = kept[-1]
        else:
            fresh = published.copy()
            fresh[[*self.seen, *self.dismissed]] = False
            cars = np.flatnonzero(fresh)
            if not len(cars):
                return None
            temperature = np.interp(progress, [0, 1], [FIRST_TEMPERATURE, LAST_TEMPERATURE])
            appeal = self.liking.total[cars] / temperature + self.dice.gumbel(size=len(cars))
            self.looked_at = int(cars[np.argmax(appeal)])
        self.seen.add(self.looked_at)
        return View(listing_id=int(self.shelf.ids[self.looked_at]))
