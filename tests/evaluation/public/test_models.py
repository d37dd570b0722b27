"""Models find what the eye sees, and say where they cannot be measured."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from carousel.domain.factors import fold_in
from carousel.evaluation.public import models, protocol
from carousel.evaluation.public.measuring import learn_and_rank
from carousel.evaluation.public.models import (
    MODELS,
    carousel_content,
    carousel_factors,
    carousel_hybrid,
    carousel_spectral,
    ease,
    prototype,
    rp3beta,
)

NDCG = 0
SMALL = {
    "factors": 4,
    "sweeps": 8,
    "unobserved": 0.1,
    "regularisation": 0.01,
    "ridge": 1.0,
    "regularization": 0.1,
    "alpha": 2.0,
    "lasso": 0.1,
    "dim": 6,
}
"""Settings for a set of forty users in place of those for thousands."""


def reached(model, data):
    task, targets = data.for_test(1)
    settings = {**model.settings_for(data.key)}
    settings |= {key: value for key, value in SMALL.items() if key in settings}
    return learn_and_rank(model, settings, task, targets)


@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
def test_whoever_knows_tastes_beats_whoever_does_not(model, tastes):
    if why := model.obstacle(tastes):
        pytest.skip(why)
    value = reached(model, tastes).values[:, NDCG].mean()
    if model.name in {"random", "popularity"}:
        assert value < 0.6
    else:
        # New items of the right taste, which nobody can have liked, take places from others.
        assert value > 0.6


@pytest.mark.parametrize(
    "name", ["content-mean", "carousel-content", "carousel-mapped", "carousel-hybrid"]
)
def test_items_new_to_everybody_are_found_by_their_attributes(name, cold):
    model = MODELS[name]
    settings = {**carousel_hybrid.SETTINGS["citeulike"], **SMALL}
    ranked = learn_and_rank(model, settings, *cold.for_test(1))
    assert ranked.values[:, NDCG].mean() == 1.0


def test_models_of_ids_alone_say_that_new_items_are_beyond_them(cold):
    assert "nobody reacted to these items" in MODELS["ease"].obstacle(cold)
    assert MODELS["prototype"].obstacle(cold) == ""


def test_models_of_attributes_say_that_a_set_has_none(ids_only):
    assert "ids only" in MODELS["carousel-hybrid"].obstacle(ids_only)
    assert "item factors" in MODELS["prototype"].remark_without


def test_a_model_too_large_for_a_catalogue_says_so(tastes):
    assert "40,981" in MODELS["ease"].obstacle(replace(tastes, items=40_981))


def test_a_package_that_is_not_there_is_said(tastes):
    absent = replace(MODELS["random"], needs=("no_such_package",))
    assert "no_such_package is not installed" in absent.obstacle(tastes)


def test_every_model_file_is_registered():
    files = {path.stem for path in Path(models.__file__).parent.glob("*.py")} - {"__init__"}
    registered = {model.learn.__module__.rpartition(".")[2] for model in MODELS.values()}
    assert files == registered
    assert all(name == model.name for name, model in MODELS.items())


def test_ease_is_the_least_squares_of_its_definition():
    seen = (np.random.default_rng(0).random((30, 6)) < 0.4).astype(float)
    found = ease.weights(csr_matrix(seen), ridge=2.0)
    for item in range(6):
        others = np.delete(np.arange(6), item)
        gram = seen[:, others].T @ seen[:, others] + 2.0 * np.eye(5)
        expected = np.linalg.solve(gram, seen[:, others].T @ seen[:, item])
        assert np.allclose(found[others, item], expected)
        assert found[item, item] == 0.0


def test_spectral_factors_of_full_rank_are_a_ridge_reconstruction(ids_only):
    task = one_item_twice(ids_only)
    settings = {"factors": 6, "user_power": 0.5, "item_power": 0.25, "ridge": 0.1, "graph": 0.0}
    seen = task.matrix.toarray()
    by_user, by_item = (np.maximum(seen.sum(axis=axis), 1.0) for axis in (1, 0))
    weighted = by_user[:, None] ** -0.25 * seen * by_item**-0.25
    gram = weighted.T @ weighted
    ridge = 0.1 * np.linalg.eigvalsh(gram)[-1]
    expected = (seen * by_item**-0.25) @ np.linalg.solve(gram + ridge * np.eye(7), gram)
    found = carousel_spectral.learn(task, settings)(np.arange(len(seen)))
    assert np.allclose(found, (expected * by_item**0.25)[:, task.candidates])


def test_spectral_factors_without_weights_are_ease_but_for_a_factor_per_item(ids_only):
    task = one_item_twice(ids_only)
    settings = {"factors": 6, "user_power": 0.0, "item_power": 0.0, "ridge": 0.2, "graph": 0.0}
    seen = task.matrix.toarray()
    gram = seen.T @ seen
    ridge = 0.2 * np.linalg.eigvalsh(gram)[-1]
    by_item = ridge * np.diag(np.linalg.inv(gram + ridge * np.eye(7)))
    users = np.arange(len(seen))
    ours = carousel_spectral.learn(task, settings)(users) / by_item[task.candidates]
    theirs = ease.learn(task, {"ridge": ridge})(users)
    new = seen[:, task.candidates] == 0
    assert np.allclose(ours[new], theirs[new])


def test_the_graph_stands_for_all_but_the_strong_factors(ids_only):
    task = one_item_twice(ids_only)
    powers = {"user_power": 0.5, "item_power": 0.25, "ridge": 0.3}
    users = np.arange(task.matrix.shape[0])

    def scores(factors, graph):
        settings = {**powers, "factors": factors, "graph": graph}
        return carousel_spectral.learn(task, settings)(users)

    exact = scores(6, 0.0)
    assert np.allclose(scores(6, 1.0), exact)
    lost, kept = (np.abs(scores(2, graph) - exact).max() for graph in (0.0, 1.0))
    assert kept < 0.5 * lost


def test_a_catalogue_too_large_for_a_dense_matrix_has_the_same_spectrum(tastes, monkeypatch):
    task, _ = tastes.for_test(0)
    settings = {"factors": 5, "user_power": 0.5, "item_power": 0.25}
    dense = carousel_spectral.spectrum(task.matrix, settings, 0)
    monkeypatch.setattr(carousel_spectral, "DENSE", 0)
    sparse = carousel_spectral.spectrum(task.matrix, settings, 0)
    assert np.allclose(sparse.strong, dense.strong)
    # The two strongest vectors stand alone; a sign is free.
    alike = np.abs(np.sum(sparse.vectors * dense.vectors, axis=0))
    assert np.allclose(alike[:2], 1.0)


def one_item_twice(data):
    """Return a task of 30 users and 7 items, two of them alike: six factors hold all of it."""
    seen = (np.random.default_rng(0).random((30, 7)) < 0.4).astype(float)
    seen[:, 6] = seen[:, 0]
    task, _ = data.for_test(0)
    return replace(task, matrix=csr_matrix(seen), candidates=np.array([0, 2, 3, 5, 6]))


def test_the_prototypes_profile_is_its_update_rule():
    dice = np.random.default_rng(0)
    vectors = dice.normal(size=(6, 3))
    order = np.array([4, 1, 5, 0])
    profile = vectors[4]
    for item in order[1:]:
        profile = (profile + vectors[item]) / 2
    told = prototype.Reactions(np.zeros(4, np.int64), order, np.zeros(4))
    assert np.allclose(prototype.halving(told, (1, 6)) @ vectors, profile)
    assert np.allclose(prototype.flat(told, (1, 6)) @ vectors, vectors[order].mean(axis=0))


def test_the_walk_takes_the_chances_of_its_steps():
    seen = csr_matrix([[1.0, 1.0], [0.0, 1.0]])
    found = rp3beta.walk(seen, {"alpha": 1.0, "beta": 0.0, "neighbours": 5}).toarray()
    # From item 0 to user 0 surely, from there to item 1 with one half.
    assert found[0].tolist() == [0.0, 0.5]
    # From item 1 to user 0 with one half, from there to item 0 with one half.
    assert found[1].tolist() == [0.25, 0.0]


def test_of_the_walk_only_the_nearest_are_kept():
    seen = csr_matrix((np.random.default_rng(0).random((20, 8)) < 0.6).astype(float))
    found = rp3beta.walk(seen, {"alpha": 1.0, "beta": 0.5, "neighbours": 2})
    assert np.diff(found.indptr).max() <= 2


def test_the_fold_in_over_all_attributes_is_the_ridge_it_says(cold):
    task, _ = cold.for_test(0)
    dice = np.random.default_rng(0)
    weighted = csr_matrix(np.where(dice.random((24, 7)) < 0.5, dice.random((24, 7)), 0.0))
    scorer = carousel_content._in_all_attributes(task, weighted, ratio=5.0)
    dense = weighted.toarray()
    moment = dense.T @ dense / len(dense)
    folded = np.linalg.solve(5.0 * moment + np.eye(7), (task.matrix[[3]].toarray() @ dense).T)
    assert np.allclose(scorer(np.array([3])), (dense[task.candidates] @ folded).T)


def test_carousels_factors_fold_its_users_in_exactly(tastes):
    task, _ = tastes.for_test(0)
    settings = {**carousel_factors.SETTINGS["any"], **SMALL}
    found = carousel_factors.factors_of(task, settings)
    params = carousel_factors.FactorParams(0.1, 0.01, 1.0, 8)
    reactions = carousel_factors.sparse_of(task.matrix)
    again = fold_in(reactions, found.items, params)
    assert np.allclose(again, found.users)


def test_dice_come_from_the_seed(tastes):
    def values(seed):
        task, targets = tastes.for_test(seed)
        return protocol.rank(task, targets, MODELS["random"].learn(task, {})).values

    assert np.array_equal(values(1), values(1))
    assert not np.array_equal(values(1), values(2))
