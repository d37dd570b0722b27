"""Bins are few, begin at round numbers, and lose no car."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.histogram import MOST_BINS, edges_below, histogram, round_edges

numbers = st.lists(st.integers(0, 10**9) | st.integers(1990, 2030), max_size=60)
at_most = st.integers(1, 40)


def array(values):
    return np.array(values, dtype=np.float64)


@given(numbers, at_most)
def test_every_number_is_in_the_one_bin_that_says_so(values, most):
    bins = histogram(array(values), most)
    assert len(bins.counts) <= most
    assert sum(bins.counts) == len(values)
    for (low, high), count in zip(pairwise(bins.edges), bins.counts, strict=True):
        assert low < high
        assert sum(low <= value < high for value in values) == count


@given(numbers, at_most)
def test_inner_edges_are_equally_far_apart_and_round(values, most):
    inner = round_edges(array(values), most)[1:-1]
    for step in {high - low for low, high in pairwise(inner)}:
        assert str(step).rstrip("0") in {"1", "2", "5", "25"}
        assert all(edge % step == 0 for edge in inner)
    assert len({high - low for low, high in pairwise(inner)}) <= 1


@given(numbers, at_most, st.booleans())
def test_edges_below_are_counted_as_one_by_one(values, most, reached):
    edges = round_edges(array(values), most)
    expected = [
        sum(edge <= value if reached else edge < value for edge in edges) for value in values
    ]
    assert edges_below(array(values), edges, reached=reached).tolist() == expected


@given(numbers)
def test_what_is_not_stated_is_in_no_bin(values):
    assert histogram(array([*values, np.nan])) == histogram(array(values))


def test_one_car_for_a_billion_leaves_the_others_their_bins():
    prices = array([*range(1_000, 20_001, 10), 10**9])
    bins = histogram(prices)
    assert bins.edges[-1] > 10**9
    assert len([count for count in bins.counts if count > 50]) >= MOST_BINS / 2


@pytest.mark.parametrize("value", [0, 1, 2015, 10**9])
def test_equal_numbers_are_one_bin(value):
    assert histogram(array([value] * 5)).counts == (5,)
