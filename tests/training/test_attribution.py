"""Acts and the impressions they follow: what comparing every pair would find."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from carousel.recording.tables import EVENT_TYPES, NONE, OUTCOMES
from carousel.training.attribution import FOLLOWS_SECONDS, causes, outcomes, slate_numbers

moments = st.integers(0, 12).map(lambda n: n * FOLLOWS_SECONDS / 4)
people, cars = st.integers(0, 2), st.integers(-1, 2)


def columns(rows, width):
    """Return rows in order of time, as arrays."""
    ordered = sorted(rows, key=lambda row: row[0])
    at, *others = zip(*ordered, strict=True) if ordered else ([] for _ in range(width))
    return np.array(at, np.float64), *(np.array(column, np.int64) for column in others)


@given(
    acted=st.lists(st.tuples(moments, people, cars), max_size=12),
    shown=st.lists(st.tuples(moments, people, st.integers(0, 2)), max_size=12),
)
def test_an_act_follows_the_latest_impression_of_its_car_for_half_an_hour(acted, shown):
    acts, seen = columns(acted, 3), columns(shown, 3)
    expected = []
    for at, who, car in zip(*acts, strict=True):
        before = [
            n
            for n, (when, whom, what) in enumerate(zip(*seen, strict=True))
            if (whom, what) == (who, car) and 0 <= at - when <= FOLLOWS_SECONDS
        ]
        expected.append(max(before, default=NONE))
    assert causes(acts, seen).tolist() == expected


@given(
    acts=st.lists(st.tuples(st.integers(-1, 4), st.integers(0, len(EVENT_TYPES) - 1)), max_size=12)
)
def test_the_outcome_is_the_furthest_step_that_followed(acts):
    cause, types = (
        (np.array(column, np.int64) for column in zip(*acts, strict=True))
        if acts
        else (
            np.zeros(0, np.int64),
            np.zeros(0, np.int64),
        )
    )
    steps = {name: n for n, name in enumerate(OUTCOMES)}
    expected = [
        max((steps.get(EVENT_TYPES[t], 0) for c, t in acts if c == row), default=0)
        for row in range(5)
    ]
    assert outcomes(cause, types, 5).tolist() == expected


@given(rows=st.lists(st.tuples(moments, people, st.booleans(), st.integers(0, 1)), max_size=15))
def test_slates_are_runs_of_one_shopper_under_one_name_without_a_long_pause(rows):
    at, who, named, name = columns(rows, 4)
    found = slate_numbers(at, who, named == 1, name)
    numbers, last = [], {}
    for n, when in enumerate(at.tolist()):
        key = (who[n], name[n]) if named[n] else n
        number, before = last.get(key, (None, -np.inf))
        if when - before > FOLLOWS_SECONDS:
            number = max(numbers, default=-1) + 1
        last[key] = number, when
        numbers.append(number)
    assert found.tolist() == numbers
