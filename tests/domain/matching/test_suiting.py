"""How well cars suit searches altogether: more, newer and better fits count more."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.cars import cars_of
from carousel.domain.facts import facts_of
from carousel.domain.filters import Filters, passes
from carousel.domain.listing import Body, Fuel
from carousel.domain.matching.searches import fit, meets, suiting
from carousel.domain.trail import SEARCH, search
from tests.domain.cars import INVENTORY

DAY = 86_400.0
FACTS = facts_of(INVENTORY)
ESTATES = Filters(body=(Body.ESTATE,), max_price=15_000)


def test_who_never_searched_is_suited_by_nothing():
    assert not suiting(FACTS, np.empty(0, SEARCH), now=0.0).any()


def test_one_search_of_just_now_is_worth_a_half_where_it_fits():
    suits = suiting(FACTS, search(0.0, ESTATES), now=0.0)
    fits = (FACTS["body"] == 3) & (FACTS["price"] <= 15_000) & (FACTS["price"] > 10_100)
    assert fits.any()
    np.testing.assert_allclose(suits[fits], 0.5)
    assert suits[FACTS["body"] != 3].max() < 0.1


@given(st.lists(st.integers(1_000, 60_000), min_size=1, max_size=12), st.floats(0, 60))
def test_it_is_a_share_and_fades(prices, days):
    steps = np.concatenate([search(float(n), Filters(max_price=p)) for n, p in enumerate(prices)])
    now = float(len(prices))
    suits = suiting(FACTS, steps, now)
    assert suits.min() >= 0.0
    assert suits.max() < 1.0
    assert (suiting(FACTS, steps, now + days * DAY) <= suits + 1e-12).all()


bounds = st.none() | st.integers(0, 40_000)
asked = st.builds(
    Filters,
    make=st.lists(st.sampled_from([car.make for car in INVENTORY]), max_size=3).map(tuple),
    body=st.lists(st.sampled_from(Body), max_size=2).map(tuple),
    fuel=st.lists(st.sampled_from(Fuel), max_size=2).map(tuple),
    min_price=bounds,
    max_price=bounds,
    max_mileage=bounds,
    min_power=st.none() | st.integers(0, 200),
    min_year=st.none() | st.integers(2005, 2020),
)


@given(st.lists(asked, min_size=1, max_size=4))
def test_cars_have_all_that_a_search_asks_exactly_if_they_pass_its_filters(wanted):
    steps = np.concatenate([search(float(n), one) for n, one in enumerate(wanted)])
    found = meets(fit(cars_of(FACTS), FACTS, steps), FACTS, steps)
    assert found.tolist() == [[passes(car, one) for one in wanted] for car in INVENTORY]


def test_an_estate_far_below_the_limit_has_all_that_was_asked():
    car = facts_of([INVENTORY[0].model_copy(update={"body": Body.ESTATE, "price": 5_990})])
    step = search(0.0, ESTATES)
    said = fit(cars_of(car), car, step)
    assert said.cost.item() > 0.05
    assert meets(said, car, step).item()
