from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.filters import NO_FILTERS, Filters, distance_km, passes
from tests.domain.cars import car

cars = st.integers(1, 5_000).map(car)


@given(cars)
def test_no_filters_let_everything_pass(listing):
    assert passes(listing, NO_FILTERS)


@given(cars, cars)
def test_a_car_passes_the_filters_made_of_itself(listing, other):
    own = Filters(
        make=(listing.make.upper(), other.make),
        fuel=(listing.fuel,),
        min_price=listing.price,
        max_price=listing.price,
        max_year=listing.year,
        near_latitude=listing.place.latitude,
        near_longitude=listing.place.longitude,
        radius_km=1,
    )
    assert passes(listing, own)
    assert not passes(listing, own.model_copy(update={"max_price": listing.price - 1}))


@given(cars)
def test_what_is_not_stated_does_not_pass_a_filter_on_it(listing):
    silent = listing.model_copy(update={"power_hp": None})
    assert not passes(silent, Filters(min_power=0))


@given(*[st.floats(-80, 80) for _ in range(4)])
def test_distance_is_symmetric_and_bounded(a, b, c, d):
    assert abs(distance_km(a, b, c, d) - distance_km(c, d, a, b)) < 1e-6
    assert 0 <= distance_km(a, b, c, d) <= 20_038


def test_prague_to_vienna_is_about_250_km():
    assert 245 < distance_km(50.08, 14.43, 48.21, 16.37) < 255
