"""How a described thing becomes a vector: declared blocks, fitted to an inventory, projected.

Owns:    the kinds of block, the feature space (fit, encode), its version.
Imports: numpy. No I/O, no clock, no randomness.

A thing is described by samples per block: one sample for a stated value, several for a range
("between 8,000 and 12,000"), none where nothing is stated. A block turns its samples into the mean
of their encodings, less the mean encoding of the inventory; a block without samples is zero and
raises its flag. With weights w_b, encodings e_b and inventory means mu_b,

    raw(x) = concat_b( w_b (e_b(x_b) - mu_b),  f_b (flag_b(x) - mean flag_b) )
    v(x)   = P raw(x) / |P raw(x)|

where the rows of P are the leading principal directions of raw over the inventory.

Why bumps: a dot product of overlapping Gaussian bumps is large only for near values, so "near my
budget" can be said in a linear model; on the raw number it cannot. Why centring: without it all
vectors share one large common part that says nothing.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Vector: TypeAlias = npt.NDArray[np.float64]
Matrix: TypeAlias = npt.NDArray[np.float64]

Sample: TypeAlias = float | str | tuple[float, float]
Description: TypeAlias = Mapping[str, Sequence[Sample]]

FLAG_WEIGHT = 0.15
FIT_SAMPLE = 20_000


@dataclass(frozen=True, slots=True)
class Bumps:
    """A number as ``count`` Gaussian bumps, evenly spaced over the inventory's middle 99 %.

    Each bump is as wide as the distance to its neighbour; the row is scaled to unit norm, so a
    value between two centres is as long as one on a centre. Values outside are clipped.
    """

    name: str
    count: int
    weight: float


@dataclass(frozen=True, slots=True)
class OneHot:
    """A name as one coordinate per value of the inventory; an unknown one counts as not stated."""

    name: str
    weight: float


@dataclass(frozen=True, slots=True)
class Grid:
    """A point on the map as ``side`` x ``side`` Gaussian bumps over the inventory's extent."""

    name: str
    side: int
    weight: float


Block: TypeAlias = Bumps | OneHot | Grid


@dataclass(frozen=True, slots=True)
class FittedBlock:
    """A block and what it learned from the inventory.

    centres: Bumps: shape (count,); Grid: shape (side * side, 2); OneHot: empty.
    width:   bump width, one per axis of a centre.
    values:  OneHot: the known values, sorted.
    mean:    mean encoding over the things that state the block, shape (len,).
    absence: share of things that do not state it.
    """

    block: Block
    centres: Matrix
    width: Vector
    values: tuple[str, ...]
    mean: Vector
    absence: float

    @property
    def length(self) -> int:
        """Return the number of coordinates, the flag not counted."""
        return len(self.mean)


