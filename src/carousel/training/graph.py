"""The graph of reactions learned from a recording: neighbours of listings and of kinds of car.

Owns:    the training of kind "graph" and its params.
Imports: numpy, domain, recording, training.reactions.

With w the weight of a pair of shopper and listing, a walk's steps and its end count

    step(i -> u) = (w_ui / sum_u w_ui) ** alpha      step(u -> j) = (w_uj / sum_j w_uj) ** alpha
    weight(i -> j) = sum_u step(i -> u) step(u -> j) / (sum_u w_uj) ** beta

Source:  RP3beta: Paudel, Christoffel, Newell & Bernstein, ACM TiiS 2016.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from carousel.domain.errors import ModelError
from carousel.domain.factors import Ints, Sparse
from carousel.domain.facts import facts_of
from carousel.domain.features import Vector
from carousel.domain.graph import NOWHERE, Graph, Neighbours, kind_of, kinds_of, to_model
from carousel.domain.model import Model
from carousel.recording.tables import Recording
from carousel.training.reactions import (
    Reactions,
    Weighing,
    pairs,
    reactions_until,
    weights,
)

AT_ONCE = 4_000_000
"""Walks held at once; some 200 MB while they are sorted."""


@dataclass(frozen=True, slots=True)
class GraphTraining:
    """What an experiment may change.

    alpha:    power of each step's chance. beta: power of an end's popularity it is divided by.
    places:   neighbours kept of each.
    longest:  listings of one shopper that count, those of the largest weight.
    weighing: of reactions.
    """

    alpha: float = 0.8
    beta: float = 0.4
    places: int = 50
    longest: int = 200
    weighing: Weighing = field(default_factory=Weighing)


DEFAULTS = GraphTraining()


def train_graph(recording: Recording, until: float, params: GraphTraining = DEFAULTS) -> Model:
    """Return the graph of what happened before a moment, epoch seconds.

    Listings that have left by then are no neighbours and have none; kinds learn from them too.

    Raises:
        ModelError: nobody had reacted to any car by then.
    """
    seen = reactions_until(recording, until)
    counted = weights(seen, until, params.weighing)
    shoppers, listings = len(recording.users), len(recording.listings)
    by_listing = pairs(seen, counted, (shoppers, listings), params.weighing)
    if not len(by_listing.data):
        raise ModelError("Nobody has reacted to any car yet; a graph cannot be learned.")
    alive = recording.lives.left_at > until
    ids = np.array([listing.id for listing in recording.listings], dtype=np.int64)
    kinds, kind = np.unique(kinds_of(facts_of(recording.listings)), return_inverse=True)
    of_kinds = Reactions(seen.at, seen.shopper, kind[seen.listing], seen.strength)
    by_kind = pairs(of_kinds, counted, (shoppers, len(kinds)), params.weighing)
    graph = Graph(
        _named(neighbours(by_listing, alive, params, loops=False), ids),
        _named(neighbours(by_kind, np.ones(len(kinds), np.bool_), params, loops=True), kinds),
        names={one.code: one for one in map(kind_of, recording.listings)},
    )
    figures = {
        "listings with neighbours": float(len(graph.listings.sources)),
        "kinds": float(len(graph.kinds.sources)),
    }
    return to_model(graph, {"alpha": params.alpha, "beta": params.beta}, figures)


def _named(found: Neighbours, names: Ints) -> Neighbours:
    """Return neighbours by names instead of columns."""
    order = np.argsort(names[found.sources])
    ends = np.where(found.ends == NOWHERE, NOWHERE, names[found.ends])
    shoppers = None if found.shoppers is None else found.shoppers[order]
    return Neighbours(names[found.sources][order], ends[order], found.weights[order], shoppers)


def neighbours(
    observed: Sparse, wanted: npt.NDArray[np.bool_], params: GraphTraining, *, loops: bool
) -> Neighbours:
    """Return the likeliest ends of walks between columns, by column.

    Args:
        observed: shoppers x columns, weights > 0.
        wanted: which columns are sources and ends, shape (columns,).
        params: powers and places.
        loops: whether a column may be an end of its own.

    >>> seen = Sparse(np.array([0, 2]), np.array([0, 1]), np.ones(2), 2)
    >>> chosen = GraphTraining(alpha=1.0, beta=0.0, places=1)
    >>> found = neighbours(seen, np.ones(2, np.bool_), chosen, loops=False)
    >>> found.ends.tolist(), found.weights.tolist()
    ([[1], [0]], [[0.5], [0.5]])
    """
    rows = _longest(observed, params.longest)
    columns = rows.transposed()
    popular = np.maximum(columns.sums(), 1e-12)
    from_shopper = _steps(rows, params.alpha)
    from_shopper *= (wanted / popular**params.beta)[rows.indices]
    from_column = _steps(columns, params.alpha)
    sources: list[Ints] = []
    ends: list[Ints] = []
    scores: list[npt.NDArray[np.float32]] = []
    counts: list[npt.NDArray[np.int32]] = []
    for some in _parts(columns, rows.lengths, wanted):
        column, shopper, step = _entries(columns, some, from_column)
        walk, end, onward = _entries(rows, shopper, from_shopper)
        start, weight = column[walk], step[walk] * onward
        there = weight > 0 if loops else (weight > 0) & (some[start] != end)
        found = _likeliest(start[there], end[there], weight[there], observed.columns, params.places)
        begun = np.unique(found[0])
        place = np.searchsorted(begun, found[0])
        part = np.full((len(begun), params.places), NOWHERE)
        part[place, found[1]] = found[2]
        sure = np.zeros((len(begun), params.places), np.float32)
        sure[place, found[1]] = found[3]
        shoppers = np.zeros((len(begun), params.places), np.int32)
        shoppers[place, found[1]] = found[4]
        sources.append(some[begun])
        ends.append(part)
        scores.append(sure)
        counts.append(shoppers)
    if not sources:
        none = np.empty((0, params.places))
        return Neighbours(np.empty(0, np.int64), none.astype(np.int64), none.astype(np.float32))
    return Neighbours(
        np.concatenate(sources),
        np.concatenate(ends),
        np.concatenate(scores),
        np.concatenate(counts),
    )


def _longest(observed: Sparse, most: int) -> Sparse:
    """Return the matrix with the ``most`` largest entries of each row."""
    owners = np.repeat(np.arange(len(observed.indptr) - 1), observed.lengths)
    order = np.lexsort((-observed.data, owners))
    kept = np.sort(order[np.arange(len(order)) - observed.indptr[owners] < most])
    counts = np.bincount(owners[kept], minlength=len(observed.indptr) - 1)
    return Sparse(
        np.concatenate([[0], np.cumsum(counts)]),
        observed.indices[kept],
        observed.data[kept],
        observed.columns,
    )


def _steps(matrix: Sparse, alpha: float) -> Vector:
    """Return the chance of each entry among those of its row, to a power."""
    total = np.repeat(matrix.sums(), matrix.lengths)
    chances: Vector = (matrix.data / total) ** alpha
    return chances


def _parts(columns: Sparse, lengths: Ints, wanted: npt.NDArray[np.bool_]) -> Iterator[Ints]:
    """Yield wanted columns, in order, so many at once that their walks fit AT_ONCE."""
    walks = np.concatenate([[0], np.cumsum(lengths[columns.indices])])[columns.indptr]
    per_column = np.diff(walks)
    some = np.flatnonzero(wanted & (per_column > 0))
    part = np.cumsum(per_column[some]) // AT_ONCE
    for one in np.unique(part):
        yield some[part == one]


def _entries(matrix: Sparse, rows: Ints, values: Vector) -> tuple[Ints, Ints, Vector]:
    """Return all entries of some rows: place in ``rows``, column, and value of each."""
    lengths = matrix.lengths[rows]
    place = np.repeat(np.arange(len(rows)), lengths)
    first = np.repeat(matrix.indptr[rows] - (np.cumsum(lengths) - lengths), lengths)
    at = first + np.arange(len(place))
    return place, matrix.indices[at], values[at]


def _likeliest(
    start: Ints, end: Ints, weight: Vector, columns: int, places: int
) -> tuple[Ints, Ints, Ints, Vector, Ints]:
    """Return start, place, end, weight and walks of the ends of largest sums of each start."""
    key, which = np.unique(start * columns + end, return_inverse=True)
    total: Vector = np.zeros(len(key))
    total += np.bincount(which, weight, len(key))
    start, end = np.divmod(key, columns)
    order = np.lexsort((end, -total, start))
    start, end, total = start[order], end[order], total[order]
    walks = np.bincount(which, minlength=len(key))[order]
    first = np.searchsorted(start, start)
    place = np.arange(len(start)) - first
    kept = place < places
    return start[kept], place[kept], end[kept], total[kept], walks[kept]
