"""A real API process tells what the table says, and it tells what happened."""

import json
import math
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from carousel.observability.declaring import Process
from tests.api.conftest import EMAILS, filled
from tests.observability.api_process import ApiProcess, api_process, eventually
from tests.observability.scraping import Family, compare, scrape, without_samples

LIST = "/api/v1/cars/recommendations"
EVENTS = "/api/v1/events"
UPDATES = "/api/v1/users/me/updates"


@pytest.fixture(scope="module")
def api(servers, new_database, tmp_path_factory) -> Iterator[ApiProcess]:
    database_url = new_database()
    ids = filled(database_url)
    directory = tmp_path_factory.mktemp("metrics")
    (directory / "page").mkdir()
    (directory / "page" / "index.html").write_text("<html><head></head></html>")
    settings = {"PAGE_DIRECTORY": str(directory / "page"), "LOG_LEVEL": "debug"}
    with api_process(directory, servers, database_url, **settings) as api:
        a_few_requests(api, ids)
        yield api


@pytest.fixture(scope="module")
def told(api: ApiProcess) -> dict[str, Family]:
    """Return the scrape after the few requests below."""
    return scrape(api.metrics)


def a_few_requests(api: ApiProcess, ids: tuple[int, ...]) -> None:
    with api.client(EMAILS[0]) as shopper, api.client() as anyone:
        served = [shopper.get(LIST).headers["X-Served-By"] for _ in range(3)]
        assert served == ["popular", "cached", "cached"]
        few = shopper.get(LIST, params={"brand": "Fiat", "limit": 20}).json()
        assert few["relaxed"]
        views = [{"type": "view", "listing_id": i} for i in ids[:2]]
        assert shopper.post(EVENTS, json=[*views, views[0]]).status_code == 202
        favourite = {"type": "favourite", "listing_id": ids[0]}
        assert shopper.post(EVENTS, json=favourite).status_code == 202
        assert shopper.post(EVENTS, json={"type": "gaze"}).status_code == 422
        assert anyone.post(EVENTS, json=favourite).status_code == 401
        assert anyone.get("/api/v1/no/such/path").status_code == 404
        assert anyone.get(f"/api/v1/cars/detail/{ids[0]}").status_code == 200
        assert anyone.delete(f"/api/v1/cars/detail/{ids[0]}").status_code == 405
        assert anyone.get("/").status_code == 200
        assert anyone.get("/saved").status_code == 200
        assert anyone.get("/api/openapi.json").status_code == 200


