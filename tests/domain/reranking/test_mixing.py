import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.reranking.mixing import Params, mixed
from carousel.domain.reranking.orders import best_first
from carousel.domain.wishes import in_turn
from tests.domain.reranking.pools import pools, sizes

leasts = st.builds(Params, least=st.floats(0, 1))


def mix(pool, size, params):
    order = best_first(pool.chance)
    return order, mixed(order, pool.need, pool.chance, pool.weights, size, params)


@given(pools(), sizes, leasts)
def test_no_car_is_lost_and_each_need_keeps_its_order(pool, size, params):
    order, slate = mix(pool, size, params)
    assert sorted(slate.tolist()) == sorted(order.tolist())
    for need in range(len(pool.weights)):
        mine = slate[:size][pool.need[slate[:size]] == need]
        assert mine.tolist() == order[pool.need[order] == need][: len(mine)].tolist()
    assert slate[size:].tolist() == [row for row in order.tolist() if row not in slate[:size]]


@given(pools(), sizes, leasts)
def test_one_need_changes_nothing(pool, size, params):
    order = best_first(pool.chance)
    alone = mixed(order, np.zeros(len(order), dtype=int), pool.chance, [0.4], size, params)
    assert alone.tolist() == order.tolist()


@given(pools(), sizes)
def test_when_every_turn_is_kept_these_are_the_turns_of_wishes(pool, size):
    order, slate = mix(pool, size, Params(least=0.0))
    queues = [order[pool.need[order] == need].tolist() for need in range(len(pool.weights))]
    assert slate[:size].tolist() == in_turn(queues, pool.weights, size)


@given(st.floats(0.05, 0.95), st.integers(1, 40))
def test_two_needs_with_cars_enough_are_within_half_a_place_of_their_shares(share, size):
    need = np.repeat([0, 1], 40)
    slate = mixed(np.arange(80), need, np.full(80, 0.1), [share, 1 - share], size, Params())
    for end in range(1, size + 1):
        assert abs(np.count_nonzero(need[slate[:end]] == 0) - share * end) <= 0.5 + 1e-9


def test_seven_and_three_of_ten():
    need = np.repeat([0, 1], 20)
    slate = mixed(np.arange(40), need, np.full(40, 0.1), [0.7, 0.3], 10, Params())
    assert need[slate[:10]].tolist() == [0, 1, 0, 0, 0, 1, 0, 0, 1, 0]


@given(pools(), sizes, leasts)
def test_no_place_goes_to_a_car_worth_much_less_than_another_need_offers(pool, size, params):
    order, slate = mix(pool, size, params)
    left = order.tolist()
    for row in slate[:size].tolist():
        best = max(pool.chance[left])  # the queues are in order of worth
        assert pool.chance[row] >= params.least * best
        left.remove(row)


def test_a_need_without_good_cars_gives_its_places_away():
    need = np.repeat([0, 1], 20)
    worth = np.concatenate([np.full(20, 0.2), np.full(20, 0.01)])
    slate = mixed(best_first(worth), need, worth, [0.5, 0.5], 10, Params(least=0.25))
    assert (need[slate[:10]] == 0).all()


def test_a_need_does_not_come_back_for_turns_it_gave_away():
    need = np.array([0] * 6 + [1] * 6)
    worth = np.array([0.9] * 4 + [0.2] * 2 + [0.1] * 6)
    slate = mixed(np.arange(12), need, worth, [0.5, 0.5], 8, Params(least=0.5))
    assert need[slate[:8]].tolist() == [0, 0, 0, 0, 1, 0, 1, 0]  # in turn, not 1, 1, 1, 1


def test_a_need_that_has_run_out_passes_its_turns_on():
    need = np.array([0, 0, 1, 1, 1, 1])
    slate = mixed(np.arange(6), need, np.full(6, 0.1), [0.9, 0.1], 6, Params())
    assert slate.tolist() == [0, 1, 2, 3, 4, 5]


def test_a_need_of_no_weight_fills_what_others_leave():
    need = np.array([1, 1, 0])
    assert mixed(np.arange(3), need, np.ones(3), [1.0, 0.0], 3, Params()).tolist() == [2, 0, 1]
