"""Moving everything to a new feature space equals having started in it."""

import threading
from datetime import timedelta

import numpy as np
import psycopg
import pytest

from carousel.domain.car_features import describe, fit_space
from carousel.domain.events import Contact, Dismiss, Impression, Reason, Search, View
from carousel.domain.facts import facts_of
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.interpretation import interpret
from carousel.domain.listing import Listing, Status
from carousel.domain.preference import Params, no_evidence, observe
from carousel.domain.steps import following, step_of
from carousel.domain.trail import NO_TRAIL, to_bytes
from carousel.storage import open_catalogue, open_learning
from carousel.storage.engines import postgres_reindex
from carousel.storage.ports import Learned
from tests.storage.postgres_world import NOON, asked, car, happened, market

HOUR = timedelta(hours=1)


def indexes(database_url):
    with psycopg.connect(database_url) as connection:
        return connection.execute(
            "select tablename, indexname, indexdef from pg_indexes "
            "where schemaname = 'public' order by 1, 2"
        ).fetchall()


def test_a_reindex_equals_starting_in_the_new_space(database_url):
    with open_catalogue(database_url, Params(half_life=HOUR)) as catalogue:
        facts = market(150)
        catalogue.upsert(facts)
        catalogue.ensure_space()
        facts += [car(f"lada-{n}", make="Lada", price=1_000 + n) for n in range(30)]
        ids = catalogue.upsert(facts).ids
        catalogue.set_status([ids[0]], Status.SOLD)
        entries = [
            happened(View(listing_id=ids[0]), user_id=1),
            happened(Dismiss(listing_id=ids[5], reason=Reason.TOO_EXPENSIVE), 1, NOON + HOUR),
            happened(Contact(listing_id=ids[-1]), 2, NOON),
            happened(Search(filters=Filters(make=("Lada",), max_price=2_000)), 2, NOON - HOUR),
            happened(Impression(listing_id=ids[3], position=1), 3),
            happened(View(listing_id=10**9), 4),
        ]
        with open_learning(database_url) as learning, learning.transaction() as batch:
            batch.archive(entries)
        space = catalogue.reindex()

    listings = {i: Listing(id=i, **dict(f)) for i, f in zip(ids, facts, strict=True)}
    fresh = fit_space(facts[1:])
    vectors = dict(zip(ids, fresh.vectors([describe(f) for f in facts]), strict=True))
    assert space.version == fresh.version

    async def look(store):
        states = [await store.shopper(user_id) for user_id in (1, 2, 3, 4)]
        return states, await store.vectors(ids), await store.space(states[0].space)

    states, kept, active = asked(database_url, look)
    assert active.version == fresh.version
    assert all(np.allclose(kept[i], vectors[i], rtol=0, atol=1e-12) for i in ids)
    for state, user_id in zip(states[:2], (1, 2), strict=True):
        expected = no_evidence(64, NOON - 2 * HOUR)
        for entry in (e.entry for e in entries if e.entry.user_id == user_id):
            about = getattr(entry.event, "listing_id", None)
            seen = interpret(entry.event, entry.at, listings.get(about), vectors.get(about), fresh)
            expected = observe(expected, seen.item, seen.strength, seen.at, Params(half_life=HOUR))
        assert np.allclose(state.evidence.direction, expected.direction, rtol=0, atol=1e-9)
        assert (state.evidence.mass, state.evidence.as_of) == (
            pytest.approx(expected.mass),
            expected.as_of,
        )
        walked = [
            step_of(e.entry.event, e.entry.at, about and facts_of([listings[about]]))
            for e in entries
            if e.entry.user_id == user_id
            for about in [getattr(e.entry.event, "listing_id", None)]
        ]
        assert to_bytes(state.trail) == to_bytes(following(NO_TRAIL, walked))
    assert [state.evidence for state in states[2:]] == [None, None]
    assert [len(state.trail) for state in states] == [2, 2, 0, 0]


