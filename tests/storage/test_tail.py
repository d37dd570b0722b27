"""The end of the log as an operator sees it: newest first over all shards, readable or not."""

import asyncio
from datetime import UTC, datetime

import psycopg
import pytest
import valkey

from carousel.domain.errors import LogUnavailableError, StoreUnavailableError
from carousel.domain.events import LogEntry, Search, View
from carousel.domain.filters import Filters
from carousel.storage import open_event_sink, open_log_tail, open_synthetic, open_tail_names
from carousel.storage.engines.valkey_log import stream_key

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def append(log_url, *entries):
    async def work():
        async with open_event_sink(log_url, shards=8) as sink:
            for one in entries:
                await sink.append([one])
                await asyncio.sleep(0.002)  # within a millisecond shards have no order

    asyncio.run(work())


def test_the_latest_of_all_shards_come_newest_first(log_url):
    append(log_url, *(LogEntry(f"e{n}", n, NOW, View(listing_id=100 + n)) for n in range(1, 31)))
    with open_log_tail(log_url) as tail:
        latest = tail.latest(20)
    assert [one.user_id for one in latest] == list(range(30, 10, -1))
    assert [one.listing_id for one in latest] == list(range(130, 110, -1))
    assert {one.type for one in latest} == {"view"}
    assert abs(latest[0].at - datetime.now(UTC).timestamp()) < 60


def test_a_search_is_about_no_car(log_url):
    append(log_url, LogEntry("e1", 7, NOW, Search(filters=Filters(make=("Skoda",)))))
    with open_log_tail(log_url) as tail:
        (search,) = tail.latest(20)
    assert (search.type, search.listing_id) == ("search", None)


def test_what_cannot_be_read_is_shown_as_such(log_url):
    append(log_url, LogEntry("e1", 7, NOW, View(listing_id=3)))
    hostile = ({b"event": b"{", b"user": b"x"}, {b"event": b"[1]"}, {b"x": b"y"},
               {b"event": b'{"type": 5, "listing_id": "a"}', b"user": b"-1"},
               {b"event": b'{"type": "' + b"v" * 5_000 + b'"}'})  # fmt: skip
    with valkey.Valkey.from_url(log_url) as client:
        for fields in hostile:
            client.xadd(stream_key(1), fields)
    with open_log_tail(log_url) as tail:
        *strange, good = tail.latest(20)
    assert good.type == "view"
    assert {(one.user_id, one.listing_id) for one in strange} == {(None, None)}
    assert max(len(one.type or "") for one in strange) == 32


def test_an_empty_log_has_no_end(log_url):
    with open_log_tail(log_url) as tail:
        assert tail.latest(20) == []


def test_a_log_that_is_away_says_so():
    with open_log_tail("unix:///nowhere/log.sock") as tail, pytest.raises(LogUnavailableError):
        tail.latest(20)


def test_cars_are_called_by_make_and_model_and_the_monitors_own_are_known(database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        row = (
            "insert into listing (ref, make, model, name, year, price, listed_at, status, make_key)"
            " values (%s, %s, %s, 'x', 2020, 1, now(), 'active', 'x') returning id"
        )
        octavia = connection.execute(row, ["a", "Skoda", "Octavia"]).fetchone()[0]
        rare = connection.execute(row, ["b", "Praga", None]).fetchone()[0]
        person = connection.execute(
            "insert into account (email, first_name, surname, role)"
            " values ('p@example.com', '-', '-', 'shopper') returning id"
        ).fetchone()[0]
    with open_synthetic(database_url) as synthetic:
        ours = synthetic.ensure_synthetic("monitor@carousel.invalid")
    with open_tail_names(database_url) as names:
        assert names.cars({octavia, rare, 2**62, 2**70}) == {
            octavia: "Skoda Octavia",
            rare: "Praga",
        }
        assert names.synthetic({person, ours, 2**70}) == {ours}


def test_a_database_that_is_away_says_so():
    with pytest.raises(StoreUnavailableError), open_tail_names("postgresql://127.0.0.1:1/x"):
        pass
