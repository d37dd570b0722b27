"""The collaborative pipeline on a real database: exact, killed, and with two versions at once."""

import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

from carousel.domain.car_features import describe
from carousel.domain.events import LogEntry, View
from carousel.domain.latent import from_model
from carousel.domain.listing import ListingFacts
from carousel.domain.preference import Params
from carousel.storage import (
    open_catalogue,
    open_event_source,
    open_latent_spaces,
    open_learning,
    open_visitors,
)
from carousel.streaming import Share, collaborate
from carousel.streaming.follower import Connections, Follower
from tests.domain.cars import INVENTORY
from tests.streaming.latent_market import (
    assert_same_evidence,
    behind,
    collaborative_command,
    factors,
    kept_states,
    publish,
    sequential_fold,
    serving,
    some_model,
    spoil,
)
from tests.streaming.market import NOON, append, make_market, some_entries

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


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def archive(market, log_url, entries):
    """Let the content-based pipeline archive entries."""
    append(log_url, entries)
    with (
        open_event_source(log_url) as log,
        open_learning(market.database_url) as reads,
        open_learning(market.database_url) as writes,
    ):
        follower = Follower(Connections(log, reads, writes), Params(), range(8), threading.Event())
        while batch := follower.read():
            follower.write(follower.interpret(follower.attach(follower.decode(batch))))
        follower.close()


@contextmanager
def collaborating(market, runner="plain"):
    process = subprocess.Popen(collaborative_command(runner, market.database_url))
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.wait()


def assert_folded(market, model, entries):
    expected, pulls = sequential_fold(market, model, entries)
    found, moved = kept_states(market, model.version)
    assert_same_evidence(found, expected)
    for listing_id, pull in pulls.items():
        assert abs(moved[listing_id].pull.mass - pull.mass) < 1e-6
        np.testing.assert_allclose(moved[listing_id].pull.direction, pull.direction, atol=1e-6)


@each_runner
def test_states_are_those_of_a_sequential_fold_of_the_archive(runner, market, log_url):
    model = some_model()
    entries = some_entries(market, 2_000)
    archive(market, log_url, entries[:1_200])
    version = publish(market.database_url, model)
    with collaborating(market, runner):
        wait_until(lambda: serving(market) == version)
        archive(market, log_url, entries[1_200:])
        wait_until(lambda: not behind(market, version))
    # Shards are folded side by side; within a user the order is that of the log.
    found, moved = kept_states(market, version)
    expected, pulls = sequential_fold(market, model, entries)
    assert_same_evidence(found, expected)
    assert {i for i, one in moved.items() if one.pull.mass} == set(pulls)
    for listing_id, pull in pulls.items():
        assert moved[listing_id].pull.mass == pytest.approx(pull.mass, abs=1e-6)
        np.testing.assert_allclose(moved[listing_id].pull.direction, pull.direction, atol=1e-6)


@each_runner
def test_kills_while_events_flow_lose_nothing_and_repeat_nothing(runner, market, log_url):
    model = some_model()
    version = publish(market.database_url, model)
    entries = some_entries(market, 3_300)
    dice = np.random.default_rng(5)
    for start in range(0, 3_000, 1_000):
        archive(market, log_url, entries[start : start + 1_000])
        before = behind(market, version)
        process = subprocess.Popen(collaborative_command(runner, market.database_url))
        try:
            wait_until(lambda before=before: behind(market, version) < before)
            time.sleep(dice.uniform(0, 0.15))
        finally:
            process.kill()
            process.wait()
    with collaborating(market, runner):
        wait_until(lambda: serving(market) == version and not behind(market, version))
        archive(market, log_url, entries[3_000:])
        wait_until(lambda: not behind(market, version))
    assert_folded(market, model, entries)


def test_a_new_model_is_built_beside_the_one_that_serves_and_takes_its_place(market, log_url):
    first, second = some_model(1), some_model(2)
    entries = some_entries(market, 800)
    publish(market.database_url, first)
    with collaborating(market):
        wait_until(lambda: serving(market) == first.version)
        archive(market, log_url, entries[:400])
        wait_until(lambda: not behind(market, first.version))
        publish(market.database_url, second)
        archive(market, log_url, entries[400:])
        wait_until(lambda: serving(market) == second.version)
        wait_until(lambda: not behind(market, second.version))
        assert_folded(market, second, entries)
        # What served before is cleared away, row by row.
        wait_until(lambda: market.query("select version from latent_space") == [(second.version,)])
        assert market.query(
            "select count(*) from listing_latent where version = %s", first.version
        ) == [(0,)]
        publish(market.database_url, first)
        wait_until(lambda: serving(market) == first.version)
        wait_until(lambda: not behind(market, first.version))
        assert_folded(market, first, entries)


