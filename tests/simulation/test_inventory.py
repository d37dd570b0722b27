"""Cars that somebody else advertised become cars that can be wanted."""

from datetime import UTC, datetime

import numpy as np
import pytest

from carousel.simulation.arrivals import draw_stock
from carousel.simulation.inventory import joined, published_after, stock_of
from carousel.simulation.parameters import read_parameters
from carousel.simulation.preferences import desire_of

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def drawn():
    return draw_stock(read_parameters(), listings=600, seed=3, begins=NOW, days=10)


@pytest.fixture(scope="module")
def read(drawn):
    return stock_of(drawn.facts, read_parameters(), seed=3, now=NOW.timestamp() + 10 * 86_400)


def test_what_an_advert_says_is_what_the_stock_knows(drawn, read):
    assert (read.year == drawn.year).all()
    assert (read.price == drawn.price).all()
    stated = np.array([car.mileage_km is not None for car in drawn.facts])
    assert (read.mileage_km[stated] == drawn.mileage_km[stated]).all()
    assert np.mean(read.generation == drawn.generation) > 0.9


def test_worth_is_told_from_the_advert_nearly_as_well_as_it_was_drawn(drawn, read):
    error = np.log(read.worth / drawn.worth)
    assert abs(np.median(error)) < 0.05
    assert np.std(error) < 0.15


def test_models_look_as_they_do_in_a_drawn_market_of_the_seed(drawn, read):
    same = read.generation == drawn.generation
    likeness = np.sum(read.looks[same] * drawn.looks[same], axis=1)
    assert likeness.mean() > 0.5
    assert np.linalg.norm(read.looks, axis=1) == pytest.approx(1.0)


def test_a_car_of_an_unknown_make_and_without_a_place_can_still_be_wanted(drawn):
    odd = drawn.facts[0].model_copy(
        update={"make": "Tatra", "model": None, "place": None, "fuel": None, "power_hp": None}
    )
    stock = stock_of([odd], read_parameters(), seed=1, now=NOW.timestamp())
    assert np.isfinite(stock.worth).all()
    assert desire_of("additive", stock, read_parameters(), 1.0) is not None


def test_joining_keeps_every_car_and_the_order_of_reductions(drawn, read):
    both = joined(read, drawn)
    assert both.facts == read.facts + drawn.facts
    assert (np.diff(both.drop_at) >= 0).all()
    count = len(read.facts)
    later = both.drop_car >= count
    assert sorted(both.drop_car[later] - count) == sorted(drawn.drop_car)
    assert sorted(both.drop_car[~later]) == sorted(read.drop_car)


def test_the_later_part_of_a_stock_is_whole_and_bears_refs_of_its_own(drawn):
    moment = NOW.timestamp() + 4 * 86_400
    later = published_after(drawn, moment, "live")
    count = len(later.facts)
    assert 0 < count < len(drawn.facts)
    assert (later.listed_at == drawn.listed_at[-count:]).all()
    assert (later.listed_at > moment).all()
    assert [car.ref for car in later.facts[:2]] == ["live-0", "live-1"]
    first = len(drawn.facts) - count
    assert (later.drop_car + first == drawn.drop_car[drawn.drop_car >= first]).all()
