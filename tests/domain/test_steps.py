"""The laws of steps: which events leave one, and that the fast ways are the plain ones."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.events import Dismiss, View
from carousel.domain.steps import apart_from, as_told, following, step_of
from carousel.domain.trail import (
    KINDS,
    NO_TRAIL,
    REACTION,
    SEARCH,
    Trail,
    extended,
    reaction,
    search,
    to_bytes,
)
from tests.domain.trails import NOON, facts_at, happenings, joined, steps_of, trails


def same(one, other):
    return to_bytes(one) == to_bytes(other)


@given(happenings)
def test_only_acts_about_cars_and_searches_for_something_leave_a_step(happened):
    for (event, at), step in zip(happened, steps_of(happened), strict=True):
        if event.type == "search":
            expected = [] if event.filters.empty else [search(at.timestamp(), event.filters)]
        elif event.type in KINDS:
            reason, facts = getattr(event, "reason", None), facts_at(event.listing_id)
            expected = [reaction(at.timestamp(), event.listing_id, event.type, reason, facts)]
        else:
            expected = []
        assert step == b"".join(record.tobytes() for record in expected)


def test_the_length_of_a_step_tells_what_it_is():
    assert REACTION.itemsize != SEARCH.itemsize


def test_of_a_car_that_is_not_known_there_is_no_step():
    assert step_of(View(listing_id=7), NOON, None) == b""


@given(trails(), happenings, st.booleans())
def test_following_is_extending(before, happened, later):
    if later:
        happened = [(event, at + timedelta(days=1)) for event, at in happened]
    steps = steps_of(happened)
    assert same(following(before, steps), joined(steps, before))


@given(happenings, st.data())
def test_steps_are_taken_out_as_often_as_they_are_named(happened, data):
    steps = steps_of(happened)[:12]
    taken = data.draw(st.sets(st.sampled_from(range(len(steps))))) if steps else set()
    left = [one for place, one in enumerate(steps) if place not in taken]
    whole, out = joined(steps), [steps[place] for place in taken]
    assert same(apart_from(whole, out), joined(left))
    assert same(apart_from(apart_from(whole, out), []), joined(left))


def test_a_car_that_has_changed_since_is_found_by_moment_and_kind():
    one, later = View(listing_id=1), NOON + timedelta(hours=1)
    trail = joined([step_of(one, NOON, facts_at(1)), step_of(one, later, facts_at(1))])
    rest = apart_from(trail, [step_of(one, NOON, facts_at(2))])
    assert rest.reactions["at"].tolist() == [later.timestamp()]
    assert same(apart_from(trail, [step_of(Dismiss(listing_id=1), NOON, facts_at(1))]), trail)


@given(happenings)
def test_a_trail_made_anew_is_told_what_cars_were_like(happened):
    before = joined(steps_of(happened))
    repriced = before.reactions.copy()
    repriced["facts"]["price"] += 1
    anew = extended(NO_TRAIL, [repriced], [before.searches])
    assert same(as_told(anew, before), before)
    assert same(as_told(anew, NO_TRAIL), anew)
    half = Trail(before.reactions[::2], before.searches)
    told = as_told(anew, half).reactions["facts"]["price"] - before.reactions["facts"]["price"]
    assert set(told.tolist()) <= {0.0, 1.0}
