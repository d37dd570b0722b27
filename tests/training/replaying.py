"""A recording played into the real system: its cars imported, its events through log and pipeline.

Owns:    ``replay``, and what comes back as a person would compare it.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event as Flag

import numpy as np
import psycopg
import valkey

from carousel.domain.events import EVENT, Impression, LogEntry
from carousel.domain.listing import ListingFacts, Status
from carousel.domain.preference import Params
from carousel.recording.tables import EVENT_TYPES, NONE, REASONS, Recording
from carousel.storage import (
    open_catalogue,
    open_event_sink,
    open_event_source,
    open_learning,
)
from carousel.storage.ports import User
from carousel.streaming.follower import Connections, Follower

SHARDS = 8
AT_ONCE = 2_000


@dataclass(frozen=True)
class Replayed:
    """listings and users: the database's ids of the recording's rows."""

    listings: list[int]
    users: list[int]


def replay(recording: Recording, database_url: str, log_url: str) -> Replayed:
    """Import the cars, add the shoppers, append everything to an emptied log, run the pipeline."""
    with valkey.Valkey.from_url(log_url) as log:
        log.flushall()
    with open_catalogue(database_url) as catalogue:
        facts = [
            ListingFacts.model_validate(car.model_dump(exclude={"id", "revision"}))
            for car in recording.listings
        ]
        with catalogue.bulk():
            listings = list(catalogue.upsert(facts).ids)
        catalogue.ensure_space()
        emails = [f"shopper{row}@example.com" for row in range(len(recording.users))]
        catalogue.add_users(User(0, email, "S", "H", "shopper") for email in emails)
        users = [catalogue.account(email).id for email in emails]
    done = Replayed(listings, users)
    append(log_url, entries(recording, done))
    follow(database_url, log_url)
    leave(recording, done, database_url)
    return done


def entries(recording: Recording, done: Replayed) -> list[LogEntry]:
    """Return what the log would have heard, in order of time."""
    events, shown = recording.events, recording.impressions
    found = []
    for n, at in enumerate(events.at.tolist()):
        said = {"type": EVENT_TYPES[events.type[n]]}
        if events.listing[n] != NONE:
            said["listing_id"] = done.listings[events.listing[n]]
        if said["type"] == "search":
            said["filters"] = recording.searches[events.search[n]]
        if events.reason[n] != NONE:
            said["reason"] = REASONS[events.reason[n]]
        user = done.users[events.shopper[n]]
        found.append(LogEntry(f"e{n}", user, moment(at), EVENT.validate_python(said)))
    for n, at in enumerate(shown.at.tolist()):
        chance = shown.propensity[n]
        impression = Impression(
            listing_id=done.listings[shown.listing[n]],
            slate=f"slate {shown.slate[n]} \u2028",
            position=shown.position[n],
            propensity=None if np.isnan(chance) else chance,
            random=bool(shown.random[n]),
            eligible=int(shown.eligible[n]),
        )
        user = done.users[shown.shopper[n]]
        found.append(LogEntry(f"i{n}", user, moment(at), impression))
    return sorted(found, key=lambda entry: entry.at)


def append(log_url, found):
    async def go():
        async with open_event_sink(log_url) as sink:
            for start in range(0, len(found), AT_ONCE):
                await sink.append(found[start : start + AT_ONCE])

    asyncio.run(go())


def follow(database_url, log_url):
    """Run the pipeline until nothing is left to do."""
    with (
        open_event_source(log_url, shards=SHARDS) as log,
        open_learning(database_url) as reads,
        open_learning(database_url) as writes,
    ):
        one = Follower(Connections(log, reads, writes), Params(), range(SHARDS), Flag())
        while (batch := one.read()) is not None:
            one.write(one.interpret(one.attach(one.decode(batch))))
        one.close()


def leave(recording, done, database_url):
    """Sell and withdraw the cars that left, at the moments they did."""
    left = [
        (listing_id, (Status.SOLD if sold else Status.WITHDRAWN).value, moment(at))
        for listing_id, at, sold in zip(
            done.listings,
            recording.lives.left_at.tolist(),
            recording.lives.sold.tolist(),
            strict=True,
        )
        if at != float("inf")
    ]
    with psycopg.connect(database_url) as connection:
        connection.cursor().executemany(
            "update listing set status = %s, updated_at = %s where id = %s",
            [(status, at, listing_id) for listing_id, status, at in left],
        )


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def told(recording: Recording, users: list[int]) -> list[tuple]:
    """Return every event in words: who, when, what, about which car, why, with which filters."""
    events = recording.events
    return [
        (
            moment(events.at[n]),
            users[events.shopper[n]],
            EVENT_TYPES[events.type[n]],
            None if events.listing[n] == NONE else recording.listings[events.listing[n]].ref,
            None if events.reason[n] == NONE else REASONS[events.reason[n]],
            None if events.search[n] == NONE else recording.searches[events.search[n]],
        )
        for n in range(len(events.at))
    ]


def shown(recording: Recording, users: list[int]) -> list[tuple]:
    """Return every impression in words: when, to whom, where, which car, by which chance."""
    table = recording.impressions
    return [
        (
            moment(table.at[n]),
            users[table.shopper[n]],
            int(table.position[n]),
            recording.listings[table.listing[n]].ref,
            None if np.isnan(table.propensity[n]) else float(table.propensity[n]),
            bool(table.random[n]),
            int(table.eligible[n]),
        )
        for n in range(len(table.at))
    ]
