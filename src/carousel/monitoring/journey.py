"""The journey: a synthetic shopper walks from the login to a list that follows what they opened.

Owns:    the steps of the journey, what counts as a list that has changed, its check and metrics.
Imports: httpx2, observability.metrics, monitoring.{check, shopping}.

Each journey begins as a stranger and takes the next make of those that the market has, so that no
journey can live on what an earlier one left behind. A newer version alone is no effect, and
neither is another list: one of its cars has to be there because of the car that was opened, or
more of them have to be like it, and each has to be for sale.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

import httpx2

from carousel.domain.errors import CarouselError
from carousel.monitoring.check import Check, Family, Finding
from carousel.monitoring.shopping import Refused, Shopping, shopping
from carousel.observability.metrics import FRESHNESS, JOURNEY_TIME, JOURNEYS

INTERVAL, TIMEOUT = 15.0, 20.0  # seconds
SEARCH_SECONDS = 5.0  # how long a search may take to count before the journey is given up
CHANGE_SECONDS = 10.0  # how long a list may take to change before the journey is given up
FRESH_SECONDS = 5.0  # of the goal: 99 of 100 events have an effect within so many
CARS = 24
FEWEST_OF_A_MAKE = 5
MOST_MAKES = 20

Car: TypeAlias = dict[str, Any]
Login: TypeAlias = Callable[[httpx2.AsyncClient], Awaitable[str]]
"""Returns a token for the synthetic shopper.

Raises:
    Refused: the API refuses the shopper.
    httpx2.HTTPError: it does not answer.
"""


class Step(StrEnum):
    """Where a journey may end."""

    LOGIN = "login"
    FORGET = "forget"
    LIST = "list"
    SEARCH = "search"
    OPEN = "open"
    CHANGE = "change"
    DONE = "done"


IN_WORDS = {
    Step.LOGIN: "logging in",
    Step.FORGET: "becoming a stranger again",
    Step.LIST: "asking for the list",
    Step.SEARCH: "searching",
    Step.OPEN: "opening a car",
    Step.CHANGE: "waiting for the list to change",
}


class _EndedError(Exception):
    """The journey ended early; says why."""


@dataclass(slots=True)
class Journey:
    """A synthetic shopper who makes the same journey again and again, each time as a stranger.

    api_url: of the API, without a slash at the end.
    login:   gets them a token.
    forget:  makes them a stranger.
    turn:    which make is next; grows by one a journey.
    """

    api_url: str
    login: Login
    forget: Callable[[], Awaitable[object]]
    turn: int = 0
    _step: Step = field(default=Step.LOGIN, init=False)
    _seconds: dict[str, float] = field(default_factory=dict, init=False)
    _since: float = field(default=0.0, init=False)

    async def make(self) -> Finding:
        """Make one journey; never raises but when it is cancelled, which counts as its end."""
        begun = self._since = time.monotonic()
        self._seconds = {}
        self.turn += 1
        try:
            finding = await self._walk()
        except asyncio.CancelledError:
            JOURNEYS.labels(self._step).inc()
            raise
        except (_EndedError, Refused, CarouselError, httpx2.HTTPError) as error:
            JOURNEYS.labels(self._step).inc()
            return self._ended_early(error)
        JOURNEYS.labels(Step.DONE).inc()
        JOURNEY_TIME.observe(time.monotonic() - begun)
        return finding

    async def _walk(self) -> Finding:
        self._begin(Step.LOGIN)
        async with shopping(self.api_url) as shop:
            shop.log_in(await self.login(shop.client))
            self._begin(Step.FORGET)
            try:
                await self.forget()
            except Exception as error:
                raise _EndedError(f"{type(error).__name__}: {error}") from error
            self._begin(Step.LIST)
            before = await shop.recommendations(CARS)
            self._begin(Step.SEARCH)
            make, found = await self._search(shop)
            self._begin(Step.CHANGE)
            version = await self._counted(shop, before["version"])
            self._begin(Step.OPEN)
            car = found[self.turn % len(found)]
            posted = await shop.open(car["id"])
            self._begin(Step.CHANGE)
            after, seconds = await self._changed(shop, before | {"version": version}, car, posted)
            FRESHNESS.observe(seconds)
            await _for_sale(shop, after)
            self._begin(Step.DONE)
        return self._finding(make, car, before, after, seconds)

    async def _search(self, shop: Shopping) -> tuple[str, Sequence[Car]]:
        brands = (await shop.facets())["brands"]
        makes = [one["name"] for one in brands if one["count"] >= FEWEST_OF_A_MAKE][:MOST_MAKES]
        if not makes:
            raise _EndedError(f"no make has {FEWEST_OF_A_MAKE} cars for sale")
        make = makes[self.turn % len(makes)]
        found = await shop.search(make, CARS)
        if not found:
            raise _EndedError(f"the facets promise cars of {make}, the search finds none")
        if strange := [car["id"] for car in found if car["brand"] != make]:
            raise _EndedError(f"a search for {make} found others: {strange[:5]}")
        return make, found

    async def _counted(self, shop: Shopping, version: int) -> int:
        """Return the version that knows of the search, so that the next one is of the opening."""
        async for listed in shop.lists_until(time.monotonic() + SEARCH_SECONDS, CARS):
            if listed["version"] > version:
                return int(listed["version"])
        raise _EndedError(
            f"after {SEARCH_SECONDS:g} s the list was still that of version {version}"
        )

    async def _changed(
        self, shop: Shopping, before: Car, car: Car, posted: float
    ) -> tuple[Car, float]:
        """Return the list that has changed, and seconds from the event's POST to having it."""
        why = "not asked for"
        async for after in shop.lists_until(posted + CHANGE_SECONDS, CARS):
            seconds = time.monotonic() - posted
            why = unchanged(before, after, car)
            if not why:
                return after, seconds
        raise _EndedError(f"after {CHANGE_SECONDS:g} s {why} (car {car['id']})")

    def _begin(self, step: Step) -> None:
        now = time.monotonic()
        if step is not Step.LOGIN:
            self._seconds[self._step] = round(now - self._since, 3)
        self._step, self._since = step, now

    def _finding(self, make: str, car: Car, before: Car, after: Car, seconds: float) -> Finding:
        new = len(_ids(after) - _ids(before))
        return Finding(
            held=seconds <= FRESH_SECONDS,
            sentence=f"{seconds:.2f} s after a {make} was opened the list had followed: "
            f"{new} of {len(after['recommended'])} cars are new.",
            evidence={
                "opened": f"{car['brand']} {car['model']}, car {car['id']}",
                "freshness in seconds": round(seconds, 3),
                "version before": before["version"],
                "version after": after["version"],
                "new cars": new,
                "cars because of it": _caused(after, car),
                "cars like it before": _alike(before, car),
                "cars like it after": _alike(after, car),
                **{f"seconds of {step}": taken for step, taken in self._seconds.items()},
            },
        )

    def _ended_early(self, error: Exception) -> Finding:
        said = str(error).rstrip(".") or type(error).__name__
        if isinstance(error, httpx2.HTTPError):
            said = f"the API did not answer ({type(error).__name__})"
        return Finding(
            held=False,
            sentence=f"The journey ended while {IN_WORDS[self._step]}: {said}.",
            evidence={
                "step": self._step.value,
                **{f"seconds of {step}": taken for step, taken in self._seconds.items()},
            },
        )


