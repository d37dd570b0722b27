"""The knobs are listed, files that turn them are checked, and servers refuse bad ones."""

import json

import pytest

from carousel.cli import main
from carousel.serving.knob_descriptions import all_knobs, knobs_table

EXPERIMENTS = """
serving = "calm"
[configurations.standard]
[configurations.calm]
slate.exploration.places = 0
[experiments.calmness]
share = 0.25
arms = ["standard", "calm"]
since = 2026-05-01T06:00:00Z
"""


@pytest.fixture
def said(capsys):
    """Return a function that runs a command and returns its exit status, output and complaint."""

    def run(*words):
        with pytest.raises(SystemExit) as ended:
            main([*map(str, words)])
        shown = capsys.readouterr()
        return ended.value.code, shown.out, shown.err

    return run


@pytest.fixture
def file(tmp_path):
    def written(text):
        path = tmp_path / "file.toml"
        path.write_text(text)
        return path

    return written


def test_every_knob_is_listed_with_its_default(said):
    code, out, _ = said("knobs")
    assert code == 0
    assert [name for name in all_knobs() if name not in out] == []


def test_a_program_reads_the_same(said):
    _, out, _ = said("knobs", "--json")
    knobs = {one["name"]: one for one in json.loads(out)["knobs"]}
    assert knobs.keys() == all_knobs().keys()
    assert knobs["taste.half_life"]["default"] == "14d"
    assert knobs["slate.variety.trade"]["range"] == [">= 0", "<= 1"]
    assert "content" in knobs["channels"]["choices"]


def test_the_document_is_printed_ready_to_be_pasted(said):
    assert said("knobs", "--markdown")[1] == knobs_table()


def test_a_file_of_knobs_is_told_by_what_it_changes(said, file):
    path = file("pool = 60\nslate.caps.model = 4\n")
    default = all_knobs()["slate.caps.model"].default
    code, out, _ = said("knobs", "check", path)
    assert code == 0
    assert out == "pool = 60 (default 120)\n" + (
        "" if default == 4 else f"slate.caps.model = 4 (default {default})\n"
    )
    assert json.loads(said("knobs", "check", path, "--json")[1])["knobs"]["pool"] == 60
    assert said("knobs", "check", file(""))[1] == "Changes nothing.\n"


def test_a_file_of_experiments_is_told_by_who_gets_what(said, file):
    path = file(EXPERIMENTS)
    code, out, _ = said("knobs", "check", path)
    assert code == 0
    assert out.splitlines() == [
        "standard: as everything is by default",
        "calm",
        "  slate.exploration.places = 0.0 (default 1.0)",
        (
            "calmness: compares standard 0.5 and calm 0.5, for shoppers at 0 to 0.25 of the line "
            "since 2026-05-01T06:00:00+00:00."
        ),
        "Everybody else: calm.",
    ]
    told = json.loads(said("knobs", "check", path, "--json")[1])
    assert told["experiments"][0]["arms"] == {"standard": 0.5, "calm": 0.5}
    assert told["serving"] == "calm"


@pytest.mark.parametrize("command", ["serve", "demo"])
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (EXPERIMENTS.replace("places", "spaces"), "there is no knob slate.exploration.spaces"),
        (None, "cannot be read: No such file or directory."),
    ],
)
def test_a_server_with_a_bad_file_does_not_start(  # noqa: PLR0913, PLR0917 (fixtures and cases)
    said, file, monkeypatch, tmp_path, command, text, sentence
):
    path = tmp_path / "none.toml" if text is None else file(text)
    monkeypatch.setenv("CAROUSEL_EXPERIMENTS", str(path))
    monkeypatch.setenv("CAROUSEL_TOKEN_SECRET", "x" * 40)
    monkeypatch.setenv("CAROUSEL_DATA_DIRECTORY", str(tmp_path / "data"))
    code, out, err = said(command)
    assert (code, out) == (2, "")
    assert err.startswith(f"carousel: {path}")
    assert sentence in err
    assert err.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_without_a_file_of_experiments_none_can_be_evaluated(said, monkeypatch):
    monkeypatch.delenv("CAROUSEL_EXPERIMENTS", raising=False)
    code, _, err = said("evaluate", "experiment", "x")
    assert (code, err) == (2, (
        "carousel: No file of experiments: set CAROUSEL_EXPERIMENTS, or name it with --file.\n"
    ))  # fmt: skip
