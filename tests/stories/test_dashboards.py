"""Every panel has something to show: real queries to a real Prometheus that scrapes a real demo."""

import math
import threading
import time
from pathlib import Path

import pytest

from deploy.grafana.dashboards import BOARDS
from deploy.grafana.panels import Kind
from tests.deploy.running import prometheus
from tests.deploy.test_dashboards import filled

PATIENCE = 90.0

MAY_BE_EMPTY: dict[str, str] = {}
"""Panels whose quantity a healthy demo does not have, and why."""

OF_SPEED = {
    *("RecommendationsBudgetBurns", "EffectWithin2sBudgetBurns", "EffectWithin5sBudgetBurns"),
    *("EventLoopLate", "LogAppendSlow", "PoolExhausted"),
}
"""What a machine that is busy with other tests may rightly be told."""


@pytest.fixture(scope="module")
def watched(demo, tmp_path_factory):
    """Return a Prometheus that has watched the demo while shoppers were there."""
    targets = Path(demo.environment["CAROUSEL_DATA_DIRECTORY"]) / "targets"
    with prometheus(targets, tmp_path_factory.mktemp("prometheus")) as running:
        over = threading.Event()
        shoppers = threading.Thread(target=visit, args=(demo, over))
        shoppers.start()
        try:
            yield running
        finally:
            over.set()
            shoppers.join(60)


def visit(demo, over):
    """Do a little of everything, wrong things too, again and again."""
    with demo.client("john9@example.com") as shopper:
        while not over.is_set():
            found = shopper.get("/api/v1/cars/search", params={"brand": "Skoda"}).json()["listings"]
            shopper.get("/api/v1/cars/recommendations", params={"brand": "Skoda", "max_price": 900})
            for car in found[:3]:
                shopper.get(f"/api/v1/cars/detail/{car['id']}")
                shopper.get("/api/v1/cars/recommendations")
            twice = {"type": "favourite", "listing_id": found[0]["id"], "id": f"d-{time.time_ns()}"}
            shopper.post("/api/v1/events", json=twice)
            shopper.post("/api/v1/events", json=twice)
            shopper.post("/api/v1/events", json={"type": "no such type"})
            shopper.get("/api/v1/cars/detail/999999999")
            shopper.get("/api/v1/cars/popular")
            over.wait(1)


def numbers(running, query):
    found = [float(one["value"][1]) for one in running.ask(filled(query))]
    return [number for number in found if not math.isnan(number)]


def test_no_panel_is_without_data(watched):
    asked = {
        (board.uid, panel.title, query.text)
        for board in BOARDS
        for panel in board.panels
        if panel.kind not in (Kind.LOG_LINES, Kind.LOG_COUNTS)
        for query in panel.queries
        if panel.title not in MAY_BE_EMPTY
    }
    assert len(asked) > 60
    deadline = time.monotonic() + PATIENCE
    empty = asked
    while empty and time.monotonic() < deadline:
        time.sleep(2)
        empty = {one for one in empty if not numbers(watched, one[2])}
    assert sorted(empty) == []


def test_every_rule_is_evaluated_without_a_fault(watched):
    groups = watched.client.get("/api/v1/rules").json()["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) > 60
    assert [rule for rule in rules if rule["health"] == "err"] == []


def test_a_healthy_demo_alerts_nobody(watched):
    deadline = time.monotonic() + PATIENCE
    while (firing := watched.firing() - OF_SPEED) and time.monotonic() < deadline:
        time.sleep(1)
    assert firing == set()


def test_the_labels_of_a_metric_are_its_own(watched):
    assert numbers(watched, 'carousel_model_age_seconds{kind="ranker"}')
    labels = watched.client.get("/api/v1/labels").json()["data"]
    assert [name for name in labels if name.startswith("exported_")] == []


def test_the_series_of_a_process_are_few(watched):
    counts = watched.ask('count by (process) ({job="carousel"})')
    assert counts
    assert {
        c["metric"]["process"]: c["value"][1] for c in counts if int(c["value"][1]) > 2000
    } == {}
