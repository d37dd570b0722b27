"""How well cars suit searches altogether: more, newer and better fits count more."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.facts import facts_of
from carousel.domain.filters import Filters
from carousel.domain.listing import Body
from carousel.domain.matching.searches import suiting
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