class FeatureSpace:
    """A fitted feature space; immutable once made, safe to share between threads.

    blocks:     in declared order.
    projection: P, shape (dim, raw length), orthonormal rows (zero rows where rank is short).
    moment:     mean of v v^T over the inventory it was fitted to, shape (dim, dim).
    version:    changes whenever any coordinate changes its meaning.
    """

    def __init__(self, blocks: Sequence[FittedBlock], projection: Matrix, moment: Matrix) -> None:
        self.blocks = tuple(blocks)
        self.projection = projection
        self.moment = moment
        self._value_index = {
            fitted.block.name: {value: i for i, value in enumerate(fitted.values)}
            for fitted in blocks
        }
        self.version = hashlib.sha256(_specification(self)).hexdigest()[:12]

    @property
    def dim(self) -> int:
        """Return the length of a vector."""
        return int(self.projection.shape[0])

    def vectors(self, things: Sequence[Description]) -> Matrix:
        """Return unit vectors, shape (len(things), dim); a thing that states nothing known is 0."""
        return _unit_rows(self._raw(things) @ self.projection.T)

    def direction(self, thing: Description) -> Vector:
        """Return the projected, not normalised vector of a partial description, shape (dim,).

        Blocks the description does not name contribute nothing at all, not even their flag. This
        is the form in which filters and reasons speak: only about the axes they mention.
        """
        direction, start = np.zeros(self.dim), 0
        for fitted in self.blocks:
            if thing.get(fitted.block.name):
                encoded, _ = self._block_rows(fitted, [thing])
                direction += self.projection[:, start : start + fitted.length] @ encoded[0]
            start += fitted.length + 1
        return direction

    def axes(self, name: str) -> tuple[tuple[str, ...], Matrix]:
        """Return the values of a one-hot block and the direction of each, shape (values, dim).

        A direction's inner product with a vector says how strongly the vector speaks of the value.
        """
        start = 0
        for fitted in self.blocks:
            if fitted.block.name == name:
                columns = self.projection[:, start : start + fitted.length]
                return fitted.values, columns.T
            start += fitted.length + 1
        raise KeyError(name)

    def _raw(self, things: Sequence[Description]) -> Matrix:
        columns: list[Matrix] = []
        for fitted in self.blocks:
            encoded, stated = self._block_rows(fitted, things)
            columns.append(encoded)
            flags: Vector = FLAG_WEIGHT * ((~stated).astype(np.float64) - fitted.absence)
            columns.append(flags[:, None])
        return np.concatenate(columns, axis=1)

    def _block_rows(
        self, fitted: FittedBlock, things: Sequence[Description]
    ) -> tuple[Matrix, npt.NDArray[np.bool_]]:
        """Return the weighted, centred encodings, shape (n, length), and who states the block."""
        index = self._value_index[fitted.block.name]
        owners: list[int] = []
        samples: list[Sample] = []
        for i, thing in enumerate(things):
            for sample in thing.get(fitted.block.name, ()):
                if isinstance(fitted.block, OneHot) and sample not in index:
                    continue
                owners.append(i)
                samples.append(sample)
        sums = np.zeros((len(things), fitted.length))
        counts = np.bincount(owners, minlength=len(things)) if owners else np.zeros(len(things))
        if owners:
            np.add.at(sums, owners, _encode(fitted, samples, index))
        stated = counts > 0
        sums[stated] = sums[stated] / counts[stated, None] - fitted.mean
        return fitted.block.weight * sums, stated


