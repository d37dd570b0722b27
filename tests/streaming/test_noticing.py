"""Notices on real servers: who is told what, and that a process that dies tells nothing twice."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count, product

import psycopg
import pytest

from carousel.domain.events import LogEntry, View
from carousel.domain.listing import ListingFacts, Status
from carousel.domain.noticing import Params
from carousel.domain.preference import Evidence
from carousel.domain.trail import NO_TRAIL
from carousel.storage import (
    open_catalogue,
    open_learning,
    open_notice_updates,
    open_noticing,
    open_nudges,
)
from carousel.storage.ports import Archived, Learned, Reaction
from carousel.streaming import occasions
from carousel.streaming.noticing import notice
from carousel.streaming.occasions import Rules, deal
from tests.streaming.market import make_market

PROGRAM = """
import sys
from carousel.streaming import run_noticing
run_noticing(*sys.argv[1:])
"""
numbers = count(1)


class Stage:
    """A market of 400 cars; every test uses cars and shoppers of its own."""

    def __init__(self, market):
        self.market = market
        self.cars = iter(market.listings)

    def shopper(self):
        return self.market.new_users(1)[0]

    def react(self, user, listing, kind="favourite", at=None, *, holds=True):
        with open_learning(self.market.database_url) as store, store.transaction() as batch:
            batch.react([Reaction(user, listing, kind, holds, at or datetime.now(UTC))])

    def likes(self, user, listing, mass=5.0):
        with open_learning(self.market.database_url) as store, store.transaction() as batch:
            vector = batch.described([listing])[listing].vector
            batch.save([Learned(user, Evidence(mass * vector, mass, datetime.now(UTC)), NO_TRAIL)])

    def archive(self, user, event):
        name = f"notice-{next(numbers)}"
        with open_learning(self.market.database_url) as store, store.transaction() as batch:
            entry = LogEntry(name, user, datetime.now(UTC), event)
            batch.archive([Archived(0, f"{next(numbers)}-0", entry)])

    def search(self, user, **filters):
        (row,) = self.market.query(
            "insert into saved_search (user_id, name, filters, created_at) "
            "values (%s, 'mine', %s, now()) returning id",
            user,
            json.dumps(filters),
        )
        return row[0]

    def price(self, listing, price):
        with open_catalogue(self.market.database_url) as catalogue:
            catalogue.patch(listing, {"price": price})

    def status(self, listing, status):
        with open_catalogue(self.market.database_url) as catalogue:
            catalogue.set_status([listing], status)

    def bring(self, *cars):
        with open_catalogue(self.market.database_url) as catalogue:
            return list(catalogue.upsert(cars).ids)

    def like(self, listing, **changes):
        """Return a new car that states what another one does."""
        with open_learning(self.market.database_url) as store, store.transaction() as batch:
            facts = batch.listings([listing])[listing].model_dump(exclude={"id", "revision"})
        new = {"ref": f"new-{next(numbers)}", "listed_at": datetime.now(UTC)}
        return ListingFacts.model_validate(facts | new | changes)

    def deal(self, now=None, **params):
        """Deal with all that happened; return who has how many unseen of those who were told."""
        told, rules = {}, Rules(Params(**params))
        with open_noticing(self.market.database_url) as store:
            while store.waiting():
                told |= deal(store, now or datetime.now(UTC), rules)
        return told

    def notices(self, user):
        return self.market.query(
            "select kind, listing_id, before, after, seen from notice where user_id = %s "
            "order by kind, listing_id",
            user,
        )

    def see(self, user):
        self.market.query("update notice set seen = true where user_id = %s returning 1", user)


@pytest.fixture(scope="module")
def lasting(new_database):
    return Stage(make_market(new_database()))


@pytest.fixture
def stage(lasting):
    lasting.market.query("delete from arrival returning 1")
    lasting.deal()
    yield lasting
    lasting.market.query("delete from shopper returning 1")
    lasting.market.query("delete from saved_search returning 1")
    lasting.market.query("delete from notice returning 1")


def test_who_saved_a_car_is_told_that_it_costs_less_and_nobody_else_is(stage):
    car, saver, other, undecided, averse = next(stage.cars), *(stage.shopper() for _ in range(4))
    stage.react(saver, car)
    stage.react(other, next(stage.cars))
    stage.react(undecided, car)
    stage.react(undecided, car, holds=False)
    stage.react(averse, car)
    stage.react(averse, car, "dismissed")
    stage.price(car, 9_000)
    stage.deal()
    stage.market.query("delete from notice returning 1")
    stage.price(car, 8_500)
    assert stage.deal() == {saver: 1}
    assert stage.notices(saver) == [("price_drop", car, 9_000, 8_500, False)]
    assert not any(stage.notices(user) for user in (other, undecided, averse))


def test_a_notice_of_a_lower_price_follows_the_price_until_it_is_seen(stage):
    car, saver = next(stage.cars), stage.shopper()
    stage.price(car, 9_000)
    stage.deal()
    stage.react(saver, car)
    way = []
    for price in (8_000, 7_000, 8_500, 9_000, 8_800):
        stage.price(car, price)
        stage.deal()
        way.append([told[2:4] for told in stage.notices(saver)])
    assert way == [[(9_000, 8_000)], [(9_000, 7_000)], [(9_000, 8_500)], [], [(9_000, 8_800)]]
    stage.see(saver)
    stage.price(car, 8_900)
    stage.price(car, 8_700)
    assert stage.deal() == {saver: 1}
    assert stage.notices(saver) == [("price_drop", car, 8_900, 8_700, False)]


def test_who_saves_a_car_after_it_became_cheaper_is_not_told(stage):
    car, late = next(stage.cars), stage.shopper()
    stage.price(car, 900)
    stage.react(late, car, at=datetime.now(UTC) + timedelta(hours=1))
    assert stage.deal() == {}
    assert stage.notices(late) == []


@pytest.mark.parametrize("end", [Status.SOLD, Status.WITHDRAWN])
def test_a_saved_car_that_goes_is_told_in_place_of_all_else_about_it_until_it_is_back(stage, end):
    car, saver = next(stage.cars), stage.shopper()
    stage.react(saver, car)
    stage.price(car, 901)
    stage.deal()
    assert [told[0] for told in stage.notices(saver)] == ["price_drop"]
    stage.status(car, end)
    assert stage.deal() == {saver: 1}
    assert [told[0] for told in stage.notices(saver)] == ["sold"]
    stage.status(car, Status.ACTIVE)
    stage.deal()
    assert stage.notices(saver) == []
    stage.status(car, Status.RESERVED)
    stage.status(car, end)
    assert stage.deal() == {saver: 1}


def test_what_is_over_before_anybody_looked_is_not_told(stage):
    car, saver = next(stage.cars), stage.shopper()
    stage.react(saver, car)
    stage.status(car, Status.SOLD)
    stage.status(car, Status.ACTIVE)
    (new,) = stage.bring(stage.like(car))
    stage.likes(saver, car)
    stage.status(new, Status.SOLD)
    assert stage.deal() == {}


def test_a_new_car_is_told_to_those_whom_it_fits(stage):
    car = next(stage.cars)
    fan, stranger, averse, unsure = (stage.shopper() for _ in range(4))
    stage.likes(fan, car)
    stage.likes(averse, car, -5.0)
    stage.likes(unsure, car, 0.2)
    (new,) = stage.bring(stage.like(car, price=4_321))
    assert stage.deal() == {fan: 1}
    assert stage.notices(fan) == [("fits", new, None, None, False)]
    assert not any(stage.notices(user) for user in (stranger, averse, unsure))
    (score,) = stage.market.query("select score from notice where user_id = %s", fan)[0]
    assert 0.5 < score < 1


def test_a_changed_or_repeated_car_is_not_new(stage):
    car, fan = next(stage.cars), stage.shopper()
    new = stage.like(car)
    stage.bring(new)
    stage.deal()
    stage.likes(fan, car)
    stage.bring(new)
    stage.bring(new.model_copy(update={"colour": "Red", "price": new.price + 1}))
    assert stage.deal() == {}


def test_nobody_is_told_of_more_than_a_few_new_cars_a_day(stage):
    car, fan = next(stage.cars), stage.shopper()
    stage.likes(fan, car)
    stage.bring(*(stage.like(car) for _ in range(4)))
    assert stage.deal(fits_a_day=5) == {fan: 4}
    new = stage.bring(*(stage.like(car) for _ in range(4)))
    assert stage.deal(fits_a_day=5) == {fan: 5}
    stage.market.query("update notice set at = at - interval '25 hours' returning 1")
    stage.bring(stage.like(car))
    assert stage.deal(fits_a_day=5) == {fan: 6}
    assert len({told[1] for told in stage.notices(fan)} & set(new)) == 1


def test_a_new_car_is_told_to_the_few_whom_it_fits_best(stage):
    car, fans = next(stage.cars), [stage.shopper() for _ in range(5)]
    for mass, fan in enumerate(fans, start=3):
        stage.likes(fan, car, float(mass))
    stage.bring(stage.like(car))
    assert set(stage.deal(shoppers=2)) == set(fans[-2:])


def test_a_saved_search_tells_of_new_cars_that_pass_and_names_itself(stage):
    car, seeker, other = next(stage.cars), stage.shopper(), stage.shopper()
    one = stage.like(car, make="Lada", model="Niva", price=3_000)
    stage.search(other, brand=["Lada"], max_price=2_999)
    first = stage.search(seeker, brand=["lada"], max_price=3_000)
    stage.search(seeker, brand=["LADA"])
    (new,) = stage.bring(one)
    stage.search(other, brand=["Lada"])  # what is there already is no news
    assert stage.deal() == {seeker: 1}
    assert stage.notices(seeker) == [("search", new, None, None, False)]
    assert stage.market.query("select search_id from notice where user_id = %s", seeker) == [
        (first,)
    ]
    assert stage.notices(other) == []


@pytest.mark.parametrize("apart", [0, 1, 500])
def test_a_search_that_is_deleted_tells_nothing_and_one_that_is_added_does(
    stage, monkeypatch, apart
):
    monkeypatch.setattr(occasions, "MOST_APART", apart)
    car, seeker, rules = next(stage.cars), stage.shopper(), Rules()

    def told():
        stage.bring(stage.like(car, make="Lada", model="Niva"))
        with open_noticing(stage.market.database_url) as store:
            return set(deal(store, datetime.now(UTC), rules))

    assert told() == set()
    search = stage.search(seeker, brand=["Lada"])
    assert told() == {seeker}
    stage.market.query("delete from saved_search where id = %s returning 1", search)
    assert told() == set()
    stage.search(seeker, brand=["Lada"])
    assert told() == {seeker}


def test_a_saved_search_whose_filters_cannot_be_read_stops_nobody(stage):
    car, seeker, broken = next(stage.cars), stage.shopper(), stage.shopper()
    stage.search(broken, wheels=4)
    stage.search(seeker, brand=["Lada"])
    stage.bring(stage.like(car, make="Lada", model="Niva"))
    assert stage.deal() == {seeker: 1}


def test_a_car_that_a_search_finds_is_not_told_again_because_it_fits(stage):
    car, seeker = next(stage.cars), stage.shopper()
    stage.likes(seeker, car)
    stage.search(seeker, min_price=1)
    stage.bring(stage.like(car))
    assert stage.deal() == {seeker: 1}
    assert [told[0] for told in stage.notices(seeker)] == ["search"]


def test_saved_searches_tell_of_a_limited_number_of_cars_a_day(stage):
    car, seeker = next(stage.cars), stage.shopper()
    stage.search(seeker, min_price=1)
    stage.bring(*(stage.like(car) for _ in range(4)))
    assert stage.deal(searches_a_day=3) == {seeker: 3}
    stage.bring(stage.like(car))
    assert stage.deal(searches_a_day=3) == {}


def test_a_car_that_was_seen_saved_or_dismissed_is_not_told_as_new(stage):
    car = next(stage.cars)
    fans = saver, averse, visitor, ignorant = [stage.shopper() for _ in range(4)]
    for fan in fans:
        stage.likes(fan, car)
        stage.search(fan, min_price=1)
    (new,) = stage.bring(stage.like(car))
    stage.react(saver, new)
    stage.react(averse, new, "dismissed")
    stage.archive(visitor, View(listing_id=new))
    stage.market.query(
        "insert into audience (listing_id, impressions, views, contacts, as_of) "
        "values (%s, 0, 1, 0, 0) returning 1",
        new,
    )
    assert stage.deal() == {ignorant: 1}


def test_a_bulk_load_is_no_news_whatever_the_size_of_its_batches(stage):
    car, fan, seeker = next(stage.cars), stage.shopper(), stage.shopper()
    stage.likes(fan, car)
    stage.search(seeker, min_price=1)
    for size in (30, 30, 5):
        stage.bring(*(stage.like(car) for _ in range(size)))
    assert stage.deal(bulk_least=29) == {}
    stage.market.query("update arrival set at = at - interval '2 hours' returning 1")
    stage.bring(*(stage.like(car) for _ in range(5)))
    assert set(stage.deal(bulk_least=29)) == {fan, seeker}


def test_what_nobody_dealt_with_for_days_is_no_news(stage):
    car, fan = next(stage.cars), stage.shopper()
    stage.likes(fan, car)
    stage.bring(stage.like(car))
    assert stage.deal(now=datetime.now(UTC) + timedelta(days=2)) == {}


def test_old_notices_are_forgotten(stage):
    car, saver = next(stage.cars), stage.shopper()
    stage.react(saver, car)
    stage.price(car, 902)
    stage.deal()
    with open_noticing(stage.market.database_url) as store:
        assert store.forget(datetime.now(UTC) - timedelta(hours=1)) == 0
        assert store.forget(datetime.now(UTC) + timedelta(hours=1)) == 1


def test_without_a_feature_space_only_what_fits_is_not_told(database_url):
    stage = Stage(make_market(database_url, indexed=False))
    seeker = stage.shopper()
    stage.search(seeker, min_price=1)
    stage.bring(stage.like(next(stage.cars)))
    assert stage.deal() == {seeker: 1}


def test_a_notice_is_nudged(stage, log_url):
    car, saver, stop = next(stage.cars), stage.shopper(), threading.Event()
    stage.react(saver, car)
    thread = threading.Thread(target=notice, args=(stage.market.database_url, log_url, stop))

    async def heard():
        async with open_notice_updates(log_url) as updates:
            following = aiter(updates)
            first = asyncio.ensure_future(anext(following))
            with open_nudges(log_url) as nudges:
                while not first.done():  # a listener may still be connecting
                    nudges.tell_notices({saver: 0})
                    await asyncio.sleep(0.02)
            thread.start()
            await asyncio.to_thread(stage.price, car, 903)
            while True:
                update = await asyncio.wait_for(anext(following), 20)
                if update.number:
                    return update.user_id, update.number

    try:
        assert asyncio.run(heard()) == (saver, 1)
    finally:
        stop.set()
        thread.join()


@contextmanager
def processes(market, log_url, how_many=1):
    command = [sys.executable, "-c", PROGRAM, market.database_url, log_url]
    running = [subprocess.Popen(command) for _ in range(how_many)]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_killed_in_the_middle_it_tells_everybody_once_however_many_go_on(stage, log_url):
    cars, savers = [next(stage.cars) for _ in range(6)], [stage.shopper() for _ in range(5)]
    for car in cars:
        stage.price(car, 5_000)
    stage.deal()
    for car, saver in product(cars, savers):
        stage.react(saver, car)
    for car, price in product(cars, (4_500, 4_000)):
        stage.price(car, price)
    stage.status(cars[0], Status.SOLD)
    happened = stage.market.query("select * from occasion order by seq")
    with psycopg.connect(stage.market.database_url) as barrier:
        barrier.execute("lock table notice in access exclusive mode")
        with processes(stage.market, log_url) as (process,):
            wait_until(lambda: stage.market.query("select 1 from pg_locks where not granted"))
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert stage.market.query("select * from occasion order by seq") == happened
    with processes(stage.market, log_url, 2):
        for car in cars:
            stage.price(car, 3_997)
        wait_until(lambda: not stage.market.query("select 1 from occasion"))
    cheaper = [("price_drop", car, 5_000, 3_997, False) for car in sorted(cars[1:])]
    for saver in savers:
        assert stage.notices(saver) == [*cheaper, ("sold", cars[0], None, None, False)]
