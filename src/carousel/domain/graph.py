"""Neighbours in the graph of reactions: cars the same shoppers reacted to, and kinds of car.

Owns:    what a kind is, the lookups; both as a model.
Imports: numpy, domain.{facts, filters, listing, model}. No I/O, no clock, no randomness.

A walk from a car to a shopper who reacted to it, and on to another car of theirs, ends at each car
with some chance; the likeliest ends, less the pull of the popular, are the car's neighbours. Most
cars are gone before anybody has walked from them, so the same is learned of kinds of car: a make
and model in a band of prices. A kind outlives its cars, and is a neighbour of its own.

Source:  RP3beta: Paudel, Christoffel, Newell & Bernstein, ACM TiiS 2016.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from carousel.domain import model as models
from carousel.domain.factors import Ints
from carousel.domain.facts import Facts, code_of, facts_of
from carousel.domain.features import Vector
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingFacts, spelling_key
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
class Kind:
    """A kind by its names: spelling keys, and the band of its price.

    model: None for cars of the make that state no model.
    """

    make: str
    model: str | None
    band: int

    @property
    def code(self) -> int:
        """Return the number by which ``kinds_of`` knows it."""
        name = code_of(self.make) if self.model is None else code_of(self.make, self.model)
        return (name << 8) | self.band

    def within(self, filters: Filters) -> Filters | None:
        """Return the filters that keep only this kind of what passes; None if nothing can.

        >>> kind = Kind("skoda", "fabia", 27)
        >>> kept = kind.within(Filters(make=("Škoda", "Audi"), max_price=10_000))
        >>> kept.make, kept.model, kept.min_price, kept.max_price
        (('skoda',), ('fabia',), 8820, 10000)
        >>> kind.within(Filters(make=("Audi",))) is None
        True
        """
        low = math.ceil(BAND**self.band)
        high = math.ceil(BAND ** (self.band + 1)) - 1
        low = low if filters.min_price is None else max(low, filters.min_price)
        high = high if filters.max_price is None else min(high, filters.max_price)
        wanted = ((filters.make, self.make), (filters.model, self.model))
        for names, name in wanted:
            if names and name not in {spelling_key(one) for one in names}:
                return None
        if low > high:
            return None
        model = () if self.model is None else (self.model,)
        narrow = {"make": (self.make,), "model": model, "min_price": low, "max_price": high}
        return filters.model_copy(update=narrow)


def kind_of(listing: ListingFacts | Listing) -> Kind:
    """Return the kind of a listing by its names."""
    band = int(kinds_of(facts_of([listing]))[0]) & 255
    model = None if listing.model is None else spelling_key(listing.model)
    return Kind(spelling_key(listing.make), model, band)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Of each source its likeliest ends, likeliest first.

    sources: ids or kinds, ascending, shape (n,).
    ends:    ids or kinds, shape (n, places); NOWHERE where there are no more.
    weights: chance of each, shape (n, places); 0 where there are no more.
    shoppers: how many walks of different shoppers led there, shape (n, places); None in a model
             that was trained before they were counted.
    """

    sources: Ints
    ends: Ints
    weights: npt.NDArray[np.float32]
    shoppers: npt.NDArray[np.int32] | None = None

    def shared(self, start: int, end: int) -> int:
        """Return how many shoppers reacted to both of two; 0 where that is not known.

        >>> known = Neighbours(
        ...     np.array([1]), np.array([[2, 3]]), np.ones((1, 2), np.float32),
        ...     np.array([[7, 4]], np.int32),
        ... )
        >>> known.shared(1, 3), known.shared(1, 9), known.shared(3, 1)
        (4, 0, 0)
        """
        if self.shoppers is None or not len(self.sources):
            return 0
        place = int(np.searchsorted(self.sources, start))
        if place == len(self.sources) or self.sources[place] != start:
            return 0
        return int(self.shoppers[place][self.ends[place] == end].sum())

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
    """What is known of walks: between listings, by id, and between kinds.

    names: of kinds, by their codes.
    """

    listings: Neighbours
    kinds: Neighbours
    version: str = ""
    names: Mapping[int, Kind] = field(default_factory=dict)


def to_model(graph: Graph, document: Mapping[str, Any], figures: Mapping[str, float]) -> Model:
    """Return a graph as it is published; ``document`` says how it was trained."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, known in (("listing", graph.listings), ("kind", graph.kinds)):
        arrays[f"{name} sources"] = known.sources
        arrays[f"{name} ends"] = known.ends
        arrays[f"{name} weights"] = known.weights
        if known.shoppers is not None:
            arrays[f"{name} shoppers"] = known.shoppers
    names = [[one.make, one.model, one.band] for _, one in sorted(graph.names.items())]
    return Model(KIND, {**document, "band": BAND, "kinds": names}, arrays, figures)


def from_model(model: Model) -> Graph:
    """Return the graph that a model holds.

    Raises:
        ValueError: it holds none; ``faults`` says why.
    """
    if found := faults(model):
        raise ValueError(found[0])
    listings, kinds = (
        Neighbours(
            model.arrays[f"{name} sources"],
            model.arrays[f"{name} ends"],
            model.arrays[f"{name} weights"],
            model.arrays.get(f"{name} shoppers"),
        )
        for name in ("listing", "kind")
    )
    names = [Kind(*one) for one in model.document["kinds"]]
    return Graph(listings, kinds, model.version, {one.code: one for one in names})


def faults(model: Model) -> list[str]:
    """Return what keeps a model from being a graph, in sentences.

    >>> faults(Model("graph", {"band": BAND, "kinds": []}, {"kind ends": np.ones((1, 2))}, {}))[0]
    "There is no array 'listing sources'."
    """
    found = list(models.faults(model))
    if model.document.get("band") != BAND:
        found.append(f"Its bands of prices are not of {BAND}: its kinds mean something else.")
    if not isinstance(model.document.get("kinds"), list):
        found.append("The document does not name its kinds.")
    names = [f"{n} {part}" for n in ("listing", "kind") for part in ("sources", "ends", "weights")]
    found += [f"There is no array {name!r}." for name in names if name not in model.arrays]
    return found or [*_size_faults(model, "listing"), *_size_faults(model, "kind")]


def _size_faults(model: Model, name: str) -> Sequence[str]:
    sources, ends, weights = (
        model.arrays[f"{name} {part}"] for part in ("sources", "ends", "weights")
    )
    told = model.arrays.get(f"{name} shoppers", ends)
    shapes = {ends.shape, weights.shape, told.shape}
    if ends.ndim != 2 or len(shapes) > 1 or sources.shape != ends.shape[:1]:  # noqa: PLR2004 (sources and places)
        return [f"The neighbours of a {name} do not fit together."]
    if not (np.diff(sources) > 0).all():
        return [f"The sources of a {name} are not in ascending order."]
    return []
