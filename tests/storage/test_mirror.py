"""A mirror is as true as the database, a fraction of a second later, and outlives its absence."""

import asyncio
import time
from contextlib import asynccontextmanager
from functools import partial

import numpy as np
import psycopg
import pytest

from carousel.domain.errors import StoreUnavailableError
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.listing import Status
from carousel.storage import migrate, open_catalogue, open_learning, open_mirror, open_serving
from carousel.storage.embedded import EmbeddedServers, Server
from carousel.storage.engines.postgres_feed import Feed, Moment
from carousel.storage.ports import Interest
from tests.storage.postgres_world import NOON, car, market

NOBODY = frozenset()
BAR = 1.0  # seconds after which a change must be seen
MANY = 1_000


async def within(seconds, question, expected):
    """Ask until the answer is as expected, and return how long that took."""
    started = time.monotonic()
    while (answer := await question()) != expected:
        assert time.monotonic() - started < seconds, f"{answer} is not {expected}"
        await asyncio.sleep(0.005)
    return time.monotonic() - started


@asynccontextmanager
async def mirror_of(url, look_seconds=0.01):
    async with open_mirror(url, connections=2, look_seconds=look_seconds) as mirror:
        await asyncio.wait_for(mirror.filled(), 10)
        yield mirror


async def ids_of(mirror, filters=NO_FILTERS):
    return sorted((await mirror.newest(filters, MANY, NOBODY)).ids)


@pytest.fixture
def catalogue(database_url):
    with open_catalogue(database_url) as catalogue:
        yield catalogue


def test_a_new_car_is_found_and_a_sold_one_is_gone_within_a_second(catalogue, database_url):
    first, second = catalogue.upsert([car("1"), car("2")]).ids

    async def story():
        async with open_mirror(database_url) as mirror:
            await mirror.filled()
            found = partial(ids_of, mirror)
            assert await found() == [first, second]
            (third,) = (await asyncio.to_thread(catalogue.upsert, [car("3")])).ids
            await within(BAR, found, [first, second, third])
            await asyncio.to_thread(catalogue.set_status, [second], Status.SOLD)
            await within(BAR, found, [first, third])
            await asyncio.to_thread(catalogue.patch, first, {"price": 1})
            await within(BAR, partial(ids_of, mirror, Filters(max_price=1)), [first])
            await asyncio.to_thread(catalogue.set_status, [second], Status.ACTIVE)
            await within(BAR, found, [first, second, third])

    asyncio.run(story())


def test_the_nearest_are_exactly_the_nearest_whatever_the_filter(catalogue, database_url):
    catalogue.upsert(market(800))
    catalogue.reindex()
    dice = np.random.default_rng(5)

    async def story():
        async with mirror_of(database_url) as mirror, open_serving(database_url) as truth:
            for filters in (NO_FILTERS, Filters(make=("skoda",)), Filters(max_price=3_000)):
                every = (await truth.newest(filters, MANY, NOBODY)).ids
                directions = await truth.vectors(every)
                for wanted in dice.normal(size=(5, 64)):
                    scores = {i: float(directions[i] @ wanted) for i in every}
                    best = sorted(every, key=lambda i: (-scores[i], i))[:40]
                    found = await mirror.nearest(wanted, filters, 40, NOBODY)
                    assert found.ids == best
                    assert found.scores == pytest.approx([scores[i] for i in best], abs=1e-4)

    asyncio.run(story())


def test_transactions_that_overlap_are_seen_when_they_commit(catalogue, database_url):
    early, late = catalogue.upsert([car("1"), car("2")]).ids
    sell = "update listing set status = 'sold' where id = %s"
    hide = "delete from inventory where listing_id = %s"

    async def story():
        async with mirror_of(database_url) as mirror:
            with psycopg.connect(database_url) as slow, psycopg.connect(database_url) as quick:
                slow.execute(sell, [early])  # the lower number of the two
                slow.execute(hide, [early])
                quick.execute(sell, [late])
                quick.execute(hide, [late])
                quick.commit()
                await within(BAR, partial(ids_of, mirror), [early])
                await asyncio.sleep(0.1)  # many looks in between, none of which may lose it
                assert await ids_of(mirror) == [early]
                slow.commit()
                await within(BAR, partial(ids_of, mirror), [])

    asyncio.run(story())


def test_a_mirror_opened_on_nothing_follows_the_first_import(catalogue, database_url):
    async def story():
        async with mirror_of(database_url) as mirror:
            assert await mirror.count(NO_FILTERS) == 0
            ids = (await asyncio.to_thread(catalogue.upsert, market(700))).ids
            await within(BAR, partial(mirror.count, NO_FILTERS), 700)
            await asyncio.to_thread(catalogue.ensure_space)
            vectors = await mirror.vectors(ids[:1])
            assert (await mirror.nearest(vectors[ids[0]], NO_FILTERS, 1, NOBODY)).ids == [ids[0]]

    asyncio.run(story())


