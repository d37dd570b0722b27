from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.audience import KINDS, Params, Tally, at_moment, fold, heard
from carousel.domain.events import EVENT
from tests.domain.cars import NOON, moments

events = st.lists(st.builds(heard, st.sampled_from(KINDS), moments), min_size=1, max_size=20)


def counts(tally):
    return np.array([tally.impressions, tally.views, tally.contacts])


def read(tally, at):
    told = at_moment(counts(tally)[None], np.array([tally.as_of.timestamp()]), at, Params())
    return np.array([told.impressions[0], told.views[0], told.contacts[0]])


@given(events, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(happened, shuffler):
    shuffled = happened.copy()
    shuffler.shuffle(shuffled)
    one, other = fold(happened, Params()), fold(shuffled, Params())
    assert counts(one) == pytest.approx(counts(other))
    assert one.as_of == other.as_of


@given(events, events)
def test_the_grouping_does_not_matter(some, others):
    apart = fold([fold(some, Params()), fold(others, Params())], Params())
    assert counts(apart) == pytest.approx(counts(fold(some + others, Params())))


@given(events, st.integers(0, 10_000))
def test_only_time_differences_matter(happened, hours):
    later = timedelta(hours=hours)
    shifted = [Tally(t.impressions, t.views, t.contacts, t.as_of + later) for t in happened]
    assert counts(fold(shifted, Params())) == pytest.approx(counts(fold(happened, Params())))


@given(events, st.sampled_from(KINDS), moments)
def test_an_event_that_is_taken_back_has_never_been(happened, kind, at):
    with_it = fold([*happened, heard(kind, at)], Params())
    without = fold([with_it, heard(kind, at, -1.0)], Params())
    later = NOON.timestamp() + 86_400
    assert read(without, later) == pytest.approx(read(fold(happened, Params()), later), abs=1e-9)


@given(events)
def test_reading_is_what_folding_to_that_moment_gives(happened):
    later = NOON + timedelta(days=3)
    nothing_new = heard("view", later, 0.0)
    aged = fold([*happened, nothing_new], Params())
    assert read(fold(happened, Params()), later.timestamp()) == pytest.approx(counts(aged))


@given(st.lists(moments, min_size=1, max_size=10))
def test_as_many_views_as_impressions_stay_as_many(times):
    both = [heard(kind, at) for at in times for kind in ("impression", "view")]
    told = read(fold(both, Params()), NOON.timestamp())
    assert told[0] == pytest.approx(told[1])


def test_contacts_are_forgotten_sooner():
    later = NOON + Params().half_life
    told = read(fold([heard(kind, NOON) for kind in KINDS], Params()), later.timestamp())
    assert told[0] == told[1] == 0.5
    assert told[2] < 0.1


def test_a_count_is_never_negative_and_a_clock_ahead_adds_nothing():
    ahead = Tally(3.0, -1e-17, 1.0, NOON + timedelta(days=9))
    assert read(ahead, NOON.timestamp()).tolist() == [3.0, 0.0, 1.0]


def test_every_kind_is_an_event_type():
    assert set(KINDS) <= set(EVENT.json_schema()["discriminator"]["mapping"])
