"""A bad model of each sort is refused with one sentence, and a good one is not."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.errors import ModelError
from carousel.training.gate import refusal
from carousel.training.ranking_worth import ahead_of
from carousel.training.worth import Worth, as_figures, of_mean, worth_of
from tests.storage.models import model

WORTH = as_figures(Worth(0.5, 0.4, 0.6, 0.3, 200))


def of_size_two(one):
    """Return what is wrong with a model that should hold two factors a listing, in float32."""
    factors = one.arrays.get("factors")
    if factors is None:
        return ["There is no array 'factors'."]
    if factors.dtype != np.float32:
        return [f"The factors are {factors.dtype}, not float32."]
    if factors.shape != (len(one.arrays["listings"]), 2):
        return [f"The factors have shape {factors.shape}."]
    return []


def good(number=1.0, **different):
    return model(number, **({"figures": WORTH} | different))


def arrays(**different):
    return {**model().arrays, **different}


def test_the_first_of_a_kind_must_likely_beat_the_one_that_comes_with_the_program():
    ahead = WORTH | ahead_of(np.full(200, 0.6), np.full(200, 0.5))
    level = WORTH | ahead_of(np.full(200, 0.5), np.full(200, 0.5))
    lucky = WORTH | ahead_of(np.array([1.0, 1.0, 0.6]), np.array([0.5, 0.6, 0.6]))
    assert refusal(good(figures=ahead), of_size_two) is None
    for figures in (level, lucky):
        assert "reaches 0.5" in refusal(good(figures=figures), of_size_two)
        assert refusal(good(figures=figures), of_size_two, even_if_worse=True) is None
        assert refusal(good(figures=figures), of_size_two, good(2.0)) is None


def test_a_good_model_is_not_refused():
    assert refusal(good(), of_size_two) is None
    assert refusal(good(), of_size_two, good(2.0)) is None
    assert refusal(good(), of_size_two, good(2.0), WORTH) is None


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (good(kind="horoscope"), "no kind"),
        (good(arrays={}), "no arrays"),
        (good(np.nan), "not finite"),
        (good(-np.inf), "not finite"),
        (good(arrays={"listings": np.arange(3)}), "no array 'factors'"),
        (good(arrays=arrays(factors=np.ones((3, 2)))), "float64, not float32"),
        (good(arrays=arrays(factors=np.ones((3, 5), np.float32))), r"shape \(3, 5\)"),
        (good(arrays=arrays(listings=np.arange(7))), r"shape \(3, 2\)"),
        (good(arrays=arrays(names=np.array(["Fabia"]))), "no numbers"),
        (good(arrays=arrays(pickles=np.array([{}]))), "no numbers"),
        (good(document={"half": object()}), "JSON"),
        (good(document={"half": math.nan}), "JSON"),
        (good(figures={}), "no value, no low"),
        (good(figures=WORTH | {"low": 0.7}), "outside its own interval"),
        (good(figures=WORTH | {"value": math.nan}), "is nan"),
        (good(figures=WORTH | {"extra": math.inf}), "is inf"),
        (good(figures=WORTH | {"cases": 0.0}), "measured on nothing"),
        (good(figures=WORTH | {"floor": 0.61}), "less than the simplest way, 0.6100"),
    ],
)
def test_a_bad_model_is_refused_with_one_sentence(bad, sentence):
    why = refusal(bad, of_size_two, good(2.0))
    assert why is not None
    assert re.search(sentence, why)
    assert why.endswith(".")


def test_on_the_same_cases_it_must_reach_the_active_one_within_its_own_uncertainty():
    def against(value):
        again = as_figures(Worth(value, value - 0.1, value + 0.1, 0.3, 200))
        return refusal(good(), of_size_two, good(2.0), again)

    assert against(0.59) is None
    assert "0.6100 on the same" in against(0.61)
    assert good(2.0).version in against(0.61)


def test_on_other_cases_the_intervals_must_lie_apart():
    def before(low, value, high):
        worth = Worth(value, low, high, 0.1, 100)
        return refusal(good(), of_size_two, good(2.0, figures=as_figures(worth)))

    assert before(0.55, 0.8, 0.9) is None
    assert "when it was published" in before(0.65, 0.8, 0.9)


def test_what_never_said_its_worth_is_no_measure():
    assert refusal(good(), of_size_two, good(2.0, figures={})) is None


@given(values=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30), floor=st.floats(0.0, 1.0))
def test_the_interval_of_a_mean_holds_it_and_comes_back_from_figures(values, floor):
    worth = of_mean(np.array(values), floor)
    assert worth.low <= worth.value <= worth.high
    assert worth_of(as_figures(worth)) == worth


def test_the_interval_of_a_mean_holds_the_truth_about_95_times_in_100():
    dice = np.random.default_rng(3)
    held = [
        one.low <= 0.25 <= one.high
        for one in (of_mean(dice.beta(1.0, 3.0, 60), 0.0) for _ in range(2_000))
    ]
    assert 0.92 <= np.mean(held) <= 0.98


def test_nothing_measured_is_worth_nothing():
    with pytest.raises(ModelError, match="on nothing"):
        worth_of(as_figures(of_mean(np.zeros(0), 0.1)))


def test_the_floor_decides_nothing_within_the_uncertainty():
    worth = replace(Worth(0.5, 0.4, 0.6, 0.3, 200), floor=0.59)
    assert refusal(good(figures=as_figures(worth)), of_size_two) is None
