"""Two lists made one: fair, repeatable, and honest about what is not known of it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.filters import NO_FILTERS, Filters, passes
from carousel.serving.experimenting import Asked, interleaved, recommend_for
from carousel.serving.experiments import Assignment
from carousel.serving.knobs import Knobs
from tests.serving.conftest import NOW, SKODA_FAN
from tests.serving.test_shadowing import slate

CALM = replace(Knobs(), slate=replace(Knobs().slate, exploration=replace(
    Knobs().slate.exploration, places=0.0
)))  # fmt: skip
FRESH = replace(CALM, channels=("fresh",))
BOTH = Assignment((CALM, FRESH), "x/calm+fresh", ("x/calm", "x/fresh"), "x", "x/calm+fresh@0")
ids = st.lists(st.integers(1, 40), unique=True, max_size=15)


def made(first, second, limit=10, salt="x"):
    one, other = (replace(slate(some), id=f"{hash(tuple(some))}") for some in (first, second))
    return interleaved(one, other, limit, replace(BOTH, salt=salt))


@given(ids, ids)
def test_the_same_two_lists_are_drafted_equally(first, second):
    assert made(first, second) == made(first, second)


@given(ids, ids)
def test_each_car_is_of_the_arm_that_it_is_said_to_be_of(first, second):
    found, arms = made(first, second)
    for entry, arm in zip(found.entries, arms, strict=True):
        assert entry.listing.id in (first if arm == "x/calm" else second)
        assert entry.propensity is None
        assert not entry.random


def test_another_salt_and_another_list_toss_the_coins_anew():
    one, other = list(range(1, 11)), list(range(11, 21))
    drafts = {made(one, other, salt=f"{n}")[1] for n in range(40)}
    assert len(drafts) > 20
    tops = [made([n, *one], [100 + n, *other])[1][0] for n in range(21, 121)]
    assert 25 < tops.count("x/calm") < 75


def test_a_list_is_as_old_as_the_older_of_the_two():
    one, other = replace(slate([1]), version=4), replace(slate([2]), version=3, personal=False)
    found, _ = interleaved(one, other, 2, BOTH)
    assert (found.version, found.personal) == (3, True)


def served(ask, assigned, filters=NO_FILTERS, limit=12):
    asked = Asked(SKODA_FAN, filters, limit, frozenset(), NOW)
    return ask(lambda store: recommend_for(store, asked, assigned))


def test_one_arm_is_served_by_its_knobs_and_names_itself(ask):
    alone = served(ask, Assignment((FRESH,), "x/fresh", ("x/fresh",)))
    nobody = served(ask, Assignment((FRESH,)))
    assert alone.full == nobody.full
    assert (alone.arm, alone.arms) == ("x/fresh", ("x/fresh",) * 12)
    assert (nobody.arm, nobody.arms) == (None, ())


def test_two_arms_share_the_list_and_it_is_full(ask):
    both = served(ask, BOTH)
    lists = {arm: served(ask, Assignment((knobs,))) for arm, knobs in
             zip(BOTH.arms, BOTH.knobs, strict=True)}  # fmt: skip
    assert sorted(both.arms) == ["x/calm"] * 6 + ["x/fresh"] * 6
    for arm, one in lists.items():
        own = [entry.listing.id for entry in one.full.slate.entries]
        mine = [
            entry.listing.id
            for entry, of in zip(both.full.slate.entries, both.arms, strict=True)
            if of == arm
        ]
        assert [one for one in own if one in mine] == mine


@pytest.mark.parametrize("most", [1_500, 3_000])
def test_what_passes_the_filters_still_comes_first_and_the_rest_says_what_it_is_not(ask, most):
    filters = Filters(make=("Škoda",), max_price=most)
    both = served(ask, BOTH, filters, 30)
    fits = [passes(entry.listing, filters) for entry in both.full.slate.entries]
    assert fits == sorted(fits, reverse=True)
    assert [not needed for needed in both.full.needed] == fits
    assert len(fits) == len(both.arms) == 30
    assert {step for needed in both.full.needed for step in needed} == {
        counted.step for counted in both.full.relaxed
    }


def test_a_moment_is_the_only_clock(ask):
    early = Asked(SKODA_FAN, NO_FILTERS, 5, frozenset(), datetime(2026, 6, 1, tzinfo=UTC))
    assert ask(lambda store: recommend_for(store, early, BOTH)) == ask(
        lambda store: recommend_for(store, early, BOTH)
    )