def test_a_damaged_model_is_not_built_and_the_one_before_serves_on(market, log_url):
    good, bad = some_model(1), some_model(2)
    publish(market.database_url, good)
    stop = threading.Event()
    share = Share("plain", market.database_url, 8)
    thread = threading.Thread(target=collaborate, args=(share, stop))
    thread.start()
    try:
        wait_until(lambda: serving(market) == good.version)
        publish(market.database_url, bad)
        spoil(market, bad.version)
        archive(market, log_url, some_entries(market, 100))
        wait_until(lambda: not behind(market, good.version))
        assert serving(market) == good.version
    finally:
        stop.set()
        thread.join(5)
    assert not thread.is_alive()


def test_workers_share_the_shards_and_the_last_one_to_come_up_makes_it_serve(market, log_url):
    model = some_model()
    entries = some_entries(market, 600)
    archive(market, log_url, entries)
    version = publish(market.database_url, model)
    stop = threading.Event()
    shares = [Share("plain", market.database_url, 8, worker, 2) for worker in range(2)]
    threads = [threading.Thread(target=collaborate, args=(share, stop)) for share in shares]
    threads[1].start()
    try:
        wait_until(lambda: 0 < behind(market, version) < 600)
        time.sleep(0.2)
        threads[0].start()
        wait_until(lambda: serving(market) == version and not behind(market, version))
    finally:
        stop.set()
        for thread in threads:
            thread.join(5)
    assert_same_evidence(
        kept_states(market, version)[0], sequential_fold(market, model, entries)[0]
    )


def test_a_listing_has_its_factors_from_its_first_second(market):
    model = some_model()
    with open_latent_spaces(market.database_url) as spaces:
        version = publish(market.database_url, model)
        latent = spaces.begin(version)
        while spaces.fill(version, 100):
            pass
        assert spaces.serve(version, f"collaborative/{version}")
    fresh = ListingFacts.model_validate(
        INVENTORY[0].model_dump(exclude={"id", "revision"}) | {"ref": "fresh", "price": 7_777}
    )
    with open_catalogue(market.database_url) as catalogue:
        (listing_id,) = catalogue.upsert([fresh]).ids
        expected = latent.listing_factors(describe(fresh))
        np.testing.assert_allclose(factors(market, version, listing_id), expected, atol=1e-5)
        cheaper = catalogue.patch(listing_id, {"price": 1_000})
        expected = latent.listing_factors(describe(cheaper))
        np.testing.assert_allclose(factors(market, version, listing_id), expected, atol=1e-5)
    assert market.query(
        "select count(*) from inventory where listing_id not in "
        "(select listing_id from listing_latent where version = %s)",
        version,
    ) == [(0,)]


def test_what_a_visitor_did_counts_for_the_account_they_are_merged_into(market, log_url):
    model = some_model()
    version = publish(market.database_url, model)
    account = market.users[0]
    with open_visitors(market.database_url) as visitors:
        visitor = visitors.admit()
        looks = [
            LogEntry(f"v{n}", visitor if n < 6 else account, NOON, View(listing_id=listing))
            for n, listing in enumerate(market.listings[:9])
        ]
        # Sent again after logging in, with the same id: it counts once.
        looks.append(LogEntry("v0", account, NOON, View(listing_id=market.listings[0])))
        with collaborating(market):
            wait_until(lambda: serving(market) == version)
            archive(market, log_url, looks[:4])
            wait_until(lambda: not behind(market, version))
            archive(market, log_url, looks[4:])
            visitors.merge(visitor, account)
            wait_until(lambda: not behind(market, version))
    as_if = [LogEntry(one.id, account, one.at, one.event) for one in looks]
    expected, _ = sequential_fold(market, model, as_if)
    found, _ = kept_states(market, version)
    assert_same_evidence(found, expected)
    assert market.query("select count(*) from shopper_latent where user_id = %s", visitor) == [(0,)]
    latent = from_model(model)
    taste = market.query(
        "select taste from shopper_latent where user_id = %s and version = %s", account, version
    )[0][0]
    np.testing.assert_allclose(np.frombuffer(taste), latent.taste(expected[account]), atol=1e-6)
