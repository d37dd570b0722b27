"""Suggested filters narrow the search, towards what is liked, and not all about one thing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.filters import Filters
from carousel.domain.refinements import (
    BOUNDS,
    CHOICES,
    LEAST,
    Options,
    Splits,
    choices_open,
    correlations,
    limits,
    refinements,
)

NAMES = {field: [f"{field} {n}" for n in range(4)] for field in CHOICES}
FIELD = {bound: number for number, bounds in BOUNDS.items() for bound in bounds}
seeds = st.integers(0, 2**32 - 1)


def splits_of(near, chosen, numbers, *, described=True):
    """Return splits counted car by car. chosen: codes by field. near: one number a car."""
    weights = np.stack([np.ones(len(near)), np.full(len(near), described), near * described])
    options = {}
    for field, codes in chosen.items():
        sums = [np.bincount(codes, row, minlength=4) for row in weights]
        options[field] = Options(NAMES[field], *sums)
    for number, values in numbers.items():
        options |= limits(number, values, weights)
    return Splits(
        len(near),
        len(near) if described else 0,
        float(near.mean()) if described else 0.0,
        float(near.std()) if described else 0.0,
        options,
    )


def market(seed, size=200):
    """Return cars of chance: nearness, what is chosen, numbers; some numbers not stated."""
    dice = np.random.default_rng(seed)
    chosen = {field: dice.integers(0, 4, size) for field in CHOICES}
    numbers = {number: dice.integers(1, 3_000, size).astype(np.float64) for number in BOUNDS}
    numbers["power_hp"][dice.random(size) < 0.2] = np.nan
    near = dice.normal(size=size) + 2 * (chosen["body"] == 1) - (numbers["price"] > 2_000)
    return near, chosen, numbers


def pairs(found):
    return [(one.field, one.value) for one in found]


@given(seeds, st.integers(1, 12), st.booleans(), st.integers(1, 60))
def test_every_suggestion_takes_some_cars_away_and_leaves_some(seed, limit, described, size):
    near, chosen, numbers = market(seed, size)
    found = refinements(splits_of(near, chosen, numbers, described=described), limit)
    assert len(found) <= limit
    assert len(set(pairs(found))) == len(found)
    for one in found:
        if one.field in chosen:
            stay = chosen[one.field] == NAMES[one.field].index(one.value)
        elif one.field.startswith("max_"):
            stay = numbers[FIELD[one.field]] <= one.value
        else:
            stay = numbers[FIELD[one.field]] >= one.value
        assert 0 < one.count < size
        assert one.count == stay.sum()


@given(seeds)
def test_a_handful_is_varied_and_what_is_liked_comes_first(seed):
    found = refinements(splits_of(*market(seed)), 12)
    about = [FIELD.get(one.field, one.field) for one in found]
    assert max(about.count(field) for field in about) <= 2
    bounds = [one.field for one in found if one.field in FIELD]
    assert len(set(bounds)) == len(bounds)
    personal = [one.personal for one in found]
    assert personal == sorted(personal, reverse=True)
    assert ("body", "body 1") in pairs(one for one in found if one.personal)


@given(seeds, st.floats(0.1, 10), st.floats(-5, 5))
def test_only_differences_in_nearness_count(seed, scale, shift):
    near, chosen, numbers = market(seed)
    assert pairs(refinements(splits_of(scale * near + shift, chosen, numbers), 4)) == pairs(
        refinements(splits_of(near, chosen, numbers), 4)
    )


@given(seeds)
def test_who_likes_the_opposite_is_offered_nothing_of_the_same(seed):
    near, chosen, numbers = market(seed)
    one = refinements(splits_of(near, chosen, numbers), 20)
    other = refinements(splits_of(-near, chosen, numbers), 20)
    liked, disliked = (pairs(x for x in found if x.personal) for found in (one, other))
    assert liked
    assert not set(liked) & set(disliked)
    assert ("body", "body 1") not in pairs(other)


@given(seeds)
def test_the_worth_is_the_correlation_of_staying_with_nearness(seed):
    near, chosen, numbers = market(seed)
    splits = splits_of(near, chosen, numbers)
    found = correlations(splits, splits.options["fuel"])
    expected = [np.corrcoef(chosen["fuel"] == n, near)[0, 1] for n in range(4)]
    assert found == pytest.approx(expected, abs=1e-9)


@given(seeds)
def test_a_stranger_gets_nothing_personal_and_the_evenest_split_of_a_field(seed):
    near, chosen, numbers = market(seed)
    found = refinements(splits_of(near, chosen, numbers, described=False), 6)
    assert len(found) == 6
    assert not any(one.personal for one in found)
    first = {}
    for one in found:
        first.setdefault(one.field, one)
    for field, one in first.items():
        if field in chosen:
            shares = np.bincount(chosen[field], minlength=4) / len(near)
            assert abs(one.count / len(near) - 0.5) == pytest.approx(np.abs(shares - 0.5).min())


def test_a_liking_as_weak_as_chance_is_none():
    colours = np.arange(20) % 4
    near = 0.4 * (colours == 2) + np.random.default_rng(0).normal(size=20)
    splits = splits_of(near, {"colour": colours}, {})
    assert LEAST < correlations(splits, splits.options["colour"]).max() < 2 / np.sqrt(20)
    assert not any(one.personal for one in refinements(splits, 6))


def test_a_liking_that_hardly_narrows_is_none():
    fuels = np.array([0] * 95 + [1] * 5)
    splits = splits_of(1.0 * (fuels == 0), {"fuel": fuels}, {})
    assert correlations(splits, splits.options["fuel"])[0] == pytest.approx(1)
    assert not any(one.personal for one in refinements(splits, 6))


def test_where_no_car_is_there_is_nothing_to_suggest():
    assert refinements(splits_of(np.zeros(0), {}, {"price": np.zeros(0)}, described=False), 6) == []


@given(seeds, st.sampled_from(sorted(BOUNDS)))
def test_a_limit_keeps_the_cars_that_state_a_number_within_it(seed, number):
    near, _, numbers = market(seed)
    values = numbers[number]
    weights = np.stack([np.ones(len(near)), np.ones(len(near)), near])
    for bound, options in limits(number, values, weights).items():
        for value, count, summed in zip(options.values, options.counts, options.near, strict=True):
            stay = values <= value if bound.startswith("max_") else values >= value
            assert count == stay.sum()
            assert summed == pytest.approx(near[stay].sum(), abs=1e-9)


def test_other_is_never_suggested():
    near = np.zeros(10)
    splits = splits_of(near, {"fuel": np.arange(10) % 2}, {}, described=False)
    named = replace(splits.options["fuel"], values=["other", "petrol", "diesel", "lpg"])
    assert pairs(refinements(replace(splits, options={"fuel": named}), 6)) == [("fuel", "petrol")]


def test_a_field_that_is_chosen_is_not_open():
    assert "model" not in choices_open(Filters())
    assert "model" in choices_open(Filters(make=("Skoda",)))
    assert "make" not in choices_open(Filters(make=("Skoda",)))
    circle = Filters(near_latitude=50, near_longitude=14, radius_km=10)
    assert "region" not in choices_open(circle)
