"""Trade-offs on a market in memory: truly better, honestly told, never empty without need."""

import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.car_features import describe
from carousel.domain.errors import NotStatedError
from carousel.domain.filters import NO_FILTERS, Filters, distance_km, passes
from carousel.domain.listing import Body, Status
from carousel.domain.trade_offs import AXES, Toward
from carousel.serving.trade_offs import trade_offs
from carousel.storage import open_memory
from tests.domain.cars import INVENTORY, SPACE, car

HERE = (50.0, 10.0)
CARS = [*INVENTORY[:-3], car(398, mileage_km=None), car(399, power_hp=None), car(400, place=None)]
BY_ID = {one.id: one for one in CARS}
SILENT = {Toward.FEWER_KM: 398, Toward.MORE_POWERFUL: 399, Toward.CLOSER: 400}


def filled(cars):
    store = open_memory()
    store.put(cars)
    vectors = SPACE.vectors([describe(one) for one in cars])
    store.adopt(SPACE, dict(zip((one.id for one in cars), vectors, strict=True)))
    return store


STORE = filled(CARS)


def ask(listing_id, toward, filters=NO_FILTERS, limit=6, **different):
    store, here = different.get("store", STORE), different.get("here", HERE)
    without = different.get("without", frozenset())
    return asyncio.run(
        trade_offs(store, listing_id, toward, filters, limit, here=here, without=without)
    )


def value(one, toward):
    match toward:
        case Toward.CHEAPER:
            return one.price
        case Toward.NEWER:
            return one.year
        case Toward.FEWER_KM:
            return one.mileage_km
        case Toward.MORE_POWERFUL:
            return one.power_hp
        case Toward.CLOSER:
            place = one.place
            return place and distance_km(*HERE, place.latitude, place.longitude)


def gain(reference, one, toward):
    """Return by how much a car is better; None where one of the two does not say."""
    mine, theirs = value(reference, toward), value(one, toward)
    return None if mine is None or theirs is None else AXES[toward].sign * (theirs - mine)


@settings(deadline=None)  # the first walk through vectors loads its compiled loop
@given(st.sampled_from(CARS), st.sampled_from(Toward), st.integers(1, 20))
def test_every_answer_is_better_and_there_is_one_when_any_car_is(reference, toward, limit):
    if value(reference, toward) is None:
        return
    gains = [g for one in CARS if (g := gain(reference, one, toward)) is not None]
    found = ask(reference.id, toward, limit=limit)
    step = AXES[toward].step(value(reference, toward))
    noticed = [g for g in gains if g >= step - 1e-9]
    assert len(found) == min(limit, len(noticed) or sum(g > 0.001 for g in gains))
    for entry in found:
        assert gain(reference, entry.listing, toward) >= (step - 1e-6 if noticed else 1e-9)


@given(st.sampled_from(CARS), st.sampled_from(Toward))
def test_gains_and_losses_are_the_true_differences(reference, toward):
    if value(reference, toward) is None:
        return
    for entry in ask(reference.id, toward):
        assert toward in entry.gained
        for axis in Toward:
            better = gain(reference, entry.listing, axis)
            told = {**entry.gained, **entry.given_up}.get(axis)
            if not better:
                assert told is None
            else:
                assert told == pytest.approx(AXES[axis].sign * better)
                assert (axis in entry.gained) == (better > 0)
        assert entry.distance == pytest.approx(value(entry.listing, Toward.CLOSER))


def test_a_twin_for_less_money_comes_before_a_twin_for_less_that_gives_something_up():
    plain = {**dict(INVENTORY[0]), "price": 10_000, "year": 2015, "mileage_km": 90_000}
    reference = car(1, **{**plain, "id": 1})
    twin = car(2, **{**plain, "id": 2, "ref": "twin", "price": 9_300})
    older = car(3, **{**plain, "id": 3, "ref": "older", "price": 9_300, "year": 2011})
    worn = car(4, **{**plain, "id": 4, "ref": "worn", "price": 9_300, "mileage_km": 190_000})
    barely = car(5, **{**plain, "id": 5, "ref": "barely", "price": 9_990})
    store = filled([reference, older, worn, twin, barely, *INVENTORY[5:]])
    found = ask(1, Toward.CHEAPER, store=store, limit=100)
    ids = [entry.listing.id for entry in found]
    assert ids[0] == 2
    assert found[0].given_up == {}
    assert found[0].gained == {Toward.CHEAPER: -700.0}
    assert found[0].different == ()
    assert 5 not in ids


