"""``carousel dead-letters`` on a real log."""

import json

import pytest
from typer.testing import CliRunner

from carousel.cli.dead_letters import app
from carousel.storage import open_event_source
from carousel.storage.ports import BEGINNING, DeadLetter, RawEntry


@pytest.fixture
def carousel(servers, log_url, monkeypatch):
    monkeypatch.setenv("CAROUSEL_DATABASE_URL", servers.database_url)
    monkeypatch.setenv("CAROUSEL_LOG_URL", log_url)
    monkeypatch.setenv("CAROUSEL_CACHE_URL", servers.cache_url)

    def run(*words):
        result = CliRunner().invoke(app, words, catch_exceptions=False)
        assert result.exit_code == 0
        return result.stdout

    return run


def bury(log_url, *names):
    with open_event_source(log_url) as log:
        log.bury(
            [
                DeadLetter(n, RawEntry(f"{n}-0", {b"id": name, b"x": b"\xff"}), "There is no user.")
                for n, name in enumerate(names, 1)
            ]
        )


def test_dead_letters_are_listed_with_their_reasons(carousel, log_url):
    assert carousel("list") == "There are no dead letters.\n"
    bury(log_url, b"e1", b"e2")
    assert "e1" in carousel("list")
    assert "There is no user." in carousel("list", "--limit", "1")
    shown = [json.loads(line) for line in carousel("list", "--json").splitlines()]
    assert [(one["event_id"], one["shard"], one["position"]) for one in shown] == [
        ("e1", 1, "1-0"),
        ("e2", 2, "2-0"),
    ]


def test_a_replay_puts_them_back_into_their_shards(carousel, log_url):
    bury(log_url, b"e1", b"e2")
    assert carousel("replay", "--limit", "1") == "1 replayed.\n"
    assert json.loads(carousel("replay", "--json")) == {"replayed": 1}
    assert carousel("list") == "There are no dead letters.\n"
    with open_event_source(log_url) as log:
        found = log.read(dict.fromkeys(range(8), BEGINNING), 10)
    assert {shard: [raw.fields[b"id"] for raw in raws] for shard, raws in found.items()} == {
        1: [b"e1"],
        2: [b"e2"],
    }
