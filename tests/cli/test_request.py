"""One request id finds what happened in a request, on the servers of a running API."""

import json
import os
import subprocess
import sys

import psycopg
import pytest

from tests.api.conftest import EMAILS, SECRET, SHARDS, filled
from tests.observability.api_process import ApiProcess, api_process, eventually
from tests.observability.kent_server import kent


def carousel(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "carousel", *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def world(servers, new_database, tmp_path_factory):
    directory, database_url = tmp_path_factory.mktemp("world"), new_database()
    ids = filled(database_url)
    stated = {
        "DATABASE_URL": database_url, "LOG_URL": servers.log_url, "CACHE_URL": servers.cache_url,
        "LOG_SHARDS": str(SHARDS), "DATA_DIRECTORY": str(directory), "TOKEN_SECRET": SECRET,
    }  # fmt: skip
    environment = {**os.environ, **{f"CAROUSEL_{name}": value for name, value in stated.items()}}
    with (
        kent(directory) as sentry,
        api_process(directory, servers, database_url, SENTRY_DSN=sentry.dsn) as api,
    ):
        yield api, environment, ids, database_url


def asked(api: ApiProcess, environment: dict[str, str], request_id: str) -> dict:
    api.said_of(request_id)
    done = carousel(environment, "request", request_id, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_event_is_found_waiting_and_then_applied_and_a_fault_by_its_report(world):
    api, environment, ids, database_url = world
    with api.client(EMAILS[0]) as shopper:
        answer = shopper.post("/api/v1/events", json={"type": "view", "listing_id": ids[0]})
        assert answer.status_code == 202
        request_id = answer.headers["X-Request-Id"]
        with psycopg.connect(database_url, autocommit=True) as database:
            database.execute("DROP TABLE saved_search CASCADE")
        broken = shopper.get("/api/v1/users/me/searches")
    found = asked(api, environment, request_id)
    (entry,) = found["entries"]
    assert (entry["type"], entry["applied"], entry["id"]) == (
        "view",
        False,
        answer.json()["ids"][0],
    )
    assert [one["process"] for one in found["lines"]] == ["api-1"]
    assert found["lines"][0]["route"] == "/api/v1/events"
    assert found["reports"] == []
    for_people = carousel(environment, "request", request_id).stdout
    assert "POST /api/v1/events 202" in for_people
    assert "waiting" in for_people

    worker = subprocess.Popen(
        [sys.executable, "-m", "carousel", "stream", "--worker", "0"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        eventually(
            lambda: asked(api, environment, request_id)["entries"],
            lambda entries: entries[0]["applied"],
        )
    finally:
        worker.terminate()
        worker.wait(30)

    assert broken.status_code == 500
    fault = asked(api, environment, broken.headers["X-Request-Id"])
    (report,) = fault["reports"]
    assert len(report) == 32
    assert "error" in {one["level"] for one in fault["lines"]}


def test_an_unknown_request_is_told_and_a_bad_id_gets_one_sentence(world):
    _, environment, _, _ = world
    unknown = carousel(environment, "request", "0" * 32)
    assert unknown.returncode == 1
    assert "No process has a log line of it." in unknown.stdout
    for bad in ("x", "", "0" * 31, "../../etc/passwd", "0" * 5_000):
        done = carousel(environment, "request", "--", bad)
        assert done.returncode == 2
        assert done.stderr.startswith("carousel: ")
        assert done.stderr.count("\n") == 1
        assert "32 hexadecimal digits" in done.stderr
