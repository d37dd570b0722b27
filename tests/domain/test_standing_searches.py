"""Many searches at once find what each of them would find alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.filters import Filters, passes
from carousel.domain.listing import Body, Fuel, SellerType, Transmission
from carousel.domain.standing_searches import StandingSearches
from tests.domain.cars import INVENTORY, car

some_names = st.lists(st.sampled_from(["Škoda", "skoda", "AUDI", "Fiat", "Lada"]), max_size=2)
some_models = st.lists(st.sampled_from(["Fabia", "a-3", "A6", "500"]), max_size=2)


def some(kind):
    return st.lists(st.sampled_from(list(kind)), max_size=2).map(tuple)


CIRCLE = ("near_latitude", "near_longitude", "radius_km")


@st.composite
def filters(draw):
    def maybe(numbers):
        return draw(st.none() | numbers)

    circle = dict.fromkeys(CIRCLE)
    if draw(st.booleans()):
        circle = {
            "near_latitude": draw(st.floats(47, 54)),
            "near_longitude": draw(st.floats(6, 15)),
            "radius_km": draw(st.floats(1, 600)),
        }
    stated = dict(
        make=tuple(draw(some_names)),
        model=tuple(draw(some_models)),
        min_year=maybe(st.integers(2005, 2025)),
        max_year=maybe(st.integers(2005, 2025)),
        min_price=maybe(st.integers(0, 30_000)),
        max_price=maybe(st.integers(0, 30_000)),
        min_mileage=maybe(st.integers(0, 300_000)),
        max_mileage=maybe(st.integers(0, 300_000)),
        min_power=maybe(st.integers(60, 300)),
        max_power=maybe(st.integers(60, 300)),
        max_owners=maybe(st.integers(0, 3)),
        fuel=draw(some(Fuel)),
        transmission=draw(some(Transmission)),
        body=draw(some(Body)),
        seller_type=draw(some(SellerType)),
        colour=draw(st.sampled_from([(), ("Red",), ("black", "BLUE")])),
        region=draw(st.sampled_from([(), ("somewhere",), ("Elsewhere",)])),
        **circle,
    )
    assert stated.keys() == Filters.model_fields.keys(), "a new filter needs a column"
    return Filters(**stated)


STATED = (
    "mileage_km",
    "fuel",
    "transmission",
    "body",
    "power_hp",
    "place",
    "owners",
    "model",
    "colour",
)


@given(st.lists(filters(), max_size=12), st.integers(1, 400), st.sets(st.sampled_from(STATED)))
def test_a_car_passes_together_what_it_passes_alone(searches, number, unstated):
    one = car(number, owners=number % 4, **dict.fromkeys(unstated - {"owners"}))
    numbered = dict(enumerate(searches, start=100))
    alone = [n for n, search in numbered.items() if passes(one, search)]
    assert StandingSearches(numbered).passed_by(one) == alone


def test_a_bound_that_a_car_just_meets_is_met():
    one = INVENTORY[0]
    exact = Filters(min_price=one.price, max_price=one.price, min_year=one.year, max_year=one.year)
    near = Filters(
        near_latitude=one.place.latitude, near_longitude=one.place.longitude, radius_km=1e-9
    )
    assert StandingSearches({1: exact, 2: near}).passed_by(one) == [1, 2]


def test_without_searches_nothing_is_found():
    assert StandingSearches({}).passed_by(INVENTORY[0]) == []


def test_many_searches_are_told_apart():
    searches = {
        n: Filters(make=(one.make,), max_price=one.price) for n, one in enumerate(INVENTORY)
    }
    standing = StandingSearches(searches)
    assert len(standing) == len(INVENTORY)
    found = np.array([len(standing.passed_by(one)) for one in INVENTORY])
    assert found.min() >= 1
    assert found.max() < len(INVENTORY)
