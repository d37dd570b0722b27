"""Appraisals are kept fresh: completely, for every change, by one process at a time."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carousel.domain.cars import cars_of
from carousel.domain.facts import facts_of
from carousel.domain.fair_price import LEAST, appraise
from carousel.domain.listing import Body, Fuel, ListingFacts, Status, Transmission
from carousel.serving.appraising import MOST_COMPARABLES, MOST_NEWEST, appraised, appraised_each
from carousel.storage import open_appraisals, open_catalogue, open_serving
from carousel.storage.ports.appraisals import Changed
from carousel.streaming.appraising import Due, Pace, appraise_some, keep_appraised

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HASTY = Pace(look=0.02, fresh_rest=0.0, old_rest=0.0)
PROGRAM = "import sys; from carousel.streaming import run_appraising; run_appraising(sys.argv[1])"
GOLF, POLO = ("vw", "golf"), ("vw", "polo")


def golf(number, **different):
    """Return a car that is published the later, the larger its number."""
    dice = np.random.default_rng(number)
    year, km = int(dice.integers(2012, 2022)), int(dice.integers(20, 180)) * 1_000
    fair = 12_000 * 1.09 ** (year - 2018) * (km / 90_000) ** -0.25
    stated = {
        "ref": f"golf-{number}", "make": "VW", "model": "Golf", "name": "VW Golf", "year": year,
        "price": round(fair * float(np.exp(0.06 * dice.standard_normal()))), "mileage_km": km,
        "fuel": Fuel.DIESEL, "transmission": Transmission.MANUAL, "body": Body.HATCHBACK,
        "power_hp": 115, "listed_at": NOON + timedelta(minutes=number),
    }  # fmt: skip
    return ListingFacts(**(stated | different))


@pytest.fixture
def catalogue(database_url):
    with open_catalogue(database_url) as catalogue:
        yield catalogue


@contextmanager
def kept_fresh(database_url):
    """Keep appraisals fresh meanwhile, in a thread, without a rest."""
    stop = threading.Event()

    def work():
        with open_appraisals(database_url) as store:
            assert store.own()
            keep_appraised(store, stop, HASTY)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def rows(database_url, query, *values):
    with psycopg.connect(database_url) as connection:
        return connection.execute(query, values).fetchall()


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


def missing(database_url):
    """Return how many cars are not appraised as they are."""
    (count,) = rows(
        database_url,
        "select count(*) from listing l left join appraisal a on a.listing_id = l.id "
        "and a.revision = l.revision where l.status = 'active' and l.model is not null "
        "and a.listing_id is null",
    )[0]
    return count


def comparables(database_url):
    return dict(rows(database_url, "select listing_id, comparables from appraisal"))


def test_what_is_kept_is_what_a_page_would_reckon(database_url, catalogue):
    cars = [golf(n) for n in range(MOST_COMPARABLES + 20)]
    cars += [golf(n, ref=f"polo-{n}", model="Polo") for n in range(30)]
    cars += [golf(n, ref=f"rare-{n}", model="Rare") for n in range(LEAST)]
    cars += [golf(n, ref=f"none-{n}", model=None) for n in range(3)]
    ids = list(catalogue.upsert(cars).ids)
    looked_at = [*ids[:5], *ids[15:25], *ids[515:530], *ids[550:]]

    async def fresh():
        async with open_serving(database_url, connections=1) as store:
            listings = await store.active(looked_at)
            return {one.id: (await appraised(store, one)).appraisal for one in listings}

    expected = asyncio.run(fresh())
    with open_appraisals(database_url) as store:
        found = {
            one.listing_id: one.appraisal
            for stock in store.stocks(looked_at, MOST_NEWEST)
            for one in appraised_each(stock)
        }
        with_model = [i for i in looked_at if i not in ids[-3:]]
        assert found == {i: expected[i] for i in with_model}
        assert sum(one is not None for one in found.values()) > 20
        assert sum(one is None for one in found.values()) >= LEAST
        assert expected[ids[-1]] is None
        appraise_some(store, looked_at, threading.Event())
    assert asyncio.run(fresh()) == expected


def test_only_the_newest_adverts_count(database_url, catalogue):
    dear = [golf(n, price=90_000) for n in range(30)]
    usual = [golf(n) for n in range(30, 30 + MOST_COMPARABLES)]
    catalogue.upsert(dear)
    ids = catalogue.upsert(usual).ids
    with open_appraisals(database_url) as store:
        (stock,) = store.stocks([ids[0], ids[-1]], MOST_NEWEST)
        oldest, newest = sorted(appraised_each(stock), key=lambda one: one.listing_id)
    others = cars_of(facts_of([car for car in usual if car.ref != usual[0].ref] + dear[-1:]))
    assert newest.appraisal.fair < 60_000
    assert appraise(cars_of(facts_of(usual[:1])), others).fair == pytest.approx(
        oldest.appraisal.fair
    )


def test_a_price_that_cannot_be_meant_is_not_judged(database_url, catalogue):
    alike = [golf(n, year=2018, mileage_km=90_000 + n, price=12_000 + n) for n in range(2 * LEAST)]
    ids = catalogue.upsert([*alike, golf(99, year=2018, mileage_km=90_000, price=1)]).ids
    with open_appraisals(database_url) as store:
        (stock,) = store.stocks(list(ids), MOST_NEWEST)
        found = {one.listing_id: one.appraisal for one in appraised_each(stock)}
    assert found[ids[-1]] is None
    assert all(found[one] is not None for one in ids[:-1])


def test_every_car_is_appraised_and_every_change_followed(database_url, catalogue):
    alike = [golf(n, year=2018, mileage_km=90_000 + n, price=12_000 + n) for n in range(2 * LEAST)]
    ids = list(catalogue.upsert(alike[:LEAST]).ids)
    with kept_fresh(database_url):
        wait_until(lambda: not missing(database_url))
        assert set(comparables(database_url)) == set(ids)
        assert not any(comparables(database_url).values())

        more = list(catalogue.upsert(alike[LEAST:]).ids)
        # All others of the model too, though nothing about themselves has changed.
        wait_until(lambda: all(comparables(database_url).get(i) for i in ids + more))
        most = max(comparables(database_url).values())

        catalogue.patch(ids[0], {"price": 8_000})
        wait_until(lambda: verdict(database_url, ids[0]) == "great")
        catalogue.patch(ids[0], {"model": None})
        wait_until(lambda: verdict(database_url, ids[0]) is None)
        catalogue.set_status(more, Status.SOLD)
        wait_until(lambda: set(comparables(database_url)) == set(ids))
        wait_until(lambda: not any(comparables(database_url).values()))
        assert most >= LEAST


def verdict(database_url, listing_id):
    found = rows(database_url, "select verdict from appraisal where listing_id = %s", listing_id)
    return found[0][0] if found else None


def test_nothing_is_appraised_twice_while_nothing_changes(database_url, catalogue):
    catalogue.upsert([golf(n) for n in range(40)])
    with kept_fresh(database_url):
        wait_until(lambda: not missing(database_url))
        time.sleep(0.2)
        before = rows(database_url, "select listing_id, xmin::text from appraisal order by 1")
        time.sleep(0.3)
        after = rows(database_url, "select listing_id, xmin::text from appraisal order by 1")
    assert before == after


def test_one_works_and_when_it_is_killed_another_goes_on(database_url, catalogue):
    catalogue.upsert([golf(n) for n in range(30)])
    command = [sys.executable, "-c", PROGRAM, database_url]
    with subprocess.Popen(command) as worker:
        try:
            wait_until(lambda: not missing(database_url))
            with open_appraisals(database_url) as store:
                assert not store.own()
                worker.send_signal(signal.SIGKILL)
                worker.wait()
                wait_until(store.own)
                assert store.own()
        finally:
            worker.kill()
    catalogue.upsert([golf(n) for n in range(30, 60)])
    with subprocess.Popen(command) as worker:
        try:
            wait_until(lambda: not missing(database_url))
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(10) == 0
        finally:
            worker.kill()


def test_a_lost_connection_costs_a_moment(database_url, catalogue):
    command = [sys.executable, "-c", PROGRAM, database_url]
    holders = (
        "select pid from pg_locks join pg_database d on d.oid = database "
        "where locktype = 'advisory' and datname = current_database()"
    )
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as worker:
        try:
            wait_until(lambda: rows(database_url, holders))
            rows(database_url, f"select pg_terminate_backend(pid) from ({holders}) as held")  # noqa: S608 (our own words)
            catalogue.upsert([golf(n) for n in range(30)])
            wait_until(lambda: not missing(database_url))
            assert worker.poll() is None
        finally:
            worker.kill()


def test_the_newest_come_first(database_url, catalogue):
    ids = catalogue.upsert([golf(n) for n in (3, 1, 2)]).ids
    with open_appraisals(database_url) as store:
        assert [car.listing_id for car in store.outdated()] == [ids[0], ids[2], ids[1]]
        assert list(store.of_model(GOLF)) == [ids[0], ids[2], ids[1]]
        store.changed()
        catalogue.upsert([golf(n, price=9) for n in (3, 1, 2)])
        assert [car.listing_id for car in store.changed()] == [ids[0], ids[2], ids[1]]
        assert store.changed() == []


class Stock:
    """What a model has for sale."""

    def __init__(self, **cars):
        self._cars = cars

    def of_model(self, model):
        return self._cars.get(model[1], [])


def a_car(listing_id, model=GOLF, *, active=True):
    return Changed(listing_id, model, active)


def test_what_changed_comes_before_what_was_due_before():
    due = Due()
    due.outdated([a_car(3), a_car(2), a_car(1)], 0.0)
    assert due.fresh(1) == [3]
    due.changed([a_car(9), a_car(1), a_car(8, active=False), a_car(7, None)], 1.0)
    assert due.fresh(10) == [9, 1, 2]
    assert due.fresh(10) == []


def test_the_others_of_a_model_follow_once_however_often_it_changed():
    due, stock = Due(), Stock(golf=[1, 2, 3], polo=[4])
    due.changed([a_car(1), a_car(4, POLO), a_car(2)], 0.0)
    due.changed([a_car(3, active=False)], 1.0)
    taken = [due.old(2, stock, 2.0) for _ in range(4)]
    assert taken == [[1, 2], [3], [4], []]


def test_a_model_is_gone_over_again_after_its_time_and_forgotten_without_cars():
    due, stock = Due(), Stock(golf=[1])
    due.outdated([a_car(1), a_car(4, POLO)], 0.0)
    due.grow_old(0.0, 10.0)
    assert due.old(5, stock, 10.0) == []
    due.grow_old(5.0, 10.0)
    assert due.old(5, stock, 10.0) == [1]
    assert due.old(5, stock, 10.0) == []
    due.grow_old(10.0, 20.0)
    assert due.old(5, stock, 20.0) == []


@given(st.lists(st.lists(st.integers(1, 30), max_size=8), max_size=8), st.integers(1, 9))
def test_every_car_that_changed_is_taken_once_between_two_changes(changes, limit):
    due = Due()
    for cars in changes:
        due.changed([a_car(one) for one in cars], 0.0)
    taken = Counter()
    while few := due.fresh(limit):
        assert len(few) <= limit
        taken.update(few)
    assert taken == Counter({one for cars in changes for one in cars})
