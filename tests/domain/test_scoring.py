import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.candidates import Found, merge
from carousel.domain.scoring import Params, score


@given(
    st.lists(
        st.dictionaries(st.integers(1, 30), st.floats(-5, 5), max_size=10), min_size=1, max_size=4
    )
)
def test_merging_loses_no_listing_and_keeps_support_in_bounds(channels):
    found = [Found(f"c{n}", list(c), list(c.values())) for n, c in enumerate(channels)]
    merged = merge(found)
    assert set(merged.ids) == {i for c in channels for i in c}
    assert len(set(merged.ids)) == len(merged.ids)
    for support in merged.support.values():
        assert ((support >= 0) & (support <= 1)).all()


@given(st.integers(0, 100), st.floats(0, 0.99))
def test_the_parts_add_up_to_the_score(seed, confidence):
    dice = np.random.default_rng(seed)
    items = dice.standard_normal((8, 4))
    support = {name: dice.uniform(0, 1, 8) for name in ("popular", "fresh", "searches")}
    scores = score(items, items[0], confidence, support, Params())
    np.testing.assert_allclose(scores.total, sum(scores.parts.values()))


def test_a_stranger_is_ranked_without_a_personal_part():
    items = np.eye(2)
    scores = score(items, None, 0.9, {"popular": np.array([0.2, 1.0])}, Params())
    assert not scores.parts["content"].any()
    assert scores.main_part(1) == "popular"
    assert scores.total.tolist() == pytest.approx([0.14, 0.7])


def test_more_evidence_gives_the_personal_part_more_weight():
    items, wanted = np.eye(2), np.array([1.0, 0.0])
    support = {"popular": np.array([0.0, 1.0])}
    order = [int(np.argmax(score(items, wanted, c, support, Params()).total)) for c in (0.1, 0.9)]
    assert order == [1, 0]


def test_what_was_searched_for_comes_before_what_is_only_popular():
    support = {"popular": np.array([1.0, 0.0]), "searches": np.array([0.0, 0.5])}
    scores = score(np.eye(2), np.ones(2) / np.sqrt(2), 1 / 3, support, Params())
    assert int(np.argmax(scores.total)) == 1
    assert scores.main_part(1) == "searches"
