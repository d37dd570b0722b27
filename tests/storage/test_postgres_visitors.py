"""Visitors: rows that cost next to nothing, merged at once or not at all."""

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
import pytest

from carousel.domain.errors import StoreUnavailableError
from carousel.domain.events import Favourite, View
from carousel.domain.preference import Evidence
from carousel.domain.trail import NO_TRAIL
from carousel.storage import open_catalogue, open_learning, open_visitors
from carousel.storage.engines import postgres_visitors
from carousel.storage.ports import Learned, Merged, Reaction, User
from tests.storage.postgres_world import NOON, asked, disconnect_all, happened

MERGE = """
import sys
from carousel.storage import open_visitors
url, visitor, account = sys.argv[1:]
with open_visitors(url) as visitors:
    visitors.merge(int(visitor), int(account))
"""


@pytest.fixture
def visitors(database_url):
    with open_visitors(database_url) as opened:
        yield opened


@pytest.fixture
def accounts(database_url):
    """Return the ids of two accounts."""
    emails = ("a@example.com", "b@example.com")
    with open_catalogue(database_url) as catalogue:
        catalogue.add_users(User(0, email, "A", "B", "shopper") for email in emails)
        return [catalogue.account(email).id for email in emails]


def act(database_url, user_id, how_often=1):
    """Let a user look at a car and save it."""
    with open_learning(database_url) as learning, learning.transaction() as batch:
        batch.archive([happened(View(listing_id=1), user_id) for _ in range(how_often)])
        batch.archive([happened(Favourite(listing_id=1), user_id)])
        batch.react([Reaction(user_id, 1, "favourite", holds=True, at=NOON)])
        batch.save([Learned(user_id, Evidence(np.ones(64), 2.0, NOON), NO_TRAIL)])


def kept(database_url):
    """Return everything that is kept of anybody."""
    with psycopg.connect(database_url) as connection:
        return {
            table: connection.execute(f"table {table} order by 1, 2, 3").fetchall()
            for table in ("visitor", "event", "reaction", "shopper")
        }


def waits_for_a_lock(database_url):
    with psycopg.connect(database_url) as connection:
        return bool(connection.execute("select 1 from pg_locks where not granted").fetchall())


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_a_visitor_is_nobody_else(database_url, visitors, accounts):
    ids = [visitors.admit() for _ in range(3)]
    assert len({*ids, *accounts}) == 5
    with open_learning(database_url) as learning, learning.transaction() as batch:
        assert batch.known_users([*ids, *accounts, 10**9]) == {*ids, *accounts}
        assert batch.merged_into([*ids, *accounts, 10**9, 2**70]) == {}
    user = asked(database_url, lambda store: store.user(ids[0]))
    assert user == User(ids[0], "", "", "", "visitor")
    assert asked(database_url, lambda store: store.user_by_email("")) is None


def test_a_merged_visitor_is_known_as_such(database_url, visitors, accounts):
    visitor = visitors.admit()
    visitors.merge(visitor, accounts[0])
    assert asked(database_url, lambda store: store.user(visitor)).role == "merged"
    with open_learning(database_url) as learning, learning.transaction() as batch:
        assert batch.merged_into([visitor]) == {visitor: accounts[0]}
        assert batch.known_users([visitor]) == {visitor}


def test_merging_twice_changes_nothing(database_url, visitors, accounts):
    visitor = visitors.admit()
    act(database_url, visitor, how_often=3)
    act(database_url, accounts[0])
    assert visitors.merge(visitor, accounts[0]) == Merged(events=4, version=2)
    once = kept(database_url)
    assert visitors.merge(visitor, accounts[0]) == Merged(events=0, version=2)
    assert kept(database_url) == once


def test_a_visitor_belongs_to_one_account_only(database_url, visitors, accounts):
    visitor = visitors.admit()
    act(database_url, visitor)
    visitors.merge(visitor, accounts[0])
    once = kept(database_url)
    assert visitors.merge(visitor, accounts[1]) is None
    for nobody in (accounts[0], 10**9, 2**70, 0):
        assert visitors.merge(nobody, accounts[1]) is None
    assert kept(database_url) == once


def test_a_visitor_who_did_nothing_may_be_merged_too(database_url, visitors, accounts):
    assert visitors.merge(visitors.admit(), accounts[0]) == Merged(events=0, version=1)
    state = asked(database_url, lambda store: store.shopper(accounts[0]))
    assert (state.version, state.evidence) == (1, None)


def test_two_visitors_of_one_account_add_up(database_url, visitors, accounts):
    for _ in range(2):
        visitor = visitors.admit()
        act(database_url, visitor)
        visitors.merge(visitor, accounts[0])
    state = asked(database_url, lambda store: store.shopper(accounts[0]))
    assert (state.version, state.evidence.mass) == (2, 4.0)


def test_a_merge_killed_half_way_has_not_happened(database_url, visitors, accounts):
    visitor = visitors.admit()
    act(database_url, visitor)
    before = kept(database_url)
    with psycopg.connect(database_url) as obstacle:
        # The merge can move the archive and the reactions but not the evidence.
        obstacle.execute("select from shopper for update")
        merging = subprocess.Popen(
            [sys.executable, "-c", MERGE, database_url, str(visitor), str(accounts[0])]
        )
        until(lambda: waits_for_a_lock(database_url))
        merging.kill()
        merging.wait()
    assert kept(database_url) == before
    assert visitors.merge(visitor, accounts[0]) == Merged(events=2, version=1)


def test_a_batch_under_way_and_a_merge_wait_for_each_other(database_url, visitors, accounts):
    visitor = visitors.admit()
    with open_learning(database_url) as learning, learning.transaction() as batch:
        assert batch.merged_into([visitor]) == {}
        merging = threading.Thread(target=visitors.merge, args=(visitor, accounts[0]))
        merging.start()
        until(lambda: waits_for_a_lock(database_url))
        batch.archive([happened(View(listing_id=1), visitor)])
        assert merging.is_alive()
    merging.join()
    assert [row[1] for row in kept(database_url)["event"]] == [accounts[0]]


def test_a_merge_gives_up_when_it_has_waited_long_enough(database_url, accounts, monkeypatch):
    monkeypatch.setattr(postgres_visitors, "OPTIONS", "-c lock_timeout=50ms")
    with (
        open_visitors(database_url) as visitors,
        open_learning(database_url) as learning,
        learning.transaction() as batch,
    ):
        visitor = visitors.admit()
        batch.merged_into([visitor])
        with pytest.raises(StoreUnavailableError):
            visitors.merge(visitor, accounts[0])


def test_only_old_visitors_who_did_nothing_are_swept(database_url, visitors, accounts):
    idle, active, merged, young = (visitors.admit() for _ in range(4))
    for visitor in (active, merged):
        act(database_url, visitor)
    visitors.merge(merged, accounts[0])
    with psycopg.connect(database_url) as connection:
        connection.execute("update visitor set since = %s where id <> %s", [NOON, young])
    assert visitors.sweep(NOON) == 0
    assert visitors.sweep(datetime.now(UTC) - timedelta(hours=1)) == 2
    assert {row[0] for row in kept(database_url)["visitor"]} == {active, young}
    assert asked(database_url, lambda store: store.user(idle)) is None
    assert asked(database_url, lambda store: store.shopper(accounts[0])).evidence is not None


def test_a_lost_connection_costs_nobody_an_error(database_url, visitors):
    first = visitors.admit()
    disconnect_all(database_url)
    assert visitors.admit() > first
