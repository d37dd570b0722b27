"""The law of synthetic shoppers: their own list changes, and nothing else does."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from urllib.parse import urlsplit, urlunsplit

import numpy as np
import psycopg
import pytest

from carousel.domain.errors import ConfigurationError
from carousel.domain.events import Dismiss, Favourite, Impression, LogEntry, Search, View
from carousel.domain.filters import Filters
from carousel.domain.listing import ListingFacts
from carousel.domain.preference import Params
from carousel.storage import (
    open_catalogue,
    open_learning,
    open_noticing,
    open_serving,
    open_synthetic,
    open_visitors,
)
from carousel.storage.engines.valkey_log import to_fields
from carousel.storage.ports import BEGINNING, RawEntry
from carousel.streaming.content_based import Batch, attach, decode_batch, interpret_batch, write
from carousel.streaming.occasions import Rules, deal
from tests.streaming.market import NOON, make_market, some_entries, some_event

SHARDS = 3
OWN = {"shopper": "user_id"}
"""Tables in which a synthetic shopper has rows, and which column says so."""

MOVES = {"pipeline_cursor"}
"""Tables that say how far the log was read, which has more entries with such a shopper in it."""


@pytest.fixture
def market(database_url):
    return make_market(database_url)


@pytest.fixture
def synthetic(market):
    """Return the ids of two synthetic shoppers."""
    with open_synthetic(market.database_url) as door:
        return [door.ensure_synthetic(f"robot{n}@example.com") for n in range(2)]


def copied(database_url, name):
    """Return the URL of a copy of a database; the same ids mean the same in both."""
    parts = urlsplit(database_url)
    with psycopg.connect(
        urlunsplit(parts._replace(path="/postgres")), autocommit=True
    ) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')
        connection.execute(f'create database "{name}" template "{parts.path[1:]}"')
    return urlunsplit(parts._replace(path=f"/{name}"))


def entries_of(user, market, how_many, seed):
    """Return everything a shopper can do, in no particular order."""
    dice = np.random.default_rng(seed)
    cars = dice.choice(market.listings, how_many)
    return [
        LogEntry(f"x{seed}-{n}", user, NOON + timedelta(seconds=n), some_event(int(car), dice))
        for n, car in enumerate(cars)
    ]


def interleaved(entries, others, seed=1):
    """Return entries with their places in the log, others between them as chance has it."""
    dice, waiting, places = np.random.default_rng(seed), list(others), []
    for n, entry in enumerate(entries):
        places.append((2_000_000_000_000 + 1_000 * n, entry))
        between = range(min(len(waiting), int(dice.integers(3))))
        places += [(2_000_000_000_000 + 1_000 * n + k + 1, waiting.pop()) for k in between]
    assert not waiting
    return places


def apply(database_url, places, at_once):
    """Run the pipeline over a log whose entries stand at these places, shard by shard."""
    told = {}
    with open_learning(database_url) as store:
        for shard in range(SHARDS):
            after = BEGINNING
            own = [
                (entry, RawEntry(f"{place}-0", to_fields(entry)))
                for place, entry in places
                if entry.user_id % SHARDS == shard
            ]
            for lot in at_once(own):
                batch = Batch({shard: after}, {shard: [raw for _, raw in lot]})
                interpreted = interpret_batch(attach(decode_batch(batch), store))
                assert not interpreted.letters
                told |= write(interpreted, store, Params()).versions
                after = lot[-1][1].position
    return told


def by_seconds(own):
    """Cut a log where others make no difference: everything of one minute is one batch."""
    lots = {}
    for entry, raw in own:
        lots.setdefault(int(raw.position.partition("-")[0]) // 60_000, []).append((entry, raw))
    return lots.values()


def contents(database_url, but=()):
    """Return all rows of all tables as text, but for the transactions that wrote them.

    but: users whose own rows are left out.
    """
    with psycopg.connect(database_url) as connection:
        columns = connection.execute(
            "select table_name, array_agg(column_name::text order by ordinal_position) "
            "from information_schema.columns join information_schema.tables "
            "using (table_schema, table_name) where table_schema = 'public' "
            "and table_type = 'BASE TABLE' and data_type <> 'xid8' group by table_name"
        ).fetchall()
        return {
            table: sorted(
                connection.execute(
                    f"select ({', '.join(map(quoted, names))})::text from {quoted(table)} "  # noqa: S608 (names that the database gave)
                    + (f"where not {OWN[table]} = any(%s)" if table in OWN else ""),
                    [list(but)] if table in OWN else [],
                ).fetchall()
            )
            for table, names in columns
            if table not in MOVES
        }


def quoted(name):
    return f'"{name}"'


def test_a_log_with_and_without_synthetic_shoppers_leaves_the_same_in_every_table(
    market, synthetic
):
    real = some_entries(market, 400, seed=3)
    theirs = [one for n, user in enumerate(synthetic) for one in entries_of(user, market, 90, n)]
    kinds = {one.event.type for one in theirs}
    assert {"view", "favourite", "contact", "dismiss", "search", "impression"} <= kinds
    with_them = copied(market.database_url, "with_them")
    without = copied(market.database_url, "without")
    told = apply(with_them, interleaved(real, theirs), by_seconds)
    told_without = apply(without, interleaved(real, []), by_seconds)

    one, other = contents(with_them, synthetic), contents(without, synthetic)
    assert one.keys() == other.keys()
    assert {"event", "reaction", "popularity", "audience", "shopper", "listing"} <= one.keys()
    assert one["event"]
    assert one["reaction"]
    different = [table for table in one if one[table] != other[table]]
    assert different == []
    # And it is no law of nothing: both have a state of their own, and hear that it changed.
    assert told.keys() - told_without.keys() == set(synthetic)
    with open_learning(with_them) as store, store.transaction() as batch:
        learned = batch.learned(synthetic)
    assert learned.keys() == set(synthetic)
    assert all(one.evidence.mass > 0 and len(one.trail.reactions) for one in learned.values())
    for name in ("with_them", "without"):
        drop(market.database_url, name)


def drop(database_url, name):
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')


def test_their_state_is_that_of_a_real_shopper_who_did_the_same(market, synthetic):
    (real,) = market.new_users(1)
    said = [
        View(listing_id=market.listings[1]),
        Favourite(listing_id=market.listings[2]),
        Search(filters=Filters(make=("Audi",))),
        Impression(listing_id=market.listings[4], position=1),
        View(listing_id=market.listings[5]),
    ]
    places = [
        (2_000_000_000_000 + n, LogEntry(f"s{n}", user, NOON, event))
        for n, event in enumerate(said)
        for user in (real, synthetic[0])
    ]
    apply(market.database_url, places, lambda own: [own[:3], own[3:]] if own else [])
    learned = market.learned([real, synthetic[0]])
    one, other = learned[real], learned[synthetic[0]]
    assert one.evidence.direction.tobytes() == other.evidence.direction.tobytes()
    assert replace(one, user_id=0).trail.reactions.tobytes() == other.trail.reactions.tobytes()


numbers = count(1)


def acts(market, user, *events):
    number = next(numbers)
    places = [
        (3_000_000_000_000 + 1_000 * number + n, LogEntry(f"a{number}-{n}", user, NOON, event))
        for n, event in enumerate(events)
    ]
    with open_learning(market.database_url) as store:
        after = store.cursors("content_based").get(50, BEGINNING)
        raws = [RawEntry(f"{place}-0", to_fields(entry)) for place, entry in places]
        batch = Batch({50: after}, {50: raws})
        found = interpret_batch(attach(decode_batch(batch), store))
        return write(found, store, Params()).versions


def state(market, user):
    async def ask():
        async with open_serving(market.database_url, connections=2) as store:
            return await store.shopper(user)

    return asyncio.run(ask())


def test_a_forgotten_synthetic_shopper_is_a_stranger_under_a_version_that_is_new(market, synthetic):
    user = synthetic[0]
    stranger = state(market, user)
    assert (stranger.version, stranger.evidence) == (0, None)
    seen = [0]
    with open_synthetic(market.database_url) as door:
        for n in range(3):
            seen.append(acts(market, user, View(listing_id=market.listings[n]))[user])
            assert state(market, user).evidence is not None
            seen.append(door.forget_synthetic(user))
            now = state(market, user)
            assert (now.version, now.evidence, now.dismissed) == (seen[-1], None, frozenset())
            assert not now.trail
        seen.append(door.forget_synthetic(user))
    assert seen == sorted(set(seen))


def test_what_was_done_before_is_no_part_of_what_is_done_after_forgetting(market, synthetic):
    before, fresh = synthetic
    acts(market, before, *(View(listing_id=car) for car in market.listings[:9]))
    with open_synthetic(market.database_url) as door:
        door.forget_synthetic(before)
    for user in (before, fresh):
        acts(market, user, View(listing_id=market.listings[20]))
    learned = market.learned([before, fresh])
    one, other = (learned[user].evidence for user in (before, fresh))
    np.testing.assert_allclose(one.direction, other.direction, rtol=0, atol=1e-12)
    assert one.mass == pytest.approx(other.mass)


def test_nobody_else_can_be_forgotten_that_way(market, synthetic):
    with open_visitors(market.database_url) as visitors:
        visitor = visitors.admit()
    with open_catalogue(market.database_url) as catalogue:
        person = catalogue.account("shopper1@example.com").id
    acts(market, person, View(listing_id=market.listings[0]))
    before = contents(market.database_url)
    with open_synthetic(market.database_url) as door:
        for user in (person, visitor, 10**9, 2**70, -1):
            with pytest.raises(ValueError, match="no synthetic shopper"):
                door.forget_synthetic(user)
        with pytest.raises(ConfigurationError, match="a person's"):
            door.ensure_synthetic("Shopper1@example.com")
        assert door.ensure_synthetic("ROBOT0@example.com") == synthetic[0]
    assert contents(market.database_url) == before


def test_nobody_is_told_that_a_car_would_fit_a_synthetic_shopper(market, synthetic):
    (real,) = market.new_users(1)
    car = market.listings[7]
    for user in (real, synthetic[0]):
        acts(market, user, *(6 * [View(listing_id=car)]), Favourite(listing_id=car))
        market.query(
            "insert into saved_search (user_id, name, filters, created_at) "
            "values (%s, 'all', '{}', now() - interval '1 hour') returning id",
            user,
        )

    async def audience():
        async with open_serving(market.database_url, connections=2) as store:
            return (await store.audience(market.listings[9], 100)).shoppers

    assert list(asyncio.run(audience())) == [real]
    market.query("delete from occasion returning 1")
    market.query("delete from arrival returning 1")
    with open_catalogue(market.database_url) as catalogue:
        catalogue.patch(car, {"price": 1_000})
        with open_learning(market.database_url) as store, store.transaction() as batch:
            facts = batch.listings([car])[car].model_dump(exclude={"id", "revision"})
        new = {"ref": "new", "listed_at": datetime.now(UTC)}
        catalogue.upsert([ListingFacts.model_validate(facts | new)])
    with open_noticing(market.database_url) as store:
        while store.waiting():
            deal(store, datetime.now(UTC), Rules())
    told = market.query("select user_id, kind from notice")
    assert {user for user, _ in told} == {real}
    assert {kind for _, kind in told} == {"price_drop", "search"}


def test_a_dismissal_of_theirs_is_part_of_their_taste_and_no_row_that_others_read(
    market, synthetic
):
    acts(market, synthetic[0], Dismiss(listing_id=market.listings[3]))
    assert market.learned(synthetic).keys() == {synthetic[0]}
    assert market.query("select * from reaction") == []
    assert market.query("select * from event") == []
