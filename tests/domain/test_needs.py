from datetime import UTC, datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain import trail
from carousel.domain.facts import facts_of
from carousel.domain.filters import Filters
from carousel.domain.listing import Body, ListingFacts
from carousel.domain.needs import Params, needs_of, served

NOW = datetime(2026, 3, 1, tzinfo=UTC).timestamp()


def viewed(number: int, body: Body, price: int, days_ago: float = 0.0):
    car = ListingFacts(
        ref=str(number), make="Skoda", name="car", year=2018, price=price, body=body,
        listed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    return trail.reaction(NOW - 86_400 * days_ago, number, "view", None, facts_of([car]))


def test_a_van_and_a_city_car_are_two_needs_and_every_view_knows_its_own():
    vans = [viewed(n, Body.VAN, 28_000 + 500 * n) for n in range(4)]
    small = [viewed(10 + n, Body.HATCHBACK, 6_000 + 200 * n) for n in range(2)]
    seen = trail.extended(trail.NO_TRAIL, vans + small)
    needs = needs_of(seen, NOW, Params())
    assert len(needs) == 2
    own = np.argmax(needs.reactions, axis=1)
    by_car = dict(zip(seen.reactions["listing"].tolist(), own.tolist(), strict=True))
    assert {by_car[n] for n in range(4)} == {0}
    assert {by_car[n] for n in (10, 11)} == {1}
    assert needs.weights[0] > 0.6


def test_one_stray_look_is_no_need():
    steps = [viewed(n, Body.SUV, 20_000) for n in range(12)] + [viewed(50, Body.COUPE, 60_000)]
    assert len(needs_of(trail.extended(trail.NO_TRAIL, steps), NOW, Params())) == 1


def test_the_wider_a_distance_in_price_is_the_fewer_needs_there_are():
    told = [viewed(n, Body.SUV, price) for n, price in enumerate([9_000] * 4 + [30_000] * 4)]
    seen = trail.extended(trail.NO_TRAIL, told)
    assert len(needs_of(seen, NOW, Params())) == 2
    assert len(needs_of(seen, NOW, Params(price_width=1.5))) == 1


def test_an_old_need_fades_behind_a_new_one():
    old = [viewed(n, Body.VAN, 28_000, days_ago=60) for n in range(6)]
    new = [viewed(20 + n, Body.HATCHBACK, 6_000) for n in range(3)]
    needs = needs_of(trail.extended(trail.NO_TRAIL, old + new), NOW, Params())
    assert len(needs) == 1


steps = st.lists(
    st.tuples(st.sampled_from(list(Body)), st.integers(1_000, 90_000), st.floats(0, 40)),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(steps, st.lists(st.integers(1_000, 90_000), max_size=4), st.randoms(use_true_random=False))
def test_needs_are_shares_of_one_whole_and_do_not_depend_on_order(cars, limits, luck):
    told = [viewed(n, body, price, age) for n, (body, price, age) in enumerate(cars)]
    asked = [trail.search(NOW - n, Filters(max_price=price)) for n, price in enumerate(limits)]
    one = trail.extended(trail.NO_TRAIL, told, asked)
    luck.shuffle(told)
    luck.shuffle(asked)
    other = trail.extended(trail.NO_TRAIL, told, asked)
    needs, again = needs_of(one, NOW, Params()), needs_of(other, NOW, Params())
    assert 1 <= len(needs) <= 3
    assert np.isclose(needs.weights.sum(), 1)
    assert np.all(np.diff(needs.weights) <= 0)
    assert np.allclose(needs.reactions.sum(axis=1), 1)
    assert np.array_equal(needs.weights, again.weights)
    assert np.array_equal(needs.reactions, again.reactions)


def test_a_car_serves_the_need_it_is_nearest_to():
    vans = [viewed(n, Body.VAN, 28_000 + 500 * n) for n in range(5)]
    small = [viewed(10 + n, Body.HATCHBACK, 6_000 + 200 * n) for n in range(2)]
    seen = trail.extended(trail.NO_TRAIL, vans + small)
    needs = needs_of(seen, NOW, Params())
    cars = np.concatenate([viewed(n, *car)["facts"] for n, car in enumerate([
        (Body.VAN, 26_000), (Body.HATCHBACK, 5_000), (Body.VAN, 40_000), (Body.HATCHBACK, 9_000),
    ])])  # fmt: skip
    assert served(cars, seen, needs, NOW, Params()).tolist() == [0, 1, 0, 1]


def test_where_nothing_is_known_every_car_serves_the_one_need():
    cars = np.concatenate([viewed(n, Body.SUV, 9_000)["facts"] for n in range(3)])
    nothing = needs_of(trail.NO_TRAIL, NOW, Params())
    assert served(cars, trail.NO_TRAIL, nothing, NOW, Params()).tolist() == [0, 0, 0]
