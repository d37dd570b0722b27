"""Factors: exact, monotone, the same as a library's, and foretold from attributes."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain import factors
from carousel.domain.factors import FactorParams, Sparse, attribute_map, factorise, fold_in

PARAMS = FactorParams(unobserved=0.2, regularisation=0.05, frequency=1.0, sweeps=3)


def sparse(dense):
    rows, columns = np.nonzero(dense)
    ends = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(dense)))])
    return Sparse(ends, columns, dense[rows, columns].astype(float), dense.shape[1])


def reactions(seed, users=12, items=9, share=0.4):
    dice = np.random.default_rng(seed)
    return (dice.random((users, items)) < share).astype(float)


def start(items, k, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, (items, k))


def dense_fold_in(row, others, params):
    """The normal equations as the textbook writes them."""
    amount = params.regularisation * (row.sum() + params.unobserved * len(others))
    gram = others.T @ (row[:, None] * others) + params.unobserved * others.T @ others
    return np.linalg.solve(gram + amount * np.eye(others.shape[1]), others.T @ row)


@given(st.integers(0, 1000), st.integers(1, 14), st.integers(0, 9))
def test_fold_in_solves_the_normal_equations_whichever_side_is_smaller(seed, k, most):
    dice = np.random.default_rng(seed)
    seen = reactions(seed, share=0.1 * most) * dice.uniform(0.5, 2.0, (12, 9))
    others = dice.normal(size=(9, k))
    found = fold_in(sparse(seen), others, PARAMS)
    expected = np.stack([dense_fold_in(row, others, PARAMS) for row in seen])
    assert np.allclose(found, expected, atol=1e-8)


@given(st.integers(0, 1000), st.integers(1, 14))
def test_single_precision_agrees_to_six_digits(seed, k):
    dice = np.random.default_rng(seed)
    seen, others = sparse(reactions(seed)), dice.normal(size=(9, k))
    exact = fold_in(seen, others, PARAMS)
    found = fold_in(seen, others, replace(PARAMS, single=True))
    assert np.allclose(found, exact, atol=1e-5 * max(1.0, np.abs(exact).max()))


def test_rows_folded_in_together_are_the_rows_folded_in_alone(monkeypatch):
    seen, others = reactions(1, users=40), start(9, 4)
    together = fold_in(sparse(seen), others, PARAMS)
    monkeypatch.setattr(factors, "BATCH", 1)
    assert np.allclose(fold_in(sparse(seen), others, PARAMS), together)


def test_a_row_without_reactions_gets_zeros():
    seen = np.array([[0.0, 0.0], [1.0, 0.0]])
    assert np.all(fold_in(sparse(seen), start(2, 3), PARAMS)[0] == 0.0)


def test_folding_in_a_user_of_the_training_gives_the_trained_factors():
    seen = reactions(2)
    found = factorise(sparse(seen), start(9, 4), PARAMS)
    assert np.allclose(fold_in(sparse(seen[3:4]), found.items, PARAMS), found.users[3:4])


@given(st.integers(0, 1000), st.floats(0.0, 1.0), st.sampled_from([0.0, 0.5, 1.0]))
def test_no_sweep_makes_the_objective_worse(seed, unobserved, frequency):
    seen = sparse(reactions(seed))
    values = []
    for sweeps in range(5):
        params = FactorParams(unobserved, 0.1, frequency, sweeps)
        found = factorise(seen, start(9, 3), params)
        values.append(factors.objective(seen, found, params))
    assert all(after <= before + 1e-9 for before, after in itertools.pairwise(values))


def test_the_objective_is_the_sum_the_module_states():
    seen = reactions(3)
    params = FactorParams(0.3, 0.1, 1.0, 2)
    found = factorise(sparse(seen), start(9, 3), params)
    guess = found.users @ found.items.T
    of_users = 0.1 * (seen.sum(axis=1) + 0.3 * 9) @ np.sum(found.users**2, axis=1)
    of_items = 0.1 * (seen.sum(axis=0) + 0.3 * 12) @ np.sum(found.items**2, axis=1)
    expected = np.sum(seen * (guess - 1) ** 2) + 0.3 * np.sum(guess**2) + of_users + of_items
    assert factors.objective(sparse(seen), found, params) == pytest.approx(expected)


def test_the_optimum_is_that_of_implicit():
    """The library weighs what was seen with alpha, all else with 1.

    alpha (x - 1)^2 is x^2 + (alpha - 1) (x - t)^2 + constant with t = alpha / (alpha - 1), so
    dividing the scores by t leaves an objective of ours.
    """
    als = pytest.importorskip("implicit.cpu.als")
    scipy_sparse = pytest.importorskip("scipy.sparse")
    threadpoolctl = pytest.importorskip("threadpoolctl")
    seen, alpha, ridge, k = reactions(4, users=30, items=20), 5.0, 3.0, 8
    with threadpoolctl.threadpool_limits(1):
        model = als.AlternatingLeastSquares(
            factors=k,
            regularization=ridge,
            alpha=alpha,
            iterations=400,
            use_cg=False,
            use_native=True,
            dtype=np.float64,
            num_threads=1,
            random_state=0,
        )
        model.fit(scipy_sparse.csr_matrix(seen), show_progress=False)
    theirs = model.user_factors @ model.item_factors.T
    target = alpha / (alpha - 1)
    params = FactorParams(1 / (alpha - 1), ridge / (target * (alpha - 1)), 0.0, 400)
    found = factorise(sparse(seen), start(20, k), params)
    assert np.allclose(target * found.users @ found.items.T, theirs, atol=1e-4)


def test_the_same_start_gives_the_same_factors():
    seen = sparse(reactions(5))
    one, other = (factorise(seen, start(9, 4), PARAMS) for _ in range(2))
    assert np.array_equal(one.items, other.items)


def test_two_tastes_come_apart():
    seen = np.zeros((20, 10))
    seen[:10, :5] = seen[10:, 5:] = 1.0
    seen[0, 0] = seen[19, 9] = 0.0
    found = factorise(sparse(seen), start(10, 2), FactorParams(0.1, 0.01, 1.0, 10))
    guess = found.users @ found.items.T
    assert guess[0, 0] > guess[0, 5:].max() + 0.3
    assert guess[19, 9] > guess[19, :5].max() + 0.3


@given(st.integers(0, 1000))
def test_the_map_recovers_what_attributes_say_of_factors(seed):
    dice = np.random.default_rng(seed)
    attributes = np.where(dice.random((60, 12)) < 0.4, dice.uniform(0.5, 1.5, (60, 12)), 0.0)
    planted = dice.normal(size=(12, 3))
    weights = dice.uniform(0.5, 2.0, 60)
    found = attribute_map(sparse(attributes), attributes @ planted, weights, 1e-9, 1e-10)
    assert np.allclose(sparse(attributes).times(found), attributes @ planted, atol=1e-5)


@given(st.integers(0, 1000), st.floats(0.01, 10.0))
def test_the_map_is_the_weighted_ridge_regression(seed, ridge):
    dice = np.random.default_rng(seed)
    attributes = np.where(dice.random((15, 20)) < 0.3, 1.0, 0.0)
    known, weights = dice.normal(size=(15, 3)), dice.uniform(0.0, 2.0, 15)
    found = attribute_map(sparse(attributes), known, weights, ridge, 1e-10)
    gram = attributes.T @ (weights[:, None] * attributes) + ridge * np.eye(20)
    expected = np.linalg.solve(gram, attributes.T @ (weights[:, None] * known))
    assert np.allclose(found, expected, atol=1e-6)


@given(st.integers(0, 1000))
def test_a_sparse_matrix_turns_and_multiplies_like_the_dense_one(seed):
    dense = reactions(seed, users=7, items=5, share=0.3) * 2.5
    other = np.random.default_rng(seed).normal(size=(5, 3))
    assert np.allclose(sparse(dense).times(other), dense @ other)
    assert np.allclose(sparse(dense).transposed().times(np.eye(7)), dense.T)
    assert np.allclose(sparse(dense).sums(), dense.sum(axis=1))
