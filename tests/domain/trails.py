"""Arbitrary trails, and the events they are made of.

Owns:    the strategies ``happenings`` and ``trails``.
"""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import strategies as st

from carousel.domain.events import (
    Contact,
    Dismiss,
    Favourite,
    Impression,
    Reason,
    Search,
    Undismiss,
    Unfavourite,
    View,
)
from carousel.domain.facts import facts_of
from carousel.domain.filters import Filters
from carousel.domain.steps import step_of
from carousel.domain.trail import NO_TRAIL, REACTION, SEARCH, extended
from tests.domain.cars import INVENTORY

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
FACTS = facts_of(INVENTORY)

cars = st.integers(0, 20)
about_cars = st.one_of(
    *(st.builds(kind, listing_id=cars.map(lambda n: n + 1)) for kind in (
        View, Favourite, Unfavourite, Contact, Undismiss
    )),
    st.builds(Dismiss, listing_id=cars.map(lambda n: n + 1), reason=st.sampled_from(Reason)),
    st.builds(Impression, listing_id=cars.map(lambda n: n + 1), position=st.just(1)),
)  # fmt: skip
searches = st.builds(
    Search,
    filters=st.builds(
        Filters,
        make=st.sampled_from([(), ("Audi",), ("Škoda", "BMW"), ("a", "b", "c", "d", "e", "f")]),
        max_price=st.none() | st.integers(1, 3),
    ),
)
# Few moments, so that many things happen at the same one.
moments = st.integers(0, 60).map(lambda minutes: NOON + timedelta(minutes=minutes))
happenings = st.lists(st.tuples(st.one_of(about_cars, searches), moments), max_size=120)
"""Events and their times, more than a trail holds of each kind, in any order."""


def steps_of(happened):
    """Return the step of each event, empty for those that leave none."""
    return [
        step_of(event, at, None if event.type == "search" else facts_at(event.listing_id))
        for event, at in happened
    ]


def facts_at(listing_id):
    """Return a car's facts, shape (1,)."""
    return FACTS[listing_id - 1 : listing_id]


def reactions_in(steps):
    """Return those steps that are reactions, as records."""
    return [np.frombuffer(step, REACTION) for step in steps if len(step) == REACTION.itemsize]


def searches_in(steps):
    """Return those steps that are searches, as records."""
    return [np.frombuffer(step, SEARCH) for step in steps if len(step) == SEARCH.itemsize]


def joined(steps, before=NO_TRAIL):
    """Return the trail of all steps, by the trail's own law and nothing else."""
    return extended(before, reactions_in(steps), searches_in(steps))


def trails():
    """Return a strategy for whole trails."""
    return happenings.map(lambda happened: joined(steps_of(happened)))
