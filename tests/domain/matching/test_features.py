from datetime import UTC, datetime

import numpy as np
import pytest

from carousel.domain import trail
from carousel.domain.events import Reason
from carousel.domain.facts import facts_of
from carousel.domain.filters import Filters
from carousel.domain.listing import Body, Fuel, ListingFacts, Place, Transmission
from carousel.domain.matching.features import COLUMN, FEATURES, PARTS, Params, Shared, features

NOW = datetime(2026, 3, 1, tzinfo=UTC).timestamp()


def car(price=10_000, **stated) -> ListingFacts:
    known = {
        "make": "Skoda", "model": "Octavia", "year": 2018, "mileage_km": 80_000,
        "power_hp": 115, "body": Body.ESTATE, "fuel": Fuel.DIESEL,
        "transmission": Transmission.MANUAL,
        "place": Place(region="Brno", latitude=49.2, longitude=16.6),
    }  # fmt: skip
    return ListingFacts(
        ref="x", name="car", price=price, listed_at=datetime(2026, 2, 1, tzinfo=UTC),
        **(known | stated),
    )  # fmt: skip


def rows(cars, said):
    nothing = np.zeros(len(cars))
    shared = Shared(*(nothing for _ in range(6)))
    return features(facts_of(cars), shared, said, now=NOW, params=Params())


def column(table, name):
    return table[:, COLUMN[name]]


def searched(**filters):
    return trail.extended(trail.NO_TRAIL, (), [trail.search(NOW - 60, Filters(**filters))])


def reacted(kind, listing, reason=None):
    step = trail.reaction(NOW - 60, 7, kind, reason, facts_of([listing]))
    return trail.extended(trail.NO_TRAIL, [step])


def test_every_feature_belongs_to_one_part():
    assert sorted(FEATURES) == sorted(n for names in PARTS.values() for n in names)
    assert len(set(FEATURES)) == len(FEATURES)


def test_of_a_stranger_nothing_is_made_up():
    table = rows([car()], trail.NO_TRAIL)
    for part in ("searches", "cars", "home", "dislikes"):
        assert np.isnan([column(table, name)[0] for name in PARTS[part]]).all()


@pytest.mark.parametrize(
    ("filters", "worse"),
    [
        ({"max_price": 12_000}, {"price": 15_000}),
        ({"body": (Body.ESTATE,)}, {"body": Body.SUV}),
        ({"fuel": (Fuel.DIESEL,)}, {"fuel": Fuel.ELECTRIC}),
        ({"make": ("škoda",)}, {"make": "Audi"}),
        ({"max_mileage": 100_000}, {"mileage_km": 180_000}),
        ({"min_year": 2016}, {"year": 2009}),
    ],
)
def test_a_car_that_misses_what_a_search_asks_fits_it_less(filters, worse):
    table = rows([car(), car(**worse)], searched(**filters))
    fit = column(table, "search_fit")
    assert fit[0] > fit[1]
    assert column(table, "search_cost_least")[0] == 0


def test_a_search_around_a_place_says_where_home_is():
    near = {"near_latitude": 49.2, "near_longitude": 16.6, "radius_km": 50.0}
    far = Place(region="Hamburg", latitude=53.6, longitude=10.0)
    table = rows([car(), car(place=far)], searched(**near))
    assert column(table, "home_km")[0] < 1
    assert 600 < column(table, "home_km")[1] < 720


def test_the_nearer_to_a_car_that_was_liked_the_higher_on_that_axis():
    table = rows([car(), car(price=14_000), car(price=40_000)], reacted("contact", car()))
    assert np.all(np.diff(column(table, "near_price")) < 0)
    assert np.ptp(column(table, "near_body")) == 0
    assert np.all(np.diff(column(table, "near_all")) < 0)


@pytest.mark.parametrize(
    ("reason", "name", "better"),
    [
        (Reason.TOO_EXPENSIVE, "against_price", {"price": 6_000}),
        (Reason.TOO_MANY_KM, "against_mileage", {"mileage_km": 20_000}),
        (Reason.TOO_OLD, "against_year", {"year": 2024}),
        (Reason.NOT_THIS_MAKE, "against_make", {"make": "Audi"}),
        (Reason.NOT_THIS_BODY, "against_body", {"body": Body.SUV}),
    ],
)
def test_a_reason_speaks_on_its_own_axis_only(reason, name, better):
    table = rows([car(), car(**better)], reacted("dismiss", car(), reason))
    against = column(table, name)
    assert against[0] > against[1]
    others = [n for n in PARTS["dislikes"] if n != name]
    assert not np.any([column(table, n) for n in others])


def test_features_are_of_one_car_alone():
    said = trail.merged(reacted("view", car()), searched(max_price=9_000))
    cars = [car(), car(price=22_000, make="Audi", model="A4")]
    together = rows(cars, said)
    alone = np.concatenate([rows([one], said) for one in cars])
    assert np.allclose(together, alone, equal_nan=True)
