"""The market as it stands at a moment: which cars are for sale, at what price, and until when.

Owns:    the lives and prices of the cars of one market; sales; the meaning of [sales].
Imports: domain.filters, domain.listing, simulation.{columns, shelf, stock}, numpy.

A car leaves when it is sold or when its seller's patience ends. Besides those sold to a shopper who
made contact here, cars sell to people who never visited, at a rate per day of

    outside * exp(deal_pull * log(worth / price) + quality_pull * quality)

All moments are whole seconds. Nobody acts more than LOOK_AHEAD seconds ahead of the clock, and no
sale that is arranged now takes effect sooner: so no one ever acts on a car that has left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from carousel.domain.filters import EARTH_RADIUS_KM, Filters
from carousel.domain.listing import spelling_key
from carousel.simulation.columns import BODIES, FUELS, Flags, Floats, Ints
from carousel.simulation.shelf import Shelf
from carousel.simulation.stock import Stock

DAY, LOOK_AHEAD = 86_400.0, 3_600.0
NOBODY = -1
LARGEST_DEAL = 0.4
"""Beyond this logarithm of worth to price a deal looks no better, or worse: people doubt it."""

PARTS = (
    ("make",),
    ("body",),
    ("fuel",),
    ("min_year",),
    ("max_mileage",),
    ("near_latitude", "near_longitude", "radius_km"),
)
"""What shoppers of this simulation filter by, beside the largest price."""


@dataclass(frozen=True, slots=True)
class Sales:
    """Table [sales]; parameters.toml says what each entry means."""

    outside: float
    deal_pull: float
    quality_pull: float
    per_contact: float
    days: float
    days_spread: float
    need_ends: float


@dataclass(slots=True)
class Market:
    """All cars of a stock; only the day loop moves the clock, and only forward.

    price:   shape (cars,), EUR, now. leaves: shape (cars,), epoch seconds, as far as is known now.
    sold:    shape (cars,), whether it leaves because it is sold.
    through: shape (cars,), whether to somebody who made contact here.
    today:   cars for sale at some moment of this day, ascending.
    """

    stock: Stock
    shelf: Shelf
    year: int
    settings: Sales
    price: Floats = field(init=False)
    leaves: Floats = field(init=False)
    sold: Flags = field(init=False)
    through: Flags = field(init=False)
    today: Ints = field(init=False)
    drops: list[int] = field(default_factory=list)
    _next_drop: int = 0
    _buyer: Ints = field(init=False)
    _purchases: list[tuple[int, int, int]] = field(default_factory=list)
    _bought: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    _passing: dict[Filters, Ints] = field(default_factory=dict)
    _away_km: dict[tuple[float, float], Floats] = field(default_factory=dict)
    _parts: dict[tuple[tuple[str, ...], tuple[Any, ...]], Flags] = field(default_factory=dict)
    _hidden: Flags = field(init=False)
    _spelled: Ints = field(init=False)
    _spellings: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        stock, count = self.stock, len(self.stock.listed_at)
        self.price = stock.price.copy()
        self.leaves = np.floor(stock.listed_at + np.maximum(stock.patience, 1.0)) + 1
        self.sold = np.zeros(count, dtype=bool)
        self.through = np.zeros(count, dtype=bool)
        self.today = np.zeros(0, dtype=np.int64)
        self._buyer = np.full(count, NOBODY, dtype=np.int64)
        self._hidden = np.zeros(count, dtype=bool)
        for make in self.shelf.makes:
            self._spellings.setdefault(spelling_key(make), len(self._spellings))
        spelled = [self._spellings[spelling_key(make)] for make in self.shelf.makes]
        self._spelled = np.array(spelled, dtype=np.int64)[self.shelf.make]

    def turn(self, begins: float, ends: float, dice: np.random.Generator) -> None:
        """Begin a day: decide which cars are sold to outsiders in it, and when."""
        self.clock(begins)
        stock, listed = self.stock, self.stock.listed_at
        self._passing.clear()
        self._parts.clear()
        self.today = today = np.flatnonzero((listed < ends) & (self.leaves > begins))
        since = np.maximum(listed[today], begins) + LOOK_AHEAD
        room = np.maximum(0.0, ends - since)
        deal = np.clip(np.log(stock.worth[today] / self.price[today]), -LARGEST_DEAL, LARGEST_DEAL)
        pull = self.settings.deal_pull * deal + self.settings.quality_pull * stock.quality[today]
        chance = -np.expm1(-self.settings.outside * np.exp(pull) * room / DAY)
        luck, moment = dice.random((2, len(today)))
        at = np.ceil(since + moment * room)
        sells = (luck < chance) & (at < self.leaves[today])
        gone = today[sells]
        self.leaves[gone] = at[sells]
        self.sold[gone] = True
        self.through[gone] = False
        self._buyer[gone] = NOBODY

    def clock(self, now: float) -> None:
        """Move the clock forward: prices due by ``now`` are reduced, if the car is still there."""
        stock = self.stock
        while self._next_drop < len(stock.drop_at) and stock.drop_at[self._next_drop] <= now:
            drop = self._next_drop
            car = stock.drop_car[drop]
            if stock.drop_at[drop] < self.leaves[car]:
                self.price[car] = stock.drop_price[drop]
                self.drops.append(drop)
            self._next_drop += 1

    def passing(self, filters: Filters, at: float, without: Sequence[Ints] = ()) -> Ints:
        """Return the cars for sale at a moment of today that pass the filters, ascending.

        Args:
            filters: nothing but PARTS and a largest price.
            at: epoch seconds, not before the clock.
            without: rows to leave out.
        """
        cars = self._passing.get(filters)
        if cars is None:
            cars = self._passing[filters] = self._passing_but_price(filters)
        for rows in without:
            self._hidden[rows] = True
        if without:
            cars = cars[~self._hidden[cars]]
        for rows in without:
            self._hidden[rows] = False
        kept = (self.stock.listed_at[cars] <= at) & (self.leaves[cars] > at)
        if filters.max_price is not None:
            kept &= self.price[cars] <= filters.max_price
        return cars[kept]

    def _passing_but_price(self, filters: Filters) -> Ints:
        """Return the cars of today that pass all but the price, ascending."""
        kept = np.ones(len(self.today), dtype=bool)
        for names in PARTS:
            asked = tuple(getattr(filters, name) for name in names)
            if asked[0] not in (None, ()):
                part = self._parts.get((names, asked))
                if part is None:
                    part = self._parts[names, asked] = self._part(names[0], filters)
                kept &= part
        return self.today[kept]

    def _part(self, name: str, filters: Filters) -> Flags:
        """Return which cars of today pass one part of the filters; many searches share it."""
        shelf, today = self.shelf, self.today
        if name == "make":
            keys = [self._spellings.get(spelling_key(make), NOBODY) for make in filters.make]
            return _one_of(keys, len(self._spellings))[self._spelled[today]]
        if name == "body":
            bodies = [BODIES.index(body) for body in filters.body]
            return _one_of(bodies, len(BODIES))[shelf.body[today]]
        if name == "fuel":
            fuels = [FUELS.index(fuel) for fuel in filters.fuel]
            return _one_of(fuels, len(FUELS))[shelf.fuel[today]]
        if name == "min_year":
            return np.asarray(shelf.age[today] <= self.year - (filters.min_year or 0))
        if name == "max_mileage":
            return np.asarray(shelf.mileage_km[today] <= (filters.max_mileage or 0))
        home = filters.near_latitude or 0.0, filters.near_longitude or 0.0
        if home not in self._away_km:
            self._away_km[home] = _distance_km(shelf, home)
        return np.asarray(self._away_km[home][today] <= (filters.radius_km or 0))

    def contacted(
        self, car: int, at: float, who: tuple[int, int], dice: np.random.Generator
    ) -> None:
        """Let a contact lead to a sale, some time later; or to nothing.

        Args:
            car: row.
            at: epoch seconds of the contact.
            who: shopper and number of the need it may satisfy, NOBODY for none.
            dice: of this day's sales.
        """
        luck, satisfied, wait = dice.random(), dice.random(), dice.standard_normal()
        if luck >= self.settings.per_contact:
            return
        days = self.settings.days * np.exp(self.settings.days_spread * wait)
        sale = float(np.ceil(at + LOOK_AHEAD + days * DAY))
        if sale >= self.leaves[car]:
            return
        self.leaves[car] = sale
        self.sold[car] = self.through[car] = True
        self._buyer[car] = NOBODY
        if satisfied < self.settings.need_ends:
            self._buyer[car] = len(self._purchases)
            self._bought.setdefault(who, []).append(len(self._purchases))
            self._purchases.append((*who, car))

    def satisfied(self, shopper: int, need: int, at: float) -> bool:
        """Return whether a need has been met by a car bought through a contact, by ``at``."""
        cars = [
            (bought, self._purchases[bought][2]) for bought in self._bought.get((shopper, need), ())
        ]
        return any(self._buyer[car] == bought and self.leaves[car] <= at for bought, car in cars)


def _one_of(wanted: list[int], kinds: int) -> Flags:
    """Return which kinds are wanted, and last, where -1 points, that what is not stated is not."""
    flags = np.zeros(kinds + 1, dtype=bool)
    flags[wanted] = True
    flags[-1] = False
    return flags


def _distance_km(shelf: Shelf, home: tuple[float, float]) -> Floats:
    """Return great-circle distances; the formula of ``domain.filters.distance_km``, for many."""
    phi1, phi2 = np.radians(home[0]), np.radians(shelf.latitude)
    east = np.radians(shelf.longitude - home[1])
    chord = np.sin((phi2 - phi1) / 2) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(east / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(1.0, chord))))
