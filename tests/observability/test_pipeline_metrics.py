"""Real pipeline processes tell what the table says, and they tell what happened."""

import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import valkey

from carousel.domain.events import Favourite, Impression, LogEntry, Search, View
from carousel.domain.filters import Filters
from carousel.observability.declaring import Process
from carousel.storage import open_catalogue
from carousel.storage.embedded import EmbeddedServers, Server
from carousel.storage.engines.valkey_log import shard_of, stream_key
from tests.observability.api_process import eventually
from tests.observability.scraping import Family, compare, scrape, without_samples
from tests.streaming.latent_market import publish, some_model
from tests.streaming.market import append, make_market

FOLLOWERS = (Process.CONTENT_BASED, Process.COLLABORATIVE)
PIPELINES = [*FOLLOWERS, Process.APPRAISALS, Process.NOTICES]


@dataclass(frozen=True)
class Running:
    """A process of a pipeline and where it tells its metrics."""

    process: subprocess.Popen
    metrics: str

    def told(self) -> dict[str, Family]:
        return scrape(self.metrics)

    def value(self, name: str, **labels: str) -> float:
        return value(self.told(), name, **labels)


def value(families: dict[str, Family], name: str, **labels: str) -> float:
    """Return the sum of the samples of a name that have these labels; 0 without one."""
    return math.fsum(
        sample.value
        for family in families.values()
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


@contextmanager
def pipeline(directory: Path, which: Process, database_url: str, log_url: str) -> Iterator[Running]:
    """Run ``carousel stream`` as one worker of a pipeline."""
    stated = {
        "DATA_DIRECTORY": str(directory),
        "DATABASE_URL": database_url,
        "LOG_URL": log_url,
        "CACHE_URL": log_url,
        "METRICS_PORT": "0",
        "PIPELINE_RUNNER": "plain",
    }
    environment = {**os.environ, **{f"CAROUSEL_{name}": value for name, value in stated.items()}}
    command = [sys.executable, "-m", "carousel", "stream", "--worker", "0", "--pipeline", which]
    with (directory / f"{which}.txt").open("wb") as lines:
        process = subprocess.Popen(command, env=environment, stdout=lines, stderr=lines)
    try:
        target = directory / "targets" / f"{which}.json"
        eventually(lambda: (process.poll(), target.exists()), lambda seen: seen != (None, False))
        assert process.poll() is None, (directory / f"{which}.txt").read_text()
        (where,) = json.loads(target.read_text())[0]["targets"]
        yield Running(process, f"http://{where}/metrics")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def running(servers, new_database, tmp_path_factory) -> Iterator[dict[Process, Running]]:
    """Return a process of each pipeline, to which a little of everything has happened."""
    with valkey.Valkey.from_url(servers.log_url) as client:
        client.flushall()
    market = make_market(new_database())
    publish(market.database_url, some_model())
    directory = tmp_path_factory.mktemp("pipelines")
    with ExitStack() as stack:
        processes = {
            which: stack.enter_context(
                pipeline(directory, which, market.database_url, servers.log_url)
            )
            for which in PIPELINES
        }
        a_little_of_everything(market, servers.log_url, processes)
        yield processes


def a_little_of_everything(market, log_url, processes) -> None:
    user, cars, now = market.users[0], market.listings, datetime.now(UTC)
    said = [
        View(listing_id=cars[0]),
        Favourite(listing_id=cars[0]),
        Search(filters=Filters(make=("Audi",))),
        Impression(listing_id=cars[1], position=1),
    ]
    entries = [LogEntry(f"e{n}", user, now, event) for n, event in enumerate(said)]
    unknown = LogEntry("e9", user, now, View(listing_id=10**9))
    append(log_url, [*entries, entries[0], unknown])
    with valkey.Valkey.from_url(log_url) as client:
        client.xadd(stream_key(shard_of(user, 8)), {b"id": b"no event"})
    content, others = processes[Process.CONTENT_BASED], processes[Process.COLLABORATIVE]
    eventually(lambda: applied(content, "content-based"), lambda seen: seen == len(entries))
    eventually(
        lambda: content.value("carousel_pipeline_dead_letters_total"), lambda seen: seen == 2
    )
    # When the space began to serve is a matter of time: what was built is no event applied.
    late = LogEntry("late", user, now, View(listing_id=cars[2]))
    eventually(lambda: serves(market), bool)
    append(log_url, [late])
    eventually(lambda: applied(others, "collaborative"), lambda seen: seen >= 1)
    with open_catalogue(market.database_url) as catalogue:
        catalogue.patch(cars[0], {"price": 100})
    told = processes[Process.NOTICES]
    dropped = "carousel_notices_written_total"
    eventually(lambda: told.value(dropped, kind="price_drop"), lambda seen: seen == 1)
    kept = processes[Process.APPRAISALS]
    eventually(lambda: kept.value("carousel_appraisals_written_total"), lambda seen: seen > 0)


def applied(process: Running, pipeline: str) -> float:
    return process.value("carousel_pipeline_events_applied_total", pipeline=pipeline)


def serves(market) -> bool:
    return bool(market.query("select 1 from latent_space where serves"))


@pytest.mark.parametrize("which", PIPELINES)
def test_each_tells_what_the_table_says_and_nothing_else(running, which):
    assert compare(running[which].told(), which) == []


@pytest.mark.parametrize("which", PIPELINES)
def test_after_a_little_of_everything_nothing_is_without_a_sample(running, which):
    assert without_samples(running[which].told()) == []


def test_events_are_counted_once_by_their_type(running):
    told = running[Process.CONTENT_BASED].told()
    name = "carousel_pipeline_events_applied_total"
    by_type = {
        kind: value(told, name, type=kind, pipeline="content-based")
        for kind in ("view", "favourite", "search", "impression", "contact")
    }
    assert by_type == {"view": 2, "favourite": 1, "search": 1, "impression": 1, "contact": 0}
    assert value(told, "carousel_pipeline_events_repeated_total") == 1


def test_dead_letters_are_counted_by_what_they_would_have_been(running):
    told = running[Process.CONTENT_BASED].told()
    name = "carousel_pipeline_dead_letters_total"
    assert value(told, name, type="unreadable") == 1
    assert value(told, name, type="view") == 1
    assert value(told, name) == 2


@pytest.mark.parametrize("which", sorted(FOLLOWERS))
def test_every_step_of_every_batch_is_timed_and_every_entry_counted(running, which):
    told = running[which].told()
    batches = value(told, "carousel_pipeline_batch_events_count", pipeline=which)
    assert batches > 0
    for step in ("decode", "attach", "interpret", "write"):
        timed = value(told, "carousel_pipeline_batch_seconds_count", pipeline=which, step=step)
        assert timed == batches
    if which is Process.CONTENT_BASED:
        assert value(told, "carousel_pipeline_batch_events_sum") == 8
    states = value(told, "carousel_pipeline_state_seconds_count", pipeline=which)
    assert states == value(told, "carousel_pipeline_events_applied_total", pipeline=which)
    assert 0 < value(told, "carousel_pipeline_state_seconds_sum") < 60 * states


@pytest.mark.parametrize("which", PIPELINES)
def test_each_looks_for_work_again_and_again(running, which):
    name = "carousel_pipeline_looked_timestamp_seconds"
    before = running[which].value(name)
    assert abs(before - datetime.now(UTC).timestamp()) < 60
    eventually(lambda: running[which].value(name), lambda seen: seen > before)
    assert running[which].value("carousel_pipeline_waiting") == 0


def test_no_label_is_what_somebody_sent(running):
    told = running[Process.CONTENT_BASED].told()
    labels = {
        text for family in told.values() for one in family.samples for text in one.labels.values()
    }
    assert not {text for text in labels if "no event" in text or "/" in text}


def test_a_pipeline_that_waits_for_a_server_says_so_and_counts_what_was_not_answered(
    open_directory, new_database, tmp_path
):
    market = make_market(new_database())
    with (
        EmbeddedServers(open_directory / "own-metrics-log", servers=[Server.LOG]) as own,
        pipeline(tmp_path, Process.CONTENT_BASED, market.database_url, own.log_url) as one,
    ):
        waiting = "carousel_pipeline_waiting"
        looked = "carousel_pipeline_looked_timestamp_seconds"
        eventually(lambda: one.value(looked), bool)
        (pid,) = own.pids.values()
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: one.value(waiting), lambda seen: seen == 1)
        before = one.value(looked)
        faults = "carousel_server_faults_total"
        eventually(lambda: one.value(faults, server="log"), lambda seen: seen > 1)
        assert one.value(faults, server="database") == 0
        assert one.value(looked) == before
        eventually(own.revive, bool)
        eventually(lambda: one.value(waiting), lambda seen: seen == 0)
        assert one.value(looked) > before
