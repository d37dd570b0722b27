"""The event log on a real Valkey."""

import asyncio
import logging
import os
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest
import valkey
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.errors import ConfigurationError, LogUnavailableError
from carousel.domain.events import (
    Contact,
    Dismiss,
    Favourite,
    Impression,
    LogEntry,
    Reason,
    Search,
    Unfavourite,
    View,
)
from carousel.domain.filters import Filters
from carousel.storage import open_event_sink, open_event_source
from carousel.storage.embedded import EmbeddedServers, Server
from carousel.storage.engines.valkey_log import shard_of, stream_key, to_fields
from carousel.storage.ports import BEGINNING, DeadLetter, RawEntry
from carousel.streaming.decode import decode

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

listing_ids = st.integers(1, 2**63 - 1)
events = st.one_of(
    st.builds(View, listing_id=listing_ids),
    st.builds(Favourite, listing_id=listing_ids),
    st.builds(Unfavourite, listing_id=listing_ids),
    st.builds(Contact, listing_id=listing_ids),
    st.builds(Dismiss, listing_id=listing_ids, reason=st.sampled_from(Reason)),
    st.builds(
        Impression,
        listing_id=listing_ids,
        position=st.integers(1, 10_000),
        propensity=st.floats(0.001, 1) | st.none(),
        slate=st.text("abc-é", min_size=1, max_size=64) | st.none(),
    ),
    st.builds(
        Search,
        filters=st.builds(
            Filters,
            make=st.lists(st.sampled_from(["Škoda", 'a"b', "<b>"]), max_size=3).map(tuple),
            max_price=st.integers(0, 10**9) | st.none(),
        ),
    ),
)
entries = st.builds(
    LogEntry,
    id=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64),
    user_id=st.integers(1, 2**63 - 1),
    at=st.timedeltas(timedelta(days=-9000), timedelta()).map(lambda before: NOON + before),
    event=events,
)


def view(number, user_id=1):
    return LogEntry(f"e{number}", user_id, NOON, View(listing_id=number + 1))


def append(log_url, *groups, shards=8):
    async def go():
        async with open_event_sink(log_url, shards=shards) as sink:
            return await asyncio.gather(*map(sink.append, groups), return_exceptions=True)

    return asyncio.run(go())


def ids(found):
    return [raw.fields[b"id"].decode() for raw in found]


@given(entries)
def test_what_is_written_is_what_is_read(entry):
    now = f"{int(NOON.timestamp()) * 1000}-0"
    assert decode(RawEntry(now, to_fields(entry))) == entry


def test_a_user_s_entries_stand_in_one_shard_in_the_order_of_their_appends(log_url):
    append(log_url, [view(i, user_id=5) for i in range(50)], [view(i, 5) for i in range(50, 99)])
    with open_event_source(log_url) as source:
        found = {
            shard: ids(source.read({shard: BEGINNING}, 1000).get(shard, [])) for shard in range(8)
        }
    own = found.pop(shard_of(5, 8))
    assert own == [f"e{i}" for i in range(99)]
    assert not any(found.values())


def test_reading_goes_on_behind_a_position_and_stops_at_the_limit(log_url):
    append(log_url, [view(i) for i in range(10)])
    with open_event_source(log_url) as source:
        shard = shard_of(1, source.shards)
        first = source.read({shard: BEGINNING}, 4).get(shard, [])
        rest = source.read(dict.fromkeys(range(8), first[-1].position), 100)
        assert source.read({shard: rest[shard][-1].position}, 100).get(shard, []) == []
    assert ids(first) == ["e0", "e1", "e2", "e3"]
    assert ids(rest[shard]) == [f"e{i}" for i in range(4, 10)]


def test_the_number_of_shards_is_fixed_when_the_log_is_made(log_url, caplog):
    append(log_url, [view(0)], shards=4)
    with caplog.at_level(logging.WARNING), open_event_source(log_url, shards=8) as source:
        assert source.shards == 4
    assert "the 8 asked for are ignored" in caplog.text


def test_each_of_many_concurrent_appends_hears_its_own_outcome(log_url):
    users = range(1, 200)
    broken = shard_of(3, 8)
    with valkey.Valkey.from_url(log_url) as client:
        client.set(stream_key(broken), "not a stream")
    outcomes = append(log_url, *([view(user, user)] for user in users))
    for user, outcome in zip(users, outcomes, strict=True):
        if shard_of(user, 8) == broken:
            assert isinstance(outcome, LogUnavailableError)
        else:
            assert outcome is None


def test_a_cancelled_append_harms_no_other(log_url):
    async def go():
        async with open_event_sink(log_url) as sink:
            cancelled = asyncio.create_task(sink.append([view(0)]))
            kept = asyncio.create_task(sink.append([view(1)]))
            await asyncio.sleep(0)
            cancelled.cancel()
            await kept

    asyncio.run(go())
    with open_event_source(log_url) as source:
        assert "e1" in ids(source.read({shard_of(1, 8): BEGINNING}, 10).get(shard_of(1, 8), []))


