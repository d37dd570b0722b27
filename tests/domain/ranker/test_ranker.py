from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.facts import FACTS
from carousel.domain.market import learn
from carousel.domain.matching.features import COLUMN, FEATURES
from carousel.domain.model import Model
from carousel.domain.ranker import linear
from carousel.domain.ranker.ranking import (
    Ranker,
    as_strangers,
    faults,
    from_model,
    to_model,
)
from carousel.training.gate import refusal
from carousel.training.growing import Growing, arrays_of, grow, grow_order, possible, together

WIDTH = len(FEATURES)


def cars(count, rng):
    facts = np.zeros(count, dtype=FACTS)
    facts["price"] = np.exp(rng.uniform(8, 10.5, count))
    facts["year"], facts["listed_at"] = rng.integers(2008, 2025, count), 1.77e9
    facts["mileage_km"], facts["power_hp"] = rng.uniform(1e3, 2e5, count), 110
    facts["model"], facts["body"] = rng.integers(1, 6, count), rng.integers(1, 4, count)
    return facts


def outcomes(seed, count=4_000):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, WIDTH))
    rows[rng.random(rows.shape) < 0.1] = np.nan
    odds = np.nan_to_num(rows[:, 0]) * 1.5 - 1.0 + np.maximum(np.nan_to_num(rows[:, 1]), 0)
    return rows, (rng.random(count) < linear.logistic(odds)).astype(float), odds


def trained(seed=0):
    rng = np.random.default_rng(seed)
    rows, opened, _ = outcomes(seed)
    weights, offsets = np.ones(len(rows)), np.zeros(len(rows))
    facts = cars(500, rng)
    market = learn(facts, facts, np.ones(500), (rng.random(500) < 0.1).astype(float))
    floor = linear.fit(rows, opened, weights, offsets, 1.0)
    return rows, Ranker(floor, None, market)


def test_the_floor_finds_the_odds_it_was_made_from():
    rows, opened, odds = outcomes(3, count=16_000)
    found = linear.fit(rows, opened, np.ones(len(rows)), np.zeros(len(rows)), 1.0).log_odds(rows)
    assert np.corrcoef(found, odds)[0, 1] > 0.97
    assert abs(linear.logistic(found).mean() - opened.mean()) < 0.01


def test_an_offset_is_taken_out_again():
    rows, _, odds = outcomes(4)
    rng = np.random.default_rng(5)
    offsets = -0.5 * np.log(rng.integers(1, 21, len(rows)))
    opened = (rng.random(len(rows)) < linear.logistic(odds + offsets)).astype(float)
    found = linear.fit(rows, opened, np.ones(len(rows)), offsets, 1.0).log_odds(rows)
    assert abs(found.mean() - odds.mean()) < 0.15


@pytest.mark.skipif(not possible(), reason="lightgbm comes with the extra 'training'")
@pytest.mark.parametrize("leaves", [15, 31])
def test_trees_as_arrays_reckon_what_lightgbm_reckons(leaves):
    import lightgbm  # noqa: PLC0415 (comes with an extra)

    rows, opened, _ = outcomes(6)
    rows[:, 2] = np.nan_to_num(rows[:, 2])  # a column without unknown values
    grown = grow(
        rows.astype(np.float32), opened, np.ones(len(rows)), np.zeros(len(rows)),
        params=Growing(trees=20, least=50, leaves=leaves), seed=1,
    )  # fmt: skip
    settings_of = {
        "objective": "binary", "learning_rate": 0.05, "num_leaves": leaves, "min_data_in_leaf": 50,
        "feature_fraction": 0.7, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5.0,
        "seed": 1, "deterministic": True, "force_col_wise": True, "num_threads": 1, "max_bin": 63,
        "verbose": -1,
    }  # fmt: skip
    data = lightgbm.Dataset(
        rows.astype(np.float32), opened, weight=np.ones(len(rows)), init_score=np.zeros(len(rows))
    )
    theirs = lightgbm.train(settings_of, data, 20)
    asked = rows[:500].astype(np.float32).astype(np.float64)
    expected = theirs.predict(asked, raw_score=True)
    assert np.allclose(grown.log_odds(asked), expected, atol=1e-9)
    assert len(grown.log_odds(asked[:0])) == 0
    assert np.array_equal(grown.log_odds(asked[7:8]), grown.log_odds(asked)[7:8])
    asked[:, ::2] = asked[7, ::2]  # what all cars have in common is reckoned once
    alike = theirs.predict(asked, raw_score=True)
    assert np.allclose(grown.log_odds(asked), alike, atol=1e-9)


