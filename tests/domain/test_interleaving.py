"""Two rankings in one list."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.interleaving import team_draft

rankings = st.lists(st.integers(0, 30), unique=True, max_size=15).map(
    lambda rows: np.array(rows, dtype=np.int64)
)
limits, seeds = st.integers(0, 20), st.integers(0, 99)


def draft_of(first, second, limit, seed):
    return team_draft(first, second, limit, np.random.default_rng(seed))


@given(rankings, rankings, limits, seeds)
def test_a_draft_is_made_of_both_without_repeats(first, second, limit, seed):
    draft = draft_of(first, second, limit, seed)
    rows = draft.rows.tolist()
    assert len(rows) == len(set(rows)) == min(limit, len({*first.tolist(), *second.tolist()}))
    assert {*draft.rows[draft.first].tolist()} <= {*first.tolist()}
    assert {*draft.rows[~draft.first].tolist()} <= {*second.tolist()}


@given(rankings, rankings, seeds)
def test_with_places_enough_every_car_of_either_comes_once(first, second, seed):
    draft = draft_of(first, second, 40, seed)
    assert sorted(draft.rows.tolist()) == sorted({*first.tolist(), *second.tolist()})


@given(rankings, rankings, limits, seeds)
def test_each_team_keeps_the_order_of_its_ranking(first, second, limit, seed):
    draft = draft_of(first, second, limit, seed)
    for ranking, mine in ((first, draft.first), (second, ~draft.first)):
        places = [ranking.tolist().index(row) for row in draft.rows[mine].tolist()]
        assert places == sorted(places)


@given(st.permutations(range(40)), st.permutations(range(40)), limits, seeds)
def test_no_team_is_ever_ahead_by_more_than_one(first, second, limit, seed):
    draft = draft_of(np.array(first), np.array(second), limit, seed)
    lead = np.cumsum(np.where(draft.first, 1, -1))
    assert (np.abs(lead) <= 1).all()
    assert (lead[1::2] == 0).all()


@given(rankings, seeds)
def test_a_ranking_against_itself_is_itself(ranking, seed):
    assert draft_of(ranking, ranking, len(ranking), seed).rows.tolist() == ranking.tolist()


def test_a_fair_coin_says_who_picks_first_in_every_round():
    same = np.arange(10)
    firsts = np.array([draft_of(same, same, 10, seed).first[::2] for seed in range(1000)])
    assert firsts.mean(axis=0) == pytest.approx(np.full(5, 0.5), abs=4 * 0.5 / 1000**0.5)
