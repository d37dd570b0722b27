"""All that a car states, as coordinates that no later inventory moves: bumps and names.

Owns:    the axes, how descriptions become coordinates, the sums a map from them is made of.
Imports: numpy, domain.features. No I/O, no clock, no randomness.

Unlike the feature space, whose projection keeps the directions in which cars differ most, nothing
is left out here: what decides who reacts to a car may be a direction in which few cars differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carousel.domain.factors import Ints
from carousel.domain.features import (
    Block,
    Description,
    Grid,
    Matrix,
    OneHot,
    Sample,
    Vector,
)


@dataclass(frozen=True, slots=True)
class Axis:
    """One block of a description.

    name:    of the block.
    centres: of its bumps, shape (count, 1) or, on the map, (count, 2); of names shape (0, 0).
    width:   of a bump, one per column of ``centres``.
    values:  its names, sorted; empty for bumps.
    """

    name: str
    centres: Matrix
    width: Vector
    values: tuple[str, ...] = ()

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Return the names of its coordinates; the last one of bumps says that nothing is stated.

        >>> Axis("price", np.array([[7.0], [8.5]]), np.ones(1)).coordinates
        ('price~7', 'price~8.5', 'price?')
        """
        if len(self.centres) == 0:
            return tuple(f"{self.name}={value}" for value in self.values)
        places = (",".join(f"{x:.4g}" for x in centre) for centre in self.centres)
        return (*(f"{self.name}~{place}" for place in places), f"{self.name}?")

    def mean(self, samples: Sequence[Sample]) -> Vector:
        """Return the mean coordinates of samples, at least one; an unknown name counts as none."""
        if len(self.centres):
            return np.append(_bumps(self, samples).mean(axis=0), 0.0)
        places = [self.values.index(str(s)) for s in samples if str(s) in self.values]
        return np.bincount(places, minlength=len(self.values)) / len(samples)


@dataclass(frozen=True, slots=True)
class Encoded:
    """Things by their attributes.

    bumps: shape (things, coordinates of bumps). names: for each block of names the coordinate of
    the one that is stated, shape (things, blocks); -1 where none is, or none that is known.
    """

    bumps: Matrix
    names: Ints

    def __len__(self) -> int:
        """Return how many things there are."""
        return len(self.bumps)

    def times(self, weights: Matrix) -> Matrix:
        """Return the coordinates times a matrix of shape (coordinates, k), shape (things, k)."""
        product = self.bumps @ weights[: self.bumps.shape[1]]
        padded = np.concatenate([weights, np.zeros((1, weights.shape[1]))])
        for stated in self.names.T:
            product += padded[stated]
        return product

    def transposed_times(self, values: Matrix, coordinates: int) -> Matrix:
        """Return the transposed coordinates times values of shape (things, k)."""
        product = np.zeros((coordinates + 1, values.shape[1]))
        product[: self.bumps.shape[1]] = self.bumps.T @ values
        for stated in self.names.T:
            product += _sums(values, stated, coordinates)
        return product[:-1]

    def moment(self, weights: Vector, coordinates: int) -> Matrix:
        """Return sum_i w_i x_i x_i^T, shape (coordinates, coordinates).

        >>> two = Encoded(np.array([[1.0], [2.0]]), np.array([[1], [2]]))
        >>> two.moment(np.array([1.0, 10.0]), 3)
        array([[41.,  1., 20.],
               [ 1.,  1.,  0.],
               [20.,  0., 10.]])
        """
        size, width = coordinates + 1, self.bumps.shape[1]
        found = np.zeros((size, size))
        weighed = weights[:, None] * self.bumps
        found[:width, :width] = self.bumps.T @ weighed
        for stated in self.names.T:
            among = _sums(weighed, stated, coordinates)
            found[:, :width] += among
            found[:width, :] += among.T
            for other in self.names.T:
                pairs = stated % size * size + other % size
                found += np.bincount(pairs, weights, size * size).reshape(size, size)
        return found[:-1, :-1]


