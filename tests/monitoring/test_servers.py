"""The check ``servers``: whether those behind answer."""

from dataclasses import replace

import pytest

from carousel.monitoring.compute.servers import servers
from carousel.observability.metrics import (
    CACHE_EVICTED,
    DATABASE_BYTES,
    DATABASE_CONNECTIONS,
    SERVER_MEMORY,
)
from tests.monitoring.watched import asked, told


def test_three_servers_that_answer_are_told_with_their_sizes(watched):
    found = asked(servers(watched.reach))
    assert found.held
    assert told(DATABASE_BYTES)[()] > 1e6
    assert told(DATABASE_CONNECTIONS)["carousel-monitor",] >= 1
    assert set(told(SERVER_MEMORY)) == {("log",), ("cache",)}
    assert told(CACHE_EVICTED)[()] >= 0


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("database_url", "postgresql://nobody@/none?host={}"),
        ("log_url", "unix://{}/none.sock"),
        ("cache_url", "unix://{}/none.sock"),
    ],
)
def test_one_that_is_away_is_named_and_the_others_are_told_still(watched, tmp_path, name, url):
    away = replace(watched.reach, **{name: url.format(tmp_path)})
    found = asked(servers(away))
    assert not found.held
    said = {"database_url": "PostgreSQL", "log_url": "log", "cache_url": "cache"}[name]
    assert said in found.sentence
    assert len(found.evidence["faults"]) == 1
    assert asked(servers(watched.reach)).held


def test_who_opened_connections_is_one_of_few_names(watched):
    import psycopg  # noqa: PLC0415

    for name in ("", "psql", "x" * 60):
        url = f"{watched.reach.database_url}"
        with psycopg.connect(url, application_name=name):
            asked(servers(watched.reach))
            names = {labels[0] for labels in told(DATABASE_CONNECTIONS)}
            ours = {f"carousel-{one}" for one in ("monitor", "serving", "worker")}
            assert names <= ours | {"unnamed", "other"}
