"""Provenance says what a run was made from, and nothing about whose machine it was."""

import platform
from datetime import UTC, datetime

from carousel.evaluation.provenance import hash_of, machine, of_run, versions


def test_the_hash_depends_on_names_and_contents_not_on_their_order(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1")
    two.write_text("2")
    first = hash_of([one, two])
    assert hash_of([two, one]) == first
    two.write_text("3")
    assert hash_of([one, two]) != first
    one.rename(tmp_path / "three")
    assert hash_of([tmp_path / "three", two]) != hash_of([two])


def test_the_machine_has_cores_and_memory_but_no_name():
    assert "core" in machine()
    assert "GiB of memory" in machine()
    if platform.node() not in ("", platform.system(), platform.machine()):
        assert platform.node() not in machine()


def test_versions_are_those_installed():
    found = versions(["carousel", "numpy", "no-such-package"])
    assert set(found) == {"python", "numpy", "carousel"}
    assert found["python"] == platform.python_version()


def test_a_run_is_told_with_the_command_as_one_would_type_it():
    made = of_run(
        command=["./carousel", "evaluate", "market", "my market"],
        made_at=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        seed=3,
        data="a market",
        data_hash="00",
        settings={"split": "0.8"},
        seconds=1.5,
    )
    assert made.command == "./carousel evaluate market 'my market'"
    assert made.made_at == "2026-01-02T03:04:05+00:00"
    assert made.versions["numpy"]
