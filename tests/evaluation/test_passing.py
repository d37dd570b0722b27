"""Filters over columns mean what domain.filters.passes means of one listing."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.filters import Filters, passes
from carousel.domain.listing import Body, Fuel, Place, SellerType, Transmission
from carousel.evaluation.passing import columns, passing
from tests.evaluation.worlds import car

MAKES = ["Škoda", "SKODA", "Mercedes-Benz", "mercedes benz", "VW"]
PLACES = [
    Place(region="Praha", latitude=50.08, longitude=14.43),
    Place(region="Brno", latitude=49.19, longitude=16.61),
    Place(region="PRAHA", latitude=50.0, longitude=14.0),
]


def stated(values):
    return st.none() | st.sampled_from(list(values))


CARS = st.builds(
    car,
    st.integers(0, 9),
    make=st.sampled_from(MAKES),
    model=stated(["Fabia", "fabia", "E 220"]),
    year=st.integers(2010, 2014),
    price=st.integers(1, 5),
    mileage_km=st.none() | st.integers(0, 4),
    fuel=stated(Fuel),
    transmission=stated(Transmission),
    body=stated(Body),
    power_hp=st.none() | st.integers(1, 4),
    colour=stated(["red", "Red ", "blue"]),
    seller_type=stated(SellerType),
    owners=st.none() | st.integers(0, 3),
    place=stated(PLACES),
)


def some(values):
    return st.lists(st.sampled_from(list(values)), max_size=3).map(tuple)


FILTERS = st.builds(
    lambda circle, **chosen: Filters(**chosen, **circle),
    st.just({})
    | st.builds(
        lambda place, radius: {
            "near_latitude": place.latitude,
            "near_longitude": place.longitude,
            "radius_km": radius,
        },
        st.sampled_from(PLACES),
        st.sampled_from([1.0, 60.0, 500.0]),
    ),
    make=some([*MAKES, "Tesla"]),
    model=some(["FABIA", "E220"]),
    fuel=some(Fuel),
    transmission=some(Transmission),
    body=some(Body),
    colour=some(["RED", "green"]),
    seller_type=some(SellerType),
    region=some(["praha", "Ostrava"]),
    min_year=st.none() | st.integers(2009, 2014),
    max_year=st.none() | st.integers(2010, 2015),
    min_price=st.none() | st.integers(0, 5),
    max_price=st.none() | st.integers(0, 5),
    min_mileage=st.none() | st.integers(0, 4),
    max_mileage=st.none() | st.integers(0, 4),
    min_power=st.none() | st.integers(0, 4),
    max_power=st.none() | st.integers(0, 4),
    max_owners=st.none() | st.integers(0, 3),
)


@given(st.lists(CARS, min_size=1, max_size=12), FILTERS)
def test_columns_and_single_listings_agree(cars, filters):
    prices = np.array([float(c.price) for c in cars])
    passed = passing(columns(cars), filters, np.arange(len(cars)), prices)
    assert passed.tolist() == [passes(c, filters) for c in cars]


@given(st.lists(CARS, min_size=1, max_size=12), st.data())
def test_one_filter_alone_agrees_too(cars, data):
    whole = data.draw(FILTERS)
    fields = [f for f in whole.model_fields_set if not f.startswith(("near", "radius"))]
    kept = data.draw(st.sampled_from(fields))
    alone = Filters(**{kept: getattr(whole, kept)})
    prices = np.array([float(c.price) for c in cars])
    passed = passing(columns(cars), alone, np.arange(len(cars)), prices)
    assert passed.tolist() == [passes(c, alone) for c in cars]


def test_the_price_of_now_counts_and_not_the_one_published():
    held = columns([car(0, price=10_000)])
    cheap = Filters(max_price=9_000)
    assert not passing(held, cheap, np.array([0]), np.array([10_000.0]))[0]
    assert passing(held, cheap, np.array([0]), np.array([9_000.0]))[0]
