"""Several lists as one, and places shared out among needs."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.needs import Needs
from carousel.serving.merging import in_turn, places_of
from carousel.storage.ports import Retrieved

lists = st.lists(st.lists(st.integers(1, 30), unique=True, max_size=8), max_size=4)


def listed(ids):
    return Retrieved(ids, [0.0] * len(ids))


@given(lists)
def test_every_listing_is_there_once_best_first(many):
    found = in_turn("some", [listed(ids) for ids in many])
    assert set(found.ids) == {i for ids in many for i in ids}
    assert len(found.ids) == len(set(found.ids)) == len(found.scores)
    assert list(found.scores) == sorted(found.scores, reverse=True)


@given(lists)
def test_the_first_of_every_list_comes_before_any_second(many):
    ids = list(in_turn("some", [listed(one) for one in many]).ids)
    firsts = {one[0] for one in many if one}
    assert set(ids[: len(firsts)]) == firsts


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=3), st.integers(1, 12))
def test_every_need_gets_a_place_and_none_more_than_its_weight(weights, places):
    shares = np.array(weights) / sum(weights)
    given_ = places_of(Needs(shares, np.ones((0, len(shares))), np.ones((0, len(shares)))), places)
    assert all(n >= 1 for n in given_)
    assert all(n <= max(1, places * share + 0.5) for n, share in zip(given_, shares, strict=True))
