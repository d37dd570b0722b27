"""The check ``archive``: whether what was applied is archived."""

import threading
from datetime import UTC, datetime

import pytest

from carousel.domain.events import LogEntry, View
from carousel.domain.preference import Params
from carousel.monitoring.consistency import archive as archives
from carousel.monitoring.consistency.archive import archive
from carousel.observability.metrics import ARCHIVE_MISSING
from carousel.storage import (
    open_event_source,
    open_forgetting,
    open_synthetic,
    open_visitors,
)
from carousel.storage.ports.own import Which
from tests.monitoring.watched import asked, told


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(archives, "ONCE_MORE_SECONDS", 0.05)


def test_what_was_applied_is_accounted_for_and_what_was_not_is_not_asked_for(watched):
    check = archive(watched.reach)
    assert asked(check).held
    watched.happen(300)
    watched.view(watched.market.users[0], watched.market.listings[0])
    found = asked(check)
    assert found.held, found.evidence
    assert found.evidence["entries"] == 300
    assert told(ARCHIVE_MISSING)[()] == 0


@pytest.mark.parametrize("how_many", [1, 3])
def test_an_event_that_the_archive_lost_is_missing_until_it_is_there_again(watched, how_many):
    check = archive(watched.reach)
    watched.happen(200)
    lost = watched.market.query(
        "delete from event where seq in (select seq from event order by seq limit %s) returning *",
        how_many,
    )
    found = asked(check)
    assert not found.held
    # The same event may stand in the log twice: it was sent again.
    assert found.evidence["missing"] >= how_many
    assert told(ARCHIVE_MISSING)[()] == found.evidence["missing"]
    for _, user, *rest in lost:
        watched.execute(
            "insert into event (user_id, id, at, type, listing_id, body, shard, position) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s)",
            *(user, *rest),
        )
    assert asked(check).held


def test_what_is_no_event_is_a_dead_letter_and_no_loss(watched):
    check = archive(watched.reach)
    watched.happen(50)
    with watched.log() as client:
        client.xadd("carousel:events:3", {"id": "x"})
        client.xadd("carousel:events:3", {"id": "\xff", "user": "one", "at": "1", "event": "{"})
    watched.view(10**9, watched.market.listings[0])  # nobody has this number
    watched.apply()
    assert asked(check).held
    with watched.log() as client:
        client.delete("carousel:dead-letters")
    assert asked(check).evidence["missing"] == 3


def test_what_was_forgotten_or_merged_or_is_synthetic_is_no_loss(watched):
    url, now, cars = watched.reach.database_url, datetime.now(UTC), watched.market.listings
    check = archive(watched.reach)
    watched.happen(100)
    with open_visitors(url) as visitors, open_synthetic(url) as synthetic:
        visitor = visitors.admit()
        nobody = synthetic.ensure_synthetic("monitor@carousel.invalid")
        watched.append([
            LogEntry("v1", visitor, now, View(listing_id=cars[0])),
            LogEntry("n1", nobody, now, View(listing_id=cars[0])),
        ])  # fmt: skip
        watched.apply()
        assert visitors.merge(visitor, watched.market.users[0]) is not None
    with open_forgetting(url, Params()) as forgetting:
        assert forgetting.forget(watched.market.users[1], Which(), ()).events > 0
    found = asked(check)
    assert found.held, found.evidence


def test_a_dead_letter_that_is_replayed_is_no_loss(watched):
    check = archive(watched.reach)
    watched.happen(20)
    stranger = max(watched.market.users) + 1
    watched.view(stranger, watched.market.listings[0], "late")
    watched.apply()
    (made,) = watched.market.new_users(1)
    assert made == stranger
    with open_event_source(watched.reach.log_url) as log:
        assert log.replay(10) == 1
    watched.apply()
    found = asked(check)
    assert found.held, found.evidence


def test_it_holds_while_events_are_being_applied(watched):
    check, done, findings = archive(watched.reach), threading.Event(), []

    def keep_asking():
        while not done.is_set():
            findings.append(asked(check))

    thread = threading.Thread(target=keep_asking)
    thread.start()
    for seed in range(1, 5):
        watched.happen(150, seed)
    done.set()
    thread.join()
    assert findings
    assert [one.evidence for one in findings if not one.held] == []
