"""What is the shopper's own moves with them, goes with them, and is nobody else's."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from carousel.domain.errors import StoreUnavailableError
from carousel.domain.events import Favourite, Search, View
from carousel.domain.filters import Filters
from carousel.domain.listing import ListingFacts
from carousel.storage import (
    open_catalogue,
    open_forgetting,
    open_learning,
    open_own,
    open_visitors,
)
from carousel.storage.ports import Reaction, User
from carousel.storage.ports.own import MOST_SEARCHES, Which
from tests.storage.postgres_world import NOON, car, disconnect_all, happened

AUDIS = Filters(make=("Audi",))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def visitors(database_url):
    with open_visitors(database_url) as opened:
        yield opened


@pytest.fixture
def account(database_url):
    with open_catalogue(database_url) as catalogue:
        catalogue.add_users([User(0, "a@example.com", "A", "B", "shopper")])
        return catalogue.account("a@example.com").id


@pytest.fixture
def cars(database_url):
    """Return the ids of three cars, one of them an Audi listed in 2099."""
    with open_catalogue(database_url) as catalogue:
        late = datetime(2099, 1, 1, tzinfo=UTC)
        facts = [car("1", make="Audi"), car("2"), car("3", make="Audi", listed_at=late)]
        ids = catalogue.upsert([ListingFacts.model_validate(one) for one in facts]).ids
        catalogue.ensure_space()
    return list(ids)


def own(database_url, question):
    async def ask():
        async with open_own(database_url, connections=2) as opened:
            return await question(opened)

    return asyncio.run(ask())


def notice(database_url, user, listing, kind, **more):
    row = {"user_id": user, "listing_id": listing, "kind": kind, "at": NOON, **more}
    with psycopg.connect(database_url) as connection:
        connection.execute(
            f"insert into notice ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})",  # noqa: S608  # our own names
            list(row.values()),
        )


def query(database_url, statement, *values):
    with psycopg.connect(database_url) as connection:
        return connection.execute(statement, values).fetchall()


def told(database_url, user):
    """Return the notices of a user: kind, car, moment."""
    rows = "select kind, listing_id, at from notice where user_id = %s order by 1, 2"
    return query(database_url, rows, user)


def test_two_at_once_save_no_more_than_there_may_be(database_url, account):
    async def save_all(store):
        await asyncio.gather(
            *(store.save_search(account, str(n), AUDIS) for n in range(MOST_SEARCHES + 10))
        )
        return await store.searches(account)

    assert len(own(database_url, save_all)) == MOST_SEARCHES


def test_searches_and_notices_move_with_a_visitor_each_once(database_url, visitors, account):
    visitor, later = visitors.admit(), NOON + timedelta(hours=1)
    for user, filters in ((account, AUDIS), (visitor, AUDIS), (visitor, Filters(max_price=9))):
        own(database_url, lambda store, u=user, f=filters: store.save_search(u, "x", f))
    notice(database_url, visitor, 1, "sold")
    notice(database_url, visitor, 2, "fits")
    notice(database_url, account, 2, "fits", at=later)
    notice(database_url, account, 3, "fits")
    notice(database_url, visitor, 3, "fits", at=later)
    visitors.merge(visitor, account)
    found = own(database_url, lambda store: store.searches(account))
    assert {search.filters for search in found} == {AUDIS, Filters(max_price=9)}
    assert len(found) == 2
    assert told(database_url, account) == [
        ("fits", 2, later),
        ("fits", 3, later),
        ("sold", 1, NOON),
    ]
    assert told(database_url, visitor) == []
    assert own(database_url, lambda store: store.searches(visitor)) == []


def test_a_notice_of_a_search_that_both_had_names_the_one_that_stays(
    database_url, visitors, account
):
    visitor = visitors.admit()
    ours, theirs = (
        own(database_url, lambda store, u=user: store.save_search(u, "x", AUDIS)).id
        for user in (account, visitor)
    )
    notice(database_url, visitor, 1, "search", search_id=theirs)
    visitors.merge(visitor, account)
    assert query(database_url, "select user_id, search_id from notice") == [(account, ours)]


def test_a_merge_brings_the_latest_searches_for_which_there_is_room(
    database_url, visitors, account
):
    visitor = visitors.admit()

    async def save(store, user, prices):
        return [
            (await store.save_search(user, f"{price}", Filters(max_price=price))).id
            for price in prices
        ]

    own(database_url, lambda store: save(store, account, range(1, MOST_SEARCHES)))
    old, new = own(database_url, lambda store: save(store, visitor, (7_000, 8_000)))
    notice(database_url, visitor, 1, "search", search_id=old)
    notice(database_url, visitor, 2, "search", search_id=new)
    visitors.merge(visitor, account)
    found = [search.id for search in own(database_url, lambda store: store.searches(account))]
    assert len(found) == MOST_SEARCHES
    assert found[0] == new
    assert told(database_url, account) == [("search", 2, NOON)]
    assert query(database_url, "select count(*) from saved_search") == [(MOST_SEARCHES,)]


def test_a_visitor_who_was_just_merged_saves_for_the_account(database_url, visitors, account):
    visitor = visitors.admit()
    visitors.merge(visitor, account)
    own(database_url, lambda store: store.save_search(visitor, "late", AUDIS))
    (search,) = own(database_url, lambda store: store.searches(account))
    assert search.name == "late"


def test_a_dropped_search_takes_its_notices_along(database_url, account):
    first, second = (
        own(database_url, lambda store: store.save_search(account, "x", AUDIS)).id for _ in "ab"
    )
    notice(database_url, account, 1, "search", search_id=first)
    notice(database_url, account, 2, "search", search_id=second)
    notice(database_url, account, 3, "fits")
    assert own(database_url, lambda store: store.drop_search(account, first))
    assert told(database_url, account) == [("fits", 3, NOON), ("search", 2, NOON)]
    assert not own(database_url, lambda store: store.drop_search(account, first))


def test_whoever_waits_in_a_ring_for_another_is_told_to_come_again(database_url, account):
    search = own(database_url, lambda store: store.save_search(account, "x", AUDIS)).id
    for listing in (1, 2):
        notice(database_url, account, listing, "search", search_id=search)
    last = "select 1 from notice order by ctid desc limit 1 for update"
    every = "select 1 from notice for update"
    with psycopg.connect(database_url) as other, ThreadPoolExecutor(1) as beside:
        other.execute("set deadlock_timeout = '1min'")
        other.execute(last)
        dropping = beside.submit(
            own, database_url, lambda store: store.drop_search(account, search)
        )
        waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        while query(database_url, waits) == [(0,)]:
            assert not dropping.done()
        other.execute(every)
        with pytest.raises(StoreUnavailableError):
            dropping.result()
    assert own(database_url, lambda store: store.drop_search(account, search))


def test_events_of_a_type_that_is_no_more_hide_no_others(database_url, account):
    with open_learning(database_url) as learning, learning.transaction() as batch:
        searches = [
            happened(Search(filters=AUDIS), account, event_id=f"{n}", at=NOON + n * MINUTE)
            for n in range(4)
        ]
        batch.archive(searches)
    with psycopg.connect(database_url) as connection:
        old = """{"type": "honk"}"""
        connection.execute("update event set body = %s where id in ('1', '3')", [old])

    async def ask(store):
        page = await store.done(account, 1, None)
        rest = await store.done(account, 9, (page[0].at, page[0].place))
        return [one.id for one in page], [one.id for one in rest], await store.makes(account, [])

    assert own(database_url, ask) == (["2"], ["0"], {"Audi"})


def test_forgetting_after_the_server_was_started_anew_is_no_error(database_url, account):
    with open_forgetting(database_url) as forgetting:
        disconnect_all(database_url)
        assert forgetting.whereabouts(account).names == {account}
        disconnect_all(database_url)
        assert forgetting.forget(account, Which(), []).events == 0


def test_with_a_visitor_who_is_swept_goes_all_that_was_theirs(database_url, visitors):
    visitor, other = visitors.admit(), visitors.admit()
    for user in (visitor, other):
        own(database_url, lambda store, u=user: store.save_search(u, "x", AUDIS))
        notice(database_url, user, 1, "fits")
    with psycopg.connect(database_url) as connection:
        connection.execute("update visitor set since = %s where id = %s", [NOON, visitor])
    assert visitors.sweep(NOON + timedelta(days=1)) == 1
    assert told(database_url, visitor) == []
    owners = query(database_url, "select user_id from saved_search")
    assert owners == [(other,)]


def test_notices_of_a_car_that_is_no_longer_saved_are_forgotten(database_url, cars, account):
    with open_learning(database_url) as learning, learning.transaction() as batch:
        batch.archive([
            happened(Favourite(listing_id=cars[0]), account, event_id="saved"),
            happened(Favourite(listing_id=cars[1]), account, event_id="saved too"),
            happened(View(listing_id=cars[2]), account, event_id="seen"),
        ])  # fmt: skip
        batch.react([Reaction(account, one, "favourite", holds=True, at=NOON) for one in cars[:2]])
    for listing in cars[:2]:
        notice(database_url, account, listing, "price_drop", before=2, after=1)
    notice(database_url, account, cars[2], "fits")
    notice(database_url, account, cars[2], "search")
    with open_forgetting(database_url) as forgetting:
        forgetting.forget(account, Which(id="seen"), [])
        assert len(told(database_url, account)) == 4
        forgetting.forget(account, Which(id="saved"), [])
        assert told(database_url, account) == [
            ("fits", cars[2], NOON),
            ("price_drop", cars[1], NOON),
            ("search", cars[2], NOON),
        ]
        forgetting.forget(account, Which(), [])
        assert told(database_url, account) == [("search", cars[2], NOON)]
