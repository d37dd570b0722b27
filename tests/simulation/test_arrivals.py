"""The supply of a living market: steady numbers, patient sellers, prices that mean something."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.errors import ConfigurationError
from carousel.domain.listing import SellerType
from carousel.simulation.arrivals import draw_stock
from carousel.simulation.lives import DAY, draw_arrivals, draw_reductions, expected_stay_days
from carousel.simulation.parameters import Parameters, read_parameters
from carousel.simulation.prices import reduced_price
from carousel.simulation.supply import default_supply, read_supply

BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
LISTINGS, DAYS = 12_000, 60


def stock_of(listings, seed=1, **others):
    asked = {"begins": BEGINS, "days": DAYS} | others
    return draw_stock(read_parameters(), listings=listings, seed=seed, **asked)


def with_supply(**entries):
    known = read_parameters()
    tables = dict(known.tables) | {"supply": dict(known.tables["supply"]) | entries}
    return Parameters(tables, "mine.toml")


def digest(stock):
    found = hashlib.sha256("".join(f.model_dump_json() for f in stock.facts).encode())
    for name in stock.__slots__:
        if isinstance(getattr(stock, name), np.ndarray):
            found.update(getattr(stock, name).tobytes())
    return found.hexdigest()


@pytest.fixture(scope="module")
def stock():
    return stock_of(LISTINGS)


def test_the_same_seed_gives_the_same_market_and_another_another():
    assert digest(stock_of(700)) == digest(stock_of(700))
    assert digest(stock_of(700)) != digest(stock_of(700, seed=2))


def test_there_are_about_as_many_cars_as_asked(stock):
    assert len(stock.facts) == pytest.approx(LISTINGS, rel=0.04)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 400), st.integers(0, 2**40), st.integers(1, 90))
def test_the_columns_agree_with_the_adverts(listings, seed, days):
    stock = stock_of(listings, seed, days=days)
    count = len(stock.facts)
    for name in stock.__slots__:
        column = getattr(stock, name)
        if isinstance(column, np.ndarray) and not name.startswith("drop_"):
            assert len(column) == count, name
    assert np.all(np.diff(stock.listed_at) >= 0)
    assert np.all(stock.listed_at < (BEGINS + timedelta(days=days)).timestamp())
    assert np.all(stock.listed_at + stock.patience > BEGINS.timestamp())
    for n, facts in enumerate(stock.facts):
        assert facts.listed_at.timestamp() == stock.listed_at[n]
        assert facts.price == stock.price[n]
        assert facts.year == stock.year[n] <= facts.listed_at.year
        assert facts.make == stock.makes[stock.make[n]]
        assert facts.mileage_km in {None, stock.mileage_km[n]}
        assert facts.power_hp in {None, stock.power_hp[n]}
        assert (facts.seller_type is SellerType.DEALER) == stock.dealer[n]
        assert (facts.place.latitude, facts.place.longitude) == (
            stock.latitude[n],
            stock.longitude[n],
        )
    assert [f.ref for f in stock.facts] == [f"sim-{n:06d}" for n in range(1, count + 1)]


def test_the_first_stock_is_as_large_as_any_later_one():
    supply = default_supply()
    dice = np.random.default_rng(7)
    begins = BEGINS.timestamp()
    lives = draw_arrivals(supply, 60_000, begins, DAYS, dice)
    from_now_on = np.maximum(lives.listed_at, begins)
    sold = from_now_on + dice.exponential(DAY / supply.sold_per_day, len(from_now_on))
    left = np.minimum(lives.listed_at + lives.patience, sold)
    moments = begins + DAY * np.arange(0, DAYS, 7)
    alive = [int(((lives.listed_at <= at) & (left > at)).sum()) for at in moments]
    expected = expected_stay_days(supply) * (lives.listed_at >= begins).sum() / DAYS
    assert alive == pytest.approx([expected] * len(alive), rel=0.05)


def test_long_standing_cars_are_over_represented_in_the_first_stock(stock):
    first = stock.listed_at < BEGINS.timestamp()
    assert stock.patience[first].mean() > 1.15 * stock.patience[~first].mean()


def test_adverts_follow_the_week_and_the_hours_of_the_day():
    supply = default_supply()
    lives = draw_arrivals(supply, 200_000, BEGINS.timestamp(), 70, np.random.default_rng(3))
    new = lives.listed_at[lives.listed_at >= BEGINS.timestamp()]
    for period, unit, shares in ((7 * DAY, DAY, supply.weekdays), (DAY, 3_600, supply.hours)):
        place = ((new - BEGINS.timestamp()) % period // unit).astype(int)
        found = np.bincount(place, minlength=len(shares)) / len(new)
        assert found == pytest.approx(np.array(shares) / sum(shares), abs=0.004)


def test_what_no_field_says_moves_prices_as_much_as_the_parameters_state(stock):
    supply = default_supply()
    luck = np.log(stock.price / stock.worth)
    assert luck.mean() == pytest.approx(0, abs=0.01)
    assert luck.std() == pytest.approx(supply.condition_spread, abs=0.01)
    assert np.corrcoef(luck, stock.quality)[0, 1] == pytest.approx(
        supply.quality_in_price, abs=0.04
    )
    assert (stock.quality.mean(), stock.quality.std()) == pytest.approx((0, 1), abs=0.03)


def test_worth_says_nothing_of_the_hidden_quality(stock):
    assert abs(np.corrcoef(np.log(stock.worth), stock.quality)[0, 1]) < 0.03


def test_a_dealer_has_many_cars_at_one_address_and_a_person_has_one(stock):
    of_dealers = stock.seller[stock.dealer]
    assert not np.isin(stock.seller[~stock.dealer], of_dealers).any()
    assert len(np.unique(stock.seller[~stock.dealer])) == (~stock.dealer).sum()
    addresses = {
        (int(s), lat, lon)
        for s, lat, lon in zip(
            of_dealers, stock.latitude[stock.dealer], stock.longitude[stock.dealer], strict=True
        )
    }
    assert len(addresses) == len(np.unique(of_dealers))
    sizes = np.sort(np.unique(of_dealers, return_counts=True)[1])[::-1]
    assert sizes[0] > 5 * np.median(sizes)
    assert len({f.seller for f in stock.facts}) == len(np.unique(stock.seller))


def test_prices_only_fall_and_only_while_the_seller_waits(stock):
    assert np.all(np.diff(stock.drop_at) >= 0)
    latest = stock.price.copy()
    times = dict.fromkeys(stock.drop_car.tolist(), 0)
    for at, car, price in zip(stock.drop_at, stock.drop_car, stock.drop_price, strict=True):
        assert 0 < price < latest[car]
        assert at < stock.listed_at[car] + stock.patience[car]
        latest[car] = price
        times[car] += 1
    supply = default_supply()
    assert max(times.values()) <= supply.most_reductions
    shares = 1 - latest[list(times)] / stock.price[list(times)]
    usual = np.median(shares / np.array(list(times.values())))
    assert supply.reduction[0] < usual < supply.reduction[1]


def test_nobody_reduces_where_no_seller_does():
    supply = replace(default_supply(), reducing_share=0.0)
    dice = np.random.default_rng(1)
    lives = draw_arrivals(supply, 100, BEGINS.timestamp(), 10, dice)
    price = np.full(len(lives.listed_at), 9_990)
    assert len(draw_reductions(supply, lives, price, price > 0, dice).at) == 0


@given(
    st.integers(20, 200_000),
    st.floats(0, 0.9, exclude_max=True),
    st.booleans(),
)
def test_a_reduced_price_is_lower_and_never_negative(price, cut, dealer):
    reduced = reduced_price(np.array([price]), np.array([cut]), np.array([dealer]))[0]
    assert 0 <= reduced < price


def test_cars_of_one_generation_look_alike_but_not_equal(stock):
    looks, order = stock.looks, np.argsort(stock.generation, kind="stable")
    assert np.linalg.norm(looks, axis=1) == pytest.approx(np.ones(len(looks)))
    cosine = (looks[order][1:] * looks[order][:-1]).sum(axis=1)
    same = np.diff(stock.generation[order]) == 0
    apart = np.random.default_rng(1).permutation(len(looks))
    strangers = (looks * looks[apart]).sum(axis=1)
    assert 0.6 < cosine[same].mean() < 0.95
    assert abs(strangers.mean()) < 0.2


@pytest.mark.parametrize(
    ("entry", "value", "said"),
    [
        ("weekdays", [1.0] * 6, "7 numbers"),
        ("hours", [0.0] * 24, "not all 0"),
        ("patience_days", 0.0, "above 0"),
        ("quality_in_price", 1.5, "between 0 and 1"),
        ("reduction", [0.06, 0.02], "lower first"),
        ("reduction", [0.02, "much"], "two numbers"),
        ("dealers", 0, "at least 1"),
        ("sold_per_day", -0.1, "at least 0"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_one_sentence(entry, value, said):
    with pytest.raises(ConfigurationError, match=rf"^mine\.toml: {entry} in \[supply\].*{said}"):
        read_supply(with_supply(**{entry: value}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"listings": -1},
        {"seed": -1},
        {"days": 0},
        {"begins": BEGINS.replace(tzinfo=None)},
        {"begins": BEGINS.replace(year=1990)},
    ],
)
def test_an_argument_out_of_range_is_refused(wrong):
    asked = {"listings": 10, "seed": 1, "begins": BEGINS, "days": 5} | wrong
    with pytest.raises(ValueError, match="must be"):
        draw_stock(read_parameters(), **asked)