def test_a_reindex_knows_what_cars_were_like_when_they_were_reacted_to(database_url):
    def trail():
        return asked(database_url, lambda store: store.shopper(1)).trail

    with open_catalogue(database_url) as catalogue:
        facts = market(40)
        ids = catalogue.upsert(facts).ids
        catalogue.ensure_space()
        entries = [happened(View(listing_id=ids[n % 9]), 1, NOON + n * HOUR) for n in range(60)]
        steps = [step_of(e.entry.event, e.entry.at, facts_of([facts[n % 9]]))
                 for n, e in enumerate(entries)]  # fmt: skip
        then = following(NO_TRAIL, steps)
        with open_learning(database_url) as learning, learning.transaction() as batch:
            batch.archive(entries)
            batch.save([Learned(1, no_evidence(64, NOON), then)])
        catalogue.patch(ids[0], {"price": 1})
        catalogue.reindex()
        assert to_bytes(trail()) == to_bytes(then)
        with psycopg.connect(database_url) as connection:
            connection.execute("update shopper set trail = ''")
        catalogue.reindex()
    now = trail().reactions
    assert now["at"].tolist() == then.reactions["at"].tolist()
    viewed = now["listing"] == ids[0]
    assert set(now["facts"]["price"][viewed].tolist()) == {1.0}
    assert now["facts"][~viewed].tobytes() == then.reactions["facts"][~viewed].tobytes()


def test_every_shopper_comes_out_of_a_reindex_however_the_archive_is_read(
    database_url, monkeypatch
):
    with open_catalogue(database_url) as catalogue:
        ids = catalogue.upsert(market(40)).ids
        catalogue.ensure_space()
        entries = [
            happened(View(listing_id=ids[n % 7]), 1 + n * n % 5, NOON + n % 4 * HOUR)
            for n in range(30)
        ]
        with open_learning(database_url) as learning, learning.transaction() as batch:
            batch.archive(entries)
        found, directions = [], []
        for at_once in (1, 7, 1_000):
            monkeypatch.setattr(postgres_reindex, "AT_ONCE", at_once)
            catalogue.reindex()
            with psycopg.connect(database_url) as connection:
                rows = connection.execute(
                    "select evidence, user_id, mass, as_of, trail from shopper order by user_id"
                ).fetchall()
            found.append([row[1:] for row in rows])
            directions.append(np.frombuffer(b"".join(row[0] for row in rows)))
    assert [row[0] for row in found[0]] == [1, 2, 5]
    assert found[0] == found[1] == found[2]
    np.testing.assert_allclose(directions[1:], [directions[0]] * 2, rtol=0, atol=1e-9)


def test_a_reindex_can_be_repeated_and_keeps_every_index(database_url):
    before = indexes(database_url)
    with open_catalogue(database_url) as catalogue:
        catalogue.upsert(market(100))
        first = catalogue.reindex()
        assert catalogue.reindex().version == first.version
        assert indexes(database_url) == before
        assert catalogue.upsert([car("after", make="Audi")]).new == 1


def test_readers_see_the_old_space_until_the_new_one_is_whole(database_url):
    with open_catalogue(database_url) as catalogue, psycopg.connect(database_url) as obstacle:
        ids = catalogue.upsert(market(100)).ids
        old = catalogue.reindex()
        catalogue.upsert([car(f"lada-{n}", make="Lada") for n in range(50)])

        async def look(store):
            vectors = await store.vectors(ids)
            nearest = await store.nearest(vectors[ids[0]], NO_FILTERS, 5, frozenset())
            return (await store.shopper(1)).space, vectors[ids[1]].tolist(), nearest.ids[0]

        before = asked(database_url, look)
        # The reindex can build everything but not finish while someone holds this table.
        obstacle.execute("lock table feature_space in share mode")
        reindexing = threading.Thread(target=catalogue.reindex)
        reindexing.start()
        while not waiting_for_locks(database_url):
            assert reindexing.is_alive()
        assert asked(database_url, look) == before
        obstacle.rollback()
        reindexing.join()
        space, vector, nearest = asked(database_url, look)
    assert space != old.version == before[0]
    assert vector != before[1]
    assert nearest == ids[0]


def waiting_for_locks(database_url):
    with psycopg.connect(database_url) as connection:
        return connection.execute("select 1 from pg_locks where not granted").fetchall()
