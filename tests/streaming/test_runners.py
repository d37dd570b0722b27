"""The whole pipeline on real servers: killed, stopped, doubled, and with servers going away."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import valkey

from carousel.domain.errors import ConfigurationError
from carousel.domain.events import LogEntry, View
from carousel.domain.preference import Params
from carousel.storage import (
    migrate,
    open_catalogue,
    open_event_source,
    open_learning,
    open_updates,
)
from carousel.storage.embedded import EmbeddedServers, Server
from carousel.storage.engines.valkey_log import shard_of, stream_key, to_fields
from carousel.storage.ports import BEGINNING
from carousel.streaming import run
from carousel.streaming.follower import KEPT_MS, Connections, Follower
from tests.streaming.market import (
    NOON,
    append,
    assert_same_learned,
    counted_once,
    make_market,
    pipeline_command,
    some_entries,
)

RUNNERS = [
    pytest.param(
        "bytewax",
        marks=pytest.mark.skipif(
            sys.version_info >= (3, 13), reason="Bytewax has no wheels for Python 3.13 and newer"
        ),
    ),
    "plain",
]
each_runner = pytest.mark.parametrize("runner", RUNNERS)


@pytest.fixture
def market(database_url):
    return make_market(database_url)


@contextmanager
def pipelines(runner, market, log_url, how_many=1):
    command = pipeline_command(runner, market.database_url, log_url)
    processes = [subprocess.Popen(command) for _ in range(how_many)]
    try:
        yield processes
        wait_until(lambda: all(map(heeds_signals, processes)))
        for process in processes:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(5) for process in processes] == [0] * how_many
    finally:
        for process in processes:
            process.kill()
            process.wait()


def heeds_signals(process):
    """Return whether a pipeline has begun; before, a signal would end it like any other program."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def archived(market):
    return market.query("select count(*) from event")[0][0]


def caught_up(market, log_url):
    with open_event_source(log_url) as log, open_learning(market.database_url) as store:
        cursors = store.cursors("content_based")
        after = {shard: cursors.get(shard, BEGINNING) for shard in range(log.shards)}
        return not log.read(after, 1)


def assert_applied_once(market, entries):
    expected = market.sequential_fold(entries)
    assert_same_learned(market.learned(market.users), expected)
    counts = dict(market.query("select user_id, count(*) from event group by user_id"))
    assert counts == counted_once(entries)


MALFORMED = [
    {b"id": b"m1", b"user": b"1"},
    {b"id": b"m2", b"user": b"one", b"at": b"1", b"event": b"{}"},
    {b"\xff": b"\x00"},
    to_fields(LogEntry("m4", 1, NOON, View(listing_id=1))) | {b"event": b'{"type":"zap"}'},
    to_fields(LogEntry("m5", 10**9, NOON, View(listing_id=1))),
    to_fields(LogEntry("m6", 1, NOON, View(listing_id=10**9))),
]


def malform(log_url, number):
    """Put an entry into the log that no door of ours would let in."""
    fields = MALFORMED[number % len(MALFORMED)] | {b"number": b"%d" % number}
    with valkey.Valkey.from_url(log_url) as client:
        client.xadd(stream_key(number % 8), fields)


def dead_numbers(log_url):
    with open_event_source(log_url) as log:
        return {int(one.letter.entry.fields[b"number"]) for one in log.dead_letters(1_000)}


@each_runner
def test_ten_kills_while_20_000_events_flow_lose_nothing_and_repeat_nothing(
    runner, market, log_url
):
    entries = some_entries(market, 20_000)
    turns = threading.Semaphore(0)
    producing = threading.Thread(target=produce, args=(log_url, entries, turns))
    producing.start()
    command = pipeline_command(runner, market.database_url, log_url)
    for pause in np.random.default_rng(4).uniform(0, 0.3, size=10):
        before = archived(market)
        turns.release()
        process = subprocess.Popen(command)
        try:
            wait_until(lambda before=before: archived(market) > before)
            time.sleep(pause)
        finally:
            process.kill()
            process.wait()
    producing.join()
    with pipelines(runner, market, log_url):
        wait_until(lambda: caught_up(market, log_url))
    assert_applied_once(market, entries)
    assert dead_numbers(log_url) == set(range(40))


