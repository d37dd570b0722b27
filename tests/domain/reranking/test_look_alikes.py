import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.reranking import Params, diversify


@st.composite
def slates(draw):
    count = draw(st.integers(1, 40))
    dice = np.random.default_rng(draw(st.integers(0, 1_000)))
    items = dice.standard_normal((count, 5))
    items /= np.linalg.norm(items, axis=1, keepdims=True)
    groups = [int(g) for g in dice.integers(0, draw(st.integers(1, 8)), count)]
    return dice.uniform(-1, 1, count), items, groups


@given(slates(), st.integers(0, 30))
def test_a_slate_has_the_asked_size_and_no_car_twice(slate, size):
    scores, items, groups = slate
    places = diversify(scores, items, groups, size, Params())
    assert len(places) == min(size, len(scores))
    assert len(set(places)) == len(places)


@given(slates())
def test_the_best_car_comes_first(slate):
    scores, items, groups = slate
    assert diversify(scores, items, groups, 1, Params()) == [int(np.argmax(scores))]


@given(slates())
def test_relevance_alone_without_cap_is_the_order_of_the_scores(slate):
    scores, items, groups = slate
    places = diversify(scores, items, groups, len(scores), Params(relevance=1.0, cap=10_000))
    assert places == [int(i) for i in np.argsort(-scores, kind="stable")]


@given(slates(), st.integers(1, 4))
def test_look_alikes_keep_to_the_cap_while_others_are_left(slate, cap):
    scores, items, groups = slate
    params = Params(cap=cap, window=10)
    places = diversify(scores, items, groups, len(scores), params)
    for end in range(len(places)):
        window = [groups[i] for i in places[max(0, end - 9) : end + 1]]
        newest = window[-1]
        if window.count(newest) > cap:
            rest = {groups[i] for i in places[end:]}
            assert all(window[:-1].count(g) >= cap for g in rest), "others were left"


def test_ten_twins_do_not_fill_the_page():
    scores = np.concatenate([np.full(10, 0.9), np.full(10, 0.8)])
    items = np.concatenate([np.tile([1.0, 0.0], (10, 1)), np.tile([0.0, 1.0], (10, 1))])
    places = diversify(scores, items, ["twin"] * 10 + list(range(10)), 10, Params())
    assert sum(i < 10 for i in places) == Params().cap
