"""A small market with real servers behind it that is watched, and its pipelines by hand.

Owns:    ``Watched``: the market, where a check finds everything, applying what was appended.
"""

import asyncio
import threading
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
import valkey

from carousel.domain.events import LogEntry, View
from carousel.domain.preference import Params
from carousel.monitoring.reach import Reach
from carousel.monitoring.threads import StillAskingError
from carousel.storage import open_event_sink, open_event_source, open_learning
from carousel.streaming.follower import Connections, Follower
from tests.streaming.market import Market, make_market, some_entries


@dataclass
class Watched:
    """market: of the tests of the pipelines. reach: what a check is given."""

    market: Market
    reach: Reach

    def append(self, entries):
        async def send():
            async with open_event_sink(self.reach.log_url) as sink:
                await sink.append(list(entries))

        asyncio.run(send())

    def apply(self):
        """Let the content-based pipeline apply all that the log holds."""
        stop = threading.Event()
        url = self.reach.database_url
        with (
            open_event_source(self.reach.log_url) as log,
            open_learning(url) as reads,
            open_learning(url) as writes,
        ):
            follower = Follower(Connections(log, reads, writes), Params(), range(8), stop)
            while (batch := follower.read()) is not None:
                follower.write(follower.interpret(follower.attach(follower.decode(batch))))
                follower.finish()
            follower.close()

    def happen(self, how_many=200, seed=1):
        """Let shoppers do things, and let the pipeline apply them; return what they did."""
        entries = some_entries(self.market, how_many, seed)
        self.append(entries)
        self.apply()
        return entries

    def view(self, user, listing, event_id="viewed"):
        self.append([LogEntry(event_id, user, datetime.now(UTC), View(listing_id=listing))])

    def execute(self, statement, *values):
        with psycopg.connect(self.reach.database_url) as connection:
            connection.execute(statement, values)

    def log(self):
        return valkey.Valkey.from_url(self.reach.log_url)

    def cache(self):
        return valkey.Valkey.from_url(self.reach.cache_url)


def watch(database_url, log_url, cache_url, targets, **market):
    reach = Reach(
        database_url=database_url,
        log_url=log_url,
        cache_url=cache_url,
        log_shards=8,
        targets=targets,
        api_url="http://127.0.0.1:9",
    )
    return Watched(make_market(database_url, **market), reach)


def asked(check):
    """Return what a check finds when it is asked once."""

    async def ask():
        while True:
            try:
                return await check.ask()
            except StillAskingError:  # the thread that gave the last answer is about to end
                await asyncio.sleep(0.01)

    return asyncio.run(ask())


def told(metric):
    """Return what a metric says: value by labels."""
    return {
        tuple(sample.labels.values()): sample.value
        for family in metric.collect()
        for sample in family.samples
    }
