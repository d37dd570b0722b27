"""The laws of trails: what happened decides, never the order in which it was heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.trail import (
    MOST_REACTIONS,
    MOST_SEARCHES,
    NO_TRAIL,
    from_bytes,
    merged,
    to_bytes,
    without,
)
from tests.domain.trails import (
    happenings,
    joined,
    reactions_in,
    searches_in,
    steps_of,
    trails,
)


def same(one, other):
    return to_bytes(one) == to_bytes(other)


@given(happenings, st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_matter(happened, dice):
    steps = steps_of(happened)
    straight = joined(steps)
    dice.shuffle(steps)
    assert same(joined(steps), straight)


@given(happenings, st.data())
def test_the_grouping_of_events_does_not_matter(happened, data):
    steps = steps_of(happened)
    cut = data.draw(st.integers(0, len(steps)))
    assert same(joined(steps[cut:], joined(steps[:cut])), joined(steps))


@given(happenings)
def test_a_trail_holds_the_latest_and_no_more(happened):
    steps = steps_of(happened)
    trail = joined(steps)
    for kept, parts, most in (
        (trail.reactions, reactions_in(steps), MOST_REACTIONS),
        (trail.searches, searches_in(steps), MOST_SEARCHES),
    ):
        moments = sorted(moment for part in parts for moment in part["at"].tolist())
        assert kept["at"].tolist() == moments[-most:]


@given(trails())
def test_a_trail_comes_back_from_its_bytes(trail):
    again = from_bytes(to_bytes(trail))
    assert again.reactions.tobytes() == trail.reactions.tobytes()
    assert again.searches.tobytes() == trail.searches.tobytes()
    assert len(again) == len(trail)


@given(happenings, happenings)
def test_merging_two_shoppers_is_one_who_did_both(mine, theirs):
    one, other = joined(steps_of(mine)), joined(steps_of(theirs))
    assert same(merged(one, other), merged(other, one))
    assert same(merged(one, other), joined(steps_of(mine + theirs)))
    assert same(merged(one, NO_TRAIL), one)


@given(happenings)
def test_taking_out_what_pushed_nothing_out_leaves_the_trail_as_before(happened):
    first, *others = steps_of(happened)[: MOST_SEARCHES - 1] or [b""]
    before = joined(others)
    after = joined([first], before)
    places = [
        [place for place, step in enumerate(kept) if step.tobytes() == first][:1]
        for kept in (after.reactions, after.searches)
    ]
    assert same(without(after, *places), before)
    assert len(after) == len(before) + bool(first)


@given(trails())
def test_bytes_that_are_no_trail_are_refused(trail):
    kept = to_bytes(trail)
    for broken in (b"\x02" + kept[1:], kept[:2], kept + b"\x00"):
        with pytest.raises(ValueError, match="these bytes are"):
            from_bytes(broken)
