"""A watched demo: every panel has data, nobody is alerted, and what breaks is seen in a minute.

The demo with its monitor, and a real Prometheus with the rules as shipped, asked each second.
"""

import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from deploy.grafana.dashboards import BOARDS
from deploy.grafana.panels import Kind
from deploy.prometheus.checks import CHECKS
from tests.deploy.running import prometheus
from tests.deploy.test_dashboards import filled
from tests.stories.conftest import Demo, free_port, start, stop
from tests.stories.seen.watching import (
    PATIENCE,
    Fault,
    Patient,
    corrupt_shopper,
    dying_pipeline,
    hanging_log,
    hanging_pipeline,
    sold_behind_the_cache,
    vector_of_another_space,
    wait_until,
)

ROOT = Path(__file__).parents[3]
DETECTED_SECONDS = 60.0

MAY_BE_EMPTY: dict[str, str] = {}
"""Panels whose quantity a healthy demo does not have, and why."""

OF_SPEED = {
    *("RecommendationsBudgetBurns", "EffectWithin2sBudgetBurns", "EffectWithin5sBudgetBurns"),
    *("EventLoopLate", "LogAppendSlow", "PoolExhausted"),
}
"""What a machine that is busy with other tests may rightly be told."""


@pytest.fixture(scope="module")
def patient(open_directory: Path, tmp_path_factory) -> Iterator[Patient]:
    """Return a healthy demo of its own, watched: all checks hold."""
    data = open_directory / "watched"
    environment = {
        **os.environ,
        "CAROUSEL_PORT": str(free_port()),
        "CAROUSEL_MONITOR_PORT": str(free_port()),
        "CAROUSEL_DATA_DIRECTORY": str(data),
        "CAROUSEL_LISTINGS": "1500",
        "CAROUSEL_SHARED_BUFFERS_MB": "64",
    }
    with prometheus(data / "targets", tmp_path_factory.mktemp("prometheus")) as watch:
        process = start(environment, open_directory / "watched.txt")
        try:
            url = f"http://127.0.0.1:{environment['CAROUSEL_PORT']}"
            healthy = Patient(Demo(url, process, environment), watch, data)
            asked = {check.name for check in CHECKS}
            wait_until(lambda: asked == names(healthy, "carousel_check_ok == 1"))
            yield healthy
        finally:
            stop(process)


def names(patient: Patient, query: str) -> set[str]:
    return {one["metric"]["check"] for one in patient.watch.ask(query)}


def numbers(patient: Patient, query: str) -> list[float]:
    found = [float(one["value"][1]) for one in patient.watch.ask(filled(query))]
    return [number for number in found if not math.isnan(number)]


def test_no_panel_is_without_data(patient):
    asked = {
        (board.uid, panel.title, query.text)
        for board in BOARDS
        for panel in board.panels
        if panel.kind not in (Kind.LOG_LINES, Kind.LOG_COUNTS)
        for query in panel.queries
        if panel.title not in MAY_BE_EMPTY
    }
    assert len(asked) > 60
    with patient.visited():
        learned_from = 'sum(carousel_pipeline_events_applied_total{pipeline="content-based"})'
        wait_until(lambda: (patient.watch.number(learned_from) or 0) >= 200)
        trained = patient.demo.run("train", "graph", "--even-if-worse")
        assert trained.returncode == 0, trained.stdout[-2000:] + trained.stderr[-2000:]
        deadline = time.monotonic() + PATIENCE
        empty = asked
        while empty and time.monotonic() < deadline:
            time.sleep(1)
            empty = {one for one in empty if not numbers(patient, one[2])}
    assert sorted(empty) == []


def test_the_labels_of_a_metric_are_its_own(patient):
    assert numbers(patient, 'carousel_model_age_seconds{kind="graph"}')
    labels = patient.watch.client.get("/api/v1/labels").json()["data"]
    assert [name for name in labels if name.startswith("exported_")] == []


def test_the_series_of_a_process_are_few(patient):
    counts = patient.watch.ask('count by (process) ({job="carousel"})')
    assert len(counts) >= 7
    assert max(int(count["value"][1]) for count in counts) <= 2000


def test_every_rule_is_evaluated_without_a_fault(patient):
    groups = patient.watch.client.get("/api/v1/rules").json()["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) > 60
    assert [rule for rule in rules if rule["health"] != "ok"] == []


def test_a_healthy_demo_alerts_nobody(patient):
    wait_until(lambda: patient.watch.firing() <= OF_SPEED)


def test_a_hanging_pipeline_and_wrong_data_are_seen(patient):
    begun = time.monotonic()
    # First of all, for a shopper whose list does not change any more.
    sold, corrupt = sold_behind_the_cache(patient), corrupt_shopper(patient)
    # The pipeline is repaired first, which then lets vectors and states be computed anew.
    faults = [hanging_pipeline(patient), sold, corrupt, vector_of_another_space(patient)]
    see(patient, faults, begun)


def test_a_dying_pipeline_and_a_hanging_log_are_seen(patient):
    begun = time.monotonic()
    with dying_pipeline(patient) as dying:
        see(patient, [dying, hanging_log(patient)], begun)


def see(patient: Patient, faults: Sequence[Fault], begun: float) -> None:
    """Wait until all faults are found and told; repair them; wait until all alerts are over."""
    checks = {check for fault in faults for check in fault.checks}
    alerts = {alert for fault in faults for alert in fault.alerts}
    found: dict[str, float] = {}
    told: dict[str, float] = {}
    over: dict[str, float] = {}
    try:
        while (checks - found.keys() or alerts - told.keys()) and passed(begun) < PATIENCE:
            found |= {one: passed(begun) for one in patient.broken() & checks - found.keys()}
            told |= {one: passed(begun) for one in patient.watch.firing() & alerts - told.keys()}
            time.sleep(0.25)
        said = {one["labels"]["alertname"]: one["annotations"] for one in patient.watch.alerts()}
    finally:
        for fault in faults:
            fault.repair()
    repaired = time.monotonic()
    while told.keys() - over.keys() and passed(repaired) < PATIENCE:
        gone = told.keys() - patient.watch.firing() - over.keys()
        over |= {one: passed(repaired) for one in gone}
        time.sleep(0.25)
    sys.stderr.write("".join(sentence(fault, found, told, over) for fault in faults))
    assert checks - found.keys() == set(), "not found by the monitor"
    assert {one: late for one, late in found.items() if late > DETECTED_SECONDS} == {}
    assert alerts - told.keys() == set(), "no alert fired"
    assert alerts - over.keys() == set(), "the alert went on after the repair"
    for alert in alerts:
        assert (ROOT / said[alert]["runbook_url"]).exists()
        assert "error" not in said[alert]["description"], said[alert]


def passed(since: float) -> float:
    return time.monotonic() - since


def sentence(fault: Fault, found: dict, told: dict, over: dict) -> str:
    """Return in how many seconds a fault was found, told, and over after its repair."""
    checks = ", ".join(f"{one} {found.get(one, -1):.0f} s" for one in sorted(fault.checks))
    alerts = ", ".join(
        f"{one} {told.get(one, -1):.0f} s (over in {over.get(one, -1):.0f} s)"
        for one in sorted(fault.alerts)
    )
    return f"\n{fault.name}: found by {checks}; told by {alerts}\n"
