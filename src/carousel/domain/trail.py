"""A shopper's trail: the latest cars they reacted to and the latest searches, with their facts.

Owns:    what is kept of each, how many, in which order; the trail as bytes.
Imports: numpy, domain.{events, facts, filters, listing}.

The evidence (domain/preference.py) sums up everything that ever happened; the trail keeps the last
of it apart, so that budget, place and several needs can be told from it, a reason can name the very
car that counted, and taking one event out changes exactly what it had brought.

A trail depends on which events happened, not on the order in which they were heard: it holds the
latest of each kind by event time. So late, reordered and replayed events give the same trail.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from struct import Struct
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from carousel.domain.events import Contact, Dismiss, Favourite, Reason, Unfavourite, View
from carousel.domain.facts import (
    FACTS,
    Facts,
    body_code,
    code_of,
    fuel_code,
    transmission_code,
)
from carousel.domain.filters import Filters
from carousel.domain.listing import ListingId

MOST_REACTIONS, MOST_SEARCHES = 40, 12
MOST_NAMES = 4  # makes or models of a search that are kept; hardly anybody names more

KINDS = ("view", "favourite", "unfavourite", "contact", "dismiss")
"""A reaction's kind is its place here; may grow at the end only."""

STRENGTHS = np.array(
    [c.strength for c in (View, Favourite, Unfavourite, Contact, Dismiss)], dtype=np.float64
)
"""Of each of KINDS, see domain.events."""

REASONS = tuple(Reason)
NO_REASON = 255

REACTION = np.dtype([
    ("at", "<f8"),  # epoch seconds
    ("listing", "<i8"),
    ("kind", "u1"),  # place in KINDS
    ("reason", "u1"),  # place in REASONS; NO_REASON where the event has none
    ("facts", FACTS),  # of the car when it was reacted to
])  # fmt: skip

SEARCH = np.dtype([
    ("at", "<f8"),  # epoch seconds
    ("min_price", "<f4"),  # a bound that was not set is NaN
    ("max_price", "<f4"),
    ("min_year", "<f4"),
    ("max_year", "<f4"),
    ("max_mileage", "<f4"),
    ("min_power", "<f4"),
    ("max_power", "<f4"),
    ("latitude", "<f4"),  # NaN without a place
    ("longitude", "<f4"),
    ("radius_km", "<f4"),
    ("makes", "<u4", (MOST_NAMES,)),  # codes of domain.facts, then zeros
    ("models", "<u4", (MOST_NAMES,)),
    ("bodies", "<u2"),  # bit n is code n of domain.facts; 0 is any
    ("fuels", "<u2"),
    ("transmissions", "<u2"),
])  # fmt: skip

Steps: TypeAlias = npt.NDArray[np.void]
"""Records of REACTION or of SEARCH, shape (n,)."""

_LAYOUT = b"\x01"
_COUNT = Struct("<H")


def _none(layout: np.dtype[np.void]) -> Steps:
    return np.empty(0, dtype=layout)


@dataclass(frozen=True, slots=True)
class Trail:
    """What a shopper did last, earliest first.

    reactions: records of REACTION, at most MOST_REACTIONS. searches: of SEARCH, at most
    MOST_SEARCHES.
    """

    reactions: Steps = field(default_factory=lambda: _none(REACTION))
    searches: Steps = field(default_factory=lambda: _none(SEARCH))

    def __len__(self) -> int:
        """Return how many steps there are."""
        return len(self.reactions) + len(self.searches)


NO_TRAIL = Trail()


def reaction(
    at: float, listing_id: ListingId, kind: str, reason: Reason | None, facts: Facts
) -> Steps:
    """Return a reaction as a record, shape (1,).

    Args:
        at: epoch seconds.
        listing_id: what was reacted to.
        kind: one of KINDS.
        reason: of a dismissal.
        facts: that car's, shape (1,).
    """
    code = NO_REASON if reason is None else REASONS.index(reason)
    step = np.zeros(1, dtype=REACTION)
    step["at"], step["listing"], step["kind"], step["reason"] = (
        at, listing_id, KINDS.index(kind), code,
    )  # fmt: skip
    step["facts"] = facts
    return step


