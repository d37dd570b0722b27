"""A small marketplace with real servers behind it, and what a sequential fold makes of its events.

Owns:    ``Market``: its listings, users, doors, the expected evidence and trails.
"""

import asyncio
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np
import psycopg

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
    listing_of,
)
from carousel.domain.facts import facts_of
from carousel.domain.filters import Filters
from carousel.domain.interpretation import interpret
from carousel.domain.listing import ListingFacts
from carousel.domain.preference import Params, no_evidence, observe
from carousel.domain.trail import KINDS as KINDS_OF_REACTION
from carousel.domain.trail import NO_TRAIL, extended, reaction, search, to_bytes
from carousel.storage import open_catalogue, open_event_sink, open_learning
from carousel.storage.ports import Learned, User
from tests.domain.cars import INVENTORY

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PROGRAM = """
import sys
from carousel.streaming import run_pipeline
runner, database_url, log_url = sys.argv[1:]
run_pipeline(runner=runner, database_url=database_url, log_url=log_url, shards=8)
"""


def pipeline_command(runner, database_url, log_url):
    return [sys.executable, "-c", PROGRAM, runner, database_url, log_url]


@dataclass(frozen=True)
class Market:
    """listings and users: ids. numbers: for names that no other test of the module uses."""

    database_url: str
    listings: list[int]
    users: list[int]
    numbers: count

    def query(self, statement, *values):
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(statement, values).fetchall()

    def new_users(self, how_many):
        emails = [f"shopper{next(self.numbers)}@example.com" for _ in range(how_many)]
        with open_catalogue(self.database_url) as catalogue:
            catalogue.add_users(User(0, email, "S", "H", "shopper") for email in emails)
            return [catalogue.account(email).id for email in emails]

    def learned(self, users):
        with open_learning(self.database_url) as store, store.transaction() as transaction:
            return transaction.learned(users)

    def sequential_fold(self, entries):
        """Return what is known of each user after the entries, each id once, in this order."""
        with open_learning(self.database_url) as store, store.transaction() as transaction:
            space = transaction.space()
            vectors = {i: one.vector for i, one in transaction.described(self.listings).items()}
            listings = transaction.listings(self.listings)
        states, once = {}, set()
        reactions, searches = defaultdict(list), defaultdict(list)
        for entry in entries:
            if (entry.user_id, entry.id) in once:
                continue
            once.add((entry.user_id, entry.id))
            about = listing_of(entry.event)
            said = interpret(entry.event, entry.at, listings.get(about), vectors.get(about), space)
            if said is not None:
                before = states.get(entry.user_id) or no_evidence(space.dim, entry.at)
                states[entry.user_id] = observe(before, said.item, said.strength, said.at, Params())
            moment, kind = entry.at.timestamp(), entry.event.type
            if kind == "search":
                searches[entry.user_id].append(search(moment, entry.event.filters))
            elif kind in KINDS_OF_REACTION:
                reason, facts = getattr(entry.event, "reason", None), facts_of([listings[about]])
                reactions[entry.user_id].append(reaction(moment, about, kind, reason, facts))
        return {
            user_id: Learned(
                user_id, evidence, extended(NO_TRAIL, reactions[user_id], searches[user_id])
            )
            for user_id, evidence in states.items()
        }


def make_market(database_url, users=20, first_number=1, *, indexed=True):
    with open_catalogue(database_url) as catalogue:
        facts = [
            ListingFacts.model_validate(car.model_dump(exclude={"id", "revision"}))
            for car in INVENTORY
        ]
        with catalogue.bulk():
            listings = list(catalogue.upsert(facts).ids)
        if indexed:
            catalogue.ensure_space()
    market = Market(database_url, listings, [], count(first_number))
    market.users.extend(market.new_users(users))
    return market


KINDS = [
    *(9 * [lambda listing_id, _: View(listing_id=listing_id)]),
    *(2 * [lambda listing_id, _: Favourite(listing_id=listing_id)]),
    lambda listing_id, _: Unfavourite(listing_id=listing_id),
    *(2 * [lambda listing_id, _: Contact(listing_id=listing_id)]),
    *(2 * [lambda listing_id, _: Impression(listing_id=listing_id, position=1)]),
    *(2 * [lambda listing_id, n: Dismiss(listing_id=listing_id, reason=list(Reason)[n % 7])]),
    *(2 * [lambda _, n: Search(filters=Filters(make=("Audi",), max_price=2_000 + 50 * n))]),
]


def some_event(listing_id, dice):
    kind, number = dice.integers((len(KINDS), 1_000))
    return KINDS[kind](listing_id, int(number))


def some_entries(market, how_many, seed=1, late=0.1, repeated=0.05):
    """Return entries in the order of their appends: some late, some with an id that was there."""
    dice = np.random.default_rng(seed)
    entries = []
    for number in range(how_many):
        if entries and dice.random() < repeated:
            entries.append(entries[int(dice.integers(len(entries)))])
            continue
        at = NOON + timedelta(seconds=number)
        if dice.random() < late:
            at -= timedelta(days=float(dice.exponential(5)))
        listing = market.listings[dice.integers(len(market.listings))]
        user = market.users[dice.integers(len(market.users))]
        entries.append(LogEntry(f"s{seed}-{number}", user, at, some_event(listing, dice)))
    return entries


def append(log_url, entries, at_once=500):
    async def go():
        async with open_event_sink(log_url) as sink:
            for start in range(0, len(entries), at_once):
                await sink.append(entries[start : start + at_once])

    asyncio.run(go())


def counted_once(entries):
    """Return how many different events each user has."""
    ids = defaultdict(set)
    for entry in entries:
        ids[entry.user_id].add(entry.id)
    return {user_id: len(those) for user_id, those in ids.items()}


def assert_same_learned(found, expected, tolerance=1e-9):
    """Evidence may differ by rounding, trails by nothing."""
    assert found.keys() == expected.keys()
    for user_id, one in expected.items():
        evidence, other = one.evidence, found[user_id].evidence
        assert other.as_of == evidence.as_of
        np.testing.assert_allclose(other.direction, evidence.direction, rtol=0, atol=tolerance)
        assert abs(other.mass - evidence.mass) <= tolerance
        assert to_bytes(found[user_id].trail) == to_bytes(one.trail)
