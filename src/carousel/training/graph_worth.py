"""What a graph of reactions is worth: walks from a shopper's cars against chance.

Owns:    ranking by the graph alone, its figures.
Imports: numpy, domain, recording, training.{factors,graph,holdout,reactions,worth}.

A car counts as surely as walks from the shopper's reactions end there. A walk between kinds that
ends at a kind ends at any of its cars with the same chance.

The graph proposes cars that other ways do not see; it need not rank better than what is popular,
whose figure stands beside its own. Its floor is a random order: below that it is broken.
"""

from collections import defaultdict
from dataclasses import replace

import numpy as np

from carousel.domain.factors import Ints
from carousel.domain.facts import facts_of
from carousel.domain.features import Matrix, Vector
from carousel.domain.graph import Graph, Neighbours, from_model, kinds_of
from carousel.domain.model import Model
from carousel.recording.tables import Recording
from carousel.training.factors import HELD_OUT
from carousel.training.graph import DEFAULTS, GraphTraining, train_graph
from carousel.training.holdout import PLACES, ByPopularity, Ranking, measured
from carousel.training.reactions import DAY_SECONDS, Reactions
from carousel.training.worth import as_figures, of_mean


class ByGraph:
    """Walks from the cars a shopper reacted to, old reactions counting less."""

    def __init__(self, recording: Recording, graph: Graph, half_life_days: float) -> None:
        self._graph = graph
        self._half_life = half_life_days * DAY_SECONDS
        self._ids = np.array([listing.id for listing in recording.listings], dtype=np.int64)
        self._kinds = kinds_of(facts_of(recording.listings))
        self._past: defaultdict[int, list[tuple[int, float, float]]] = defaultdict(list)
        self._now = recording.begins

    def hear(self, day: Reactions, now: float) -> None:
        """Remember a day."""
        self._now = now
        columns = (day.shopper, day.listing, day.strength, day.at)
        for shopper, row, strength, at in zip(*(c.tolist() for c in columns), strict=True):
            self._past[shopper].append((row, strength, at))

    def scores(self, shoppers: Ints, rows: Ints) -> Matrix:
        """Return how surely walks end at each listing."""
        kinds, kind, cars = np.unique(self._kinds[rows], return_inverse=True, return_counts=True)
        found = np.zeros((len(shoppers), len(rows)))
        for place, shopper in enumerate(shoppers.tolist()):
            past = self._past[shopper]
            if past:
                row, strength, at = (np.array(column) for column in zip(*past, strict=True))
                counted = strength * np.exp2((at - self._now) / self._half_life)
                found[place] = _ended(
                    self._graph.listings, self._ids[row], counted, self._ids[rows]
                )
                by_kind = _ended(self._graph.kinds, self._kinds[row], counted, kinds)
                found[place] += (by_kind / cars)[kind]
        return found


class ByChance:
    """A random order, another one for every shopper."""

    def __init__(self, dice: np.random.Generator) -> None:
        self._dice = dice

    def hear(self, day: Reactions, now: float) -> None:
        """Learn nothing."""

    def scores(self, shoppers: Ints, rows: Ints) -> Matrix:
        """Return numbers from 0 to 1."""
        return self._dice.random((len(shoppers), len(rows)))


def _ended(known: Neighbours, starts: Ints, counted: Vector, wanted: Ints) -> Vector:
    """Return how surely walks end at each of what is wanted."""
    ends, surely = known.reached(starts, counted)
    if not len(ends):
        return np.zeros(len(wanted))
    place = np.minimum(np.searchsorted(ends, wanted), len(ends) - 1)
    return np.where(ends[place] == wanted, surely[place], 0.0)


def held_out_since(recording: Recording, until: float) -> float:
    """Return when the days begin that factors and graph are measured on; a midnight, UTC."""
    length = min(HELD_OUT.total_seconds(), (until - recording.begins) / 4)
    return (until - length) // DAY_SECONDS * DAY_SECONDS


def train_measured_graph(
    recording: Recording, until: float, params: GraphTraining = DEFAULTS
) -> Model:
    """Return the graph of what happened before a moment, with figures of its worth.

    The figures are those of a graph of what lies before the last days, at most a quarter, measured
    on these.

    Args:
        recording: what happened; what lies after ``until`` is not looked at.
        until: epoch seconds.
        params: of the training.

    Raises:
        ModelError: nobody had reacted to any car before the last days.
    """
    since = held_out_since(recording, until)
    model = train_graph(recording, until, params)
    early = from_model(train_graph(recording, since, params))
    return replace(
        model, figures={**model.figures, **graph_figures(recording, early, since, until, params)}
    )


def graph_figures(
    recording: Recording,
    graph: Graph,
    since: float,
    until: float,
    params: GraphTraining = DEFAULTS,
) -> dict[str, float]:
    """Return what a graph of what lay before ``since`` is worth until ``until``: its NDCG@10."""
    half_life_days = params.weighing.half_life.total_seconds() / DAY_SECONDS
    rankings: dict[str, Ranking] = {
        "graph": ByGraph(recording, graph, half_life_days),
        "popularity": ByPopularity(recording),
        "chance": ByChance(np.random.default_rng(0)),
    }
    worth = {n: v[:, 0] for n, v in measured(recording, rankings, since, until).items()}
    means = {name: of_mean(values, 0.0).value for name, values in worth.items()}
    return {
        **as_figures(of_mean(worth["graph"], means["chance"])),
        **{f"NDCG@{PLACES}, {name}": mean for name, mean in means.items()},
    }
