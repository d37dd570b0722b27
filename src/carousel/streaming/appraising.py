"""One process that keeps the appraisals of all cars fresh, gently.

Owns:    what is appraised when: changed cars, then cars whose model's stock changed, then the old.
Imports: serving.appraising, storage (its doors), storage.ports, streaming.runner.

Cars that are new or changed come first, the newest advert before the others. A car that comes, goes
or changes its price changes what the others of its model should cost, so all of these follow, at a
slower pace. A model of which nothing changes is appraised again after a day, for a newer Carousel
may judge otherwise.

Of several processes one works, whichever the database let in; when it ends, however that happens,
another goes on. What is due is known in memory only: whoever begins looks for what is missing, and
goes over all models once.
"""

import logging
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Event as Flag

from carousel.domain.errors import StoreUnavailableError
from carousel.domain.listing import ListingId
from carousel.observability.metrics import APPRAISED
from carousel.serving.appraising import MOST_NEWEST, appraised_each
from carousel.storage import open_appraisals
from carousel.storage.ports.appraisals import Appraisals, CarModel, Changed, Kept
from carousel.streaming.figures import goes_on, looked, waits
from carousel.streaming.runner import RECONNECT_SECONDS, told_to_stop

NICENESS = 10
OLDEST_SECONDS = 20 * 3600.0  # and some hours to get round
STANDBY_SECONDS = 2.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How gently to work.

    look:        seconds between two looks at what changed, while there is nothing to do.
    fresh, old:  changed and other cars appraised between two looks.
    fresh_rest, old_rest: how long to rest after either, as a multiple of how long it took.
    """

    look: float = 0.5
    fresh: int = 500
    old: int = 100
    fresh_rest: float = 0.5
    old_rest: float = 3.0


GENTLE = Pace()


class Due:
    """What is to be appraised, by urgency. Times are seconds of one clock."""

    def __init__(self) -> None:
        self._cars: dict[ListingId, None] = {}
        self._models: dict[CarModel, None] = {}
        self._gone_over: dict[CarModel, float] = {}
        self._rest: Sequence[ListingId] = ()

    def outdated(self, cars: Iterable[Changed], now: float) -> None:
        """Add cars to appraise soon, before those added earlier."""
        soon: dict[ListingId, None] = {}
        for car in cars:
            if car.model is not None and car.active:
                soon[car.listing_id] = None
                self._gone_over.setdefault(car.model, now)
        if soon:
            self._cars = soon | {i: None for i in self._cars if i not in soon}

    def stirred(self, models: Iterable[CarModel], now: float) -> None:
        """Add models whose cars are to be appraised after those, each once."""
        for model in models:
            self._models[model] = None
            self._gone_over.setdefault(model, now)

    def changed(self, cars: Sequence[Changed], now: float) -> None:
        """Add cars that changed, and the models of which they are."""
        self.outdated(cars, now)
        self.stirred((car.model for car in cars if car.model is not None), now)

    def fresh(self, limit: int) -> list[ListingId]:
        """Take the cars to appraise first, at most ``limit``."""
        taken = [listing_id for listing_id, _ in zip(self._cars, range(limit), strict=False)]
        for listing_id in taken:
            del self._cars[listing_id]
        return taken

    def old(self, limit: int, store: Appraisals, now: float) -> list[ListingId]:
        """Take cars of the model whose turn it is, at most ``limit``."""
        while not self._rest:
            model = next(iter(self._models), None)
            if model is None:
                return []
            del self._models[model]
            self._rest = store.of_model(model)
            if self._rest:
                self._gone_over[model] = now
            else:
                del self._gone_over[model]
        taken, self._rest = self._rest[:limit], self._rest[limit:]
        return list(taken)

    def grow_old(self, before: float, now: float) -> None:
        """Add the models that were not gone over since a moment."""
        self.stirred([m for m, at in self._gone_over.items() if at < before], now)


def run_appraising(database_url: str) -> None:
    """Appraise until SIGTERM or SIGINT; call it from the main thread of a process of its own.

    A database that is away is waited for.

    Raises:
        ConfigurationError: the database's URL is none, or it was never migrated.
    """
    os.nice(NICENESS)
    with told_to_stop() as stop:
        while not stop.is_set():
            try:
                with open_appraisals(database_url) as store:
                    while not store.own() and not stop.wait(STANDBY_SECONDS):
                        _is_there()
                    keep_appraised(store, stop)
            except StoreUnavailableError as error:
                waits(error)
                logger.warning("%s Trying again.", error)
                stop.wait(RECONNECT_SECONDS)


def keep_appraised(store: Appraisals, stop: Flag, pace: Pace = GENTLE) -> None:
    """Keep all appraisals fresh until ``stop`` is set; the store must own that.

    Raises:
        StoreUnavailableError: the server did not answer; whoever owned it does so no more.
    """
    due, gone = Due(), True
    store.changed()
    missing, now = store.outdated(), time.monotonic()
    logger.info("%d cars to appraise.", len(missing))
    due.outdated(missing, now)
    due.stirred(store.models(), now)
    while not stop.is_set():
        now = time.monotonic()
        changed = store.changed()
        _is_there()
        due.changed(changed, now)
        due.grow_old(now - OLDEST_SECONDS, now)
        gone = gone or any(not car.active or car.model is None for car in changed)
        if ids := due.fresh(pace.fresh):
            rest = pace.fresh_rest
        elif ids := due.old(pace.old, store, now):
            rest = pace.old_rest
        else:
            if gone:
                store.forget()
                gone = False
            stop.wait(pace.look)
            continue
        appraise_some(store, ids, stop)
        stop.wait(rest * (time.monotonic() - now))


def appraise_some(store: Appraisals, ids: Sequence[ListingId], stop: Flag) -> None:
    """Appraise those listings that are active, and keep what is found."""
    found: list[Kept] = []
    for stock in store.stocks(ids, MOST_NEWEST):
        if stop.is_set():
            break
        found += appraised_each(stock)
    store.keep(found)
    APPRAISED.inc(len(found))


def _is_there() -> None:
    goes_on()
    looked()