def fit(blocks: Sequence[Block], things: Sequence[Description], dim: int) -> FeatureSpace:
    """Fit a feature space to an inventory.

    Args:
        blocks: the declared blocks.
        things: the inventory; more than FIT_SAMPLE things are thinned evenly.
        dim: length of the vectors; directions the inventory does not span are left zero.

    Raises:
        ValueError: the inventory is empty.

    >>> blocks = [OneHot("make", 1.0), Bumps("price", 5, 1.0)]
    >>> cars = [{"make": ["skoda"], "price": [9.0]}, {"make": ["audi"], "price": [10.0]}]
    >>> space = fit(blocks, cars, dim=2)
    >>> skoda, audi = space.vectors(cars)
    >>> round(float(skoda @ skoda), 6), float(skoda @ audi) < 0
    (1.0, True)
    """
    if not things:
        raise ValueError("a feature space cannot be fitted to an empty inventory")
    stride = -(-len(things) // FIT_SAMPLE)
    sample = things[::stride]
    fitted = [_fit_block(block, sample) for block in blocks]
    length = sum(f.length + 1 for f in fitted)
    unprojected = FeatureSpace(fitted, np.eye(length), np.eye(length))
    raw = unprojected._raw(sample)  # noqa: SLF001 (the same class, before its projection is known)
    projection = _principal_directions(raw, dim)
    vectors = _unit_rows(raw @ projection.T)
    return FeatureSpace(fitted, projection, vectors.T @ vectors / len(sample))


def _fit_block(block: Block, things: Sequence[Description]) -> FittedBlock:
    samples = [s for thing in things for s in thing.get(block.name, ())]
    stating = sum(1 for thing in things if thing.get(block.name))
    values: tuple[str, ...] = ()
    match block:
        case OneHot():
            values = tuple(sorted({s for s in samples if isinstance(s, str)}))
            centres, width = np.empty((0, 0)), np.empty(0)
        case Bumps():
            axis, spacing = _axis(np.asarray(samples, dtype=np.float64), block.count)
            centres, width = axis[:, None], np.array([spacing])
        case Grid():
            points = np.asarray(samples, dtype=np.float64).reshape(-1, 2)
            first, first_width = _axis(points[:, 0], block.side)
            second, second_width = _axis(points[:, 1], block.side)
            centres = np.array([(a, b) for a in first for b in second])
            width = np.array([first_width, second_width])
    length = len(values) if isinstance(block, OneHot) else len(centres)
    untrained = FittedBlock(block, centres, width, values, np.zeros(length), 0.0)
    index = {value: i for i, value in enumerate(values)}
    mean = _encode(untrained, samples, index).mean(axis=0) if samples else np.zeros(length)
    return FittedBlock(block, centres, width, values, mean, 1 - stating / len(things))


def _axis(values: Vector, count: int) -> tuple[Vector, float]:
    """Return ``count`` evenly spaced centres over the middle 99 % and their distance."""
    low, high = np.quantile(values, (0.005, 0.995)) if len(values) else (0.0, 1.0)
    if high - low < 1e-9:  # noqa: PLR2004 (a constant column still needs a width)
        low, high = low - 0.5, high + 0.5
    centres = np.linspace(low, high, count)
    return centres, float(high - low) / max(count - 1, 1)


def _encode(fitted: FittedBlock, samples: Sequence[Sample], index: Mapping[str, int]) -> Matrix:
    """Return the unit-norm encodings of known samples, shape (len(samples), length)."""
    if isinstance(fitted.block, OneHot):
        rows = np.zeros((len(samples), fitted.length))
        rows[np.arange(len(samples)), [index[str(s)] for s in samples]] = 1.0
        return rows
    points = np.asarray(samples, dtype=np.float64).reshape(len(samples), -1)
    points = np.clip(points, fitted.centres.min(axis=0), fitted.centres.max(axis=0))
    distance = (points[:, None, :] - fitted.centres[None, :, :]) / fitted.width
    return _unit_rows(np.exp(-0.5 * np.sum(distance**2, axis=2)))


def _principal_directions(raw: Matrix, dim: int) -> Matrix:
    """Return the leading eigenvectors of the covariance as rows, shape (dim, raw length)."""
    values, vectors = np.linalg.eigh(raw.T @ raw / len(raw))
    order = np.argsort(values)[::-1][:dim]
    directions = vectors[:, order].T * (values[order] > 1e-12)[:, None]  # noqa: PLR2004 (rank)
    # An eigenvector's sign is arbitrary; fixing it keeps two fits of one inventory comparable.
    largest = directions[np.arange(len(directions)), np.argmax(np.abs(directions), axis=1)]
    directions *= np.where(largest < 0, -1.0, 1.0)[:, None]
    missing = np.zeros((dim - len(directions), raw.shape[1]))
    return np.concatenate([directions, missing])


def _unit_rows(rows: Matrix) -> Matrix:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Matrix = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 1e-12)  # noqa: PLR2004 (zero stays zero)
    return unit


def _specification(space: FeatureSpace) -> bytes:
    document, arrays = to_parts(space)
    return json.dumps(document, sort_keys=True).encode() + b"".join(
        np.ascontiguousarray(arrays[name]).tobytes() for name in sorted(arrays)
    )


def to_parts(space: FeatureSpace) -> tuple[dict[str, Any], dict[str, Matrix]]:
    """Return a space as a JSON-able document and named arrays, for keeping; see ``from_parts``."""
    arrays: dict[str, Matrix] = {"projection": space.projection, "moment": space.moment}
    blocks: list[dict[str, Any]] = []
    for i, fitted in enumerate(space.blocks):
        blocks.append(
            {
                "kind": type(fitted.block).__name__,
                "declared": asdict(fitted.block),
                "values": list(fitted.values),
                "absence": fitted.absence,
            }
        )
        arrays[f"centres{i}"], arrays[f"width{i}"] = fitted.centres, fitted.width
        arrays[f"mean{i}"] = fitted.mean
    return {"blocks": blocks}, arrays


def from_parts(document: Mapping[str, Any], arrays: Mapping[str, Matrix]) -> FeatureSpace:
    """Return the space that ``to_parts`` took apart; its version is the same."""
    kinds: dict[str, type[Block]] = {"Bumps": Bumps, "OneHot": OneHot, "Grid": Grid}
    blocks = [
        FittedBlock(
            kinds[stored["kind"]](**stored["declared"]),
            arrays[f"centres{i}"],
            arrays[f"width{i}"],
            tuple(stored["values"]),
            arrays[f"mean{i}"],
            stored["absence"],
        )
        for i, stored in enumerate(document["blocks"])
    ]
    return FeatureSpace(blocks, arrays["projection"], arrays["moment"])
