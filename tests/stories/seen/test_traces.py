"""One click, one trace: from the request through the log and the pipeline to the next list."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from carousel.storage.embedded import EmbeddedServers
from tests.stories.conftest import PATIENCE, Demo
from tests.stories.seen.collecting import Told

EVENTS, LIST = "/api/v1/events", "/api/v1/cars/recommendations"
UPDATES = "/api/v1/users/me/updates"
ERRING = "john10@example.com"


@dataclass(frozen=True)
class Clicked:
    """A click as its shopper saw it.

    request: id of the request with the event. answer: headers of the list that followed.
    heard:   what the stream said. version: of the list.
    """

    request: str
    heard: dict
    version: int


@pytest.fixture(scope="module")
def clicked(traced) -> Clicked:
    """Open a car, wait until the stream says that the list changed, and ask for it."""
    demo = traced.demo
    with demo.client("john2@example.com") as shopper, demo.client("john2@example.com") as line:
        car = shopper.get("/api/v1/cars/search", params={"limit": 1}).json()["listings"][0]["id"]
        time.sleep(1)  # the search is an event as well
        with line.stream("GET", UPDATES) as stream:
            messages = _messages(stream.iter_lines())
            assert next(messages)[0] == "current"
            answer = shopper.post(EVENTS, json={"type": "view", "listing_id": car})
            assert answer.status_code == 202
            heard = next(data for name, data in messages if name == "updated")
        listed = shopper.get(LIST, headers={"traceparent": heard["traceparent"]})
    return Clicked(answer.headers["X-Request-Id"], heard, listed.json()["version"])


def _messages(lines: Iterator[str]) -> Iterator[tuple[str, dict]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


@pytest.fixture(scope="module")
def trace(traced, clicked) -> dict[str, Told]:
    """Return the spans of the click's trace by their names; the stages of the list stand apart."""
    wanted = {f"POST {EVENTS}", "append", "batch", "apply", "state", f"GET {LIST}"}
    found = traced.collector.trace(clicked.request, wanted)
    whole = next(one for one in found if one.name == f"GET {LIST}")
    kept = [one for one in found if one.parent != whole.id]
    assert sorted(one.name for one in kept) == sorted(wanted)
    return {one.name: one for one in kept}


def test_one_trace_goes_from_the_click_to_the_list_that_it_changed(trace, clicked):
    assert {name: one.service for name, one in trace.items()} == {
        f"POST {EVENTS}": "carousel-api",
        "append": "carousel-api",
        "batch": "carousel-content-based",
        "apply": "carousel-content-based",
        "state": "carousel-content-based",
        f"GET {LIST}": "carousel-api",
    }
    assert {one.trace for one in trace.values()} == {clicked.request}
    assert clicked.version == clicked.heard["version"]


def test_its_spans_hang_together_as_things_happened(trace):
    parents = {one.name: one.parent for one in trace.values()}
    assert parents == {
        f"POST {EVENTS}": "",
        "append": trace[f"POST {EVENTS}"].id,
        "batch": trace["append"].id,
        "apply": trace["append"].id,
        "state": trace["apply"].id,
        f"GET {LIST}": trace["apply"].id,
    }
    apply, state, batch = trace["apply"], trace["state"], trace["batch"]
    assert apply.links == {(batch.trace, batch.id)}
    assert batch.links == {(apply.trace, trace["append"].id)}
    assert batch.began == apply.began <= state.began < state.ended <= apply.ended
    assert trace["append"].began < apply.began
    assert apply.ended < trace[f"GET {LIST}"].began


def test_a_span_says_what_became_of_the_event_and_not_whose_it_was(trace, clicked):
    said = trace["apply"].attributes
    assert (said["outcome"], said["event.type"]) == ("applied", "view")
    assert said["request.id"] == clicked.request
    keys = {key for one in trace.values() for key in one.attributes}
    assert not {key for key in keys if "user" in key or "mail" in key}


def test_what_cannot_be_applied_is_told_as_such_in_the_trace_that_brought_it(traced):
    demo, collector = traced.demo, traced.collector
    with demo.client("john3@example.com") as shopper:
        twice = {"type": "view", "listing_id": 1, "id": "the-same"}
        requests = [
            shopper.post(EVENTS, json=twice).raise_for_status().headers["X-Request-Id"]
            for _ in range(2)
        ]
    outcomes = []
    for request in requests:
        (one,) = [s for s in collector.trace(request, {"apply"}) if s.name == "apply"]
        outcomes.append(one.attributes["outcome"])
    assert outcomes == ["applied", "repeated"]


def found_by(demo: Demo, request: str, *wanted: str) -> dict:
    """Return what ``carousel request`` finds, as soon as it finds all that is wanted."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = json.loads(demo.run("request", request, "--json").stdout)
        if all(found[one] for one in wanted):
            return found
        time.sleep(0.5)
    pytest.fail(f"not all of {wanted} in {found}")


def test_one_request_id_finds_lines_trace_and_log_entry(traced, clicked, trace):
    demo = traced.demo
    found = found_by(demo, clicked.request, "lines", "entries")
    (entry,) = found["entries"]
    assert (entry["type"], entry["applied"], entry["trace_id"]) == ("view", True, clicked.request)
    assert found["trace_id"] == clicked.request == trace["append"].trace
    # The list that the click changed was asked for in its trace, by a request of another id.
    routes = {one["route"]: one["request_id"] for one in found["lines"] if "route" in one}
    assert set(routes) == {EVENTS, LIST}
    assert routes[EVENTS] == clicked.request != routes[LIST]


def test_one_request_id_finds_lines_trace_and_error_report(traced):
    demo, collector = traced.demo, traced.collector
    database = EmbeddedServers(Path(demo.environment["CAROUSEL_DATA_DIRECTORY"])).database_url
    with psycopg.connect(database, autocommit=True) as connection, demo.client(ERRING) as shopper:
        connection.execute("alter table saved_search rename to searches_taken_away")
        try:
            broken = shopper.get("/api/v1/users/me/searches")
        finally:
            connection.execute("alter table searches_taken_away rename to saved_search")
    assert broken.status_code == 500
    request = broken.headers["X-Request-Id"]
    assert broken.json()["request_id"] == request
    found = found_by(demo, request, "lines", "reports")
    assert found["trace_id"] == request
    (span,) = collector.trace(request, {"GET /api/v1/users/me/searches"})
    assert span.attributes["http.response.status_code"] == 500
    assert "error" in {one["level"] for one in found["lines"]}
