"""The graph learned from a market: neighbours are of one camp, and kinds outlive their cars."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.errors import ModelError
from carousel.domain.factors import Sparse
from carousel.domain.facts import facts_of
from carousel.domain.graph import NOWHERE, faults, from_model, kinds_of
from carousel.training import graph as training
from carousel.training.graph import GraphTraining, neighbours, train_graph
from tests.training import two_camps
from tests.training.two_camps import BEGINS, is_small, market


@pytest.fixture(scope="module")
def recording():
    return market()


@pytest.fixture(scope="module")
def graph(recording):
    model = train_graph(recording, recording.ends)
    assert faults(model) == []
    return from_model(model)


def test_neighbours_are_cars_of_the_same_camp_that_are_alive(recording, graph):
    rows = {car.id: row for row, car in enumerate(recording.listings)}
    alive = {car.id for car, left in zip(recording.listings, recording.lives.left_at, strict=True)
             if left > recording.ends}  # fmt: skip
    assert len(graph.listings.sources) > 50
    for source, ends in zip(graph.listings.sources, graph.listings.ends, strict=True):
        found = [end for end in ends.tolist() if end != NOWHERE]
        assert found
        assert set(found) <= alive - {source}
        assert {is_small(rows[end]) for end in found} == {is_small(rows[int(source)])}


def test_a_car_that_is_gone_still_leads_to_cars_of_its_kind(recording, graph):
    gone = facts_of([recording.listings[0]])
    assert recording.lives.left_at[0] < recording.ends
    ends, surely = graph.kinds.reached(kinds_of(gone), np.ones(1))
    assert len(ends)
    assert (surely > 0).all()
    small = {int(kind) for row, car in enumerate(recording.listings) if is_small(row)
             for kind in kinds_of(facts_of([car]))}  # fmt: skip
    assert set(ends.tolist()) <= small


def dense_walk(seen, alpha, beta):
    """The two steps as their formula writes them."""
    to_shopper = (seen.T / np.maximum(seen.sum(axis=0), 1e-12)[:, None]) ** alpha
    to_column = (seen / np.maximum(seen.sum(axis=1), 1e-12)[:, None]) ** alpha
    found = to_shopper @ to_column / np.maximum(seen.sum(axis=0), 1e-12) ** beta
    np.fill_diagonal(found, 0.0)
    return found


@given(st.integers(0, 500), st.sampled_from([0.5, 1.0]), st.sampled_from([0.0, 0.6]))
def test_weights_are_those_of_the_formula(seed, alpha, beta):
    dice = np.random.default_rng(seed)
    seen = (dice.random((8, 6)) < 0.5) * dice.uniform(0.5, 2.0, (8, 6))
    row, column = np.nonzero(seen)
    ends = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=8))])
    found = neighbours(
        Sparse(ends, column, seen[row, column], 6),
        np.ones(6, np.bool_),
        GraphTraining(alpha=alpha, beta=beta, places=6),
        loops=False,
    )
    expected = dense_walk(seen, alpha, beta)
    for n, source in enumerate(found.sources):
        there = found.ends[n] != NOWHERE
        assert np.allclose(found.weights[n][there], expected[source, found.ends[n][there]], 1e-5)
        assert there.sum() == (expected[source] > 0).sum()
        both = ((seen > 0)[:, [source]] & (seen > 0)[:, found.ends[n][there]]).sum(axis=0)
        assert found.shoppers[n][there].tolist() == both.tolist()
        assert not found.shoppers[n][~there].any()


def test_walks_in_small_parts_are_the_walks_at_once(recording, monkeypatch):
    whole = train_graph(recording, recording.ends).version
    monkeypatch.setattr(training, "AT_ONCE", 50)
    assert train_graph(recording, recording.ends).version == whole


def test_nothing_can_be_learned_where_nobody_reacted(recording):
    with pytest.raises(ModelError, match="Nobody has reacted"):
        train_graph(recording, BEGINS)


def test_a_kind_is_a_model_in_a_band_of_prices():
    cheap, dear, other = (two_camps.car(row, BEGINS) for row in (0, 0, 2))
    dear = dear.model_copy(update={"price": 4 * cheap.price})
    kinds = kinds_of(facts_of([cheap, dear, other]))
    assert len(set(kinds.tolist())) == 3