def journey_check(journey: Journey) -> Check:
    """Return the check that makes the journey."""
    return Check(
        name="journey",
        family=Family.END_TO_END,
        promise="A shopper logs in, searches, opens a car, and their list follows within "
        f"{FRESH_SECONDS:g} s.",
        interval=INTERVAL,
        timeout=TIMEOUT,
        ask=journey.make,
    )


def unchanged(before: Car, after: Car, car: Car) -> str:
    """Return why a list does not count as changed by the opening of a car; empty if it does.

    Args:
        before: the answer of the API to a stranger, with the version that knows of the search.
        after: the answer since.
        car: the one opened.
    """
    if after["version"] <= before["version"]:
        return f"the list is still that of version {before['version']}"
    if _ids(after) == _ids(before):
        return f"version {after['version']} shows the same cars as before"
    if not _caused(after, car) and _alike(after, car) <= min(
        _alike(before, car), len(after["recommended"]) - 1
    ):
        return (
            f"version {after['version']} shows no car because of the one opened, nor more like it"
        )
    return ""


async def _for_sale(shop: Shopping, listed: Car) -> None:
    """Ask the database, past all memories, what is for sale of a list.

    A car may be sold between the two questions; it may not be in the next list then.
    """
    gone = await shop.not_for_sale(sorted(_ids(listed)))
    if gone and (still := gone & _ids(await shop.recommendations(CARS))):
        raise _EndedError(f"the list shows cars that are not for sale: {sorted(still)[:5]}")


def _ids(listed: Car) -> set[int]:
    return {one["id"] for one in listed["recommended"]}


def _caused(listed: Car, car: Car) -> int:
    """Return how many cars of a list are there because a car was opened."""
    return sum(
        any(step.get("listing_id") == car["id"] for step in one["why"]["cause"])
        for one in listed["recommended"]
    )


def _alike(listed: Car, car: Car) -> int:
    """Return how many cars of a list are of the make or the body of a car."""
    return sum(
        one["brand"] == car["brand"] or (one["body"] == car["body"] and car["body"] is not None)
        for one in listed["recommended"]
    )
