"""Ranking by walks alone, on a graph small enough to walk by hand."""

from dataclasses import replace

import numpy as np
import pytest

from carousel.domain.facts import facts_of
from carousel.domain.graph import NOWHERE, Graph, Neighbours, from_model, kinds_of
from carousel.training.graph import train_graph
from carousel.training.graph_worth import ByGraph, graph_figures, held_out_since
from carousel.training.reactions import DAY_SECONDS, Reactions
from tests.recording.little_market import market
from tests.simulation.test_living import small_market

# The three cars are of two kinds: one of a Fabia, one of cars that state no model.
RECORDING = market()
IDS = np.array([car.id for car in RECORDING.listings])
KINDS = kinds_of(facts_of(RECORDING.listings))


def neighbours(*rows):
    """Return neighbours from rows of source, ends, weights."""
    sources, ends, weights = zip(*sorted(rows), strict=True)
    return Neighbours(np.array(sources), np.array(ends), np.array(weights, np.float32))


NONE = Neighbours(np.empty(0, np.int64), np.empty((0, 2), np.int64), np.empty((0, 2), np.float32))


def day(*reactions):
    shopper, listing, strength = (np.array(c) for c in zip(*reactions, strict=True))
    return Reactions(np.zeros(len(shopper)), shopper, listing, strength.astype(float))


def test_a_walk_ends_at_a_neighbour_as_surely_as_the_start_counts():
    walks = neighbours((IDS[0], [IDS[1], IDS[2]], [0.5, 0.25]), (IDS[1], [IDS[2], NOWHERE], [1, 0]))
    ranking = ByGraph(RECORDING, Graph(walks, NONE), half_life_days=1.0)
    ranking.hear(day((7, 0, 2.0), (7, 1, -1.0), (8, 1, 1.0)), DAY_SECONDS)
    found = ranking.scores(np.array([7, 8, 9]), np.array([2, 1]))
    # A day is one half-life: what was done at its beginning counts half.
    np.testing.assert_allclose(found, [[0.25 - 0.5, 0.5], [0.5, 0.0], [0.0, 0.0]])


def test_a_walk_to_a_kind_ends_at_any_of_its_cars():
    (fabia, other) = KINDS[[0, 1]]
    assert KINDS[2] == other != fabia
    ranking = ByGraph(RECORDING, Graph(NONE, neighbours((fabia, [other], [0.8]))), 1e9)
    ranking.hear(day((7, 0, 1.0)), DAY_SECONDS)
    (found,) = ranking.scores(np.array([7]), np.arange(3))
    assert found == pytest.approx([0.0, 0.4, 0.4])
    (found,) = ranking.scores(np.array([7]), np.array([0, 2]))
    assert found == pytest.approx([0.0, 0.8])


def test_a_graph_of_other_cars_is_worth_no_more_than_chance_and_a_real_one_is():
    recording = small_market().recording
    until = recording.ends
    since = held_out_since(recording, until)
    real = from_model(train_graph(recording, since))
    # The same walks, but every listing and kind is named as if it were another one.
    other = Graph(*(replace(known, ends=known.ends + 7) for known in (real.listings, real.kinds)))
    found, broken = (graph_figures(recording, one, since, until) for one in (real, other))
    assert found["floor"] == broken["floor"] < 0.02
    assert found["value"] > broken["value"] + found["floor"]
    assert found["cases"] == broken["cases"] > 0