@pytest.mark.skipif(not possible(), reason="lightgbm comes with the extra 'training'")
def test_trees_of_an_order_and_of_chances_together_order_well_and_stay_calibrated():
    rows, opened, odds = outcomes(7, count=12_000)
    slates, few = np.arange(len(rows)) // 20, Growing(trees=40, least=50)
    learned, held = slates < 400, slates >= 400
    shaken = np.random.default_rng(1).permutation(np.flatnonzero(learned))  # slates in pieces
    nothing = np.zeros(len(shaken))
    chances = grow(
        rows[shaken].astype(np.float32), opened[shaken], nothing + 1, nothing, params=few, seed=1
    )
    orders = grow_order(
        rows[shaken].astype(np.float32), opened[shaken], nothing, slates[shaken], params=few, seed=1
    )
    told = orders.log_odds(rows[held])
    assert np.corrcoef(told, odds[held])[0, 1] > 0.8
    line = linear.calibration(told, opened[held], np.ones(held.sum()), np.zeros(held.sum()))
    both = together(chances, orders, line).log_odds(rows[held])
    expected = (chances.log_odds(rows[held]) + line[0] + line[1] * told) / 2
    np.testing.assert_allclose(both, expected, atol=1e-9)
    assert abs(linear.logistic(both).mean() - opened[held].mean()) < 0.02


@settings(max_examples=30, deadline=None)
@given(st.floats(-3, 3), st.floats(0.2, 3), st.integers(0, 99))
def test_a_calibration_takes_a_line_out_again(height, slope, seed):
    rng = np.random.default_rng(seed)
    odds, offsets = rng.normal(size=20_000), -0.5 * np.log(rng.integers(1, 21, 20_000))
    opened = (rng.random(20_000) < linear.logistic(odds + offsets)).astype(float)
    told = (odds - height) / slope
    found = linear.calibration(told, opened, np.ones(20_000), offsets)
    np.testing.assert_allclose(found[0] + found[1] * told, odds, atol=0.6)
    assert np.abs(found[0] + found[1] * told - odds).mean() < 0.1


def test_a_ranker_comes_back_from_its_model():
    rows, ranker = trained()
    model = to_model(ranker, {})
    assert faults(model) == []
    again = from_model(model)
    assert np.array_equal(again.log_odds(rows), ranker.log_odds(rows))
    assert to_model(again, {}).version == model.version


def test_a_ranker_of_other_features_or_sizes_is_faulty():
    _, ranker = trained()
    model = to_model(ranker, {})
    older = Model(model.kind, {"features": ["price"]}, model.arrays, {})
    assert "train it again" in faults(older)[0]
    short = {**model.arrays, "linear_coefficients": np.ones(3)}
    assert faults(Model(model.kind, model.document, short, {}))
    missing = {n: a for n, a in model.arrays.items() if n != "market_prices"}
    assert "market_prices" in faults(Model(model.kind, model.document, missing, {}))[0]


def whole(seed=0):
    """Return a ranker with every part it may have."""
    rows, ranker = trained(seed)
    _, opened, _ = outcomes(seed)
    few = np.nonzero(opened)[0][:200]
    called = linear.fit(rows[few], (rows[few, 1] > 0).astype(float), *np.ones((2, 200)), 10.0)
    strangers = linear.fit(as_strangers(rows), opened, *np.ones((2, len(rows))), 10.0)
    stump = {
        "split_feature": 0, "threshold": 1.5, "default_left": True, "missing_type": "NaN",
        "left_child": {"leaf_value": -1.0}, "right_child": {"leaf_value": 2.0},
    }  # fmt: skip
    return rows, replace(ranker, trees=arrays_of([stump] * 3), strangers=strangers, contacts=called)


def test_a_ranker_with_all_its_parts_comes_back_too():
    rows, ranker = whole()
    model = to_model(ranker, {})
    assert faults(model) == []
    again = from_model(model)
    assert np.array_equal(again.chance(rows), ranker.chance(rows))
    assert np.array_equal(again.contact(rows), ranker.contact(rows))


