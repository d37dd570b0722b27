import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain import car_features
from carousel.domain.car_features import describe, describe_search, fit_space
from carousel.domain.features import Bumps, fit, from_parts, to_parts
from carousel.domain.filters import Filters
from tests.domain.cars import INVENTORY, NOON, SPACE, car


def vector(listing):
    return SPACE.vectors([describe(listing)])[0]


@given(st.integers(1, 10_000))
def test_every_listing_is_a_unit_vector(number):
    assert np.linalg.norm(vector(car(number))) == pytest.approx(1.0)


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=20))
def test_a_vector_does_not_depend_on_its_company(numbers):
    cars = [car(n) for n in numbers]
    together = SPACE.vectors([describe(c) for c in cars])
    alone = np.array([vector(c) for c in cars])
    np.testing.assert_allclose(together, alone, atol=1e-12)


def test_near_prices_are_nearer_than_far_ones():
    prices = [vector(car(7, price=p)) for p in (10_000, 11_000, 20_000)]
    assert prices[0] @ prices[1] > prices[0] @ prices[2]


def test_the_same_model_is_nearer_than_the_same_make_than_another_make():
    octavia = vector(car(7, make="Skoda", model="Octavia"))
    other = vector(car(7, make="Skoda", model="Octavia", year=2012))
    fabia = vector(car(7, make="Skoda", model="Fabia"))
    panda = vector(car(7, make="Fiat", model="Panda"))
    assert octavia @ other > octavia @ fabia > octavia @ panda


def test_spelling_does_not_matter():
    np.testing.assert_array_equal(
        vector(car(7, make="Škoda", model="octavia")), vector(car(7, make="SKODA", model="Octavia"))
    )


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("model", "model"),
        ("mileage_km", "mileage"),
        ("fuel", "fuel"),
        ("body", "body"),
        ("power_hp", "power"),
        ("place", "place"),
    ],
)
def test_what_is_not_stated_is_neutral_but_noticed(field, name):
    full, without = car(7), car(7, **{field: None})
    assert vector(full) @ vector(without) > 0.5
    assert not np.allclose(vector(full), vector(without))
    block = next(b for b in SPACE.blocks if b.block.name == name)
    encoded, stated = SPACE._block_rows(block, [describe(without)])
    assert not stated[0]
    assert not encoded.any()


def test_an_unknown_make_counts_as_not_stated():
    np.testing.assert_array_equal(
        SPACE.vectors([describe(car(7, make="Nonesuch", model=None))]),
        SPACE.vectors([{k: v for k, v in describe(car(7)).items() if k not in {"make", "model"}}]),
    )


def test_the_version_follows_the_meaning():
    assert fit_space(INVENTORY).version == SPACE.version
    assert fit_space(INVENTORY[:-40]).version != SPACE.version
    heavier = [Bumps("price", count=12, weight=2.0), *car_features.BLOCKS[1:]]
    assert fit(heavier, [describe(c) for c in INVENTORY], car_features.DIM).version != SPACE.version


def test_a_space_survives_being_kept():
    document, arrays = to_parts(SPACE)
    kept = from_parts(document, {name: array.copy() for name, array in arrays.items()})
    assert kept.version == SPACE.version
    things = [describe(c) for c in INVENTORY[:5]]
    np.testing.assert_array_equal(kept.vectors(things), SPACE.vectors(things))


def test_the_moment_is_the_inventorys():
    vectors = SPACE.vectors([describe(c) for c in INVENTORY])
    np.testing.assert_allclose(SPACE.moment, vectors.T @ vectors / len(vectors), atol=1e-12)


def test_a_tiny_inventory_still_fills_the_dimensions():
    space = fit_space(INVENTORY[:2])
    assert space.dim == car_features.DIM
    assert np.isfinite(space.vectors([describe(car(9))])).all()


def test_an_empty_inventory_is_refused():
    with pytest.raises(ValueError, match="empty inventory"):
        fit_space([])


def test_a_search_points_at_the_cars_it_asks_for():
    wanted = SPACE.direction(describe_search(Filters(make=("Skoda",), max_price=9_000), NOON))
    yes = vector(car(7, make="Skoda", model="Fabia", price=8_000))
    no = vector(car(7, make="Audi", model="A6", price=28_000))
    assert wanted @ yes > 0 > wanted @ no


def test_a_search_says_nothing_about_axes_it_does_not_name():
    assert not SPACE.direction(describe_search(Filters(colour=("red",)), NOON)).any()


@given(low=st.integers(0, 500_000), width=st.integers(0, 500_000))
def test_any_range_is_described_within_its_bounds(low, width):
    said = describe_search(Filters(min_price=low, max_price=low + width), NOON)["price"]
    assert min(said) >= car_features.price_scale(max(low, car_features.PRICE.least)) - 1e-9
    assert max(said) <= car_features.price_scale(max(low + width, car_features.PRICE.least)) + 1e-9
