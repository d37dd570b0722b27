"""What makes a shopper want a car: laws that hold for every model, and for each its own."""

from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.errors import ConfigurationError
from carousel.domain.events import Reason
from carousel.domain.listing import Fuel
from carousel.simulation.columns import BODIES, FUELS
from carousel.simulation.households import draw_shoppers
from carousel.simulation.needs import ASPECTS
from carousel.simulation.preferences import PREFERENCES, desire_of
from tests.simulation.small_market import BEGINS, ENDS, PARAMETERS, small_stock

STOCK = small_stock(3_000)
CARS = len(STOCK.price)
EVERY = np.arange(CARS)
NEEDS = [
    need
    for shopper in draw_shoppers(PARAMETERS, count=150, seed=3, begins=BEGINS, ends=ENDS)
    for need in shopper.needs
]
WISHFUL = ("additive", "aspects")

a_need = st.sampled_from(range(len(NEEDS))).map(NEEDS.__getitem__)
a_progress = st.floats(0, 1)


def desire(model, hidden=1.0, stock=STOCK):
    return desire_of(model, stock, PARAMETERS, hidden)


def steps(model, hidden=1.0):
    it = desire(model, hidden)
    return it.opening, it.saving, it.contacting


@pytest.mark.parametrize("model", PREFERENCES)
@settings(max_examples=25, deadline=None)
@given(need=a_need, progress=a_progress, factor=st.floats(0.05, 20))
def test_chances_are_probabilities(model, need, progress, factor):
    for step in steps(model):
        chance = step(need, EVERY, STOCK.price * factor, progress)
        assert chance.shape == (CARS,)
        assert np.all((chance >= 0) & (chance <= 1))


@pytest.mark.parametrize("model", WISHFUL)
@settings(max_examples=25, deadline=None)
@given(need=a_need, progress=a_progress, factor=st.floats(0.3, 1.0))
def test_a_lower_price_never_makes_a_car_less_wanted(model, need, progress, factor):
    for step in steps(model):
        cheaper = step(need, EVERY, STOCK.price * factor, progress)
        assert np.all(cheaper >= step(need, EVERY, STOCK.price, progress) - 1e-12)


@pytest.mark.parametrize(("model", "left"), [("additive", 0.25), ("aspects", 0.5)])
@pytest.mark.parametrize("need", NEEDS[:20])
def test_above_the_stretched_budget_the_chance_falls_off_a_cliff(model, left, need):
    car = EVERY[STOCK.worth > need.budget]
    limit = need.budget * (1 + need.stretch)
    at, above = (
        desire(model).opening(need, car, np.full(len(car), limit * x), 0.5).mean()
        for x in (1.0, 1.2)
    )
    assert above < left * at


@pytest.mark.parametrize("model", PREFERENCES)
@settings(max_examples=15, deadline=None)
@given(need=a_need, progress=a_progress, luck=st.integers(0, 1_000))
def test_a_car_is_judged_alike_alone_and_among_others(model, need, progress, luck):
    few = np.random.default_rng(luck).integers(0, CARS, 7)
    for step in steps(model):
        together = step(need, EVERY, STOCK.price, progress)[few]
        assert np.allclose(together, step(need, few, STOCK.price[few], progress))


@pytest.mark.parametrize("model", WISHFUL)
def test_without_a_weight_looks_are_irrelevant_and_with_one_they_matter(model):
    other = replace(STOCK, looks=-STOCK.looks)
    for hidden, same in ((0.0, True), (1.0, False)):
        before, after = (
            desire(model, hidden, stock).opening(NEEDS[0], EVERY, STOCK.price, 0.5)
            for stock in (STOCK, other)
        )
        assert np.allclose(before, after) == same


@pytest.mark.parametrize("model", WISHFUL)
def test_quality_is_seen_after_opening_only(model):
    better = replace(STOCK, quality=STOCK.quality + 1)
    old, new = desire(model), desire(model, stock=better)
    asked = (NEEDS[0], EVERY, STOCK.price, 0.5)
    assert np.array_equal(old.opening(*asked), new.opening(*asked))
    assert np.all(old.saving(*asked) < new.saving(*asked))
    assert np.all(old.contacting(*asked) < new.contacting(*asked))


@pytest.mark.parametrize("model", WISHFUL)
def test_the_search_narrows(model):
    it = desire(model)
    early, late = (
        np.mean([it.opening(n, EVERY, STOCK.price, p) for n in NEEDS], axis=1) for p in (0.0, 1.0)
    )
    assert late.mean() < early.mean()


@pytest.mark.parametrize("model", WISHFUL)
def test_a_car_of_a_body_that_nobody_in_the_household_wants_is_hardly_opened(model):
    it = desire(model)
    for need in NEEDS[:40]:
        chance = it.opening(need, EVERY, STOCK.price, 0.5)
        wanted = np.isin(STOCK.body, [BODIES.index(b) for b in need.stage.bodies])
        assert chance[~wanted].mean() < chance[wanted].mean()