def value(families: dict[str, Family], name: str, **labels: str) -> float:
    """Return the sum of the samples of a name that have these labels; 0 without one."""
    return math.fsum(
        sample.value
        for family in families.values()
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def test_it_tells_what_the_table_says_and_nothing_else(told):
    assert compare(told, Process.API) == []


def test_after_a_few_requests_nothing_is_without_a_sample(told):
    assert without_samples(told) == []


def test_the_comparison_finds_what_is_missing_and_what_is_too_much(told):
    less = {name: one for name, one in told.items() if name != "carousel_http_requests_total"}
    assert compare(less, Process.API) == ["carousel_http_requests_total is not told"]
    more = {**told, "carousel_secrets": told["carousel_index_listings"]}
    assert compare(more, Process.API) == [
        "carousel_secrets is told and is not of this process in the table"
    ]
    assert "carousel_pipeline_waiting is not told" in compare(told, Process.APPRAISALS)


@pytest.mark.parametrize(
    ("method", "route", "status", "count"),
    [
        ("GET", LIST, "2xx", 4),
        ("POST", EVENTS, "2xx", 2),
        ("POST", EVENTS, "4xx", 2),
        ("GET", "/api/v1/cars/detail/{car_id}", "2xx", 1),
        ("other", "/api/v1/cars/detail/{car_id}", "4xx", 1),
        ("GET", "unmatched", "4xx", 1),
        ("GET", "page", "2xx", 2),
        ("GET", "/api/openapi.json", "2xx", 1),
        ("POST", "/api/v1/token/fake-token", "2xx", 1),
    ],
)
def test_a_request_is_counted_by_the_template_of_its_route(told, method, route, status, count):
    labels = {"method": method, "route": route, "status": status}
    assert value(told, "carousel_http_requests_total", **labels) == count


def test_every_request_is_timed_under_its_route(told):
    requests = value(told, "carousel_http_requests_total")
    assert value(told, "carousel_http_request_seconds_count") == requests
    assert value(told, "carousel_http_request_seconds_count", route=LIST) == 4
    assert 0 < value(told, "carousel_http_request_seconds_sum", route=LIST) < 60


def test_problems_are_counted_by_their_code(told):
    codes = {"invalid_event": 1, "token_missing": 1, "unknown_path": 1, "method_not_allowed": 1}
    name = "carousel_http_problems_total"
    assert {code: value(told, name, code=code) for code in codes} == codes
    # The index may still have been on its way when the process was first asked.
    assert value(told, name) - value(told, name, code="not_ready") == sum(codes.values())


def test_events_are_counted_by_type_and_refusals_by_code(told):
    accepted = {"view": 3, "favourite": 1}
    name = "carousel_events_accepted_total"
    assert {kind: value(told, name, type=kind) for kind in accepted} == accepted
    assert value(told, "carousel_events_refused_total", code="invalid_event") == 1
    assert value(told, "carousel_events_refused_total", code="token_missing") == 1
    # Two requests; the detail of a car without a token is no event.
    assert value(told, "carousel_log_append_seconds_count") == 2


def test_lists_are_counted_by_what_served_them(told):
    served = {"popular": 2, "cached": 2, "live": 0}
    name = "carousel_slates_total"
    assert {by: value(told, name, served_by=by) for by in served} == served
    assert value(told, "carousel_slates_relaxed_total") == 1
    assert value(told, "carousel_slate_cars_count") == 2
    assert value(told, "carousel_slate_cars_sum") == 40
    assert 0 < value(told, "carousel_slate_distinct_models_ratio_sum") < 2
    memory = {"hit": 2, "miss": 2, "stale": 0}
    name = "carousel_cache_lookups_total"
    assert {how: value(told, name, cache="slate", outcome=how) for how in memory} == memory


def test_every_stage_and_channel_of_a_list_is_timed(told):
    made = value(told, "carousel_slate_stage_seconds_count", stage="hydrate")
    assert made >= 2  # the relaxed list is made of several
    for stage in ("retrieve", "judge", "lay", "explain"):
        assert value(told, "carousel_slate_stage_seconds_count", stage=stage) == made
    assert value(told, "carousel_slate_stage_seconds_count", stage="render") == 2
    for channel in ("popular", "fresh"):
        answers = value(told, "carousel_channel_answers_total", channel=channel)
        assert answers == made
        assert value(told, "carousel_channel_seconds_count", channel=channel) == made
    assert value(told, "carousel_channel_candidates_total", channel="fresh") > 0
    assert value(told, "carousel_channel_answers_total", outcome="failed") == 0


def test_the_index_the_models_and_the_pools_are_told(told):
    assert value(told, "carousel_index_listings") == 30
    loaded = {sample.labels["kind"] for sample in told["carousel_model_loaded_info"].samples}
    assert loaded == {"features", "ranker"}
    assert value(told, "carousel_model_loaded_info", kind="ranker", version="starter") == 1
    for pool in ("serving", "own", "notices", "cache"):
        assert value(told, "carousel_pool_connections", pool=pool) >= 1
    assert value(told, "carousel_pool_query_seconds_count", pool="serving") > 0
    assert value(told, "carousel_pool_query_seconds_count", pool="cache") >= 4
    assert value(told, "carousel_server_faults_total") == 0


def test_the_loop_is_seldom_late_and_the_index_looks_all_the_time(api):
    first = value(scrape(api.metrics), "carousel_index_looked_timestamp_seconds")
    eventually(
        lambda: value(scrape(api.metrics), "carousel_index_looked_timestamp_seconds"),
        lambda looked: looked > first,
    )
    assert 0 <= value(scrape(api.metrics), "carousel_event_loop_delay_seconds") < 60


def test_a_stream_is_counted_while_it_is_open_and_timed_never(api):
    with api.client(EMAILS[1]) as shopper, shopper.stream("GET", UPDATES) as stream:
        news = stream.iter_text()
        assert next(news).startswith("event: current")
        told = scrape(api.metrics)
        assert value(told, "carousel_update_streams") == 1
        assert value(told, "carousel_http_requests_in_progress") == 0
        counted = {"route": UPDATES, "method": "GET", "status": "2xx"}
        assert value(told, "carousel_http_requests_total", **counted) == 1
        request_id = stream.headers["X-Request-Id"]
    told = eventually(
        lambda: scrape(api.metrics), lambda told: value(told, "carousel_update_streams") == 0
    )
    assert value(told, "carousel_http_requests_in_progress") == 0
    assert value(told, "carousel_http_requests_total", **counted) == 1
    assert value(told, "carousel_http_request_seconds_count", route=UPDATES) == 0
    (line,) = api.said_of(request_id)
    assert (line["route"], line["stream"]) == (UPDATES, True)


def test_a_request_is_one_line_with_its_id_and_a_pseudonym(api):
    with api.client(EMAILS[1]) as shopper, api.client() as anyone:
        known = shopper.get("/api/v1/users/me").headers["X-Request-Id"]
        again = shopper.get("/api/v1/users/me").headers["X-Request-Id"]
        nobody = anyone.get("/api/v1/users/me").headers["X-Request-Id"]
        probed = anyone.get("/livez").headers["X-Request-Id"]
    (line,) = api.said_of(known)
    assert line["event"] == "request"
    assert (line["method"], line["route"]) == ("GET", "/api/v1/users/me")
    assert line["status"] == 200
    assert 0 < line["ms"] < 60_000
    assert len(line["user"]) == 12
    assert api.said_of(again)[0]["user"] == line["user"]
    (refused,) = api.said_of(nobody)
    assert "user" not in refused
    assert refused["problem"] == "token_missing"
    assert api.said_of(probed)[0]["level"] == "debug"
    assert line["level"] == "info"
    assert EMAILS[1] not in api.lines.read_text()


def test_what_one_request_says_of_itself_does_not_stand_in_the_line_of_the_next(api):
    token = api.token(EMAILS[1])
    asked = b"GET /api/v1/users/me HTTP/1.1\r\nHost: api\r\n"
    first = asked + f"Authorization: Bearer {token}\r\n\r\n".encode()
    address = urlsplit(api.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(first + asked + b"Connection: close\r\n\r\n")  # without waiting
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    ids = [
        line.partition(b": ")[2].decode()
        for line in answer.split(b"\r\n")
        if line.lower().startswith(b"x-request-id")
    ]
    assert len(ids) == 2
    assert "user" in api.said_of(ids[0])[0]
    assert "user" not in api.said_of(ids[1])[0]


def test_a_client_that_leaves_in_the_middle_of_a_body_is_not_our_fault(api):
    head = (
        f"POST {EVENTS} HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {api.token(EMAILS[1])}\r\nContent-Length: 1000\r\n\r\n["
    )
    address = urlsplit(api.url)
    before = scrape(api.metrics)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(head.encode())
    labels = {"method": "POST", "route": EVENTS, "status": "4xx"}
    name = "carousel_http_requests_total"
    after = eventually(
        lambda: scrape(api.metrics),
        lambda told: value(told, name, **labels) > value(before, name, **labels),
    )
    assert value(after, name, status="5xx") == value(before, name, status="5xx")
    assert value(after, "carousel_log_lines_total", level="error") == 0


def test_the_file_of_targets_says_where_the_process_tells(api):
    file = Path(api.lines).parents[1] / "targets" / "api-1.json"
    (target,) = json.loads(file.read_text())
    assert target["labels"] == {"kind": "api", "process": "api-1"}
    assert target["targets"] == [urlsplit(api.metrics).netloc]
