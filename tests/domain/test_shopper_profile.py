"""A profile says what the steps say, no more, and nothing of what was taken back."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.events import Dismiss, Favourite, Reason, Search, Unfavourite, View
from carousel.domain.facts import code_of, facts_of
from carousel.domain.filters import Filters
from carousel.domain.listing import Body, Fuel
from carousel.domain.preference import Params
from carousel.domain.shopper_profile import profile, quantiles
from carousel.domain.steps import following, step_of
from carousel.domain.trail import NO_TRAIL
from tests.domain.cars import INVENTORY
from tests.domain.trails import NOON, trails

NOBODYS = frozenset()
ALL = frozenset(range(1, 100))
MAKES = {code_of(car.make): car.make for car in INVENTORY} | {
    code_of(name): name for name in "abcdef"
}


def told(trail, dismissed=ALL, at=NOON):
    return profile(trail, dismissed, at.timestamp(), MAKES, Params())


def did(*events, apart=timedelta()):
    """Return the trail of events about cars of the inventory, one after the other."""
    steps = []
    for number, event in enumerate(events):
        car = None if event.type == "search" else facts_of([INVENTORY[event.listing_id - 1]])
        steps.append(step_of(event, NOON + number * apart, car))
    return following(NO_TRAIL, steps)


@given(trails())
def test_shares_are_of_one_whole_and_the_largest_comes_first(trail):
    for shares in told(trail).shares.values():
        values = list(shares.values())
        assert all(0 < share <= 1 + 1e-12 for share in values)
        assert sum(values) <= 1 + 1e-9
        assert values == sorted(values, reverse=True)


@given(trails(), st.integers(0, 400))
def test_time_alone_changes_no_liking(trail, days):
    now, later = (told(trail, at=NOON + timedelta(hours=2, days=n)) for n in (0, days))
    assert later.ranges == now.ranges
    for axis, shares in now.shares.items():
        assert later.shares[axis] == pytest.approx(shares)


@given(trails())
def test_ranges_are_in_order_and_of_cars_that_were_reacted_to(trail):
    for name, span in told(trail).ranges.items():
        if span is not None:
            assert span.low <= span.typical <= span.high
            assert {span.low, span.typical, span.high} <= set(
                trail.reactions["facts"][name].tolist()
            )


@given(trails())
def test_a_dismissal_that_was_undone_says_nothing(trail):
    kept = trail.reactions[trail.reactions["kind"] != 4]
    assert told(trail, NOBODYS) == told(type(trail)(kept, trail.searches), NOBODYS)


def test_a_search_for_two_makes_is_divided_among_them():
    searched = did(Search(filters=Filters(make=("a", "b"))), Search(filters=Filters(make=("a",))))
    assert told(searched).shares["make"] == {"a": 0.75, "b": 0.25}


def test_what_a_search_does_not_name_is_missing_from_the_whole():
    searched = did(
        Search(filters=Filters(fuel=(Fuel.DIESEL,))), Search(filters=Filters(body=(Body.SUV,)))
    )
    shares = told(searched).shares
    assert (shares["fuel"], shares["body"], shares["make"]) == ({"diesel": 0.5}, {"suv": 0.5}, {})


def test_a_favourite_that_was_taken_back_leaves_no_range():
    back = did(Favourite(listing_id=1), Unfavourite(listing_id=1))
    assert told(back).ranges["price"] is None
    assert told(back).shares["make"] == {}


def test_each_reason_counts_against_what_it_names_only():
    make, body = INVENTORY[0].make, INVENTORY[0].body
    plain = told(did(View(listing_id=1), View(listing_id=1)))
    for reason, weight in ((Reason.OTHER, 0.5), (Reason.NOT_THIS_MAKE, 1.0), (Reason.TOO_OLD, 0.0)):
        dismissed = did(
            View(listing_id=1), View(listing_id=1), Dismiss(listing_id=1, reason=reason)
        )
        assert told(dismissed).shares["make"] == {make: 1 - weight / 2}
        about_body = 0.5 if reason is Reason.OTHER else 0.0
        if body is not None:
            assert told(dismissed).shares["body"] == {body.value: 1 - about_body / 2}
    assert plain.shares["make"] == {make: 1.0}


def test_later_steps_count_more():
    half_life = Params().half_life
    trail = did(
        Search(filters=Filters(make=("a",))),
        Search(filters=Filters(make=("b",))),
        apart=half_life,
    )
    shares = told(trail, at=NOON + half_life).shares["make"]
    assert shares == pytest.approx({"b": 2 / 3, "a": 1 / 3})


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=8),
    st.floats(0, 1),
)
def test_weighted_quantiles_are_those_of_repeated_values(pairs, share):
    values, weights = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    repeated = np.sort(np.repeat(values, weights.astype(int)))
    place = max(int(np.ceil(share * len(repeated) * (1 - 1e-12))) - 1, 0)
    assert quantiles(values, weights, [share]) == [repeated[place]]
