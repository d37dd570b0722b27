"""``carousel evaluate``, as one would use it: a small market made, replayed, shown, shown again."""

import json
from datetime import UTC, datetime

import pytest

from carousel.cli import main
from carousel.evaluation.report import document
from carousel.recording.files import write
from carousel.settings import CHECKOUT
from carousel.simulation import truth_files
from carousel.simulation.living import simulate
from carousel.simulation.parameters import read_parameters

METHODS = "carousel,prototype,popular,random,oracle"


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    directory = tmp_path_factory.mktemp("lab") / "market"
    made = simulate(
        read_parameters(),
        shoppers=150,
        listings=500,
        days=12,
        seed=4,
        begins=datetime(2026, 3, 1, tzinfo=UTC),
        preferences="additive",
        hidden=None,
        progress=lambda *_: None,
    )
    write(made.recording, directory)
    truth_files.write(made.truth, directory)
    return directory


@pytest.fixture
def run(capsys):
    def done(*words):
        code = 0
        try:
            main(["evaluate", *map(str, words)])
        except SystemExit as ended:
            code = ended.code or 0
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return done


@pytest.fixture(scope="module")
def evaluated(market, tmp_path_factory):
    pytest.importorskip("matplotlib")
    out = tmp_path_factory.mktemp("out")
    words = f"--methods {METHODS} --moments 60 --seed 3 --check-leaks --out {out}".split()
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", "market", str(market), *words])
    assert not ended.value.code
    return out


def test_a_market_becomes_a_page_and_a_document(evaluated, market):
    page = (evaluated / "report.html").read_text("utf-8")
    report = document.read(evaluated / "report.json")
    assert "Five ways to recommend cars, replayed" in page
    assert [one.name for one in report.methods] == METHODS.split(",")
    assert {one.reference for one in report.comparisons} == {"carousel"}
    assert report.provenance.seed == 3
    assert len(report.provenance.data_hash) == 64
    assert report.provenance.command == (
        f"./carousel evaluate market {market} --split 0.8 --seed 3 --methods {METHODS} "
        "--moments 60 --check-leaks"
    )
    assert report.counts["test moments"] <= 60
    assert any(note.startswith("Leak check: with the future cut off") for note in report.notes)


def test_the_truth_puts_the_oracle_above_all_and_chance_below_carousel(evaluated):
    report = document.read(evaluated / "report.json")
    share = {one.name: one.figures["truth.open.share"].mean for one in report.methods}
    assert share["oracle"] == pytest.approx(1.0)
    assert share["random"] < share["carousel"] < 1.0


def test_an_earlier_run_is_shown_again_as_it_was(evaluated, run, tmp_path):
    file = evaluated / "report.json"
    code, out, _ = run("report", file, "--json")
    assert (code, out) == (0, file.read_text("utf-8"))
    assert run("report", file, "--out", tmp_path)[0] == 0
    again = (tmp_path / "report.html").read_text("utf-8")
    assert again == (evaluated / "report.html").read_text("utf-8")
    code, out, _ = run("report", file, "--markdown", "--commands")
    assert out.startswith("**Five ways")
    assert "--methods oracle --moments 60 --seed 3" in out


def test_with_json_nothing_but_the_document_is_printed(market, run):
    words = ("--methods", "popular,random", "--moments", "20", "--split", "2026-03-10", "--json")
    code, out, err = run("market", market, *words)
    assert code == 0
    told = json.loads(out)["report"]
    assert [one["name"] for one in told["methods"]] == ["popular", "random"]
    assert told["comparisons"] == []
    assert "10 March 2026" in told["summary"]
    assert "replaying 2 methods" in err


def test_the_same_run_gives_the_same_numbers(market, run):
    words = ("market", market, "--methods", "popular,random", "--moments", "20", "--json")
    first, second = (json.loads(run(*words)[1])["report"] for _ in range(2))
    assert [one["figures"] for one in first["methods"]] == [
        one["figures"] for one in second["methods"]
    ]


def test_a_reference_that_was_not_named_takes_part(market, run):
    words = ("--methods", "popular", "--reference", "newest", "--moments", "20", "--json")
    told = json.loads(run("market", market, *words)[1])["report"]
    assert [one["name"] for one in told["methods"]] == ["popular", "newest"]
    assert {one["reference"] for one in told["comparisons"]} == {"newest"}


def test_without_a_truth_the_oracle_cannot_be_asked(market, run, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    for file in market.iterdir():
        if file.is_file():
            (bare / file.name).write_bytes(file.read_bytes())
    code, _, err = run("market", bare, "--methods", "oracle")
    assert code == 2
    assert "truth is known of a simulated market only" in err
    words = ("--methods", "popular,random", "--moments", "20", "--json")
    told = json.loads(run("market", bare, *words)[1])["report"]
    assert {metric["family"] for metric in told["metrics"]} <= {"logged", "bucket", "slate"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("market", "{empty}"), "holds no recording"),
        (
            ("market", "{market}", "--methods", "magic"),
            "no method 'magic'; the methods are carousel",
        ),
        (("market", "{market}", "--reference", "magic"), "no method 'magic'"),
        (("market", "{market}", "--split", "soon"), "neither a share between 0 and 1 nor a date"),
        (("market", "{market}", "--split", "1.5"), "neither a share between 0 and 1 nor a date"),
        (("market", "{market}", "--split", "2031-01-01"), "is not inside the recording"),
        (("market", "{market}", "--json", "--markdown"), "exclude each other"),
        (("market", "{market}", "--out", "{market}/manifest.json"), "is a file; name a directory"),
        (("report", "{empty}/none.json"), "cannot be read: No such file"),
        (("report", "{market}/manifest.json"), "is no report"),
        (("public", "netflix"), "no public set 'netflix'; there are movielens-1m"),
        (("public", "--json"), "name one set, or use --out"),
        (("public", "movielens-100k", "--data", "{empty}"), "{empty}"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(words, said, market, run, tmp_path):
    filled = [word.format(market=market, empty=tmp_path) for word in words]
    code, out, err = run(*filled)
    assert (code, out) == (2, "")
    told = err[err.index("carousel: ") :]
    assert said.format(empty=tmp_path) in told
    assert told.count("\n") == 1


def test_everything_there_is_to_compare_is_listed(run):
    code, out, _ = run("list")
    assert code == 0
    for word in ("prototype-flat-mean", "truth.open.share", "movielens-1m", "rp3beta", "oracle"):
        assert word in out


@pytest.mark.parametrize("words", [("market", "{market}", "--out", "x"), ("public",)])
def test_without_the_lab_one_is_told_how_to_get_it(words, market, run, monkeypatch):
    monkeypatch.setattr("carousel.cli.report_showing.find_spec", lambda *_: None)
    code, _, err = run(*(word.format(market=market) for word in words))
    assert code == 2
    assert "not installed. ./carousel setup --lab brings it" in err


def test_a_public_set_becomes_a_table(run):
    data = CHECKOUT.parent / "shared" / "data"
    if not (data / "interactions" / "movielens_100k").is_dir():
        pytest.skip("needs ../shared/data/interactions/movielens_100k")
    code, out, err = run("public", "movielens-100k", "--only", "popularity", "--commands")
    assert code == 0
    assert "NDCG@10" in out
    assert "--only popularity" in out
    assert "movielens-100k: " in err
