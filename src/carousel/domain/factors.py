"""Latent factors from who reacted to what, and from attributes where nobody has reacted yet.

Owns:    the factorisation of implicit feedback, the fold-in of new rows, the map from attributes.
Imports: numpy, domain.features. No I/O, no clock, no randomness.

With y = 1 for every pair (u, i) that was observed, with weight w_ui, the factors minimise

    sum over observed    w_ui (x_u . v_i - 1) ** 2
    + unobserved * sum over all pairs  (x_u . v_i) ** 2
    + sum_u l_u |x_u| ** 2  +  sum_i l_i |v_i| ** 2

    l_u = regularisation * (w_u + unobserved * items) ** frequency,   w_u = sum_i w_ui

and l_i likewise. With one side given the other is a ridge regression per row, solved exactly. In
the eigenbasis of V^T V its matrix is diagonal plus the row's own outer products, so a row of fewer
observations than dimensions needs a system no larger than its observations.

Source:  Hu, Koren & Volinsky, ICDM 2008; weights and regularisation as in Rendle, Krichene, Zhang
         & Koren, arXiv 2110.14037. Attributes to factors: Gantner et al., ICDM 2010.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from carousel.domain.features import Matrix, Vector

Ints: TypeAlias = npt.NDArray[np.int64]
Exact: TypeAlias = npt.NDArray[np.floating]
"""Numbers of single or double precision."""

BATCH = 2_000_000
"""Numbers gathered at once: 8 or 16 MB, which a processor's cache still helps with."""

MOST_STEPS = 1_000
"""Conjugate gradients are there long before, unless rounding keeps them from ever getting there."""


@dataclass(frozen=True, slots=True)
class Sparse:
    """A matrix of mostly zeros, by rows: row r is ``data[indptr[r]:indptr[r + 1]]``.

    indptr: shape (rows + 1,). indices: column of each entry. data: value of each entry.
    """

    indptr: Ints
    indices: Ints
    data: Vector
    columns: int

    @property
    def lengths(self) -> Ints:
        """Return the number of entries of each row."""
        return np.diff(self.indptr)

    def sums(self) -> Vector:
        """Return the sum of each row, shape (rows,)."""
        totals = np.bincount(self._owners(), weights=self.data, minlength=len(self.indptr) - 1)
        return totals.astype(np.float64)

    def transposed(self) -> "Sparse":
        """Return the same matrix by columns."""
        order = np.argsort(self.indices, kind="stable")
        counts = np.bincount(self.indices, minlength=self.columns)
        return Sparse(
            np.concatenate([[0], np.cumsum(counts)]),
            self._owners()[order],
            self.data[order],
            len(self.indptr) - 1,
        )

    def times(self, dense: Matrix) -> Matrix:
        """Return the product with a dense matrix of shape (columns, k), shape (rows, k).

        >>> identity = Sparse(np.array([0, 1, 2]), np.array([0, 1]), np.ones(2), 2)
        >>> identity.times(np.array([[1.0], [2.0]])).ravel()
        array([1., 2.])
        """
        product = np.zeros((len(self.indptr) - 1, dense.shape[1]))
        for rows, entries, weights in _batches(self, dense.shape[1]):
            gathered = np.take(dense, np.minimum(entries, len(dense) - 1), axis=0)
            product[rows] = (weights[:, None, :] @ gathered)[:, 0]
        return product

    def _owners(self) -> Ints:
        return np.repeat(np.arange(len(self.indptr) - 1), self.lengths)


@dataclass(frozen=True, slots=True)
class FactorParams:
    """What an experiment may change.

    unobserved:     weight of a pair nobody observed, >= 0; the larger the catalogue, the smaller.
    regularisation: > 0.
    frequency:      how regularisation grows with the number of observations: 0 not, 1 in
                    proportion.
    sweeps:         how often both sides are solved.
    single:         compute in single precision: twice as fast, six digits of each factor.
    """

    unobserved: float = 0.5
    regularisation: float = 0.006
    frequency: float = 1.0
    sweeps: int = 16
    single: bool = False


