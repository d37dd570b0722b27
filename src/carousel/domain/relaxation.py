"""How filters give way when too few cars pass: which one first, how far, and in what words.

Owns:    the order of concessions, the sentences that tell of them, what a shown car needed.
Imports: domain.filters, domain.listing.

A shopper gives up a little of a number before a wish, and a small wish before a large one:

1. every bound a little: price, age, mileage, distance, power, owners; then colour and seller;
2. every bound some more; then region and model (of a make that stays);
3. every bound by about half; then gearbox, fuel, body, and as the last of the choices the make;
4. the bounds themselves, the price after all others, and that by doublings before it goes.

Bounds go after the make because a number says what is possible: who asks for a car under 9,000 can
sooner live with another badge than find 40,000. Nothing in the filters is kept for ever: an empty
page helps nobody, and whatever is shown beyond the filters says so. What is no filter never gives
way: a listing that was dismissed, excluded or sold stays away.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from carousel.domain.filters import NO_FILTERS, Filters, passes
from carousel.domain.listing import ListingFacts

Value: TypeAlias = int | float | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Widening:
    """A filter set wider. ``to`` is its new value; None is no filter at all."""

    field: str
    to: Value | None


@dataclass(frozen=True, slots=True)
class Step:
    """One concession: a field of ``Filters``, its value before and after, all filters after it."""

    field: str
    before: Value
    after: Value | None
    filters: Filters

    @property
    def sentence(self) -> str:
        """Return the concession in English.

        >>> Step("max_price", 9000, 9900, Filters(max_price=9900)).sentence
        'Price up to 9,900, not only up to 9,000.'
        """
        noun = _NOUNS[self.field]
        if self.after is None:
            return f"Any {noun}, not only {_words(self.field, self.before)}."
        wider = f"{noun} {_words(self.field, self.after)}"
        return f"{wider[0].upper()}{wider[1:]}, not only {_words(self.field, self.before)}."


@dataclass(frozen=True, slots=True)
class _Reach:
    """How far a bound gives way before it goes.

    up:     whether it is an upper bound.
    shares: percent of its value, one for each time it is widened, growing; 0 for what is counted.
    least:  in units of the field, twice that the second time, and so on: what a share of a small
            value would not reach.
    limit:  what it cannot pass.
    """

    up: bool
    shares: tuple[int, ...]
    least: int = 0
    limit: int = 0

    def moved(self, value: float, times: int, share: int) -> float:
        """Return the bound moved outward; a share is rounded outward to a few digits."""
        far = share * value / 100
        far = max(math.ceil(far), self.least << times)
        if self.up:
            return min(_rounded_up(value + far) if share else value + far, self.limit)
        return max(-_rounded_up(far - value) if share else value - far, self.limit)


DIGITS = 3  # of a widened bound: 13,580 is as good as 13,579.5

_MOST = 1_000_000_000
_REACHES: Mapping[str, _Reach] = {
    "max_price": _Reach(up=True, shares=(10, 25, 50), limit=_MOST),
    "min_price": _Reach(up=False, shares=(10, 25, 50)),
    "min_year": _Reach(up=False, shares=(0, 0, 0), least=1, limit=1900),
    "max_year": _Reach(up=True, shares=(0, 0, 0), least=1, limit=2100),
    "max_mileage": _Reach(up=True, shares=(20, 50, 100), least=2_000, limit=_MOST),
    "min_mileage": _Reach(up=False, shares=(20, 50, 100), least=2_000),
    "radius_km": _Reach(up=True, shares=(50, 100, 300), least=10, limit=20_000),
    "min_power": _Reach(up=False, shares=(10, 20, 40), least=5),
    "max_power": _Reach(up=True, shares=(10, 20, 40), least=5, limit=_MOST),
    "max_owners": _Reach(up=True, shares=(0, 0, 0), least=1, limit=99),
}
_LAST_PRICES = (100, 300, 900)  # percent more, when all else has been given up
_STAGES = (
    ("colour", "seller_type"),
    ("region", "model"),
    ("transmission", "fuel", "body", "make"),
)
_BOUNDS_LAST = (
    *("max_owners", "min_power", "max_power", "min_mileage", "max_mileage"),
    *("radius_km", "max_year", "min_year", "min_price", "max_price"),
)
_CIRCLE = ("near_latitude", "near_longitude", "radius_km")

_NOUNS: Mapping[str, str] = {
    **dict.fromkeys(("min_price", "max_price"), "price"),
    **dict.fromkeys(("min_year", "max_year"), "year"),
    **dict.fromkeys(("min_mileage", "max_mileage"), "mileage"),
    **dict.fromkeys(("min_power", "max_power"), "power"),
    "max_owners": "number of owners",
    "radius_km": "distance",
    "transmission": "gearbox",
    "seller_type": "seller",
    **{name: name for name in ("make", "model", "fuel", "body", "colour", "region")},
}
_UNITS: Mapping[str, str] = {"mileage": " km", "power": " hp", "distance": " km"}
_ALL_CAPITALS = frozenset({"lpg", "cng", "suv", "mpv"})

FIELDS = tuple(_NOUNS)
"""The fields that can give way; a place to measure from goes with ``radius_km``."""


def widenings(filters: Filters) -> tuple[Widening, ...]:
    """Return every way to widen the filters, the smallest concession first.

    Taken one after another, each lets the listings of the one before pass and more may follow;
    all of them together let everything pass.

    >>> [(w.field, w.to) for w in widenings(Filters(make=("Skoda",), min_year=2015))]
    [('min_year', 2014), ('min_year', 2013), ('min_year', 2011), ('make', None), ('min_year', None)]
    """
    return tuple(_in_order(filters))


def widened(filters: Filters, taken: Iterable[Widening]) -> Filters:
    """Return the filters after some of their own widenings, each field at its widest.

    >>> widened(Filters(max_price=9000, fuel=("lpg",)), [Widening("fuel", None)]).max_price
    9000
    """
    update: dict[str, Value | None] = {}
    for widening in taken:
        if widening.to is None:
            freed = _CIRCLE if widening.field in _CIRCLE else (widening.field,)
            update |= {name: getattr(NO_FILTERS, name) for name in freed}
        else:
            update[widening.field] = widening.to
    return filters.model_copy(update=update) if update else filters


def steps(filters: Filters, taken: Iterable[Widening]) -> tuple[Step, ...]:
    """Return widenings as concessions made one after another, one for each field, its widest.

    >>> [s.sentence for s in steps(Filters(make=("Lada",), max_owners=1), [Widening("make", None)])]
    ['Any make, not only Lada.']
    """
    widest: dict[str, Widening] = {}
    for widening in taken:
        widest.pop(widening.field, None)  # a field stands where its widest does
        widest[widening.field] = widening
    made = []
    reached = filters
    for field, widening in widest.items():
        reached = widened(reached, [widening])
        made.append(Step(field, getattr(filters, field), widening.to, reached))
    return tuple(made)


def missed(listing: ListingFacts, filters: Filters) -> frozenset[str]:
    """Return the fields of the filters that keep a listing out; none if it passes.

    >>> from datetime import UTC, datetime
    >>> car = ListingFacts(ref="1", make="Audi", name="A4", year=2015, price=9400,
    ...                    listed_at=datetime(2026, 1, 1, tzinfo=UTC))
    >>> missed(car, Filters(make=("Audi",), max_price=9000))
    frozenset({'max_price'})
    """
    if passes(listing, filters):
        return frozenset()
    return frozenset(f for f in FIELDS if not passes(listing, _only(filters, f)))


def concessions(listings: Iterable[ListingFacts], filters: Filters) -> tuple[Step, ...]:
    """Return the smallest concessions, field by field, by which all of these listings pass."""
    needed: dict[str, Widening] = {}
    ways = widenings(filters)
    order = {widening: place for place, widening in enumerate(ways)}
    for listing in listings:
        for field in missed(listing, filters):
            for way in ways[order.get(needed.get(field, ways[0]), 0) :]:
                if way.field == field and passes(listing, widened(_only(filters, field), [way])):
                    needed[field] = way
                    break
    return steps(filters, sorted(needed.values(), key=order.__getitem__))


def _in_order(filters: Filters) -> Iterator[Widening]:
    reached = filters
    for field, value in _proposed(filters):
        now = getattr(reached, field)
        if now in (None, ()) or value == now:
            continue
        widening = Widening(field, value)
        reached = widened(reached, [widening])
        yield widening


def _proposed(filters: Filters) -> Iterator[tuple[str, Value | None]]:
    """Yield fields and wider values in the order in which they give way, set or not."""
    for times, choices in enumerate(_STAGES):
        for field, reach in _REACHES.items():
            value = getattr(filters, field)
            if value is not None:
                yield field, reach.moved(value, times, reach.shares[times])
        for field in choices:
            # Without its make a model is all that names the car: it goes where the make would.
            if field != "model" or filters.make:
                yield field, None
    yield "model", None
    for field in _BOUNDS_LAST:
        if field == "max_price" and filters.max_price is not None:
            for share in _LAST_PRICES:
                yield field, _REACHES[field].moved(filters.max_price, 0, share)
        yield field, None


def _only(filters: Filters, field: str) -> Filters:
    """Return the filters with one of their fields alone."""
    kept = _CIRCLE if field in _CIRCLE else (field,)
    return NO_FILTERS.model_copy(update={name: getattr(filters, name) for name in kept})


def _rounded_up(number: float) -> int:
    whole = math.ceil(number)
    unit: int = 10 ** max(0, len(str(abs(whole))) - DIGITS)
    return math.ceil(whole / unit) * unit


def _words(field: str, value: Value) -> str:
    """Return a filter's value as a phrase."""
    if isinstance(value, tuple):
        names = [str(v).upper() if v in _ALL_CAPITALS else str(v).replace("_", " ") for v in value]
        return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    noun = _NOUNS[field]
    number = f"{value}" if noun == "year" else f"{value:,.12g}"
    return f"{'from' if field.startswith('min_') else 'up to'} {number}{_UNITS.get(noun, '')}"