def test_what_is_found_never_mixes_two_feature_spaces(catalogue, database_url):
    ids = catalogue.upsert(market(400)).ids
    spaces = {}

    def reindex():
        space = catalogue.reindex().version
        spaces[space] = asyncio.run(directions())

    async def directions():
        async with open_serving(database_url) as store:
            return await store.vectors(ids)

    reindex()

    async def ask(mirror, done):
        seen = []
        while not done.is_set():
            before = (await mirror.shopper(1)).space
            found = await mirror.nearest(np.ones(64), NO_FILTERS, 5, NOBODY)
            described = await mirror.described(found.ids)
            if (await mirror.shopper(1)).space == before:
                seen.append((before, found, described))
            await asyncio.sleep(0)
        return seen

    async def story():
        async with mirror_of(database_url, look_seconds=0.2) as mirror:
            done = asyncio.Event()
            asking = asyncio.create_task(ask(mirror, done))
            for n in range(3):
                more = market(40, seed=n + 2)
                renamed = [one.model_copy(update={"ref": f"more-{n}-{one.ref}"}) for one in more]
                await asyncio.to_thread(catalogue.upsert, renamed)
                await asyncio.to_thread(reindex)
                await asyncio.sleep(0.3)
            done.set()
            return await asking

    seen = asyncio.run(story())
    assert {space for space, _, _ in seen} == spaces.keys()
    assert len(spaces) == 4
    for space, found, described in seen:
        scores = {i: vector.sum() for i, vector in spaces[space].items()}
        known = [n for n, i in enumerate(found.ids) if i in scores]
        expected = np.array([scores[found.ids[n]] for n in known])
        np.testing.assert_allclose(np.array(found.scores)[known], expected, atol=1e-4)
        np.testing.assert_allclose(described.vectors.sum(axis=1)[known], expected, atol=1e-4)


def test_a_mirror_answers_while_the_server_is_away_and_catches_up_afterwards(open_directory):
    servers = EmbeddedServers(
        open_directory / "mirrored", servers=[Server.DATABASE], shared_buffers="16MB"
    )

    def sell(ids):
        with open_catalogue(servers.database_url) as catalogue:
            catalogue.set_status(ids, Status.SOLD)

    async def story():
        with servers:
            migrate(servers.database_url)
            with open_catalogue(servers.database_url) as catalogue:
                ids = sorted(catalogue.upsert(market(30)).ids)
                catalogue.reindex()
            with open_learning(servers.database_url) as learning, learning.transaction() as batch:
                batch.popularise([Interest(ids[3], 1.0, NOON)])
            opened = open_mirror(servers.database_url, look_seconds=0.05)
            mirror = await opened.__aenter__()
            await mirror.filled()
            assert mirror.staleness < BAR
        stopped = time.monotonic()
        with pytest.raises(StoreUnavailableError):
            await mirror.shopper(1)
        assert await ids_of(mirror) == ids
        assert len((await mirror.nearest(np.ones(64), NO_FILTERS, 5, NOBODY)).ids) == 5
        assert (await mirror.popular(NO_FILTERS, 5, NOBODY)).ids == [ids[3]]
        assert list((await mirror.described(ids[:2])).ids) == ids[:2]
        assert await mirror.count(NO_FILTERS) == 30
        await asyncio.sleep(0.3)
        assert 0.3 < mirror.staleness < time.monotonic() - stopped + 1
        with servers:
            await asyncio.to_thread(sell, ids[:1])
            await within(BAR, partial(ids_of, mirror), ids[1:])
            assert mirror.staleness < BAR
            await opened.__aexit__(None, None, None)

    asyncio.run(story())


def test_a_database_restored_from_a_backup_or_a_dump_is_recognised(catalogue, database_url):
    (only,) = catalogue.upsert([car()]).ids

    async def story():
        async with open_serving(database_url, connections=1) as store:
            feed = Feed(store._rows)
            now = await feed.now()
            assert list((await feed.since(Moment("3:3:", ""))).listings) == [only]
            assert list((await feed.since(now)).listings) == []
            assert await feed.since(Moment("9000000000:9000000000:", "")) is None
            assert await feed.since(Moment(now.snapshot, "another space")) is None
            with psycopg.connect(database_url) as connection:
                connection.execute("alter table listing disable trigger user")
                connection.execute("update listing set changed = '9000000000'")
            assert list((await feed.since(now)).listings) == []

    asyncio.run(story())