def test_of_a_stranger_only_the_market_and_the_car_count():
    rows, ranker = whole()
    rows = rows[:50].copy()
    rows[:, COLUMN["content"]], rows[:, COLUMN["steps"]] = np.nan, 0.0
    expected = ranker.strangers.log_odds(as_strangers(rows))
    assert np.array_equal(ranker.log_odds(rows), expected)
    rows[:, COLUMN["search_fit"]] += 1.0
    assert np.array_equal(ranker.log_odds(rows), expected)
    rows[:, COLUMN["steps"]] = 1.0
    assert np.array_equal(ranker.log_odds(rows), ranker.trees.log_odds(rows))


def test_a_contact_is_never_likelier_than_an_opening():
    rows, ranker = whole()
    contact, chance = ranker.contact(rows), ranker.chance(rows)
    assert np.all((contact > 0) & (contact < chance))
    assert np.isnan(replace(ranker, contacts=None).contact(rows)).all()


@cache
def sound():
    return to_model(whole()[1], {})


DAMAGE = ("gone", "short", "nested", "scalar", "nan", "infinite", "other type", "text")


def damaged(array, how, place):
    if how == "short":
        return array[:-1]
    if how == "nested":
        return array[None]
    if how == "scalar":
        return np.array(1, array.dtype)
    if how == "other type":
        return array.astype(np.complex128)
    if how == "text":
        return array.astype(str)
    broken = array.copy()
    broken.flat[place % array.size] = np.nan if how == "nan" else np.inf
    return broken


@given(st.sampled_from(sorted(sound().arrays)), st.sampled_from(DAMAGE), st.integers(0, 10_000))
def test_a_ranker_with_a_damaged_array_is_refused(name, how, place):
    arrays = dict(sound().arrays)
    array = arrays.pop(name)
    if how != "gone":
        if how in {"nan", "infinite"} and array.dtype.kind != "f":
            array = array.astype(float)
        arrays[name] = damaged(array, how, place)
    model = Model("ranker", sound().document, arrays, {})
    assert faults(model)
    assert refusal(model, faults) is not None


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("trees_feature", WIDTH, "a feature that there is not"),
        ("trees_feature", -1, "a feature that there is not"),
        ("trees_ruled_out", 0xFFFFFFFF, "rule out all"),
        ("linear_deviation", 0.0, "not above 0"),
        ("contacts_deviation", -1.0, "not above 0"),
        ("market_model_codes", 0xFFFFFFFF, "in order"),
        ("market_segments", 0.1, "above 1"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(name, value, said):
    broken = sound().arrays[name].copy()
    broken.flat[0] = value
    model = Model("ranker", sound().document, {**sound().arrays, name: broken}, {})
    assert said in " ".join(faults(model))


def test_chances_that_were_too_sure_become_what_they_were():
    rows, opened, odds = outcomes(7, count=16_000)
    found = linear.fit(rows, opened, np.ones(len(rows)), np.zeros(len(rows)), 1.0)
    sure = replace(found, coefficients=3.0 * found.coefficients)
    calm = linear.steepened(sure, 3.0 * odds, opened)
    assert np.allclose(calm.coefficients, found.coefficients, rtol=0.1, atol=0.05)


def test_a_part_that_is_not_known_is_worth_nothing():
    rows, ranker = trained()
    unknown = np.full((3, WIDTH), np.nan)
    assert all(not worth.any() for worth in ranker.parts(unknown).values())
    assert np.all((ranker.chance(rows) > 0) & (ranker.chance(rows) < 1))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1_000))
def test_a_deal_is_the_distance_to_the_fair_price(seed):
    rng = np.random.default_rng(seed)
    facts = cars(300, rng)
    market = learn(facts, facts, np.ones(300), np.zeros(300))
    cheaper = facts.copy()
    cheaper["price"] = facts["price"] * 0.9
    assert np.allclose(market.deal(cheaper) - market.deal(facts), -np.log(0.9), atol=1e-4)
    assert abs(market.deal(facts).mean()) < 0.05


def test_kinds_that_are_opened_more_often_have_the_higher_chance():
    rng = np.random.default_rng(1)
    facts = cars(4_000, rng)
    opened = (facts["model"] == 3).astype(float)
    market = learn(facts, facts, np.ones(len(facts)), opened)
    segment, model = market.opened(facts)
    assert model[facts["model"] == 3].min() > model[facts["model"] != 3].max()
    assert np.all(segment < 0)
    stranger = facts[:1].copy()
    stranger["model"] = 999
    assert market.opened(stranger)[1] == market.opened(stranger)[0]
