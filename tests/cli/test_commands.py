"""Every command is there, says what it does, and fails with one sentence."""

import subprocess
import sys
from importlib import import_module

import pytest

from carousel.cli import COMMANDS, main
from carousel.cli.demo import kept_secret


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_in_one_line_what_it_does(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    module = import_module(f"carousel.cli.{COMMANDS[command]}")
    summary = module.app.info.help if hasattr(module, "app") else module.run.__doc__
    first_words = " ".join(summary.split()[:4])
    assert first_words in " ".join(capsys.readouterr().out.split())


def test_without_a_command_all_are_listed(capsys):
    with pytest.raises(SystemExit):
        main([])
    shown = capsys.readouterr().out
    assert [command for command in COMMANDS if command not in shown] == []


def test_an_expected_failure_is_one_sentence_and_exit_code_2(monkeypatch, capsys):
    monkeypatch.setenv("CAROUSEL_PORT", "many")
    with pytest.raises(SystemExit) as ended:
        main(["demo"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("carousel: CAROUSEL_PORT: ")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("train nosuch", "'[KIND]': 'nosuch' is not one of 'factors', 'graph', 'ranker', 'all'."),
        ("train --engine cuda", "'--engine': 'cuda' is not one of 'numpy', 'spark'."),
        ("train --seed -1", "'--seed': must be 0 or more"),
        ("simulate --shoppers many", "'--shoppers': must be a whole number"),
        ("dead-letters list --limit 0", "'--limit': must be 1 or more"),
    ],
)
def test_a_value_that_cannot_be_read_is_told_in_words(monkeypatch, capsys, line, sentence):
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    assert ended.value.code == 2
    assert f"Invalid value for {sentence}" in capsys.readouterr().err


def test_the_demo_does_not_run_in_production(monkeypatch, capsys):
    monkeypatch.setenv("CAROUSEL_ENVIRONMENT", "production")
    with pytest.raises(SystemExit) as ended:
        main(["demo"])
    assert ended.value.code == 2
    assert "lets anybody in" in capsys.readouterr().err


@pytest.mark.parametrize("pipeline", ["content-based", "collaborative", "appraisals"])
def test_a_worker_without_urls_is_told_what_to_set(monkeypatch, capsys, pipeline):
    monkeypatch.delenv("CAROUSEL_DATABASE_URL", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["stream", "--worker", "0", "--pipeline", pipeline])
    assert ended.value.code == 2
    assert "set CAROUSEL_DATABASE_URL" in capsys.readouterr().err


def test_a_worker_of_one_kind_does_not_load_the_others():
    code = (
        "import sys; from carousel import cli; cli._app(['serve']); "
        "print([m for m in ('bytewax', 'pyarrow', 'alembic.command') if m in sys.modules])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "bytewax" not in loaded.stdout
    assert "pyarrow" not in loaded.stdout


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    made = kept_secret(tmp_path / "secret")
    assert len(made) >= 32
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert kept_secret(tmp_path / "secret") == made
    assert kept_secret(tmp_path / "another") != made
