"""The laws of trade-offs: what is better, what is noticed, what is given up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.listing import Fuel
from carousel.domain.trade_offs import (
    AXES,
    Toward,
    better,
    differences,
    different,
    given_up,
    reading,
    readings,
    threshold,
)
from tests.domain.cars import INVENTORY, car

HERE = (50.0, 10.0)
ROWS = readings(INVENTORY, HERE)

towards = st.sampled_from(Toward)
numbers = st.integers(0, len(INVENTORY) - 1)


@given(numbers, towards)
def test_nothing_is_better_than_itself_nor_gives_anything_up(n, toward):
    assert better(ROWS[n], ROWS[n : n + 1], toward).tolist() == [0.0]
    assert given_up(ROWS[n], ROWS[n : n + 1], toward).tolist() == [0.0]
    assert differences(ROWS[n], ROWS[n]) == ({}, {})


@given(numbers, numbers)
def test_a_difference_is_the_other_less_the_reference_on_every_axis_stated(n, m):
    gained, lost = differences(ROWS[n], ROWS[m])
    for toward in Toward:
        difference = reading(ROWS[m], toward) - reading(ROWS[n], toward)
        assert {**gained, **lost}.get(toward, 0.0) == difference
        assert (toward in gained) == (better(ROWS[n], ROWS[m : m + 1], toward)[0] > 0)


@given(numbers, numbers, towards)
def test_who_is_worse_nowhere_gives_nothing_up_and_who_is_worse_gives_something_up(n, m, toward):
    _, lost = differences(ROWS[n], ROWS[m])
    given = given_up(ROWS[n], ROWS[m : m + 1], toward)[0]
    assert (given > 0) == bool(lost.keys() - {toward})
    assert given <= len(AXES) - 1


@given(numbers, towards, st.floats(0.1, 1e4))
def test_being_worse_still_gives_up_more(n, toward, more):
    for axis in set(Toward) - {toward}:
        at = list(AXES).index(axis)
        worse, worst = ROWS[n].copy(), ROWS[n].copy()
        worse[at] -= AXES[axis].sign * more
        worst[at] -= AXES[axis].sign * 2 * more
        little, much = given_up(ROWS[n], np.stack([worse, worst]), toward)
        assert 0 < little < much < 1


def test_what_is_not_stated_is_neither_gained_nor_lost_but_counts_half():
    stated, silent = car(1, power_hp=100), car(1, power_hp=None)
    row, other = readings([stated, silent], HERE)
    assert differences(row, other) == ({}, {})
    assert given_up(row, other[None], Toward.CHEAPER).tolist() == [0.5]
    assert given_up(other, row[None], Toward.CHEAPER).tolist() == [0.0]
    assert reading(other, Toward.MORE_POWERFUL) is None
    assert reading(readings([stated], None)[0], Toward.CLOSER) is None


@given(st.floats(1, 1e7), towards)
def test_a_noticeable_step_is_a_step_and_the_least_one_is_smaller(value, toward):
    near = threshold(value, toward, noticeable=False)
    far = threshold(value, toward, noticeable=True)
    assert 0 < abs(near - value) <= abs(far - value)
    assert np.sign(near - value) == np.sign(far - value) == AXES[toward].sign


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, []),
        ({"make": "ŠKODA", "model": "octavia"}, []),
        ({"model": None, "fuel": None}, []),
        ({"fuel": Fuel.ELECTRIC, "model": "Fabia"}, ["model", "fuel"]),
    ],
)
def test_kinds_differ_where_both_state_them_however_they_are_spelt(changes, names):
    plain = {"make": "Skoda", "model": "Octavia", "fuel": Fuel.DIESEL}
    assert different(car(1, **plain), car(1, **(plain | changes))) == names