def test_a_car_that_is_cheaper_by_one_is_shown_only_where_none_is_cheaper_by_more():
    reference, barely = car(1, price=1_000), car(2, price=999)
    others = [car(n, price=2_000) for n in range(3, 60)]
    store = filled([reference, barely, *others])
    assert [entry.listing.id for entry in ask(1, Toward.CHEAPER, store=store)] == [2]
    assert ask(2, Toward.CHEAPER, store=store) == []


def test_the_answer_keeps_to_the_filters_and_to_their_own_bounds():
    dear = max(CARS, key=lambda one: one.price)
    filters = Filters(body=(Body.ESTATE,), max_price=9_000, max_year=2015)
    found = ask(dear.id, Toward.CHEAPER, filters, 50)
    assert found
    assert all(passes(entry.listing, filters) for entry in found)


def test_a_sold_car_is_a_reference_and_never_an_answer():
    store = filled(CARS)
    before = [entry.listing.id for entry in ask(200, Toward.NEWER, store=store)]
    store.set_status([200, *before], Status.SOLD)
    after = [entry.listing.id for entry in ask(200, Toward.NEWER, store=store)]
    assert len(after) == 6
    assert not {*before, 200} & {*after}


@pytest.mark.parametrize(("toward", "listing_id"), SILENT.items())
def test_a_car_that_does_not_say_is_told_so_in_one_sentence(toward, listing_id):
    with pytest.raises(NotStatedError, match=rf"^Car {listing_id} does not state .*\.$"):
        ask(listing_id, toward)


def test_an_unknown_car_has_no_trade_offs():
    assert ask(10**9, Toward.CHEAPER) is None


def test_without_a_feature_space_better_cars_are_found_by_their_numbers():
    bare = open_memory()
    bare.put(CARS)
    dear = max(CARS, key=lambda one: one.price)
    found = ask(dear.id, Toward.CHEAPER, store=bare)
    assert len(found) == 6
    assert all(entry.listing.price < dear.price for entry in found)


@pytest.mark.parametrize("space", [True, False])
def test_cars_left_out_make_room_for_others_even_for_smaller_gains(space):
    cars = [car(1, price=1_000), car(2, price=500), car(3, price=600), car(4, price=999)]
    store = filled(cars) if space else open_memory()
    store.put(cars)

    def cheaper(*without):
        found = ask(1, Toward.CHEAPER, store=store, limit=2, without=frozenset(without))
        return {entry.listing.id for entry in found}

    assert cheaper() == {2, 3}
    assert cheaper(2) == {3}
    assert cheaper(2, 3) == {4}
    assert cheaper(2, 3, 4) == set()


def test_who_stands_here_has_nobody_closer():
    store = filled([car(1), car(2), car(3)])
    here = (car(1).place.latitude, car(1).place.longitude)
    assert ask(1, Toward.CLOSER, store=store, here=here) == []


def test_a_closer_car_is_closer_even_within_a_circle():
    circle = Filters(near_latitude=50.0, near_longitude=10.0, radius_km=150)
    far = max(CARS, key=lambda one: value(one, Toward.CLOSER) or 0.0)
    found = ask(far.id, Toward.CLOSER, circle, 100)
    assert found
    assert all(entry.distance <= 150 for entry in found)


def test_where_nobody_says_where_they_are_no_way_is_told():
    assert {entry.distance for entry in ask(5, Toward.NEWER, here=None)} == {None}


def test_the_first_is_about_as_much_like_the_car_as_the_market_allows():
    vectors = SPACE.vectors([describe(one) for one in CARS])
    likeness = vectors @ vectors.T
    ranks = []
    for n, reference in enumerate(CARS[:60]):
        better = [m for m, one in enumerate(CARS) if one.price <= 0.95 * reference.price]
        found = ask(reference.id, Toward.CHEAPER, limit=1)
        if found:
            first = next(m for m, one in enumerate(CARS) if one.id == found[0].listing.id)
            ranks.append(sum(likeness[n, m] > likeness[n, first] for m in better))
    assert np.median(ranks) <= 2