def produce(log_url, entries, turns):
    """Let a tenth of the entries flow at every turn, a malformed one among every 500."""
    for number, start in enumerate(range(0, len(entries), 500)):
        if number % (len(entries) // 5_000) == 0:
            turns.acquire()
        for part in range(start, start + 500, 50):
            append(log_url, entries[part : part + 50])
            time.sleep(0.03)
        malform(log_url, number)


@each_runner
def test_a_second_pipeline_started_by_mistake_applies_nothing_twice(runner, market, log_url):
    entries = some_entries(market, 4_000)
    append(log_url, entries[:3_000])
    with pipelines(runner, market, log_url, how_many=2) as both:
        wait_until(lambda: archived(market) > 0 and all(map(heeds_signals, both)))
        append(log_url, entries[3_000:], at_once=20)
        wait_until(lambda: caught_up(market, log_url))
    assert_applied_once(market, entries)


@each_runner
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_within_two_seconds_even_while_it_works(
    runner, number, market, log_url
):
    append(log_url, some_entries(market, 6_000))
    process = subprocess.Popen(
        pipeline_command(runner, market.database_url, log_url), stderr=subprocess.PIPE
    )
    try:
        wait_until(lambda: archived(market) > 0)
        process.send_signal(number)
        _, complaints = process.communicate(timeout=2)
        assert process.returncode == 0
        assert complaints == b""
    finally:
        process.kill()
        process.communicate()


@contextmanager
def connected(database_url, log_url):
    """Connect as one pipeline process does."""
    with (
        open_event_source(log_url) as log,
        open_learning(database_url) as reads,
        open_learning(database_url) as writes,
    ):
        yield Connections(log, reads, writes)


@contextmanager
def running(runner, to, **share):
    """Run a pipeline in a thread of this process."""
    stop = threading.Event()
    failures = []

    def follow():
        try:
            run(runner, to, Params(), stop, **share)
        except BaseException as error:  # noqa: BLE001 (told to the test below)
            failures.append(error)

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)
        assert not thread.is_alive()
        assert failures == []


@each_runner
def test_workers_share_the_shards(runner, market, log_url):
    entries = some_entries(market, 500)
    append(log_url, entries)
    with connected(market.database_url, log_url) as to:
        with running(runner, to, worker=1, workers=2):
            odd = {(e.user_id, e.id) for e in entries if shard_of(e.user_id, 8) % 2 == 1}
            wait_until(lambda: archived(market) == len(odd))
            time.sleep(0.1)
            assert archived(market) == len(odd)
        with running(runner, to, worker=0, workers=2):
            wait_until(lambda: caught_up(market, log_url))
    assert_applied_once(market, entries)


@each_runner
def test_whoever_listens_hears_of_the_new_version(runner, market, log_url):
    user = market.users[0]

    async def go():
        async with open_updates(log_url) as updates:
            hearing = asyncio.ensure_future(anext(aiter(updates)))
            number = 0
            while not hearing.done():
                entry = LogEntry(f"e{number}", user, NOON, View(listing_id=market.listings[0]))
                await asyncio.to_thread(append, log_url, [entry])
                await asyncio.wait([hearing], timeout=0.1)
                number += 1
            return hearing.result()

    with connected(market.database_url, log_url) as to, running(runner, to):
        heard = asyncio.run(asyncio.wait_for(go(), 10))
    assert heard.user_id == user
    assert heard.number >= 1
    assert abs(heard.cause.logged_ms - 1000 * time.time()) < 10_000


@each_runner
def test_events_wait_until_there_is_a_feature_space(runner, database_url, log_url):
    market = make_market(database_url, indexed=False)
    entry = LogEntry("e", market.users[0], NOON, View(listing_id=market.listings[0]))
    append(log_url, [entry])
    with connected(database_url, log_url) as to, running(runner, to):
        time.sleep(0.3)
        assert archived(market) == 0
        with open_catalogue(database_url) as catalogue:
            catalogue.ensure_space()
        wait_until(lambda: archived(market) == 1)
    assert_applied_once(market, [entry])


