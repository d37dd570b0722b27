"""Filters of every kind that fit the market of the storage's tests, for hypothesis.

Owns:    the strategy ``some_filters``.
"""

from hypothesis import strategies as st

from carousel.domain.filters import Filters
from carousel.domain.listing import Body, Fuel, SellerType, Transmission


def choices(*values):
    return st.lists(st.sampled_from(values), max_size=3).map(tuple)


def bound(low, high):
    return st.none() | st.integers(low, high)


circles = st.fixed_dictionaries(
    {
        "near_latitude": st.floats(48, 51) | st.sampled_from([90.0, -90.0]),
        "near_longitude": st.floats(12, 18) | st.just(180.0),
        "radius_km": st.floats(0.1, 400) | st.just(20_000.0),
    }
)
fields = st.fixed_dictionaries(
    {},
    optional={
        "make": choices("skoda", "Škoda", "AUDI", "citroen", "Lada", "'; drop table listing"),
        "model": choices("a4", "fabia", "C 4", "%"),
        "min_year": bound(1995, 2030),
        "max_year": bound(1995, 2030),
        "min_price": bound(0, 30_000),
        "max_price": bound(0, 30_000) | st.just(10**9),
        "min_mileage": bound(0, 300_000),
        "max_mileage": bound(0, 300_000),
        "min_power": bound(0, 300),
        "max_power": bound(0, 300),
        "fuel": choices(*Fuel),
        "transmission": choices(*Transmission),
        "body": choices(*Body),
        "colour": choices("RED", "modra"),
        "seller_type": choices(*SellerType),
        "max_owners": bound(0, 6),
        "region": choices("praha", "Plzen"),
    },
)
some_filters = st.builds(
    lambda plain, circle: Filters(**plain, **circle), fields, circles | st.just({})
)
