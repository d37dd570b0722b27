import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.filters import NO_FILTERS, Filters, passes
from carousel.domain.listing import Body, Fuel, SellerType, Transmission
from carousel.domain.relaxation import (
    FIELDS,
    Widening,
    concessions,
    missed,
    steps,
    widened,
    widenings,
)
from tests.domain.cars import INVENTORY, car

NAMES = st.lists(st.sampled_from(["Skoda", "audi", "Fiat", "Nonesuch", "A3"]), max_size=2)
MONEY = st.none() | st.integers(0, 40_000) | st.sampled_from([0, 1, 999_999_999, 1_000_000_000])
YEARS = st.none() | st.integers(1900, 2100)
CIRCLES = st.just({}) | st.fixed_dictionaries(
    {
        "near_latitude": st.floats(-90, 90),
        "near_longitude": st.floats(-180, 180),
        "radius_km": st.floats(0, 20_000, exclude_min=True),
    }
)


def some(kind):
    return st.lists(st.sampled_from(kind), max_size=2)


filter_sets = st.builds(
    lambda circle, **bounds: Filters(**circle, **bounds),
    CIRCLES,
    make=NAMES, model=NAMES, colour=NAMES, region=NAMES, min_year=YEARS, max_year=YEARS,
    min_price=MONEY, max_price=MONEY, min_mileage=MONEY, max_mileage=MONEY,
    min_power=MONEY, max_power=MONEY, fuel=some(Fuel), transmission=some(Transmission),
    body=some(Body), seller_type=some(SellerType), max_owners=st.none() | st.integers(0, 99),
)  # fmt: skip
SILENT = dict.fromkeys(
    (
        *("model", "mileage_km", "fuel", "transmission", "body"),
        *("power_hp", "colour", "seller_type", "owners", "place"),
    )
)
listings = st.integers(1, 5_000).map(car) | st.integers(1, 5_000).map(lambda n: car(n, **SILENT))


def order(filters):
    return [way.field for way in widenings(filters)]


@given(filter_sets, listings)
def test_whatever_passed_still_passes_after_every_step(filters, listing):
    reached, ways = filters, widenings(filters)
    for n in range(1, len(ways) + 1):
        wider = widened(filters, ways[:n])
        assert wider != reached
        assert passes(listing, wider) >= passes(listing, reached)
        assert Filters.model_validate(wider.model_dump()) == wider
        reached = wider


@given(filter_sets)
def test_the_last_step_lets_everything_pass(filters):
    widest = widened(filters, widenings(filters))
    assert all(passes(listing, widest) for listing in [*INVENTORY[:50], car(1, **SILENT)])
    assert widest == NO_FILTERS


@given(filter_sets, filter_sets)
def test_the_steps_are_few_and_always_the_same(filters, others):
    ways = widenings(filters)
    widenings(others)
    assert widenings(filters.model_copy()) == ways
    assert len(ways) == len(set(ways)) <= 60


@given(filter_sets, st.data())
def test_any_choice_of_the_ways_is_wider_and_told_in_steps(filters, data):
    chosen = [way for way in widenings(filters) if data.draw(st.booleans())]
    wider = widened(filters, chosen)
    listing = data.draw(listings)
    assert passes(listing, wider) >= passes(listing, filters)
    told = steps(filters, chosen)
    assert {step.field for step in told} == {way.field for way in chosen}
    assert (told[-1].filters if told else filters) == wider


@given(filter_sets)
def test_every_step_says_what_changes_from_what_to_what(filters):
    for way in widenings(filters):
        (step,) = steps(filters, [way])
        assert step.field in FIELDS
        assert step.before == getattr(filters, way.field)
        assert step.after == way.to != step.before
        assert step.sentence.endswith(".")
        assert ", not only " in step.sentence


@given(filter_sets, listings)
def test_a_listing_misses_exactly_the_filters_it_does_not_pass(filters, listing):
    failed = missed(listing, filters)
    assert (failed == frozenset()) == passes(listing, filters)
    free = [way for way in widenings(filters) if way.to is None and way.field in failed]
    assert passes(listing, widened(filters, free))


@given(filter_sets, st.lists(listings, max_size=5))
def test_concessions_are_what_the_listings_need_and_no_more(filters, shown):
    needed = concessions(shown, filters)
    assert {s.field for s in needed} == frozenset().union(*(missed(c, filters) for c in shown))
    taken = [Widening(step.field, step.after) for step in needed]
    assert all(passes(listing, widened(filters, taken)) for listing in shown)
    for way in taken:
        others = [other for other in taken if other != way]
        ways = [w for w in widenings(filters) if w.field == way.field]
        smaller = widened(filters, [*others, *ways[: ways.index(way)]])
        assert not all(passes(listing, smaller) for listing in shown)


def test_money_gives_way_a_little_first_and_altogether_last():
    ways = widenings(Filters(make=("Skoda",), max_price=9_000, max_mileage=100_000))
    assert [(w.field, w.to) for w in ways] == [
        ("max_price", 9_900), ("max_mileage", 120_000),
        ("max_price", 11_300), ("max_mileage", 150_000),
        ("max_price", 13_500), ("max_mileage", 200_000),
        ("make", None), ("max_mileage", None),
        ("max_price", 18_000), ("max_price", 36_000), ("max_price", 90_000), ("max_price", None),
    ]  # fmt: skip


def test_the_make_is_the_last_choice_to_go_and_the_colour_the_first():
    wanted = Filters(
        make=("Skoda",), model=("Fabia",), colour=("red",), region=("Brno",), body=(Body.SUV,),
        fuel=(Fuel.LPG,), transmission=(Transmission.MANUAL,), seller_type=(SellerType.DEALER,),
    )  # fmt: skip
    assert order(wanted) == [
        "colour", "seller_type", "region", "model", "transmission", "fuel", "body", "make",
    ]  # fmt: skip


def test_a_model_without_its_make_is_kept_as_long_as_a_make():
    assert order(Filters(model=("Fabia",), fuel=(Fuel.LPG,))) == ["fuel", "model"]


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        (Filters(max_price=9_000), "Price up to 9,900, not only up to 9,000."),
        (Filters(min_year=2015), "Year from 2014, not only from 2015."),
        (Filters(max_mileage=0), "Mileage up to 2,000 km, not only up to 0 km."),
        (Filters(min_power=150), "Power from 135 hp, not only from 150 hp."),
        (Filters(max_owners=1), "Number of owners up to 2, not only up to 1."),
        (Filters(near_latitude=49, near_longitude=16, radius_km=50),
         "Distance up to 75 km, not only up to 50 km."),
        (Filters(make=("Audi", "BMW", "Fiat")), "Any make, not only Audi, BMW or Fiat."),
        (Filters(fuel=(Fuel.LPG, Fuel.PLUGIN_HYBRID)), "Any fuel, not only LPG or plugin hybrid."),
    ],
)  # fmt: skip
def test_a_step_reads_as_a_sentence(filters, sentence):
    assert steps(filters, widenings(filters)[:1])[0].sentence == sentence


def test_a_filter_that_goes_altogether_says_so():
    filters = Filters(max_price=1_000_000)
    assert steps(filters, widenings(filters))[0].sentence == "Any price, not only up to 1,000,000."


def test_a_field_that_gave_way_twice_is_told_once_where_it_gave_way_most():
    filters = Filters(make=("Audi",), max_price=9_000)
    told = steps(filters, widenings(filters))
    assert [(step.field, step.after) for step in told] == [("make", None), ("max_price", None)]