@each_runner
def test_a_dead_letter_is_applied_when_its_cause_is_gone(runner, market, log_url):
    unborn = market.new_users(1)[0] + 1
    entry = LogEntry("early", unborn, NOON, View(listing_id=market.listings[0]))
    append(log_url, [entry])
    with (
        open_event_source(log_url) as other,
        connected(market.database_url, log_url) as to,
        running(runner, to),
    ):
        wait_until(lambda: len(other.dead_letters(10)) == 1)
        assert market.new_users(1) == [unborn]
        assert other.replay(10) == 1
        wait_until(lambda: archived(market) == 1)
        assert other.dead_letters(10) == []
    assert_same_learned(market.learned([unborn]), market.sequential_fold([entry]))


@pytest.fixture(scope="module")
def own_servers(open_directory):
    wanted = [Server.DATABASE, Server.LOG]
    with EmbeddedServers(open_directory / "own-both", servers=wanted) as servers:
        migrate(servers.database_url)
        yield servers


@each_runner
def test_servers_that_are_away_for_a_while_are_waited_for(runner, own_servers):
    with valkey.Valkey.from_url(own_servers.log_url) as client:
        client.flushall()
    # Both runners meet the same database: each has shoppers of its own.
    market = make_market(own_servers.database_url, first_number=1_000 * len(runner))
    entries = some_entries(market, 900)
    with pipelines(runner, market, own_servers.log_url) as (process,):
        append(own_servers.log_url, entries[:300])
        wait_until(lambda: market.learned(market.users))
        for name, part in (("PostgreSQL", entries[300:600]), ("Valkey (log)", entries[600:])):
            os.kill(own_servers.pids[name], signal.SIGKILL)
            time.sleep(1)
            while not own_servers.revive():
                time.sleep(0.01)
            append(own_servers.log_url, part)
        wait_until(lambda: caught_up(market, own_servers.log_url))
        assert process.poll() is None
    assert_same_learned(market.learned(market.users), market.sequential_fold(entries))


@each_runner
@pytest.mark.parametrize(
    ("server", "blow", "after"),
    [
        ("PostgreSQL", signal.SIGKILL, None),
        ("Valkey (log)", signal.SIGKILL, None),
        ("Valkey (log)", signal.SIGSTOP, signal.SIGCONT),
    ],
)
def test_a_signal_ends_it_while_a_server_is_away_or_hangs(runner, server, blow, after, own_servers):
    market = make_market(own_servers.database_url, first_number=2_000 * len(runner))
    command = pipeline_command(runner, own_servers.database_url, own_servers.log_url)
    append(own_servers.log_url, some_entries(market, 50))
    process = subprocess.Popen(command)
    try:
        wait_until(lambda: caught_up(market, own_servers.log_url))
        append(own_servers.log_url, some_entries(market, 50, seed=2))
        pid = own_servers.pids[server]
        os.kill(pid, blow)
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(2) == 0
    finally:
        if after:
            os.kill(pid, after)
        else:
            while not own_servers.revive():
                time.sleep(0.01)
        process.kill()
        process.wait()


def test_the_log_is_trimmed_ten_minutes_behind_the_cursor(market, log_url):
    entry = LogEntry("e", market.users[0], NOON, View(listing_id=market.listings[0]))
    now = int(time.time()) * 1000
    with valkey.Valkey.from_url(log_url) as client:
        for number in range(1_000):
            fields = to_fields(replace(entry, id=f"e{number}"))
            client.xadd(stream_key(0), fields, id=f"{now - 2 * KEPT_MS + number * 1_000}-0")
    with connected(market.database_url, log_url) as to:
        follower = Follower(to, Params(), range(8), threading.Event())
        follower.trim()
        assert len(to.log.read({0: BEGINNING}, 2_000).get(0, [])) == 1_000
        while batch := follower.read():
            decoded = follower.decode(batch)
            follower.write(follower.interpret(follower.attach(decoded)))
        follower.close()
        follower.trim()
        left = to.log.read({0: BEGINNING}, 2_000).get(0, [])
    assert 600 <= len(left) < 750  # ten minutes, at one a second, and the rest of a block


def test_an_unknown_runner_or_worker_is_refused(market, log_url):
    with connected(market.database_url, log_url) as to:
        with pytest.raises(ConfigurationError, match="one of bytewax, plain"):
            run("spark", to, Params(), threading.Event())
        with pytest.raises(ConfigurationError, match="none of 2"):
            run("plain", to, Params(), threading.Event(), worker=2, workers=2)