@dataclass(frozen=True, slots=True)
class Attributes:
    """The axes of a kind of thing: those of bumps first, then those of names."""

    axes: tuple[Axis, ...]

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Return the name of every coordinate, in order."""
        return tuple(name for axis in self.axes for name in axis.coordinates)

    def encode(self, things: Sequence[Description]) -> Encoded:
        """Return things that state at most one sample a block, as listings do.

        >>> price = Axis("price", np.array([[0.0], [1.0]]), np.array([1.0]))
        >>> known = Attributes((price, Axis("make", np.empty((0, 0)), np.empty(0), ("audi",))))
        >>> found = known.encode([{"price": [0.0], "make": ["audi"]}, {"make": ["opel"]}])
        >>> found.bumps.round(2).tolist(), found.names.tolist()
        ([[0.86, 0.52, 0.0], [0.0, 0.0, 1.0]], [[3], [-1]])
        """
        bumps: list[Matrix] = [np.zeros((len(things), 0))]
        names: list[Ints] = []
        start = 0
        for axis in self.axes:
            stated = [thing.get(axis.name) for thing in things]
            if len(axis.centres):
                bumps.append(_rows(axis, [samples[0] if samples else None for samples in stated]))
            else:
                places = {value: start + n for n, value in enumerate(axis.values)}
                known = [places.get(str(samples[0]), -1) if samples else -1 for samples in stated]
                names.append(np.array(known, dtype=np.int64))
            start += len(axis.coordinates)
        return Encoded(
            np.concatenate(bumps, axis=1),
            np.stack(names, axis=1) if names else np.zeros((len(things), 0), dtype=np.int64),
        )


def fit(blocks: Sequence[Block], things: Sequence[Description], rarest: int) -> Attributes:
    """Return axes for things: bumps over their middle 99 %, and the names of several of them.

    A block that no thing states has no axis.

    Args:
        blocks: what to look at; their counts and sides say how fine, their weights nothing.
        things: descriptions with at most one sample a block.
        rarest: a name of fewer things than this is left out; nothing can be learned of it.

    >>> from carousel.domain.features import Bumps
    >>> cars = [{"make": ["audi"], "price": [9.0]}, {"make": ["audi"], "price": [10.0]}]
    >>> fit([OneHot("make", 1.0), Bumps("price", 2, 1.0)], cars, rarest=2).coordinates
    ('price~9.005', 'price~9.995', 'price?', 'make=audi')
    """
    bumps: list[Axis] = []
    names: list[Axis] = []
    for block in blocks:
        samples = [thing[block.name][0] for thing in things if thing.get(block.name)]
        if not samples:
            continue
        if isinstance(block, OneHot):
            values, counts = np.unique([str(s) for s in samples], return_counts=True)
            often = tuple(str(value) for value in values[counts >= rarest])
            names.append(Axis(block.name, np.empty((0, 0)), np.empty(0), often))
            continue
        points = np.asarray(samples, dtype=np.float64).reshape(len(samples), -1)
        count = block.side if isinstance(block, Grid) else block.count
        lines = [_line(column, count) for column in points.T]
        centres = np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1).reshape(-1, len(lines))
        width = np.array([line[1] - line[0] for line in lines])
        bumps.append(Axis(block.name, centres, width))
    return Attributes((*bumps, *names))


def _line(values: Vector, count: int) -> Vector:
    """Return evenly spaced centres, at least two, over the middle 99 % of values."""
    low, high = np.quantile(values, (0.005, 0.995))
    if high - low < 1e-9:  # noqa: PLR2004 (a constant column still needs a width)
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, max(count, 2))


def _rows(axis: Axis, samples: Sequence[Sample | None]) -> Matrix:
    """Return the bumps of one sample a thing and whether it is missing."""
    rows = np.zeros((len(samples), len(axis.centres) + 1))
    there = np.array([sample is not None for sample in samples], dtype=np.bool_)
    rows[~there, -1] = 1.0
    if there.any():
        rows[there, :-1] = _bumps(axis, [sample for sample in samples if sample is not None])
    return rows


def _bumps(axis: Axis, samples: Sequence[Sample]) -> Matrix:
    """Return unit rows of bumps, shape (samples, count); what lies outside is clipped."""
    points = np.asarray(samples, dtype=np.float64).reshape(len(samples), -1)
    points = np.clip(points, axis.centres.min(axis=0), axis.centres.max(axis=0))
    rows = np.ones((len(points), len(axis.centres)))
    for point, centre, width in zip(points.T, axis.centres.T, axis.width, strict=True):
        rows *= np.exp(-0.5 * ((point[:, None] - centre) / width) ** 2)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def _sums(values: Matrix, places: Ints, count: int) -> Matrix:
    """Return the sums of the rows that share a place, shape (count + 1, k); -1 is the last."""
    order = np.argsort(places % (count + 1), kind="stable")
    ordered = places[order] % (count + 1)
    found = np.zeros((count + 1, values.shape[1]))
    if len(ordered):
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        found[ordered[starts]] = np.add.reduceat(values[order], starts, axis=0)
    return found
