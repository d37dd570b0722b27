"""What a need asks for, as bounds that filters are narrowed to."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.facts import facts_of
from carousel.domain.filters import NO_FILTERS, Filters, passes
from carousel.domain.listing import Body
from carousel.domain.needs import Needs, Params, needs_of
from carousel.domain.segments import NEAR_KM, Segment, nearby, segments_of
from carousel.domain.trail import NO_TRAIL, extended, reaction, search
from tests.domain.cars import INVENTORY, NOON

AT = NOON.timestamp()
SUVS = [c for c in INVENTORY if c.body is Body.SUV]
HATCHBACKS = [c for c in INVENTORY if c.body is Body.HATCHBACK]
prices = st.none() | st.integers(0, 60_000)
bodies = st.lists(st.sampled_from(Body), max_size=3, unique=True).map(tuple)
filters = st.builds(Filters, max_price=prices, min_price=prices, body=bodies)
segments = st.builds(Segment, st.just(1.0), bodies, prices, prices)


def trail_of(cars=(), searches=()):
    return extended(
        NO_TRAIL,
        [reaction(AT - n, c.id, "view", None, facts_of([c])) for n, c in enumerate(cars)],
        [search(AT - n, one) for n, one in enumerate(searches)],
    )


def of(trail):
    return segments_of(trail, needs_of(trail, AT, Params()))


@given(segments, filters, st.sampled_from(INVENTORY))
def test_what_is_left_passes_the_filters_and_is_of_the_segment(segment, asked, car):
    alone = segment.within(NO_FILTERS)
    both = segment.within(asked)
    expected = alone is not None and passes(car, asked) and passes(car, alone)
    assert (both is not None and passes(car, both)) == expected


def test_an_empty_trail_asks_for_nothing():
    assert list(of(NO_TRAIL)) == []


def test_a_need_is_of_the_bodies_and_around_the_prices_that_were_looked_at():
    suvs = sorted(SUVS, key=lambda c: c.price)[:4]
    (one,) = of(trail_of(suvs))
    assert one.bodies == (Body.SUV,)
    middle = float(np.exp(np.mean(np.log([c.price for c in suvs]))))
    assert one.low < middle < one.high
    assert one.high / one.low < 2.1


def test_two_needs_are_two_segments():
    dear = sorted(SUVS, key=lambda c: -c.price)[:3]
    cheap = sorted(HATCHBACKS, key=lambda c: c.price)[:5]
    first, second = of(trail_of([*dear, *cheap]))
    assert (first.bodies, second.bodies) == ((Body.HATCHBACK,), (Body.SUV,))
    assert first.high < second.low
    assert first.share > second.share


def test_searches_that_name_no_body_leave_it_open():
    (one,) = of(trail_of(searches=[Filters(max_price=10_000), Filters(max_price=9_000)]))
    assert one.bodies == ()


def test_cars_without_a_price_band_leave_the_price_open():
    trail = trail_of(searches=[Filters(body=(Body.SUV,))])
    (one,) = segments_of(trail, Needs(np.ones(1), np.ones((0, 1)), np.ones((1, 1))))
    assert replace(one, share=0) == Segment(0, (Body.SUV,), None, None)


def test_a_place_in_the_filters_counts_and_not_that_of_a_search():
    there = Filters(near_latitude=50.0, near_longitude=14.0, radius_km=300.0)
    trail = trail_of(searches=[there])
    assert nearby(NO_FILTERS, trail).radius_km == 300.0 > NEAR_KM
    assert nearby(NO_FILTERS, NO_TRAIL) == NO_FILTERS
    for own in (Filters(region=("Brno",)), there.model_copy(update={"radius_km": 5.0})):
        assert nearby(own, trail) == own