COLUMNS = (
    *("generation", "make", "body", "fuel", "automatic", "year", "mileage_km", "power_hp"),
    *("latitude", "longitude", "listed_at", "worth", "quality", "looks"),
)
PETROL, HYBRID, ELECTRIC = (FUELS.index(f) for f in (Fuel.PETROL, Fuel.HYBRID, Fuel.ELECTRIC))
PAIRS = {
    "electric, far away": (("fuel", PETROL, ELECTRIC), ("latitude", 50.0, 56.0)),
    "strong, petrol": (("power_hp", 120, 300), ("fuel", HYBRID, PETROL)),
    "strong, manual": (("power_hp", 120, 300), ("automatic", True, False)),
    "old, many km": (("year", 2024, 2010), ("mileage_km", 20_000, 250_000)),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_two_faults_together_weigh_more_than_their_sum(pair):
    """What no score that adds up single facts can represent."""
    need = replace(NEEDS[0], annual_km=35_000.0)
    columns = {name: np.repeat(getattr(STOCK, name)[:1], 4, axis=0) for name in COLUMNS}
    for (name, good, bad), faulty in zip(PAIRS[pair], ([1, 3], [2, 3]), strict=True):
        columns[name][:] = good
        columns[name][faulty] = bad
    columns["worth"] = np.full(4, 0.9 * need.budget)
    four = replace(STOCK, **columns)
    chance = desire("additive", stock=four).opening(need, np.arange(4), four.worth, 0.5)
    neither, one, other, both = np.log(chance / (1 - chance))
    assert both - neither < (one - neither) + (other - neither) - 0.1


@pytest.mark.parametrize("model", PREFERENCES)
def test_complaints_name_every_reason_and_are_never_negative(model):
    for need in NEEDS[:20]:
        complaints = desire(model).complaints(need, EVERY, STOCK.price)
        assert set(complaints) == set(Reason)
        assert all(np.all(strength >= 0) for strength in complaints.values())


@pytest.mark.parametrize("model", WISHFUL)
def test_what_is_wrong_with_a_car_is_what_is_complained_about(model):
    need = NEEDS[0]
    it = desire(model)
    dear = it.complaints(need, EVERY, np.full(CARS, need.budget * 1.5))
    fair = it.complaints(need, EVERY, np.full(CARS, need.budget * 0.8))
    assert np.all(dear[Reason.TOO_EXPENSIVE] >= fair[Reason.TOO_EXPENSIVE])
    assert np.all(dear[Reason.TOO_EXPENSIVE] > 0.5)
    need = replace(need, stage=replace(need.stage, oldest=5))
    complaints = it.complaints(need, EVERY, STOCK.price)
    old = STOCK.year < 2026 - need.stage.oldest - 6
    young = STOCK.year > 2026 - need.stage.oldest
    assert complaints[Reason.TOO_OLD][old].min() > complaints[Reason.TOO_OLD][young].max()
    unwanted = ~np.isin(STOCK.body, [BODIES.index(b) for b in need.stage.bodies])
    assert complaints[Reason.NOT_THIS_BODY][unwanted].min() > 0.5


def test_nobody_in_a_null_world_cares_about_anything():
    answers = {
        (float(chance.min()), float(chance.max()))
        for need in NEEDS[:10]
        for progress in (0.0, 1.0)
        for chance in [desire("null").opening(need, EVERY, STOCK.price * (1 + progress), progress)]
    }
    assert answers == {(0.04, 0.04)}


def test_shoppers_who_check_in_another_order_judge_differently():
    need = NEEDS[0]
    turned = replace(need, order=tuple(reversed(ASPECTS)))
    it = desire("aspects")
    usual, other = (it.opening(n, EVERY, STOCK.price, 0.0) for n in (need, turned))
    assert np.abs(usual - other).max() > 0.05
    additive = desire("additive")
    assert np.array_equal(*(additive.opening(n, EVERY, STOCK.price, 0.0) for n in (need, turned)))


@pytest.mark.parametrize("model", WISHFUL)
def test_rates_are_those_of_a_marketplace(model):
    """Opens a card: about 5 % of a page that fits body and budget, 1 % of any, half of the best."""
    stock = small_stock(12_000, seed=2)
    every, it = np.arange(len(stock.price)), desire(model, stock=stock)
    anything, page, best, saved, contacted = [], [], [], [], []
    for n, need in enumerate(NEEDS[::2]):
        asked = (need, every, stock.price, 2 * n / len(NEEDS))
        chance = it.opening(*asked)
        shown = (stock.price > need.budget / 2) & (stock.price <= need.budget)
        shown &= np.isin(stock.body, [BODIES.index(b) for b in need.stage.bodies])
        anything.append(chance.mean())
        page.append(chance[shown].mean())
        best.append(np.sort(chance)[-10:].mean())
        opened = chance * shown / (chance * shown).sum()
        saved.append(it.saving(*asked) @ opened)
        contacted.append(it.contacting(*asked) @ opened)
    assert 0.005 < np.mean(anything) < 0.015
    assert 0.04 < np.mean(page) < 0.08
    assert np.mean(best) > 0.4
    assert 0.07 < np.mean(saved) < 0.13
    assert 0.03 < np.mean(contacted) < 0.07


@pytest.mark.parametrize("model", PREFERENCES)
def test_a_page_of_cars_is_judged_quickly(model):
    it, cars = desire(model), EVERY[:20]
    times = []
    for _ in range(300):
        began = perf_counter()
        it.opening(NEEDS[0], cars, STOCK.price[:20], 0.5)
        times.append(perf_counter() - began)
    assert sorted(times)[100] < 1e-3


def test_an_unknown_model_and_a_negative_weight_are_refused_in_one_sentence():
    with pytest.raises(ConfigurationError, match="there are additive, aspects, null"):
        desire("psychic")
    with pytest.raises(ConfigurationError, match="at least 0, not -1"):
        desire("additive", -1.0)
