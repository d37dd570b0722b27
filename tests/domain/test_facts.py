"""A car's record says what its listing says, and nothing it does not."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.facts import (
    FACTS,
    body_code,
    code_of,
    facts_of,
    fuel_code,
    no_facts,
    transmission_code,
)
from carousel.domain.listing import Body, Fuel, Place, Transmission, spelling_key
from tests.domain.cars import INVENTORY

NOT_STATED = {
    "mileage_km": None, "power_hp": None, "place": None, "model": None,
    "seller": None, "body": None, "fuel": None, "transmission": None,
}  # fmt: skip


def test_the_record_of_each_car_says_what_the_listing_says():
    for car, record in zip(INVENTORY, facts_of(INVENTORY), strict=True):
        assert record["listed_at"] == car.listed_at.timestamp()
        assert (record["price"], record["year"]) == (car.price, car.year)
        assert record["make"] == code_of(car.make)
        assert record["model"] == (0 if car.model is None else code_of(car.make, car.model))
        assert record["body"] == (0 if car.body is None else body_code(car.body))
        assert record["fuel"] == (0 if car.fuel is None else fuel_code(car.fuel))
        if car.transmission is not None:
            assert record["transmission"] == transmission_code(car.transmission)
        for name in ("mileage_km", "power_hp"):
            value = getattr(car, name)
            assert math.isnan(record[name]) if value is None else record[name] == value


def test_what_is_not_stated_is_nought_or_no_number():
    record = facts_of([INVENTORY[0].model_copy(update=NOT_STATED)])[0]
    for name in ("mileage_km", "power_hp", "latitude", "longitude"):
        assert math.isnan(record[name])
    for name in ("model", "seller", "body", "fuel", "transmission"):
        assert record[name] == 0
    there = Place(region="Praha", latitude=50.1, longitude=14.4)
    record = facts_of([INVENTORY[0].model_copy(update={"place": there, "seller": "D-1"})])[0]
    assert (record["latitude"], record["longitude"]) == (np.float32(50.1), np.float32(14.4))
    assert record["seller"] == code_of("D-1")


def test_every_kind_has_a_code_of_its_own_that_fits_a_record():
    for kinds, code in ((Body, body_code), (Fuel, fuel_code), (Transmission, transmission_code)):
        assert sorted(code(kind) for kind in kinds) == list(range(1, len(kinds) + 1))


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_two_spellings_of_a_name_have_one_code(one, other):
    assert (code_of(one) == code_of(other)) == (spelling_key(one) == spelling_key(other))
    assert 0 < code_of(one) < 2**32
    assert code_of(one.upper()) == code_of(one) or spelling_key(one.upper()) != spelling_key(one)


def test_records_are_as_long_as_databases_keep_them():
    assert FACTS.itemsize == 47
    assert no_facts().dtype == facts_of([]).dtype == FACTS
    assert len(facts_of([])) == 0
