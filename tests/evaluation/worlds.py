"""Tiny recorded markets whose right answers a reader can see."""

import numpy as np

from carousel.domain.filters import NO_FILTERS
from carousel.domain.listing import Body, Fuel, Listing
from carousel.evaluation.method import Ranking
from carousel.recording.tables import (
    EVENT_TYPES,
    NONE,
    OUTCOMES,
    Events,
    Impressions,
    Lives,
    PriceChanges,
    Recording,
)
from carousel.simulation.truth import Chances

DAY = 86_400.0
HOUR = 3_600.0
FOR_EVER = np.inf


def car(number, **stated):
    facts = {
        "make": "Skoda", "model": "Fabia", "name": "Fabia", "year": 2015, "price": 10_000,
        "listed_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    return Listing(id=number + 1, ref=str(number), **(facts | stated))


def market(  # noqa: PLR0913 (the tables of a recording)
    cars, lives=(), events=(), shown=(), prices=(), *, shoppers=5, days=10, searches=(NO_FILTERS,)
):
    """Return a recording.

    lives:  (listed_at, left_at) of each car, in order; by default all are always for sale.
    events: (at, shopper, type, car), in any order.
    shown:  (at, shopper, slate, position, car, outcome), all by chance.
    prices: (at, car, price).
    """
    lives = lives or [(-DAY, FOR_EVER)] * len(cars)
    listed, left = np.array(lives, dtype=np.float64).reshape(-1, 2).T
    happened = sorted(events, key=lambda e: e[0])
    seen = sorted(shown, key=lambda s: (s[0], s[2], s[3]))
    changed = sorted(prices)
    column = _columns_of
    at, shopper, kind, listing = column(happened, 4)
    return Recording(
        name="a tiny market",
        begins=0.0,
        ends=days * DAY,
        listings=tuple(cars),
        lives=Lives(listed, left, np.isfinite(left)),
        prices=PriceChanges(
            np.array(column(changed, 3)[0], dtype=np.float64),
            np.array(column(changed, 3)[1], dtype=np.int64),
            np.array(column(changed, 3)[2], dtype=np.int64),
        ),
        users=np.arange(shoppers) + 100,
        searches=tuple(searches),
        events=Events(
            np.array(at, dtype=np.float64),
            np.array(shopper, dtype=np.int64),
            np.array([EVENT_TYPES.index(k) for k in kind], dtype=np.int64),
            np.array(listing, dtype=np.int64),
            *(np.full(len(at), NONE) for _ in range(3)),
        ),
        impressions=_impressions(seen, len(cars)),
    )


def _columns_of(rows, width):
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _impressions(seen, cars):
    at, shopper, slate, position, listing, outcome = _columns_of(seen, 6)
    whole = [np.array(c, dtype=np.int64) for c in (shopper, slate, position, listing)]
    return Impressions(
        np.array(at, dtype=np.float64),
        *whole,
        random=np.ones(len(at), dtype=bool),
        propensity=np.full(len(at), 1 / max(cars, 1)),
        eligible=np.full(len(at), cars),
        search=np.zeros(len(at), dtype=np.int64),
        outcome=np.array([OUTCOMES.index(o) for o in outcome], dtype=np.int64),
    )


MAKES = ("Skoda", "Tesla", "Fiat", "Volvo", "Seat", "Opel", "Kia", "Ford")


def fans(*, shoppers=40, cars=40, days=10, seed=0):
    """Electric fans see electric cars: even cars are electric, even shoppers open nothing else.

    Every morning all cars are new. Everybody comes every day, opens two cars of their kind and
    contacts the seller of the second.
    """
    rng = np.random.default_rng(seed)
    stock = [
        car(
            n, make=MAKES[n // 2 % 8], model=f"{MAKES[n // 2 % 8]} {n // 2 % 16}",
            fuel=Fuel.DIESEL if n % 2 else Fuel.ELECTRIC, body=Body.ESTATE if n % 2 else Body.SUV,
            power_hp=90 + 200 * (n % 2 == 0), price=10_000 + 25_000 * (n % 2 == 0),
            mileage_km=100_000 * (n % 2), seller=f"seller {n % 7}",
        )
        for n in range(cars * days)
    ]  # fmt: skip
    lives = [(n // cars * DAY, (n // cars + 1) * DAY) for n in range(cars * days)]
    events, shown = [], []
    for day in range(days):
        for shopper in range(shoppers):
            at = day * DAY + 9 * HOUR + shopper * 60
            own = 2 * rng.choice(cars // 2, 2, replace=False) + shopper % 2
            first, second = (own + day * cars).tolist()
            events += [
                (at, shopper, "view", first),
                (at + 60, shopper, "view", second),
                (at + 120, shopper, "contact", second),
            ]
            shown += [
                (at + 30, shopper, day * shoppers + shopper, place, int(n) + day * cars,
                 "view" if n % 2 == shopper % 2 and rng.random() < 0.5 else "nothing")
                for place, n in enumerate(rng.choice(cars, 6, replace=False), start=1)
            ]  # fmt: skip
    return market(stock, lives, events, shown, shoppers=shoppers, days=days)


class FansTruth:
    """The truth of ``fans``: a half for the own kind of car, a hundredth for the other."""

    def chances(self, shopper, cars, at, prices):
        del at, prices
        own = np.where(cars % 2 == shopper % 2, 0.5, 0.01)
        return Chances(own, own / 2)

    def noise(self):
        return np.zeros(0, dtype=np.int64)


def rolling(rng, *, shoppers=30, cars=200, days=12, events=1_500):
    """Return a market of chance: cars come and go, prices fall, shoppers do anything with any."""
    listed = np.sort(rng.uniform(-5, days, cars)) * DAY
    left = listed + rng.exponential(6, cars) * DAY
    stock = [
        car(
            n, make=f"Make {n % 5}", model=f"Model {n % 11}", year=2005 + int(rng.integers(20)),
            price=int(rng.integers(1_000, 40_000)), seller=f"seller {n % 13}" if n % 3 else None,
        )
        for n in range(cars)
    ]  # fmt: skip
    when = np.sort(rng.uniform(0, days, events)) * DAY
    happened, shown = [], []
    for number, at in enumerate(when):
        alive = np.flatnonzero((listed <= at) & (at < left))
        if len(alive) < 6:
            continue
        shopper = int(rng.integers(shoppers))
        kind = str(rng.choice(["view", "view", "view", "favourite", "contact"]))
        happened.append((at, shopper, kind, int(rng.choice(alive))))
        if number % 4 == 0:
            shown += [
                (at, shopper, number, place, int(n), "view" if rng.random() < 0.2 else "nothing")
                for place, n in enumerate(rng.choice(alive, 5, replace=False), start=1)
            ]
    drops = [
        (float(rng.uniform(listed[n], left[n])), n, stock[n].price * 9 // 10)
        for n in range(0, cars, 3)
    ]
    return market(
        stock, list(zip(listed, left, strict=True)), happened, shown, drops,
        shoppers=shoppers, days=days,
    )  # fmt: skip


class Preset:
    """A method that learns nothing and scores cars by a function of world, ask and rows."""

    def __init__(self, name, scores):
        self.name = name
        self._scores = scores

    def begin(self, world):
        pass

    def observe(self, world, event):
        pass

    def listed(self, world, row):
        pass

    def repriced(self, world, row):
        pass

    def left(self, world, row):
        pass

    def score(self, world, ask, rows):
        return self._scores(world, ask, rows)

    def rank(self, world, ask):
        scores = self.score(world, ask, ask.rows)
        order = np.lexsort((ask.rows, -scores))[: ask.limit]
        return Ranking(ask.rows[order], scores[order])


def chance(seed=0):
    """Return a method that throws dice; the dice of an ask depend on nothing but the ask."""

    def scores(world, ask, rows):
        rng = np.random.default_rng([seed, ask.shopper, int(ask.at)])
        return rng.random(len(world.recording.listings))[rows]

    return Preset("chance", scores)


def oracle(truth):
    return Preset(
        "oracle",
        lambda world, ask, rows: truth.chances(ask.shopper, rows, ask.at, world.price[rows]).open,
    )


def seen_so_far(name="past", seconds=0.0):
    """Return a method that counts each car's events, with ``seconds`` of the future among them."""

    def scores(world, ask, rows):
        events = world.recording.events
        known = world.past if not seconds else np.searchsorted(events.at, ask.at + seconds)
        return np.bincount(events.listing[:known], minlength=len(world.alive))[rows] * 1.0

    return Preset(name, scores)
