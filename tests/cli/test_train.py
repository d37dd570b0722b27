"""``carousel train`` and ``carousel model`` on a real database: what they keep and refuse."""

import json
from dataclasses import replace

import pytest

from carousel.cli import main
from carousel.storage import open_models
from carousel.training.trainers import TRAINERS, Trainer
from tests.simulation.test_living import small_market
from tests.storage.models import model
from tests.training.popular_trainer import POPULAR, faults, train
from tests.training.replaying import replay


@pytest.fixture(scope="module")
def market_url(new_database, servers):
    """Return a database that has heard of everything that happened in a small market."""
    url = new_database()
    replay(small_market().recording, url, servers.log_url)
    return url


@pytest.fixture
def carousel(monkeypatch, capsys, open_directory):
    """Return a function that runs a command on a database; it returns status, output and errors."""

    def run(database_url, *words):
        for name in ("LOG_URL", "CACHE_URL"):
            monkeypatch.setenv(f"CAROUSEL_{name}", "unix:///nowhere")
        monkeypatch.setenv("CAROUSEL_DATABASE_URL", database_url)
        monkeypatch.setenv("CAROUSEL_DATA_DIRECTORY", str(open_directory / "train"))
        with pytest.raises(SystemExit) as ended:
            main(words)
        told = capsys.readouterr()
        return ended.value.code, told.out, told.err

    return run


@pytest.fixture
def popular(monkeypatch):
    """Have the smallest real trainer train graphs."""
    monkeypatch.setitem(TRAINERS, "graph", POPULAR)


@pytest.mark.usefixtures("popular")
def test_training_publishes_a_model_that_the_list_shows(market_url, carousel):
    status, out, err = carousel(market_url, "train", "graph")
    assert status == 0, err
    version = out.rstrip(".\n").split("\n")[-1].split()[1]
    assert out.endswith(f"graph: {version} serves from now on.\n")
    assert "Reading the archive: 4" in err
    assert "Training graph" in err
    status, out, _ = carousel(market_url, "model", "list", "--json")
    (listed,) = json.loads(out)
    assert (listed["version"], listed["role"]) == (version, "active")
    status, out, _ = carousel(market_url, "model", "show", "graph")
    assert status == 0
    assert "float32 [" in out
    assert "hits" in out


@pytest.mark.usefixtures("popular")
def test_old_and_new_figures_stand_side_by_side_as_json(market_url, carousel):
    carousel(market_url, "train", "graph")
    status, out, err = carousel(market_url, "train", "graph", "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert told["events"] > 400
    assert told["impressions"] > 5_000
    (made,) = told["models"]
    assert made["published"]
    assert made["figures"].keys() == made["before"]["figures"].keys()
    assert {"value", "low", "high", "floor", "cases", "hits"} <= made["figures"].keys()


@pytest.mark.usefixtures("popular")
def test_a_dry_run_publishes_nothing(market_url, carousel):
    before = carousel(market_url, "model", "list")[1]
    status, out, _ = carousel(market_url, "train", "graph", "--dry-run")
    assert status == 0
    assert "would be published" in out
    assert carousel(market_url, "model", "list")[1] == before


def test_a_refused_model_ends_with_status_1_and_its_reason(market_url, carousel, monkeypatch):
    def hopeless(recording, until, rng):
        made = train(recording, until, rng)
        return replace(made, figures=made.figures | {"floor": 1.1})

    with open_models(market_url) as store:
        store.publish(model(kind="graph"), activate=True)
    monkeypatch.setitem(TRAINERS, "graph", Trainer({"numpy": hopeless}, faults))
    status, out, _ = carousel(market_url, "train", "graph")
    assert status == 1
    reason = out.splitlines()[-1]
    assert reason.startswith(f"graph: refused, {model(kind='graph').version} goes on serving.")
    assert "less than the simplest way" in reason
    status, out, _ = carousel(market_url, "train", "graph", "--json")
    assert status == 1
    assert "simplest way" in json.loads(out)["models"][0]["refused"]
    with open_models(market_url) as store:
        assert store.active("graph").version == model(kind="graph").version


@pytest.mark.usefixtures("popular")
def test_an_empty_marketplace_is_refused_in_one_sentence(database_url, carousel):
    status, out, err = carousel(database_url, "train", "graph")
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].startswith("carousel: There is nothing to learn from yet")


def test_what_nobody_trains_is_refused_before_anything_is_read(database_url, carousel, monkeypatch):
    monkeypatch.delitem(TRAINERS, "ranker", raising=False)
    status, _, err = carousel(database_url, "train", "ranker")
    assert status == 2
    assert "Nothing here trains ranker" in err


@pytest.mark.usefixtures("popular")
def test_an_engine_that_no_kind_knows_is_refused(database_url, carousel):
    status, _, err = carousel(database_url, "train", "graph", "--engine", "spark")
    assert status == 2
    assert "graph cannot be trained with spark" in err


def test_models_are_switched_rolled_back_and_shadowed(database_url, carousel):
    versions = [model(float(number)).version for number in range(3)]
    assert carousel(database_url, "model", "list")[1].startswith("There are no models")
    assert json.loads(carousel(database_url, "model", "list", "--json")[1]) == []
    with open_models(database_url) as store:
        for number in range(3):
            store.publish(model(float(number)), activate=number < 2)
    status, out, _ = carousel(database_url, "model", "roll-back", "factors")
    assert (status, out) == (0, f"factors {versions[0]} serves from now on.\n")
    status, out, _ = carousel(database_url, "model", "activate", "factors", versions[2], "--json")
    assert (status, json.loads(out)) == (0, {"kind": "factors", "active": versions[2]})
    status, out, _ = carousel(database_url, "model", "shadow", "factors", versions[1])
    assert (status, out) == (0, f"factors {versions[1]} is the shadow from now on.\n")
    lines = carousel(database_url, "model", "list")[1].splitlines()
    assert {(line.split()[1], line.split()[2]) for line in lines} >= {
        (versions[2], "active"),
        (versions[1], "shadow"),
    }
    assert carousel(database_url, "model", "shadow", "factors", "--off")[1] == (
        "factors has no shadow.\n"
    )
    with open_models(database_url) as store:
        store.publish(model(1.0, kind="graph"), activate=True)
        stopped = store.active("graph").version
    status, out, _ = carousel(database_url, "model", "stop", "graph")
    assert (status, out.split(";")[0]) == (0, f"graph {stopped} serves no more")
    document = json.loads(carousel(database_url, "model", "show", "factors", "--json")[1])
    assert document["arrays"]["factors"] == {"type": "float32", "shape": [3, 2]}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("roll-back", "factors"), "There is no model factors to roll back to"),
        (("stop", "factors"), "cannot be stopped"),
        (("stop", "ranker"), "No model ranker serves"),
        (("activate", "factors", "0" * 16), "There is no model factors 0000"),
        (("activate", "horoscope", "0" * 16), "no kind of model 'horoscope'"),
        (("list", "horoscope"), "no kind of model 'horoscope'"),
        (("show", "factors"), "No model factors serves"),
        (("show", "factors", "0" * 16), "There is no model factors 0000"),
        (("shadow", "factors"), "--off"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(words, sentence, database_url, carousel):
    status, out, err = carousel(database_url, "model", *words)
    assert (status, out) == (2, "")
    assert sentence in err
    assert "Traceback" not in err
