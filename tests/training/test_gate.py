"""A bad model of each sort is refused with one sentence, and a good one is not."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.errors import ModelError
from carousel.training.gate import refusal
from carousel.training.worth import Worth, as_figures, share, worth_of
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
    with pytest.raises(AssertionError, match=sentence):
        raise AssertionError(why)
    assert why.endswith(".")


def test_on_the_same_cases_it_must_reach_the_active_one_within_its_own_uncertainty():
    def against(value):
        return refusal(good(), of_size_two, good(2.0), WORTH | {"value": value})

    assert against(0.59) is None
    assert "0.6100 on the same" in against(0.61)
    assert good(2.0).version in against(0.61)


def test_on_other_cases_the_intervals_must_lie_apart():
    def before(low, value, high):
        worth = Worth(value, low, high, 0.1, 100)
        return refusal(good(), of_size_two, good(2.0, figures=as_figures(worth)))

    assert before(0.55, 0.8, 0.9) is None
    assert "when it was published" in before(0.65, 0.8, 0.9)


def test_what_is_measured_otherwise_or_not_at_all_is_no_measure():
    better = as_figures(Worth(0.9, 0.8, 0.95, 0.1, 100))
    other = good(2.0, figures=better, document={"figure": "recall@20"})
    assert refusal(good(), of_size_two, other) is None
    assert refusal(good(), of_size_two, good(2.0, figures={})) is None


fractions = st.floats(0.0, 1.0)


@given(value=fractions, floor=fractions, cases=st.integers(1, 10**6))
def test_the_interval_of_a_share_holds_it_and_shrinks_with_the_cases(value, floor, cases):
    worth = share({"v": value, "f": floor, "n": float(cases)}, "v", "f", "n")
    assert 0.0 <= worth.low <= worth.value <= worth.high <= 1.0
    assert worth_of(as_figures(worth)) == worth
    more = share({"v": value, "f": floor, "n": 4.0 * cases}, "v", "f", "n")
    assert more.high - more.low <= worth.high - worth.low + 1e-12


def test_the_interval_of_a_share_holds_the_truth_about_95_times_in_100():
    dice = np.random.default_rng(3)
    for truth, cases in ((0.1, 60), (0.5, 40), (0.03, 400)):
        means = dice.binomial(cases, truth, 2_000) / cases
        held = [
            one.low <= truth <= one.high
            for one in (share({"v": m, "f": 0.0, "n": cases}, "v", "f", "n") for m in means)
        ]
        assert 0.92 <= np.mean(held) <= 0.98


@pytest.mark.parametrize(
    "found",
    [
        {"f": 0.1, "n": 9.0},
        {"v": 1.5, "f": 0.1, "n": 9.0},
        {"v": math.nan, "f": 0.1, "n": 9.0},
        {"v": 0.5, "f": 0.1, "n": 0.0},
        {"v": 0.5, "f": 0.1, "n": math.nan},
    ],
)
def test_what_is_no_share_has_no_worth(found):
    with pytest.raises(ModelError):
        share(found, "v", "f", "n")


def test_the_floor_decides_nothing_within_the_uncertainty():
    worth = replace(Worth(0.5, 0.4, 0.6, 0.3, 200), floor=0.59)
    assert refusal(good(figures=as_figures(worth)), of_size_two) is None
