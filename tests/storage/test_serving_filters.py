"""The meaning of filters and orders is that of the domain, whatever the engine."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings

from carousel.domain.filters import NO_FILTERS, Filters, distance_km, passes
from carousel.domain.listing import Listing
from carousel.storage.ports import Page, Sort
from tests.storage.marketplaces import Marketplace
from tests.storage.postgres_world import market
from tests.storage.some_filters import some_filters

SIZE = 300


class Shop:
    """A fixed market on one engine, asked for all examples of a property."""

    def __init__(self, marketplace: Marketplace) -> None:
        facts = market(SIZE)
        ids = marketplace.upsert(facts)
        self.listings = [Listing(id=i, **dict(f)) for i, f in zip(ids, facts, strict=True)]
        self._asked = marketplace.asked

    def count(self, filters: Filters) -> int:
        return self._asked(lambda store: store.count(filters))

    def search(
        self, filters: Filters, sort: Sort = Sort.NEWEST, limit: int = SIZE, offset: int = 0
    ) -> Page:
        return self._asked(lambda store: store.search(filters, sort, limit, offset))


@pytest.fixture(scope="module")
def shop(lasting_marketplace: Marketplace) -> Shop:
    """Return the market of this module."""
    return Shop(lasting_marketplace)


@given(filters=some_filters)
@settings(max_examples=300, deadline=None)
def test_a_search_finds_exactly_the_cars_that_pass(shop, filters):
    page = shop.search(filters)
    expected = {car.id for car in shop.listings if passes(car, filters)}
    assert {car.id for car in page.listings} == expected
    assert page.total == len(expected) == shop.count(filters)


KEYS = {
    Sort.NEWEST: lambda car: -car.listed_at.timestamp(),
    Sort.PRICE: lambda car: car.price,
    Sort.PRICE_DESCENDING: lambda car: -car.price,
    Sort.MILEAGE: lambda car: float("inf") if car.mileage_km is None else car.mileage_km,
    Sort.YEAR: lambda car: car.year,
    Sort.YEAR_DESCENDING: lambda car: -car.year,
    Sort.POWER_DESCENDING: lambda car: float("inf") if car.power_hp is None else -car.power_hp,
}


@pytest.mark.parametrize("sort", KEYS)
def test_a_sort_puts_what_is_not_stated_last_and_breaks_ties_by_id(shop, sort):
    expected = sorted(shop.listings, key=lambda car: (KEYS[sort](car), car.id))
    assert shop.search(NO_FILTERS, sort).listings == expected


def test_a_sort_by_distance_starts_at_the_place_of_the_search(shop):
    near = Filters(near_latitude=50, near_longitude=14, radius_km=300)
    found = shop.search(near, Sort.DISTANCE).listings
    distances = [distance_km(50, 14, car.place.latitude, car.place.longitude) for car in found]
    assert len(found) > 50
    assert all(one <= next_one for one, next_one in pairwise(distances))


def test_pages_side_by_side_are_the_whole(shop):
    pages = [shop.search(NO_FILTERS, Sort.PRICE, limit=70, offset=o) for o in range(0, 350, 70)]
    assert [car for page in pages for car in page.listings] == shop.search(
        NO_FILTERS, Sort.PRICE
    ).listings
    assert {page.total for page in pages} == {SIZE}


def test_a_page_beyond_the_end_is_empty_and_still_counts(shop):
    assert shop.search(NO_FILTERS, offset=10_000) == Page([], SIZE)


@pytest.mark.parametrize("nudge", [-1, 0, 1])
def test_a_car_on_the_edge_of_a_circle_is_judged_as_the_domain_judges(shop, nudge):
    there = [car for car in shop.listings if car.place is not None]
    for car in there[:40]:
        radius = distance_km(50, 14, car.place.latitude, car.place.longitude)
        edge = math.nextafter(radius, radius + nudge) if nudge else radius
        circle = Filters(near_latitude=50, near_longitude=14, radius_km=edge)
        found = {one.id for one in shop.search(circle).listings}
        assert found == {one.id for one in there if passes(one, circle)}