def search(at: float, filters: Filters) -> Steps:
    """Return a search as a record, shape (1,).

    >>> said = search(0.0, Filters(make=("Škoda",), max_price=9000))
    >>> float(said["max_price"][0]), bool(np.isnan(said["max_mileage"][0])), int(said["bodies"][0])
    (9000.0, True, 0)
    """
    step = np.zeros(1, dtype=SEARCH)
    step["at"] = at
    for name in (
        *("min_price", "max_price", "min_year", "max_year", "max_mileage"),
        *("min_power", "max_power", "radius_km"),
    ):
        value = getattr(filters, name)
        step[name] = np.nan if value is None else value
    located = filters.near_latitude is not None and filters.near_longitude is not None
    step["latitude"] = filters.near_latitude if located else np.nan
    step["longitude"] = filters.near_longitude if located else np.nan
    step["makes"][0] = _names([code_of(make) for make in filters.make])
    step["models"][0] = _names([code_of(a, b) for a in filters.make for b in filters.model])
    step["bodies"] = _bits(body_code(body) for body in filters.body)
    step["fuels"] = _bits(fuel_code(fuel) for fuel in filters.fuel)
    step["transmissions"] = _bits(transmission_code(one) for one in filters.transmission)
    return step


def _names(codes: Sequence[int]) -> npt.NDArray[np.uint32]:
    kept = np.zeros(MOST_NAMES, dtype=np.uint32)
    kept[: len(codes)] = codes[:MOST_NAMES]
    return kept


def _bits(codes: Iterable[int]) -> int:
    return sum(1 << code for code in set(codes))


def extended(
    trail: Trail, reactions: Sequence[Steps] = (), searches: Sequence[Steps] = ()
) -> Trail:
    """Return the trail with more steps; the same whatever the order and the grouping.

    >>> a, b = search(1.0, Filters(max_price=1)), search(2.0, Filters(max_price=2))
    >>> one = extended(extended(NO_TRAIL, searches=[b]), searches=[a])
    >>> one.searches["at"].tolist()
    [1.0, 2.0]
    """
    return Trail(
        _latest(trail.reactions, reactions, MOST_REACTIONS),
        _latest(trail.searches, searches, MOST_SEARCHES),
    )


def _latest(kept: Steps, more: Sequence[Steps], most: int) -> Steps:
    if not more:
        return kept
    steps = np.concatenate([kept, *more])
    moments = steps["at"]
    if (moments[1:] > moments[:-1]).all():  # as it mostly is: in order, each of its own moment
        return steps[-most:]
    # Of one moment the bytes decide: any order will do as long as it is always the same.
    same = [one.tobytes() for one in steps] if len(set(moments.tolist())) < len(steps) else ()
    order = sorted(range(len(steps)), key=lambda n: (moments[n], same[n] if same else b""))
    return steps[order[-most:]]


def merged(one: Trail, other: Trail) -> Trail:
    """Return the trail of a shopper who did what two shoppers did."""
    return extended(one, [other.reactions], [other.searches])


def without(trail: Trail, reactions: Iterable[int] = (), searches: Iterable[int] = ()) -> Trail:
    """Return the trail without some steps, given by their places.

    >>> two = extended(NO_TRAIL, searches=[search(1.0, Filters()), search(2.0, Filters())])
    >>> without(two, searches=[0]).searches["at"].tolist()
    [2.0]
    """
    return Trail(
        np.delete(trail.reactions, list(reactions)), np.delete(trail.searches, list(searches))
    )


def to_bytes(trail: Trail) -> bytes:
    """Return a trail as bytes, little endian; ``from_bytes`` reads them."""
    count = _COUNT.pack(len(trail.reactions))
    return b"".join((_LAYOUT, count, trail.reactions.tobytes(), trail.searches.tobytes()))


def from_bytes(kept: bytes) -> Trail:
    """Return the trail that ``to_bytes`` wrote; no bytes are an empty one.

    Raises:
        ValueError: the bytes are no trail of this layout.

    >>> len(from_bytes(b""))
    0
    """
    if not kept:
        return NO_TRAIL
    head = len(_LAYOUT) + _COUNT.size
    if kept[: len(_LAYOUT)] != _LAYOUT or len(kept) < head:
        raise ValueError("these bytes are no trail of a layout that this version can read")
    (count,) = _COUNT.unpack_from(kept, len(_LAYOUT))
    middle = head + count * REACTION.itemsize
    searches, rest = divmod(len(kept) - middle, SEARCH.itemsize)
    if searches < 0 or rest:
        raise ValueError("these bytes are a trail cut short")
    return Trail(
        np.frombuffer(kept, REACTION, count, head) if count else NO_TRAIL.reactions,
        np.frombuffer(kept, SEARCH, searches, middle) if searches else NO_TRAIL.searches,
    )
