"""Answers say what searches say, and nothing that was not answered."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from carousel.domain.cars import cars_of
from carousel.domain.facts import facts_of
from carousel.domain.filters import Filters
from carousel.domain.listing import Body, Fuel, Transmission
from carousel.domain.matching.searches import fit
from carousel.domain.questionnaire import (
    MOST_USES,
    SIZES,
    USES,
    Answers,
    Budget,
    Home,
    Size,
    Use,
    searches_of,
)
from carousel.domain.trail import search
from tests.domain.cars import car

AMOUNTS = st.integers(1, 1_000_000_000)
BUDGETS = st.tuples(st.none() | AMOUNTS, st.none() | AMOUNTS).map(
    lambda two: Budget(up_to=two[0], about=two[1] if None in two else min(two))
)
HOMES = st.builds(Home, latitude=st.floats(-90, 90), longitude=st.floats(-180, 180))


def some(kind, most):
    return st.lists(st.sampled_from(list(kind)), max_size=most).map(tuple)


QUESTIONS = {
    "budget": BUDGETS,
    "use": some(Use, MOST_USES),
    "size": some(Size, 3),
    "fuel": some(Fuel, 4),
    "transmission": some(Transmission, 2),
    "place": st.none() | HOMES,
}
NOTHING = {"budget": Budget(), "use": (), "size": (), "fuel": (), "transmission": (), "place": None}
ANSWERS = (
    st.fixed_dictionaries({}, optional=QUESTIONS)
    .filter(lambda given: any(value != NOTHING[name] for name, value in given.items()))
    .map(lambda given: Answers(**given))
)


@given(answers=ANSWERS)
def test_every_search_asks_for_what_was_answered(answers):
    searches = searches_of(answers)
    assert 1 <= len(searches) <= max(1, len(set(answers.use)))
    for one in searches:
        assert not one.empty
        assert one.transmission == answers.transmission
        if answers.fuel:
            assert one.fuel == answers.fuel
        if answers.budget.up_to is not None:
            assert one.max_price == answers.budget.up_to
        if answers.budget.about is not None:
            assert one.min_price <= answers.budget.about <= one.max_price
        assert (one.radius_km is None) == (answers.place is None)


@given(answers=ANSWERS)
def test_what_a_question_would_have_said_is_not_said_where_it_was_left_out(answers):
    for one in searches_of(answers):
        if answers.budget == Budget():
            assert one.min_price is None
            assert one.max_price is None
        if not answers.use:
            assert one.min_power is None
            assert one.max_power is None
            assert one.fuel == answers.fuel
            if not answers.size:
                assert not one.body


@given(use=st.sampled_from(list(Use)), size=st.sampled_from(list(Size)))
def test_a_size_narrows_a_use_and_never_empties_it(use, size):
    (one,) = searches_of(Answers(use=(use,), size=(size,)))
    common = set(USES[use].bodies) & set(SIZES[size])
    assert set(one.body) == (common or set(USES[use].bodies))


def test_every_body_but_the_others_has_a_size():
    assert {body for bodies in SIZES.values() for body in bodies} == set(Body) - {Body.OTHER}


def test_the_use_named_first_is_the_latest_search():
    searches = searches_of(Answers(use=(Use.WORK, Use.CITY)))
    assert [one.body for one in searches] == [USES[Use.CITY].bodies, USES[Use.WORK].bodies]


def test_uses_that_come_to_the_same_are_one_search():
    answers = Answers(use=(Use.OUTDOORS, Use.FAMILY), size=(Size.MEDIUM,), fuel=(Fuel.DIESEL,))
    assert len(searches_of(answers)) == 2
    assert len(searches_of(Answers(use=(Use.FUN, Use.FUN)))) == 1


def test_a_car_need_fit_one_of_several_uses_only():
    answers = Answers(budget=Budget(up_to=15_000), use=(Use.WORK, Use.CITY))
    steps = [search(float(n), one) for n, one in enumerate(searches_of(answers))]
    facts = facts_of([
        car(1, body=Body.VAN, price=14_000, fuel=Fuel.DIESEL, power_hp=110),
        car(2, body=Body.HATCHBACK, price=14_000, fuel=Fuel.PETROL, power_hp=75),
        car(3, body=Body.SUV, price=14_000, fuel=Fuel.PETROL, power_hp=110),
    ])  # fmt: skip
    least = fit(cars_of(facts), facts, np.concatenate(steps)).cost.min(axis=1)
    assert least[:2].tolist() == [0.0, 0.0]
    assert least[2] > 1.0


def test_a_place_alone_is_an_answer():
    assert searches_of(Answers(place=Home(latitude=49.2, longitude=16.6, radius_km=50))) == (
        Filters(near_latitude=49.2, near_longitude=16.6, radius_km=50),
    )


@pytest.mark.parametrize(
    ("stated", "sentence"),
    [
        ({}, "must answer at least one question"),
        ({"budget": {"about": 9_000, "up_to": 8_000}}, "must not name more in about than in up_to"),
        ({"use": ["city", "fun", "work", "family"]}, "at most 3 items"),
        ({"use": ["flying"]}, "should be 'city'"),
        ({"budget": {"up_to": 0}}, "greater than or equal to 1"),
        ({"budget": {"up_to": True}}, "valid integer"),
        ({"place": {"latitude": 49.0}}, "required"),
        ({"place": {"latitude": float("nan"), "longitude": 0.0}}, "finite"),
        ({"colour": ["red"]}, "not permitted"),
    ],
)
def test_bad_answers_are_refused(stated, sentence):
    with pytest.raises(ValidationError, match=sentence):
        Answers.model_validate(stated)