@dataclass(frozen=True, slots=True)
class Factors:
    """Factors of the rows ("users"), shape (users, k), and of the columns, shape (items, k)."""

    users: Matrix
    items: Matrix


def factorise(reactions: Sparse, start: Matrix, params: FactorParams) -> Factors:
    """Return the factors of what was observed.

    The users are solved last: each is exactly what ``fold_in`` gives for the same reactions.

    Args:
        reactions: users x items, the weight (> 0) of each observed pair.
        start: item factors to begin from, shape (items, k); small and random.
        params: weights and regularisation.

    >>> both_like_both = Sparse(np.array([0, 2, 4]), np.array([0, 1, 0, 1]), np.ones(4), 2)
    >>> found = factorise(both_like_both, np.ones((2, 1)), FactorParams(0.0, 1e-9))
    >>> np.round(found.users @ found.items.T, 3)
    array([[1., 1.],
           [1., 1.]])
    """
    columns, items = reactions.transposed(), start
    users = fold_in(reactions, items, params)
    for _ in range(params.sweeps):
        items = fold_in(columns, users, params)
        users = fold_in(reactions, items, params)
    return Factors(users, items)


def fold_in(reactions: Sparse, others: Matrix, params: FactorParams) -> Matrix:
    """Return the best factors of rows whose other side is known, shape (rows, k).

    Args:
        reactions: rows x columns, weights > 0; a row without entries gets zeros.
        others: factors of the columns, shape (columns, k).
        params: the ones the factors were made with.

    >>> one = Sparse(np.array([0, 1]), np.array([0]), np.ones(1), 1)
    >>> fold_in(one, np.array([[1.0]]), FactorParams(unobserved=0.0, regularisation=1.0))
    array([[0.5]])
    """
    exact: np.dtype[np.floating] = np.dtype(np.float32 if params.single else np.float64)
    spread, basis = np.linalg.eigh(others.T @ others)
    rotated = np.concatenate([others @ basis, np.zeros((1, others.shape[1]))]).astype(exact)
    own = _regularisation(reactions.sums(), len(others), params)
    common = params.unobserved * np.maximum(spread, 0.0)
    found = np.zeros((len(own), others.shape[1]))
    for rows, entries, weights in _batches(reactions, others.shape[1]):
        root = np.sqrt(weights).astype(exact)
        observed = root[:, :, None] * np.take(rotated, entries, axis=0)
        found[rows] = _ridge(observed, root, (common + own[rows, None]).astype(exact))
    folded: Matrix = found @ basis.T
    return folded


def objective(reactions: Sparse, factors: Factors, params: FactorParams) -> float:
    """Return what the factors minimise; see the head of this module."""
    loss = params.unobserved * float(
        np.sum((factors.users.T @ factors.users) * (factors.items.T @ factors.items))
    )
    items = np.concatenate([factors.items, np.zeros((1, factors.items.shape[1]))])
    for rows, entries, weights in _batches(reactions, items.shape[1]):
        guesses = np.einsum("rlk,rk->rl", items[entries], factors.users[rows])
        loss += float(np.sum(weights * (guesses - 1.0) ** 2))
    for side, sums, other in (
        (factors.users, reactions.sums(), factors.items),
        (factors.items, reactions.transposed().sums(), factors.users),
    ):
        loss += float(_regularisation(sums, len(other), params) @ np.sum(side**2, axis=1))
    return loss


