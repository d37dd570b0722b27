from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.facts import FACTS
from carousel.domain.reranking.caps import Params, capped
from carousel.domain.reranking.orders import best_first
from tests.domain.reranking.pools import pools, sizes

limits = st.builds(
    Params, seller=st.integers(1, 4), model=st.integers(1, 4), window=st.integers(1, 12)
)


def breaks(facts, before, row, params):
    """Return how many caps a car would break after the cars ``before`` it in the window."""
    seen = before[max(0, len(before) - params.window + 1) :]
    pairs = (("seller", params.seller), ("model", params.model))
    return sum(
        int(
            facts[name][row] != 0 and np.count_nonzero(facts[name][seen] == facts[name][row]) >= cap
        )
        for name, cap in pairs
    )


@given(pools(), sizes, limits)
def test_every_place_goes_to_the_first_car_that_breaks_fewest_caps(pool, size, params):
    order = best_first(pool.chance)
    slate = capped(order, pool.facts, size, params)[:size].tolist()
    left = order.tolist()
    for place, row in enumerate(slate):
        broken = [breaks(pool.facts, slate[:place], other, params) for other in left]
        assert row == left[broken.index(min(broken))]
        left.remove(row)


@given(pools(), sizes, limits)
def test_no_place_is_lost_and_those_beyond_the_slate_stay_in_order(pool, size, params):
    order = best_first(pool.chance)
    slate = capped(order, pool.facts, size, params)
    assert sorted(slate.tolist()) == list(range(len(order)))
    assert slate[size:].tolist() == [row for row in order.tolist() if row not in slate[:size]]


@given(pools(), sizes)
def test_caps_as_wide_as_their_window_change_nothing(pool, size):
    order = best_first(pool.chance)
    params = Params(seller=5, model=5, window=5)
    assert capped(order, pool.facts, size, params).tolist() == order.tolist()


def test_a_dealer_with_the_ten_best_cars_gets_three_of_the_first_ten_places():
    facts = np.zeros(30, dtype=FACTS)
    facts["seller"] = [99] * 10 + list(range(1, 21))
    slate = capped(np.arange(30), facts, 20, Params(seller=3, window=10))
    assert slate[:10].tolist() == [0, 1, 2, 10, 11, 12, 13, 14, 15, 16]
    by_seller = [facts["seller"][slate[start : start + 10]] for start in range(11)]
    assert all(Counter(window.tolist())[99] <= 3 for window in by_seller)
    assert slate[10:13].tolist() == [3, 4, 5]  # as soon as the first three are out of sight


def test_a_search_among_one_dealers_cars_is_a_full_page_in_order():
    facts = np.zeros(25, dtype=FACTS)
    facts["seller"], facts["model"] = 7, 3
    order = np.arange(25)[::-1].copy()
    assert capped(order, facts, 20, Params()).tolist() == order.tolist()


def test_private_sellers_without_a_key_are_not_one_seller():
    facts = np.zeros(12, dtype=FACTS)
    assert capped(np.arange(12), facts, 12, Params(seller=1, model=1)).tolist() == list(range(12))
