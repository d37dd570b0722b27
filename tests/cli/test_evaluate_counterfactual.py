"""``carousel evaluate counterfactual``, as one would use it."""

import json
from datetime import UTC, datetime

import pytest

from carousel.cli import main
from carousel.recording import files
from carousel.simulation import truth_files
from carousel.simulation.living import simulate
from carousel.simulation.parameters import read_parameters


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    where = tmp_path_factory.mktemp("market")
    made = simulate(
        read_parameters(), shoppers=150, listings=500, days=12, seed=4,
        begins=datetime(2026, 3, 2, tzinfo=UTC), preferences="additive", hidden=None,
        progress=lambda *told: None,  # noqa: ARG005 (a bar nobody looks at)
    )  # fmt: skip
    files.write(made.recording, where)
    truth_files.write(made.truth, where)
    return where


def run(*words):
    main(["evaluate", "counterfactual", *map(str, words)])


def test_it_prints_a_table_and_what_repeats_it(directory, capsys):
    with pytest.raises(SystemExit) as ended:
        run(directory, "--methods", "popular,oracle", "--split", "0.3")
    told = capsys.readouterr()
    assert ended.value.code == 0
    assert "What other policies would have earned" in told.out
    assert "Oracle against Popular" in told.out
    assert f"evaluate counterfactual {directory} --split 0.3 --seed 0" in told.out
    assert "random impressions" in told.err


def test_it_writes_the_same_document_that_it_prints(directory, tmp_path, capsys):
    with pytest.raises(SystemExit):
        run(directory, "--methods", "random", "--out", tmp_path, "--json")
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((tmp_path / "counterfactual.json").read_text("utf-8"))
    assert (tmp_path / "counterfactual.html").read_text("utf-8").startswith("<!doctype html>")


def test_an_unknown_method_is_refused_before_anything_is_read(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        run(tmp_path / "nothing", "--methods", "crystal-ball")
    assert ended.value.code == 2
    assert "crystal-ball" in capsys.readouterr().err


def test_a_pool_too_small_for_every_list_is_refused_in_one_sentence(directory, capsys):
    with pytest.raises(SystemExit) as ended:
        run(directory, "--methods", "random", "--split", "0.99", "--pool", "11")
    assert ended.value.code == 2
    assert "no random exposure after the split" in capsys.readouterr().err
