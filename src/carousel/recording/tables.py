"""The tables of a recording: one numpy array a column.

Owns:    what a recorded marketplace consists of, its units and its order.
Imports: numpy, domain.

Inside a recording a listing and a shopper are row numbers, counted from 0: listing ``n`` is
``listings[n]``, shopper ``n`` is the account ``users[n]``. Moments are epoch seconds, float64, UTC.
Every table is in order of time; what happened at one moment stands in the order it happened.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from carousel.domain.events import Reason
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

NONE = -1
"""In a column of row numbers or codes: there is none."""

EVENT_TYPES = ("view", "search", "favourite", "unfavourite", "contact", "dismiss")
"""An event's type is the index into these; they are the types of ``domain.events``."""

REASONS = tuple(Reason)
"""A dismissal's reason is the index into these."""

OUTCOMES = ("nothing", "view", "favourite", "contact")
"""What came of an impression, the furthest step, as the index into these."""


@dataclass(frozen=True, slots=True)
class Lives:
    """How long each listing was for sale; one entry a listing.

    listed_at: when it was published; earlier than the recording begins for the first stock.
    left_at:   when it stopped being for sale, inf while it still is.
    sold:      whether it left because it was sold, as far as anybody knows.
    """

    listed_at: Floats
    left_at: Floats
    sold: Flags


@dataclass(frozen=True, slots=True)
class PriceChanges:
    """Later prices; ``listings[n].price`` is the one it was published with."""

    at: Floats
    listing: Ints
    price: Ints


@dataclass(frozen=True, slots=True)
class Events:
    """What shoppers did.

    type:    index into EVENT_TYPES.
    listing: row, NONE for a search.
    reason:  index into REASONS, NONE where the event has none.
    search:  index into ``Recording.searches``, NONE where the event has none.
    slate:   number of the slate it was done from, NONE where it was not done from one.
    """

    at: Floats
    shopper: Ints
    type: Ints
    listing: Ints
    reason: Ints
    search: Ints
    slate: Ints


@dataclass(frozen=True, slots=True)
class Impressions:
    """What shoppers were shown; the rows of one slate follow each other, by position.

    slate:      number of the list it was part of.
    position:   1 is the top.
    random:     whether chance alone put it there: the random-exposure bucket.
    propensity: probability with which the policy put this listing at this position, NaN unknown.
    eligible:   how many listings passed the filters when the slate was made.
    search:     index into ``Recording.searches`` of the filters in force.
    outcome:    index into OUTCOMES.
    """

    at: Floats
    shopper: Ints
    slate: Ints
    position: Ints
    listing: Ints
    random: Flags
    propensity: Floats
    eligible: Ints
    search: Ints
    outcome: Ints


@dataclass(frozen=True, slots=True)
class Recording:
    """A marketplace between two moments.

    begins, ends: epoch seconds; no event or impression lies outside.
    listings:     as they were published, in order of publication.
    users:        account ids of the shoppers.
    searches:     distinct filters; the first is the empty one.
    """

    name: str
    begins: float
    ends: float
    listings: tuple[Listing, ...]
    lives: Lives
    prices: PriceChanges
    users: Ints
    searches: tuple[Filters, ...]
    events: Events
    impressions: Impressions
