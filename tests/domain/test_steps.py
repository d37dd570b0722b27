"""The laws of steps: which events leave one, and that the fast ways are the plain ones."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.events import Dismiss, Reason, Search, View
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.steps import apart_from, as_told, following, trail_of
from carousel.domain.trail import KINDS, NO_REASON, NO_TRAIL, REASONS, search, to_bytes
from tests.domain.trails import NOON, facts_at, happenings, joined, steps_of, strictly, trails


def same(one, other):
    return to_bytes(one) == to_bytes(other)


@given(happenings)
def test_only_acts_about_cars_and_searches_for_something_leave_a_step(happened):
    for (event, at), step in zip(happened, steps_of(happened), strict=True):
        if event.type == "search":
            assert len(step) == len(step.searches) == (not event.filters.empty)
        else:
            assert len(step) == len(step.reactions) == (event.type in KINDS)
        for part in (step.reactions, step.searches):
            assert part["at"].tolist() == [at.timestamp()] * len(part)


def test_a_step_says_what_the_event_said():
    said = Dismiss(listing_id=7, reason=Reason.TOO_FAR)
    (step,) = trail_of(said, NOON, facts_at(7)).reactions
    assert (step["listing"], KINDS[step["kind"]]) == (7, "dismiss")
    assert REASONS[step["reason"]] is Reason.TOO_FAR
    assert step["facts"].tobytes() == facts_at(7).tobytes()
    (step,) = trail_of(View(listing_id=7), NOON, facts_at(7)).reactions
    assert step["reason"] == NO_REASON
    wanted = Filters(make=("Audi",), max_price=9_000)
    step = trail_of(Search(filters=wanted), NOON, None)
    assert step.searches.tobytes() == search(NOON.timestamp(), wanted).tobytes()


def test_what_says_nothing_leaves_no_step():
    assert trail_of(Search(filters=NO_FILTERS), NOON, None) is NO_TRAIL
    assert trail_of(View(listing_id=7), NOON, None) is NO_TRAIL


@given(trails(), happenings)
def test_following_is_extending(before, happened):
    steps = steps_of(happened)
    assert same(following(before, steps), joined(steps, before))
    in_order = sorted(strictly(steps), key=lambda one: [*one.reactions["at"], *one.searches["at"]])
    assert same(following(before, in_order), joined(in_order, before))


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
    trail = joined([trail_of(one, NOON, facts_at(1)), trail_of(one, later, facts_at(1))])
    rest = apart_from(trail, [trail_of(one, NOON, facts_at(2))])
    assert rest.reactions["at"].tolist() == [later.timestamp()]
    assert same(apart_from(trail, [trail_of(Dismiss(listing_id=1), NOON, facts_at(1))]), trail)


@given(happenings)
def test_a_trail_made_anew_is_told_what_cars_were_like(happened):
    before = joined(steps_of(happened))
    repriced = before.reactions.copy()
    repriced["facts"]["price"] += 1
    anew = joined([type(before)(repriced, before.searches)])
    assert same(as_told(anew, before), before)
    assert same(as_told(anew, NO_TRAIL), anew)
    half = type(before)(before.reactions[::2], before.searches)
    told = as_told(anew, half).reactions["facts"]["price"] - before.reactions["facts"]["price"]
    assert set(told.tolist()) <= {0.0, 1.0}
