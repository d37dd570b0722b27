"""A run over a public set becomes a report; settings are found on the validation part."""

from pathlib import Path

import numpy as np
import pytest

from carousel.domain.errors import ConfigurationError
from carousel.evaluation.public import measuring, tuning
from carousel.evaluation.public.models import MODELS
from carousel.evaluation.results import Provenance


@pytest.fixture
def run(monkeypatch, ids_only):
    monkeypatch.setitem(measuring.SETS, "two-tastes", lambda _: ids_only)

    def evaluate(*names, progress=None):
        return measuring.evaluate_public("two-tastes", Path(), names, 5, progress)

    return evaluate


def test_every_row_has_its_figures_and_the_command_that_repeats_it(run):
    found = run("popularity", "ease")
    names = [row.name for row in found.methods]
    assert names == ["popularity", "ease", "carousel-factors"]
    for row in found.methods:
        assert row.command == f"./carousel evaluate public two-tastes --only {row.name}"
        assert set(row.figures) == {metric.key for metric in found.metrics}
        one = row.figures["ndcg@10"]
        assert one.low <= one.mean <= one.high
        assert one.count == found.data.users


def test_a_row_that_cannot_be_measured_says_why(run):
    rows = {row.name: row for row in run("carousel-hybrid").methods}
    assert rows["carousel-hybrid"].figures == {}
    assert "ids only" in rows["carousel-hybrid"].remark


def test_every_method_is_compared_with_the_reference_user_by_user(run):
    found = run("random")
    compared = {one.metric: one for one in found.comparisons}
    assert {one.reference for one in found.comparisons} == {"carousel-factors"}
    one = compared["ndcg@10"]
    assert one.difference.high < 0
    assert one.p < 0.05


def test_the_same_seed_gives_the_same_numbers(run):
    one, other = ({row.name: row.figures for row in run("random").methods} for _ in range(2))
    # A coverage has no interval, and no NaN equals another: compared as they are written.
    assert repr(one) == repr(other)


def test_the_findings_become_a_report(run):
    found = run("popularity")
    report = found.report(Provenance("carousel", "now", 5, "two tastes", "0", {}, {}, 1.0))
    assert report.notes == ("Even like even.",)
    assert set(report.headline) <= {metric.key for metric in report.metrics}
    assert report.headline[0] == "ndcg@10"


def test_progress_is_told(run):
    told = []
    run("popularity", progress=lambda label, share: told.append((label, share)))
    assert ("Popularity", 1.0) in told


def test_an_unknown_model_names_the_known_ones(run):
    with pytest.raises(ConfigurationError, match=r"no model 'netflix'.*popularity"):
        run("netflix")


def test_tuning_finds_the_better_settings_on_the_validation_part(tastes):
    model = MODELS["carousel-factors"]
    grid = {"regularisation": (1000.0, 0.01), "factors": (4.0,), "unobserved": (0.1,)}
    trials = list(tuning.tune(tastes, model, 1, grid))
    assert len(trials) == 2
    assert tuning.best(iter(trials)).settings["regularisation"] == 0.01


def test_what_has_no_grid_cannot_be_tuned(tastes):
    with pytest.raises(ConfigurationError, match="nothing to tune"):
        list(tuning.tune(tastes, MODELS["popularity"], 1))


def test_the_grids_hold_the_settings_that_models_have():
    for model in MODELS.values():
        for settings in model.settings.values():
            assert all(isinstance(value, (int, float)) for value in settings.values())
        known = set().union(*model.settings.values()) if model.settings else set()
        assert set(model.grid) <= known
        assert all(len(values) == len(np.unique(values)) for values in model.grid.values())
