"""Every candidate is ranked, nothing is sampled, and the numbers are those of the definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from carousel.evaluation.public import protocol
from carousel.evaluation.public.reactions import Reactions, Task

KEYS = [metric.key for metric in protocol.METRICS]


def task(past, candidates=None):
    matrix = csr_matrix(np.array(past, float))
    users, items = matrix.nonzero()
    everything = np.arange(matrix.shape[1])
    chosen = everything if candidates is None else np.array(candidates)
    told = Reactions(users.astype(np.int64), items.astype(np.int64), np.full(len(users), np.nan))
    return Task(told, matrix, chosen, None, 0)


def figures(ranked, user=0):
    return dict(zip(KEYS, ranked.values[user], strict=True))


def fixed(scores):
    table = np.array(scores, float)
    return lambda users: table[users]


def test_the_metrics_are_those_of_the_definitions():
    targets = csr_matrix([[0, 1, 0, 1, 0]])
    ranked = protocol.rank(task([[1, 0, 0, 0, 0]]), targets, fixed([[9, 4, 3, 2, 1]]))
    found = figures(ranked)
    # Item 0 is known; the order is 1, 2, 3, 4: liked at places 1 and 3.
    ideal = 1 + 1 / np.log2(3)
    assert found["ndcg@10"] == pytest.approx((1 + 0.5) / ideal)
    assert found["recall@10"] == found["recall@20"] == found["mrr@20"] == found["hit@10"] == 1.0
    assert ranked.coverage == pytest.approx(4 / 5)


def test_recall_divides_by_all_liked_items_even_those_that_do_not_fit():
    targets = csr_matrix(np.r_[[0], np.ones(40)][None])
    ranked = protocol.rank(task(np.eye(1, 41)), targets, fixed([np.arange(41.0)]))
    found = figures(ranked)
    assert found["recall@10"] == pytest.approx(10 / 40)
    assert found["ndcg@10"] == pytest.approx(1.0)


def test_what_a_user_knows_is_never_shown_again():
    ranked = protocol.rank(task([[1, 1, 0]]), csr_matrix([[0, 0, 1]]), fixed([[3, 2, 1]]))
    assert figures(ranked)["mrr@20"] == 1.0
    assert ranked.coverage == pytest.approx(1 / 3)


def test_users_without_a_past_or_without_targets_are_not_measured():
    past = [[1, 0], [0, 0], [1, 0]]
    targets = csr_matrix([[0, 1], [1, 0], [0, 0]])
    assert protocol.asked(task(past), targets).tolist() == [0]


def test_only_candidates_are_ranked_but_all_liked_items_count():
    targets = csr_matrix([[0, 0, 1, 1]])
    ranked = protocol.rank(task([[1, 0, 0, 0]], [1, 2]), targets, fixed([[0.0, 5.0]]))
    assert figures(ranked)["recall@10"] == pytest.approx(0.5)


def test_a_score_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="not finite"):
        protocol.rank(task([[1, 0]]), csr_matrix([[0, 1]]), fixed([[np.nan, 1]]))


def test_the_size_of_a_batch_changes_nothing(monkeypatch, tastes):
    past, targets = tastes.for_test(0)
    scores = np.random.default_rng(0).random((tastes.users, tastes.items))
    told = []
    whole = protocol.rank(past, targets, lambda users: scores[users])
    monkeypatch.setattr(protocol, "SCORES_AT_ONCE", 1)
    single = protocol.rank(past, targets, lambda users: scores[users], told.append)
    assert np.array_equal(whole.values, single.values)
    assert whole.coverage == single.coverage
    assert told[-1] == 1.0
    assert told == sorted(told)


@given(st.integers(0, 1000), st.integers(1, 12))
def test_the_top_is_that_of_a_stable_sort(seed, k):
    scores = np.random.default_rng(seed).integers(0, 5, (3, 12)).astype(float)
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    assert np.array_equal(protocol.top(scores, k), expected)


@given(st.lists(st.booleans(), min_size=20, max_size=20), st.integers(0, 30))
def test_every_metric_lies_between_nothing_and_everything(hits, more):
    total = max(1, sum(hits) + more)
    values = protocol.measures(np.array([hits]), np.array([total]))
    assert np.all((values >= 0) & (values <= 1 + 1e-12))
    assert (values[0, -1] == 1) == any(hits[:10])


def test_random_finds_what_chance_finds():
    dice = np.random.default_rng(0)
    users, items = 4000, 50
    past = np.zeros((users, items))
    past[:, 0] = 1
    targets = csr_matrix(np.eye(items)[dice.integers(1, items, users)])
    ranked = protocol.rank(task(past), targets, lambda some: dice.random((len(some), items)))
    assert ranked.values.mean(axis=0)[KEYS.index("recall@10")] == pytest.approx(10 / 49, abs=0.02)