def attribute_map(
    attributes: Sparse, factors: Matrix, weights: Vector, ridge: float, tolerance: float = 1e-4
) -> Matrix:
    """Return B, shape (attributes, k), so that ``attributes.times(B)`` foretells the factors.

    B minimises sum_i w_i |B^T a_i - v_i|^2 + ridge |B|^2, found by conjugate gradients with the
    diagonal as preconditioner: the attributes stay sparse however many there are.

    Args:
        attributes: items x attributes.
        factors: what is known of the same items, shape (items, k).
        weights: w, how much each item's factors are worth, shape (items,), >= 0.
        ridge: > 0.
        tolerance: size of the remaining residual against the first, per factor.

    >>> one_each = Sparse(np.array([0, 1, 2]), np.array([0, 1]), np.ones(2), 2)
    >>> attribute_map(one_each, np.array([[2.0], [4.0]]), np.ones(2), ridge=1.0).ravel()
    array([1., 2.])
    """
    by_attribute = attributes.transposed()
    squares = Sparse(
        by_attribute.indptr, by_attribute.indices, by_attribute.data**2, by_attribute.columns
    )
    diagonal = squares.times(weights[:, None]) + ridge
    residual = by_attribute.times(weights[:, None] * factors)
    enough = tolerance * np.linalg.norm(residual, axis=0)
    found = np.zeros_like(residual)
    scaled = residual / diagonal
    towards, energy = scaled.copy(), np.sum(residual * scaled, axis=0)
    for _ in range(MOST_STEPS):
        if np.all(np.linalg.norm(residual, axis=0) <= enough):
            break
        seen = weights[:, None] * attributes.times(towards)
        moved = by_attribute.times(seen) + ridge * towards
        curvature = np.sum(towards * moved, axis=0)
        step = np.divide(energy, curvature, out=np.zeros_like(energy), where=curvature > 0)
        found += step * towards
        residual -= step * moved
        scaled = residual / diagonal
        before, energy = energy, np.sum(residual * scaled, axis=0)
        kept = np.divide(energy, before, out=np.zeros_like(energy), where=before > 0)
        towards = scaled + kept * towards
    return found


def _regularisation(sums: Vector, others: int, params: FactorParams) -> Vector:
    amount: Vector = params.regularisation * (sums + params.unobserved * others) ** params.frequency
    return amount


def _ridge(observed: Exact, root: Exact, diagonal: Exact) -> Exact:
    """Solve (diag(d) + U^T U) x = U^T r for many rows at once, shape (rows, k).

    observed: U, shape (rows, length, k). root: r, shape (rows, length).
    diagonal: d > 0, shape (rows, k). The smaller of the two equal systems is solved:
    (D + U^T U)^-1 U^T = D^-1 U^T (I + U D^-1 U^T)^-1.
    """
    length, k = observed.shape[1:]
    turned = observed.transpose(0, 2, 1)
    if length < k:
        shrunk = observed / diagonal[:, None, :]
        small = shrunk @ turned
        small[:, np.arange(length), np.arange(length)] += 1
        folded: Exact = np.linalg.solve(small, root[:, :, None]).transpose(0, 2, 1) @ shrunk
        return folded[:, 0]
    large = turned @ observed
    large[:, np.arange(k), np.arange(k)] += diagonal
    solved: Exact = np.linalg.solve(large, turned @ root[:, :, None])
    return solved[:, :, 0]


def _batches(matrix: Sparse, k: int) -> Iterator[tuple[Ints, Ints, Matrix]]:
    """Yield rows of similar length together: rows (b,), columns (b, length), weights (b, length).

    Shorter rows are filled up with weight 0 and the column after the last. Empty rows are left out.
    """
    lengths = matrix.lengths
    order = np.argsort(lengths, kind="stable")
    order = order[np.searchsorted(lengths[order], 1) :]
    while len(order):
        longest = int(lengths[order[-1]])
        rows = order[-max(1, BATCH // (longest * k)) :]
        # A row needs no more padding than a quarter of its own length.
        rows = rows[4 * longest <= 5 * lengths[rows] + 3]
        order = order[: len(order) - len(rows)]
        places = np.arange(longest)
        there = places < lengths[rows, None]
        at = np.where(there, matrix.indptr[rows, None] + places, 0)
        yield (
            rows,
            np.where(there, matrix.indices[at], matrix.columns),
            np.where(there, matrix.data[at], 0.0),
        )
