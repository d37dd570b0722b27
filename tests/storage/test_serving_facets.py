"""Facets and splits say what a search would find: every engine, whatever the filters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.facets import FACETS, RANGES, without_own
from carousel.domain.filters import NO_FILTERS, Filters, passes
from carousel.domain.histogram import MOST_BINS
from carousel.domain.listing import Listing, Place, Status, spelling_key
from carousel.domain.refinements import BOUNDS, choices_open, refinements
from tests.storage.marketplaces import opened
from tests.storage.postgres_world import PRAGUE, car, market
from tests.storage.some_filters import some_filters

SIZE = 300
BOUND_NAMES = {bound for bounds in BOUNDS.values() for bound in bounds}


class Shop:
    """A fixed market on one engine, asked for all examples of a law."""

    def __init__(self, marketplace):
        facts = market(SIZE)
        ids = marketplace.upsert(facts)
        marketplace.reindex()
        self.cars = [Listing(id=i, **dict(f)) for i, f in zip(ids, facts, strict=True)]
        self.vectors = marketplace.asked(lambda store: store.vectors(ids))
        self.asked = marketplace.asked

    def facets(self, filters=NO_FILTERS):
        return self.asked(lambda store: store.facets(filters))

    def splits(self, filters, wanted=None):
        return self.asked(lambda store: store.splits(filters, wanted))

    def passing(self, filters):
        return [one for one in self.cars if passes(one, filters)]


@pytest.fixture(scope="module")
def shop(lasting_marketplace):
    """Return the market of this module."""
    return Shop(lasting_marketplace)


def stated(listing, field):
    if field == "region":
        return listing.place and listing.place.region
    return getattr(listing, field)


def filters_with(filters, field, value):
    value = value if field in BOUND_NAMES else (value,)
    return Filters.model_validate({**filters.model_dump(), field: value})


@given(filters=some_filters)
@settings(max_examples=50, deadline=None)
def test_a_facet_counts_what_a_search_for_its_value_instead_would_find(shop, filters):
    facets = shop.facets(filters)
    assert facets.total == len(shop.passing(filters))
    for facet, field in FACETS.items():
        others = shop.passing(without_own(filters, facet))
        by_key = {}
        for one in others:
            if stated(one, field) is not None:
                by_key.setdefault(spelling_key(str(stated(one, field))), []).append(one)
        counted = {spelling_key(name): count for name, count in facets.values[facet]}
        assert counted == {key: len(cars) for key, cars in by_key.items()}
        for name, count in facets.values[facet][:2]:
            instead = filters_with(without_own(filters, facet), field, name)
            assert shop.asked(lambda store, f=instead: store.count(f)) == count


@given(several=st.lists(some_filters, max_size=4), data=st.data())
@settings(max_examples=30, deadline=None)
def test_several_searches_are_counted_at_once_with_what_was_listed_later(shop, several, data):
    moments = st.sampled_from([one.listed_at for one in shop.cars])
    asked = [(filters, data.draw(moments)) for filters in several]
    assert shop.asked(lambda store: store.counts(asked)) == [
        (len(found), sum(one.listed_at > moment for one in found))
        for filters, moment in asked
        for found in [shop.passing(filters)]
    ]


@given(filters=some_filters)
@settings(max_examples=15, deadline=None)
def test_a_facet_does_not_change_with_its_own_filters(shop, filters):
    facets = shop.facets(filters)
    for facet in FACETS:
        kept = shop.facets(without_own(filters, facet))
        assert kept.values[facet] == facets.values[facet]
        counts = [count for _, count in facets.values[facet]]
        assert counts == sorted(counts, reverse=True)
    for name in RANGES:
        assert shop.facets(without_own(filters, name)).ranges[name] == facets.ranges[name]


@given(filters=some_filters)
@settings(max_examples=30, deadline=None)
def test_bins_hold_every_number_that_passes_all_other_filters(shop, filters):
    facets = shop.facets(filters)
    for name, bins in facets.ranges.items():
        numbers = [
            getattr(one, name)
            for one in shop.passing(without_own(filters, name))
            if getattr(one, name) is not None
        ]
        assert sum(bins.counts) == len(numbers)
        assert len(bins.counts) <= MOST_BINS
        for low, high, count in zip(bins.edges, bins.edges[1:], bins.counts, strict=False):
            assert sum(low <= number < high for number in numbers) == count


def test_names_are_spelt_as_most_cars_for_sale_spell_them(marketplace):
    marketplace.upsert([
        car("1", make="Škoda"),
        car("2", make="Škoda", colour="Red"),
        car("3", make="SKODA", fuel=None, seller_type="dealer"),
        car("4", make="Audi", place=None, body=None, model=None),
        car("5", make="Lada", status=Status.SOLD),
        car("6", make="Lada", place=Place(region="Moon", latitude=1, longitude=2),
            status=Status.RESERVED),
    ])  # fmt: skip
    facets = marketplace.asked(lambda store: store.facets(Filters(max_price=10_000)))
    assert facets.values == {
        "brands": [("Škoda", 3), ("Audi", 1)],
        "models": [("Fabia", 3)],
        "colours": [("red", 4)],
        "regions": [(PRAGUE.region, 3)],
        "fuels": [("petrol", 3)],
        "transmissions": [("manual", 4)],
        "bodies": [("hatchback", 3)],
        "seller_types": [("dealer", 1)],
    }
    assert facets.total == 4
    only = marketplace.asked(lambda store: store.facets(Filters(max_year=2000)))
    assert (only.total, set(map(len, only.values.values()))) == (0, {0})


def test_the_usual_spelling_follows_the_market(marketplace):
    ids = marketplace.upsert([car(str(n), make=make) for n, make in
                              enumerate(["Skoda", "Skoda", "Škoda", "Audi"])])  # fmt: skip

    def brands():
        return marketplace.asked(lambda store: store.facets()).values["brands"]

    assert brands() == [("Skoda", 3), ("Audi", 1)]
    marketplace.set_status(ids[:2], Status.SOLD)
    assert brands() == [("Audi", 1), ("Škoda", 1)]
    marketplace.patch(ids[3], {"make": "škoda"})
    assert brands() == [("Škoda", 2)]


def test_the_middle_of_a_region_is_that_of_all_cars_there_whatever_the_filters(marketplace):
    south, north = (Place(region="Brno", latitude=y, longitude=16.0) for y in (49.0, 50.0))
    marketplace.upsert([car("1", place=south, price=1_000), car("2", place=north, price=9_000),
                        car("3", place=PRAGUE)])  # fmt: skip
    facets = marketplace.asked(lambda store: store.facets(Filters(max_price=2_000)))
    assert facets.values["regions"] == [("Brno", 1)]
    assert facets.centres == {"Brno": (49.5, 16.0)}


def test_an_empty_market_has_nothing_to_choose_from(marketplace):
    facets = marketplace.asked(lambda store: store.facets())
    assert facets.total == 0
    assert not any([*facets.values.values(), facets.centres])
    assert {bins.edges for bins in facets.ranges.values()} == {()}
    splits = marketplace.asked(lambda store: store.splits(NO_FILTERS, np.ones(64)))
    assert refinements(splits, 6) == []


@given(filters=some_filters)
@settings(max_examples=40, deadline=None)
def test_a_split_counts_what_a_search_with_it_would_find(shop, filters):
    splits = shop.splits(filters)
    assert splits.total == len(shop.passing(filters))
    assert set(splits.options) == {*choices_open(filters), *BOUND_NAMES}
    for field, options in splits.options.items():
        for value, count in list(zip(options.values, options.counts, strict=True))[::7]:
            if field not in BOUND_NAMES or is_tighter(field, value, getattr(filters, field)):
                assert len(shop.passing(filters_with(filters, field, value))) == count


def is_tighter(bound, value, now):
    """Return whether a bound in place of the one set, if any, cannot find more."""
    if now is None:
        return value >= (1900 if bound == "min_year" else 0)
    return value <= now if bound.startswith("max_") else value >= now


@given(filters=some_filters)
@settings(max_examples=20, deadline=None)
def test_what_is_near_is_summed_over_the_cars_that_stay(shop, filters):
    wanted = np.array(next(iter(shop.vectors.values())))
    near = {i: float(vector @ wanted) for i, vector in shop.vectors.items()}
    splits = shop.splits(filters, wanted)
    all_near = [near[one.id] for one in shop.passing(filters)]
    assert splits.described == len(all_near)
    if all_near:
        assert splits.mean == pytest.approx(np.mean(all_near), abs=1e-4)
        assert splits.deviation == pytest.approx(np.std(all_near), abs=1e-4)
    for field in set(choices_open(filters)):
        options = splits.options[field]
        for value, summed in zip(options.values, options.near, strict=True):
            stay = shop.passing(filters_with(filters, field, value))
            assert summed == pytest.approx(sum(near[one.id] for one in stay), abs=1e-3)


def test_engines_agree_on_what_to_suggest(new_database):
    suggested = []
    for engine in ("memory", "postgres", "mirror"):
        place = opened(engine, new_database)
        try:
            shop = Shop(place)
            wanted = np.array(shop.vectors[shop.cars[3].id])
            suggested.append(
                [
                    refinements(shop.splits(filters, taste), 8)
                    for filters in (NO_FILTERS, Filters(max_price=12_000), Filters(make=("skoda",)))
                    for taste in (wanted, None)
                ]
            )
        finally:
            place.close()
    assert suggested[0] == suggested[1] == suggested[2]
    assert any(one.personal for one in suggested[0][0])
