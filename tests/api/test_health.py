"""Alive and ready are two questions, and only the second asks other servers."""

import uuid
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from carousel.domain.errors import ConfigurationError
from carousel.storage import migrate
from carousel.storage.embedded import EmbeddedServers, Server
from tests.api.conftest import EMAILS, filled, running


def test_a_running_api_is_alive_and_ready(client):
    assert client.get("/livez").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok"}


def test_without_the_development_login_nobody_gets_a_token(params):
    with running(replace(params, development_login=False)) as api, api.client() as client:
        answer = client.post("/api/v1/token/fake-token", json={"email": EMAILS[1]})
        assert (answer.status_code, answer.json()["code"]) == (404, "development_login_off")


def test_a_short_secret_is_refused_and_a_long_one_never_shown(params):
    with pytest.raises(ConfigurationError, match="at least 32 bytes"):
        replace(params, token_secret="short")  # noqa: S106  # that is the point
    assert params.token_secret not in repr(params)


@contextmanager
def own_servers(open_directory: Path, *servers: Server):
    """Run servers that a test may stop."""
    directory = open_directory / uuid.uuid4().hex
    with EmbeddedServers(directory, servers=servers, shared_buffers="32MB") as running_servers:
        yield running_servers


def test_servers_that_are_gone_are_a_503_and_back_again_a_200(params, open_directory):
    with own_servers(open_directory, Server.DATABASE, Server.LOG) as servers:
        migrate(servers.database_url)
        _stop_and_start(
            replace(params, database_url=servers.database_url, log_url=servers.log_url), servers
        )


def _stop_and_start(own, servers):
    ids = filled(own.database_url)
    view = {"type": "view", "listing_id": ids[0]}
    with running(own) as api, api.client(EMAILS[2]) as client:
        assert client.get("/readyz").status_code == 200
        assert client.post("/api/v1/events", json=view).status_code == 202
        servers.stop()
        assert client.get("/livez").status_code == 200
        for method, path, code in (
            ("GET", "/readyz", "not_ready"),
            ("GET", "/api/v1/cars/search", "store_unavailable"),
            ("GET", "/api/v1/cars/recommendations", "store_unavailable"),
            ("GET", f"/api/v1/cars/detail/{ids[0]}", "store_unavailable"),
            ("DELETE", f"/api/v1/listings/{ids[0]}", "store_unavailable"),
            ("POST", "/api/v1/events", "log_unavailable"),
        ):
            answer = client.request(method, path, json=view if method == "POST" else None)
            assert (answer.status_code, answer.json()["code"]) == (503, code), path
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) > 0
        servers.start()
        assert client.get("/readyz").status_code == 200
        assert client.post("/api/v1/events", json=view).status_code == 202
        assert client.delete(f"/api/v1/listings/{ids[0]}").json()["status"] == "withdrawn"


def test_a_log_that_is_gone_stops_nothing_but_events(params, open_directory):
    ids = filled(params.database_url)
    with own_servers(open_directory, Server.LOG) as servers:
        own = replace(params, log_url=servers.log_url)
        with running(own) as api, api.client(EMAILS[1]) as client:
            servers.stop()
            view = {"type": "view", "listing_id": ids[0]}
            assert client.post("/api/v1/events", json=view).status_code == 503
            assert client.get(f"/api/v1/cars/detail/{ids[0]}").status_code == 200
            assert client.get("/api/v1/cars/recommendations").status_code == 200
            assert [e["field"] for e in client.get("/readyz").json()["errors"]] == ["log"]
