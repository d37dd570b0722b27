"""The prototype's formulas against numbers worked out by hand."""

import numpy as np
import pytest

from carousel.domain.listing import Fuel, SellerType, Transmission
from carousel.evaluation.methods.prototype import Prototype, distances, encode, fit, halfway
from tests.domain.cars import car
from tests.evaluation.methods.tiny import SPLIT, a_recording, ask, at_split, played

PLAIN = {
    "make": "Skoda",
    "fuel": Fuel.PETROL,
    "seller_type": SellerType.DEALER,
    "transmission": Transmission.MANUAL,
    "owners": 1,
}
OLD = car(1, **PLAIN, year=2010, price=2_000, mileage_km=100_000)
MIDDLE = car(2, **PLAIN, year=2015, price=6_000, mileage_km=50_000)
NEW = car(3, **(PLAIN | {"make": "Audi", "owners": 3}), year=2020, price=10_000, mileage_km=0)


def test_numbers_are_scaled_between_the_least_and_the_most_and_names_are_one_hot():
    encoding = fit([OLD, MIDDLE, NEW])
    # year, price, mileage, owners | audi, skoda | petrol | dealer | manual
    assert encode([OLD, MIDDLE, NEW], encoding).tolist() == [
        [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0],
        [0.5, 0.5, 0.5, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0],
        [1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0],
    ]


def test_a_later_car_keeps_the_scale_and_an_unknown_name_is_nothing():
    encoding = fit([OLD, MIDDLE, NEW])
    later = NEW.model_copy(update={"price": 18_000, "make": "Tesla", "fuel": Fuel.ELECTRIC})
    assert encode([later], encoding).tolist() == [[1.0, 2.0, 0.0, 1.0, 0, 0, 0, 1.0, 1.0]]


def test_the_profile_jumps_half_way_to_every_car():
    a, b, c = np.eye(3)
    assert halfway(halfway(halfway(None, a), b), c).tolist() == [0.25, 0.25, 0.5]


def test_distances_are_euclidean():
    assert distances(np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([3.0, 0.0])).tolist() == [3, 4]


@pytest.mark.parametrize(
    ("flat", "profile"),
    # Opened: old, new, new; on the price axis 0, 1, 1.
    [(False, 0.75), (True, 2 / 3)],
)
def test_the_method_scores_by_the_distance_from_its_profile(flat, profile):
    happened = [(1, 0, "view", 0), (2, 0, "favourite", 2), (3, 0, "contact", 2)]
    ignored = [(4, 0, "dismiss", 1), (5, 0, "unfavourite", 0), (6, 0, "search", None, 0)]
    world = at_split(a_recording([OLD, MIDDLE, NEW], [*happened, *ignored]))
    method = Prototype(flat=flat)
    method.begin(world)
    year = price = owners = audi = profile
    mileage = skoda = 1 - profile
    expected = -np.sqrt(
        [
            year**2 + price**2 + (1 - mileage) ** 2 + owners**2 + audi**2 + (1 - skoda) ** 2,
            2 * (0.5 - profile) ** 2
            + (0.5 - mileage) ** 2
            + owners**2
            + audi**2
            + (1 - skoda) ** 2,
            2 * (1 - year) ** 2 + mileage**2 + (1 - owners) ** 2 + (1 - audi) ** 2 + skoda**2,
        ]
    )
    scores = method.score(world, ask(world), np.arange(3))
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    assert method.rank(world, ask(world)).rows[0] == 2


def test_a_stranger_gets_the_first_cars():
    world = at_split(a_recording([OLD, MIDDLE, NEW]))
    method = Prototype()
    method.begin(world)
    assert method.rank(world, ask(world, limit=2)).rows.tolist() == [0, 1]


def test_events_after_the_split_move_the_profile_like_those_before():
    happened = [(1, 0, "view", 0), (50, 0, "view", 2)]
    recording = a_recording([OLD, MIDDLE, NEW], happened)
    later = played(recording, before := Prototype(), SPLIT + 86_400)
    at_once = at_split(recording, SPLIT + 86_400)
    (after := Prototype()).begin(at_once)
    rows = np.arange(3)
    assert (
        before.score(later, ask(later), rows).tolist()
        == after.score(at_once, ask(at_once), rows).tolist()
    )
