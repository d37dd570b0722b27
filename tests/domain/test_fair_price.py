"""A fair price follows the comparables, never the price it judges, and is not told without them."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from carousel.domain.cars import Cars, cars_of
from carousel.domain.facts import FACTS
from carousel.domain.fair_price import LEAST, Verdict, appraise, enough, verdict_of

NOISE = 0.1
seeds = st.integers(0, 2**32 - 1)


def cars(count, seed, noise=NOISE):
    """Return cars of one model, dearer by year and power and cheaper by mileage, and by chance."""
    dice = np.random.default_rng(seed)
    facts = np.zeros(count, dtype=FACTS)
    facts["make"], facts["model"], facts["body"] = 1, 2, 1
    facts["year"] = dice.integers(2012, 2024, count)
    facts["mileage_km"] = dice.uniform(5_000, 200_000, count)
    facts["power_hp"] = dice.choice([90, 110, 150], count)
    facts["fuel"] = dice.integers(1, 3, count)
    facts["latitude"], facts["longitude"] = 50.0, dice.uniform(8, 9, count)
    log = 9.5 + 0.08 * (facts["year"] - 2018) - 0.3 * np.log(facts["mileage_km"] / 80_000)
    log += 0.6 * np.log(facts["power_hp"] / 110) + noise * dice.standard_normal(count)
    facts["price"] = np.exp(log)
    return cars_of(facts)


def taken(some, rows):
    return Cars(**{one.name: getattr(some, one.name)[rows] for one in fields(some)})


def one_and_others(seed, count=120, noise=NOISE):
    everything = cars(count, seed, noise)
    return taken(everything, [0]), taken(everything, np.arange(1, count))


@given(seeds)
@settings(deadline=None, max_examples=30)
def test_neither_order_nor_the_cars_own_price_plays_a_part(seed):
    car, others = one_and_others(seed)
    said = appraise(car, others)
    assume(said is not None)
    mixed = taken(others, np.random.default_rng(seed).permutation(len(others)))
    dearer = replace(car, price=car.price + 0.5)
    for other in (appraise(car, mixed), appraise(dearer, others)):
        assert other.fair == pytest.approx(said.fair)
        assert (other.low, other.high) == pytest.approx((said.low, said.high))
        assert other.comparables == said.comparables


@given(seeds, st.floats(0.5, 3.0))
@settings(deadline=None, max_examples=30)
def test_in_another_currency_it_is_the_same(seed, rate):
    car, others = one_and_others(seed)
    said = appraise(car, others)
    assume(said is not None)
    exchanged = [replace(some, price=some.price + np.log(rate)) for some in (car, others)]
    other = appraise(*exchanged)
    assert (other.fair, other.low, other.high) == pytest.approx(
        (rate * said.fair, rate * said.low, rate * said.high)
    )
    assert other.verdict is said.verdict


def test_the_interval_holds_four_fifths_of_honest_prices():
    inside, errors = [], []
    for seed in range(300):
        car, others = one_and_others(seed, count=200)
        said = appraise(car, others)
        if said is None:  # at the edge of its model
            continue
        asked = float(np.exp(car.price[0]))
        inside.append(said.low <= asked <= said.high)
        errors.append(abs(car.price[0] - np.log(said.fair)))
    assert len(inside) > 270
    assert 0.72 <= np.mean(inside) <= 0.87
    assert np.median(errors) < 1.3 * 0.6745 * NOISE


def test_one_absurd_price_among_many_hardly_matters():
    car, others = one_and_others(3)
    absurd = replace(others, price=np.where(np.arange(len(others.price)) == 7, 14.0, others.price))
    assert appraise(car, absurd).fair == pytest.approx(appraise(car, others).fair, rel=0.03)


def test_with_few_comparables_or_prices_all_over_the_place_there_is_no_verdict():
    car, others = one_and_others(1)
    assert appraise(car, taken(others, np.arange(LEAST - 1))) is None
    assert appraise(car, taken(others, np.arange(0))) is None
    far = replace(car, year=car.year - 40)
    assert appraise(far, others) is None
    assert appraise(*one_and_others(1, noise=0.8)) is None
    assert not enough(np.array([1.0, *[0.01] * 50]))


def test_what_sets_a_car_apart_is_named_with_its_sign():
    car, others = one_and_others(2)
    usual = replace(car, year=np.array([2018.0]), power=np.log([110.0]), fuel=others.fuel[:1])
    worn = replace(usual, mileage=np.log([190_000.0 + 1_000]))
    strong = replace(usual, mileage=np.log([80_000.0 + 1_000]), power=np.log([150.0]))
    worn_drivers, strong_drivers = (appraise(one, others).drivers for one in (worn, strong))
    assert next(iter(worn_drivers)) == "mileage"
    assert worn_drivers["mileage"] < -0.05
    assert strong_drivers["power"] > 0.05


@given(seeds)
@settings(deadline=None, max_examples=30)
def test_a_cheaper_asking_price_never_gets_a_worse_label(seed):
    car, others = one_and_others(seed)
    labels = list(Verdict)
    said = appraise(car, others)
    assume(said is not None)
    fair = np.log(said.fair)
    asked = [appraise(replace(car, price=np.array([fair + by])), others).verdict
             for by in np.linspace(-0.6, 0.6, 25)]  # fmt: skip
    places = [labels.index(one) for one in asked]
    assert places == sorted(places)
    assert (asked[0], asked[12], asked[-1]) == (Verdict.GREAT, Verdict.FAIR, Verdict.STEEP)


def test_what_is_not_stated_neither_breaks_nor_decides_it():
    car, others = one_and_others(5)
    nothing = np.full(1, np.nan)
    silent = replace(
        car, power=nothing, mileage=nothing, latitude=nothing, fuel=np.zeros(1, np.uint32)
    )
    said = appraise(silent, others)
    assert said is None or set(said.drivers) <= {"year", "transmission", "body"}
    untold = replace(others, mileage=np.full(len(others), np.nan))
    assert appraise(car, untold) is not None


def test_labels_by_hand():
    assert verdict_of(-0.05, 0.05) is Verdict.GOOD
    assert verdict_of(0.3, 0.95) is Verdict.STEEP
    assert verdict_of(0.05, 0.95) is Verdict.HIGH
    assert verdict_of(0.2, 0.6) is Verdict.FAIR
    assert verdict_of(-0.1, 0.9) is Verdict.FAIR, "cheaper than fair, yet dearer than most"
