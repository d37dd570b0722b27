"""The check ``lag``: how far each pipeline is behind."""

import time

import pytest

from carousel.domain.errors import LogUnavailableError
from carousel.monitoring.compute.backlog import COUNTED, Backlogs
from carousel.monitoring.compute.lag import lag
from carousel.observability.metrics import (
    DEAD_LETTERS_KEPT,
    LAG_ENTRIES,
    LAG_SECONDS,
    LOG_APPENDED,
    LOG_ENTRIES,
)
from tests.monitoring.watched import asked, told


def old_entry(watched, shard, seconds, how_many=1):
    """Append entries of some seconds ago to an empty shard, straight to the stream."""
    with watched.log() as client:
        client.set("carousel:shards", 8)
        first = int((time.time() - seconds) * 1000)
        pipe = client.pipeline()
        for number in range(how_many):
            pipe.xadd(f"carousel:events:{shard}", {"id": "x"}, id=f"{first + number}-0")
        pipe.execute()


def test_a_market_nobody_has_visited_is_not_behind(watched):
    found = asked(lag(watched.reach))
    assert found.held


def test_what_is_applied_is_no_lag_and_what_waits_is_told(watched):
    check = lag(watched.reach)
    watched.happen(100)
    assert asked(check).held
    assert set(told(LAG_ENTRIES).values()) == {0}
    assert sum(told(LOG_ENTRIES).values()) == sum(told(LOG_APPENDED).values()) == 100
    waiting = watched.market.users[0]
    watched.view(waiting, watched.market.listings[0])
    found = asked(check)
    assert found.held
    assert found.evidence["behind, content-based"] == 1
    assert sum(told(LAG_ENTRIES).values()) == 1
    watched.apply()
    assert asked(check).evidence["behind, content-based"] == 0


def test_an_entry_that_nobody_applies_for_ten_seconds_is_late_until_it_is_applied(watched):
    check = lag(watched.reach)
    old_entry(watched, 3, seconds=60)
    found = asked(check)
    assert not found.held
    assert found.evidence["late"] == ["content-based, shard 3"]
    assert 55 < told(LAG_SECONDS)["content-based", "3"] < 70
    watched.apply()  # it becomes a dead letter, which is applied too
    found = asked(check)
    assert found.held
    assert found.evidence["dead letters"] == 1
    assert told(DEAD_LETTERS_KEPT)[()] == 1


def test_a_long_backlog_is_told_without_being_read(watched):
    old_entry(watched, 2, seconds=60, how_many=4_000)
    found = Backlogs(watched.reach).read().behind["content-based"][2]
    assert found.entries == pytest.approx(4_000, rel=0.05)
    assert found.entries > COUNTED


def test_the_collaborative_pipeline_is_behind_the_archive(watched):
    watched.execute("insert into latent_space (version, serves) values ('v1', true)")
    watched.happen(50)
    check = lag(watched.reach)
    (acts,) = watched.market.query("select count(*) from event where type <> 'impression'")
    assert asked(check).evidence["behind, collaborative"] == acts[0]
    watched.execute(
        "insert into pipeline_cursor (pipeline, shard, position) "
        "select 'collaborative/v1', shard, max(seq)::text from event group by shard"
    )
    assert asked(check).evidence["behind, collaborative"] == 0
    watched.execute("update latent_space set serves = false")
    asked(check)
    assert {pipeline for pipeline, _ in told(LAG_ENTRIES)} == {"content-based"}


def test_a_log_that_is_away_is_no_answer(watched, tmp_path):
    from dataclasses import replace  # noqa: PLC0415

    away = replace(watched.reach, log_url=f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(LogUnavailableError):
        asked(lag(away))