def test_a_server_that_keeps_nothing_on_disk_is_refused(cache_url):
    with pytest.raises(ConfigurationError, match="appendonly yes"), open_event_source(cache_url):
        pass


@pytest.mark.parametrize("setting", ["no", "everysec"])
def test_a_server_must_say_when_events_are_on_disk(log_url, setting, caplog):
    with valkey.Valkey.from_url(log_url) as client:
        client.config_set("appendfsync", setting)
        try:
            if setting == "no":
                with pytest.raises(ConfigurationError, match="appendfsync always"):
                    append(log_url, [view(0)])
            else:
                assert append(log_url, [view(0)]) == [None]
                assert "syncs once a second" in caplog.text
        finally:
            client.config_set("appendfsync", "always")


def test_a_server_that_may_evict_the_log_is_refused(log_url):
    with valkey.Valkey.from_url(log_url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            with pytest.raises(ConfigurationError, match="noeviction"), open_event_source(log_url):
                pass
        finally:
            client.config_set("maxmemory-policy", "noeviction")


def test_a_url_of_another_kind_is_refused():
    with (
        pytest.raises(ConfigurationError, match="not 'http'"),
        open_event_source("http://localhost"),
    ):
        pass


def test_nobody_at_home_is_log_unavailable(tmp_path):
    with (
        pytest.raises(LogUnavailableError),
        open_event_source(f"unix://{tmp_path}/nothing.sock"),
    ):
        pass


def tell(servers, number):
    (pid,) = servers.pids.values()
    os.kill(pid, number)


def revive(servers):
    while not servers.revive():  # the dead take a moment to be noticed
        time.sleep(0.01)


@pytest.fixture
def own_log(open_directory):
    with EmbeddedServers(open_directory / "own-log", servers=[Server.LOG]) as servers:
        yield servers


def test_entries_that_were_appended_survive_a_kill_of_the_server(own_log):
    async def go():
        accepted = []
        async with open_event_sink(own_log.log_url) as sink:

            async def shopper(user_id):
                for number in range(10_000):
                    entry = view(number, user_id)
                    await sink.append([entry])
                    accepted.append((user_id, entry.id))

            shoppers = [asyncio.create_task(shopper(user_id)) for user_id in range(1, 33)]
            await asyncio.sleep(0.5)
            tell(own_log, signal.SIGKILL)
            outcomes = await asyncio.gather(*shoppers, return_exceptions=True)
        assert all(isinstance(outcome, LogUnavailableError) for outcome in outcomes)
        return accepted

    accepted = asyncio.run(go())
    assert len(accepted) > 100
    revive(own_log)
    with open_event_source(own_log.log_url) as source:
        kept = {
            (int(raw.fields[b"user"]), raw.fields[b"id"].decode())
            for shard in range(source.shards)
            for raw in source.read({shard: BEGINNING}, 1_000_000).get(shard, [])
        }
    assert kept >= set(accepted)


def test_a_frozen_server_is_given_up_soon_and_used_again_when_it_wakes(own_log):
    async def go():
        async with open_event_sink(own_log.log_url) as sink:
            await sink.append([view(0)])
            tell(own_log, signal.SIGSTOP)
            try:
                began = time.monotonic()
                with pytest.raises(LogUnavailableError):
                    await sink.append([view(1)])
                waited = time.monotonic() - began
            finally:
                tell(own_log, signal.SIGCONT)
            await sink.append([view(2)])
            return waited

    assert asyncio.run(go()) < 2.5


def test_a_sink_outlives_a_restart_of_its_server(own_log):
    async def go():
        async with open_event_sink(own_log.log_url) as sink:
            await sink.append([view(0)])
            tell(own_log, signal.SIGKILL)
            revive(own_log)
            await sink.append([view(1)])

    asyncio.run(go())


def test_dead_letters_are_kept_whole_and_can_be_replayed(log_url):
    fields = {b"id": b"e1", b"user": b"\xff\x00", b"": b"", b"reason": b"mine"}
    letter = DeadLetter(3, RawEntry("17-4", fields), "The user is no number.")
    with open_event_source(log_url) as source:
        source.bury([letter])
        (buried,) = source.dead_letters(10)
        assert buried.letter == letter
        assert abs(buried.at - datetime.now(UTC)) < timedelta(minutes=1)
        assert source.replay(10) == 1
        assert source.dead_letters(10) == []
        (again,) = source.read({3: BEGINNING}, 10).get(3, [])
    assert again.fields == fields


def test_forgetting_drops_only_what_lies_before_the_position(log_url):
    with valkey.Valkey.from_url(log_url) as client, open_event_source(log_url) as source:
        for number in range(1, 1001):
            client.xadd(stream_key(0), {"n": number}, id=f"{number}-0")
        source.forget(0, "600-0")
        left = [raw.position for raw in source.read({0: BEGINNING}, 2000).get(0, [])]
    assert len(left) < 600
    assert left[-401:] == [f"{number}-0" for number in range(600, 1001)]
