"""Neighbours in the graph of reactions: cars the same shoppers reacted to, and kinds of car.

Owns:    what a kind is, the lookups; both as a model.
Imports: numpy, domain.{facts, model}. No I/O, no clock, no randomness.

A walk from a car to a shopper who reacted to it, and on to another car of theirs, ends at each car
with some chance; the likeliest ends, less the pull of the popular, are the car's neighbours. Most
cars are gone before anybody has walked from them, so the same is learned of kinds of car: a make
and model in a band of prices. A kind outlives its cars, and is a neighbour of its own.

Source:  RP3beta: Paudel, Christoffel, Newell & Bernstein, ACM TiiS 2016.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from carousel.domain import model as models
from carousel.domain.factors import Ints
from carousel.domain.facts import Facts
from carousel.domain.features import Vector
from carousel.domain.model import Model

KIND = "graph"
BAND = 1.4
"""Prices of a band differ by up to this factor."""

NOWHERE = -1
"""Where a car has fewer neighbours than there are places."""


def kinds_of(facts: Facts) -> Ints:
    """Return the kind of each car, shape (n,); a car without a model is of a kind of its make.

    >>> from carousel.domain.facts import FACTS
    >>> cars = np.zeros(3, dtype=FACTS)
    >>> cars["make"], cars["model"], cars["price"] = 7, [1, 1, 2], [9000, 9100, 9000]
    >>> one, same, other = kinds_of(cars).tolist()
    >>> one == same, one == other
    (True, False)
    """
    name = np.where(facts["model"] > 0, facts["model"], facts["make"]).astype(np.int64)
    price = np.maximum(facts["price"].astype(np.float64), 1.0)
    band = np.floor(np.log(price) / np.log(BAND)).astype(np.int64)
    kinds: Ints = (name << 8) | np.clip(band, 0, 255)
    return kinds


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Of each source its likeliest ends, likeliest first.

    sources: ids or kinds, ascending, shape (n,).
    ends:    ids or kinds, shape (n, places); NOWHERE where there are no more.
    weights: chance of each, shape (n, places); 0 where there are no more.
    """

    sources: Ints
    ends: Ints
    weights: npt.NDArray[np.float32]

    def reached(self, starts: Ints, counted: Vector) -> tuple[Ints, Vector]:
        """Return where walks from several starts end: ends, ascending, and how surely.

        Args:
            starts: ids or kinds, shape (n,); those that are no source lead nowhere.
            counted: how much each start counts, shape (n,); below 0 leads away.

        >>> ends = np.array([[2, 3], [3, NOWHERE]])
        >>> known = Neighbours(np.array([1, 2]), ends, np.array([[0.5, 0.25], [1, 0]], np.float32))
        >>> found, surely = known.reached(np.array([1, 2, 9]), np.array([2.0, 1.0, 5.0]))
        >>> found.tolist(), surely.tolist()
        ([2, 3], [1.0, 1.5])
        """
        if not len(self.sources):
            return np.empty(0, np.int64), np.empty(0)
        place = np.minimum(np.searchsorted(self.sources, starts), len(self.sources) - 1)
        known = self.sources[place] == starts
        ends = self.ends[place[known]]
        surely = (self.weights[place[known]] * counted[known, None]).ravel()
        found, which = np.unique(ends, return_inverse=True)
        sums = np.bincount(which.ravel(), surely, len(found))
        there = found != NOWHERE
        return found[there], sums[there]


@dataclass(frozen=True, slots=True)
class Graph:
    """What is known of walks: between listings, by id, and between kinds."""

    listings: Neighbours
    kinds: Neighbours
    version: str = ""


def to_model(graph: Graph, document: Mapping[str, Any], figures: Mapping[str, float]) -> Model:
    """Return a graph as it is published; ``document`` says how it was trained."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, known in (("listing", graph.listings), ("kind", graph.kinds)):
        arrays[f"{name} sources"] = known.sources
        arrays[f"{name} ends"] = known.ends
        arrays[f"{name} weights"] = known.weights
    return Model(KIND, {**document, "band": BAND}, arrays, figures)


def from_model(model: Model) -> Graph:
    """Return the graph that a model holds.

    Raises:
        ValueError: it holds none; ``faults`` says why.
    """
    if found := faults(model):
        raise ValueError(found[0])
    listings, kinds = (
        Neighbours(*(model.arrays[f"{name} {part}"] for part in ("sources", "ends", "weights")))
        for name in ("listing", "kind")
    )
    return Graph(listings, kinds, model.version)


def faults(model: Model) -> list[str]:
    """Return what keeps a model from being a graph, in sentences.

    >>> faults(Model("graph", {"band": BAND}, {"kind ends": np.ones((1, 2))}, {}))[0]
    "There is no array 'listing sources'."
    """
    found = list(models.faults(model))
    if model.document.get("band") != BAND:
        found.append(f"Its bands of prices are not of {BAND}: its kinds mean something else.")
    names = [f"{n} {part}" for n in ("listing", "kind") for part in ("sources", "ends", "weights")]
    found += [f"There is no array {name!r}." for name in names if name not in model.arrays]
    return found or [*_size_faults(model, "listing"), *_size_faults(model, "kind")]


def _size_faults(model: Model, name: str) -> Sequence[str]:
    sources, ends, weights = (
        model.arrays[f"{name} {part}"] for part in ("sources", "ends", "weights")
    )
    if ends.ndim != 2 or ends.shape != weights.shape or sources.shape != ends.shape[:1]:  # noqa: PLR2004 (sources and places)
        return [f"The neighbours of a {name} do not fit together."]
    if not (np.diff(sources) > 0).all():
        return [f"The sources of a {name} are not in ascending order."]
    return []
