"""A query string says what is wanted; empty means nothing, and unknown things are no matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.api.problems import ProblemError
from carousel.api.queries import FILTER_NAMES, SearchOptions, read_query
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.listing import Fuel
from carousel.storage.ports import Sort


def filters_of(query: str) -> Filters:
    return read_query(query.encode(), SearchOptions)[0]


@given(st.lists(st.sampled_from(sorted(FILTER_NAMES))), st.sampled_from(["", " ", "%20", "+"]))
def test_empty_parameters_filter_nothing(names, nothing):
    assert filters_of("&".join(f"{name}={nothing}" for name in names)) == NO_FILTERS


def test_unknown_parameters_are_ignored():
    assert filters_of("colour_of_money=green&utm_source=x&make=Audi") == NO_FILTERS


def test_repeated_parameters_are_alternatives():
    assert filters_of("brand=Audi&brand=BMW&fuel=LPG&fuel=Plug-in+Hybrid") == Filters(
        make=("Audi", "BMW"), fuel=(Fuel.LPG, Fuel.PLUGIN_HYBRID)
    )


def test_text_is_read_as_utf8_with_or_without_percent_signs():
    for query in ("brand=Škoda", "brand=%C5%A0koda"):
        assert filters_of(query).make == ("Škoda",)


def test_bounds_beyond_all_cars_do_not_matter():
    reached = filters_of("min_year=0&max_year=9999&min_price=-5&max_price=99999999999")
    assert reached == Filters(min_year=1900, max_year=2100, min_price=0, max_price=1_000_000_000)


@pytest.mark.parametrize("query", ["max_price=-1", "min_year=2101", "min_price=x", "max_owners=-1"])
def test_bounds_that_no_car_can_meet_are_mistakes(query):
    with pytest.raises(ProblemError) as refused:
        filters_of(query)
    assert refused.value.errors[0].field == query.partition("=")[0]


def test_every_mistake_is_named():
    with pytest.raises(ProblemError) as refused:
        filters_of("fuel=steam&limit=0&sort=best&max_price=x")
    named = [error.field for error in refused.value.errors]
    assert named == ["max_price", "fuel[0]", "sort", "limit"]
    assert "'diesel'" in refused.value.errors[1].message


def test_options_have_the_prototypes_defaults():
    assert read_query(b"", SearchOptions)[1] == SearchOptions(
        sort=Sort.NEWEST, limit=200, offset=0, record=True
    )
