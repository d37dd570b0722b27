"""After forgetting everything is as if the events had never been, wherever they had got to."""

import threading
from dataclasses import replace
from datetime import timedelta
from itertools import count

import numpy as np
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.car_kinds import Axis, CarKind, asks_for
from carousel.domain.events import (
    Dismiss,
    Favourite,
    Impression,
    LogEntry,
    Search,
    Undismiss,
    View,
    listing_of,
)
from carousel.domain.filters import Filters
from carousel.domain.latent import from_model
from carousel.domain.listing import Fuel, spelling_key
from carousel.domain.popularity import HALF_LIFE
from carousel.domain.preference import Params
from carousel.storage import (
    open_archive_source,
    open_forgetting,
    open_latent,
    open_latent_spaces,
    open_learning,
    open_visitors,
)
from carousel.storage.engines import postgres_forgetting
from carousel.storage.engines.valkey_log import to_fields
from carousel.storage.ports import BEGINNING, HALF_LIVES, RawEntry
from carousel.storage.ports.own import Forgotten, Waiting, Which
from carousel.streaming import collaborative
from carousel.streaming.content_based import (
    NAME,
    Batch,
    attach,
    decode_batch,
    interpret_batch,
    write,
)
from tests.streaming.latent_market import assert_same_evidence, publish, some_model
from tests.streaming.market import NOON, assert_same_learned, make_market, some_event

EVERYTHING = Which()
FEW = 5  # cars, so that several events are about the same one
SHARDS = 100_000
shards = count(1)


@pytest.fixture(scope="module")
def market(new_database):
    return make_market(new_database())


@pytest.fixture(scope="module")
def store(market):
    with open_learning(market.database_url) as store:
        yield store


@pytest.fixture(scope="module")
def forgetting(market):
    with open_forgetting(market.database_url) as forgetting:
        yield forgetting


class Follower:
    """The collaborative pipeline of one version, a batch at a time."""

    def __init__(self, market, model):
        self.latent = from_model(model)
        self.steps = collaborative.steps_of(self.latent)
        self.source = open_archive_source(market.database_url, shards=SHARDS)
        self.store = open_latent(market.database_url, model.version)

    def __enter__(self):
        self.log, self.states = self.source.__enter__(), self.store.__enter__()
        return self

    def __exit__(self, *_):
        self.source.__exit__(None, None, None)
        self.store.__exit__(None, None, None)

    def interpreted(self, shard):
        """Return what is new in a shard of the archive, about to be written."""
        at = self.states.cursors(self.steps.name).get(shard, BEGINNING)
        found = self.log.read({shard: at}, 1_000)
        batch = Batch({shard: at}, found)
        return self.steps.interpret(self.steps.attach(self.steps.decode(batch), self.states))

    def write(self, interpreted):
        if interpreted.decoded.batch.moves:
            self.steps.write(interpreted, self.states, Params())

    def follow(self, shard):
        self.write(self.interpreted(shard))

    def taste(self, user):
        with self.states.transaction() as transaction:
            return transaction.tastes([user])

    def pulls(self, listings):
        with self.states.transaction() as transaction:
            moved = transaction.moved(listings)
        return np.array([[*moved[i].pull.direction, moved[i].pull.mass] for i in listings])


@pytest.fixture(scope="module")
def follower(market):
    model = some_model()
    publish(market.database_url, model)
    with open_latent_spaces(market.database_url) as spaces:
        spaces.begin(model.version)
        while spaces.fill(model.version, 1_000):
            pass
    with Follower(market, model) as follower:
        yield follower


def interpreted(store, shard, entries):
    """Return entries of a shard as the pipeline is about to write them."""
    at = store.cursors(NAME).get(shard, BEGINNING)
    first = int((NOON.timestamp() + 10**7) * 1000)
    first = first if at == BEGINNING else int(at.partition("-")[0])
    raws = [RawEntry(f"{first + n}-0", to_fields(entry)) for n, entry in enumerate(entries, 1)]
    return interpret_batch(attach(decode_batch(Batch({shard: at}, {shard: raws})), store))


def apply(store, shard, entries):
    if entries:
        found = interpreted(store, shard, entries)
        assert not found.letters
        write(found, store, Params())


histories = st.lists(
    st.tuples(st.integers(0, 60 * 24 * 60), st.integers(0, 10_000)), min_size=1, max_size=12
)


def entries_of(history, market, user):
    made = []
    for number, (minutes, seed) in enumerate(history):
        event = some_event(market.listings[seed % FEW], np.random.default_rng(seed))
        if seed % 11 == 0 and listing_of(event) is not None:
            event = Undismiss(listing_id=listing_of(event))
        at = NOON - timedelta(minutes=minutes, seconds=number)
        made.append(LogEntry(f"h{number}", user, at, event))
    return made


def kept_of(market, user):
    archive = market.query("select id, at, type, body from event where user_id = %s", user)
    reactions = market.query(
        "select kind, listing_id, holds, at from reaction where user_id = %s", user
    )
    return set(archive), set(reactions), market.learned([user])


def assert_same_person(market, one, other):
    (archive, reactions, learned), expected = kept_of(market, one), kept_of(market, other)
    assert archive == expected[0]
    assert reactions == expected[1]
    if other in expected[2]:
        assert_same_learned({1: learned[one]}, {1: expected[2][other]})
    elif one in learned:
        assert_nothing_known(learned[one])


def assert_nothing_known(learned):
    assert not learned.evidence.direction.any()
    assert learned.evidence.mass == 0
    assert len(learned.trail) == 0


def known_of_cars(market, listings):
    """Return what is kept of cars, aged to noon: popularity, and the three counts of audiences."""
    popular = {
        listing: score * 2 ** -((NOON - as_of) / HALF_LIFE)
        for listing, score, as_of in market.query("select listing_id, score, as_of from popularity")
    }
    shown, asked = HALF_LIVES.half_life, HALF_LIVES.contact_half_life
    rows = market.query("select listing_id, impressions, views, contacts, as_of from audience")
    heard = {
        listing: [
            n * 2 ** -((NOON.timestamp() - as_of) / half_life.total_seconds())
            for n, half_life in zip(counts, (shown, shown, asked), strict=True)
        ]
        for listing, *counts, as_of in rows
    }
    return np.array([[popular.get(i, 0.0), *heard.get(i, (0.0, 0.0, 0.0))] for i in listings])


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_all_less_one_is_all_but_one(market, store, forgetting, follower, data):
    account, twin = market.new_users(2)
    one, other = next(shards), next(shards)
    cars = market.listings[:FEW]
    said = entries_of(data.draw(histories), market, account)
    gone = data.draw(st.integers(0, len(said) - 1))
    followed = data.draw(st.integers(0, len(said)))
    base, pulled = known_of_cars(market, cars), follower.pulls(cars)

    apply(store, one, said[:followed])
    follower.follow(one)
    apply(store, one, said[followed:])
    found = forgetting.forget(account, Which(id=said[gone].id), [])
    assert found.events == 1
    follower.follow(one)
    after_forgetting = known_of_cars(market, cars) - base
    pulled_after = follower.pulls(cars) - pulled

    base, pulled = known_of_cars(market, cars), follower.pulls(cars)
    but_one = [replace(e, user_id=twin) for e in said if e.id != said[gone].id]
    apply(store, other, but_one)
    follower.follow(other)
    assert_same_person(market, account, twin)
    # Popularity never gets less than nothing, so its rounding is of the size of what it lets go.
    np.testing.assert_allclose(after_forgetting, known_of_cars(market, cars) - base, atol=1e-9)
    np.testing.assert_allclose(pulled_after, follower.pulls(cars) - pulled, atol=1e-9)
    mine, theirs = follower.taste(account), follower.taste(twin)
    assert_same_evidence(
        {1: mine[account]} if mine else {}, {1: theirs[twin]} if theirs else {}, 1e-9
    )


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_everything_forgotten_leaves_a_stranger_and_untouched_cars(
    market, store, forgetting, follower, data
):
    (user,) = market.new_users(1)
    shard, cars = next(shards), market.listings[:FEW]
    said = entries_of(data.draw(histories), market, user)
    base, pulled = known_of_cars(market, cars), follower.pulls(cars)
    apply(store, shard, said)
    if data.draw(st.booleans()):
        follower.follow(shard)
    assert forgetting.forget(user, EVERYTHING, []).events == len(said)
    follower.follow(shard)
    archive, reactions, learned = kept_of(market, user)
    assert (archive, reactions) == (set(), set())
    if user in learned:
        assert_nothing_known(learned[user])
    assert follower.taste(user) == {}
    np.testing.assert_allclose(known_of_cars(market, cars), base, atol=1e-9)
    np.testing.assert_allclose(follower.pulls(cars), pulled, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(list(Axis)), st.data())
def test_a_kind_of_car_is_forgotten_with_the_searches_for_it(market, store, forgetting, axis, data):
    account, twin = market.new_users(2)
    listings = {i: store_listing(store, i) for i in market.listings[:FEW]}
    said = entries_of(data.draw(histories), market, account)
    of = {i: getattr(listing, axis.value) for i, listing in listings.items()}
    name = data.draw(st.sampled_from(sorted({str(one) for one in of.values() if one})))
    kind = CarKind(axis, name)

    def about(event):
        if isinstance(event, Search):
            return asks_for(event.filters, kind)
        value = of[event.listing_id]
        return value is not None and spelling_key(value) == spelling_key(name)

    apply(store, next(shards), said)
    expected = [entry for entry in said if not about(entry.event)]
    assert forgetting.forget(account, Which(kind=kind), []).events == len(said) - len(expected)
    apply(store, next(shards), [replace(entry, user_id=twin) for entry in expected])
    assert_same_person(market, account, twin)


def store_listing(store, listing_id):
    with store.transaction() as transaction:
        return transaction.listings([listing_id])[listing_id]


def test_it_may_be_repeated_and_what_is_unknown_is_told_apart(market, store, forgetting):
    user, stranger = market.new_users(2)
    apply(store, next(shards), [LogEntry("once", user, NOON, View(listing_id=market.listings[0]))])
    once = forgetting.forget(user, Which(id="once"), [])
    assert once == Forgotten(1, 2)
    assert forgetting.forget(user, Which(id="once"), []) == Forgotten(0, 2)
    assert forgetting.forget(user, Which(id="never"), []) is None
    assert forgetting.forget(stranger, Which(id="once"), []) is None
    assert forgetting.forget(stranger, EVERYTHING, []) == Forgotten(0, 0)


def test_a_forgotten_event_that_is_sent_again_stays_forgotten(market, store, forgetting):
    user, other = market.new_users(2)
    shard, event = next(shards), Favourite(listing_id=market.listings[1])
    apply(store, shard, [LogEntry("again", user, NOON, event)])
    forgetting.forget(user, Which(id="again"), [])
    apply(store, shard, [LogEntry("again", who, NOON, event) for who in (user, other)])
    assert kept_of(market, user)[:2] == (set(), set())
    assert len(kept_of(market, other)[0]) == 1, "an id belongs to its user"


def test_what_waits_in_the_log_is_forgotten_too(market, store, forgetting):
    account, twin = market.new_users(2)
    audi = Search(filters=Filters(make=("Audi",)))
    said = [
        LogEntry("w1", account, NOON, View(listing_id=market.listings[0])),
        LogEntry("w2", account, NOON, audi),
        LogEntry("w3", account, NOON, Search(filters=Filters(fuel=(Fuel.DIESEL,)))),
    ]
    waiting = [Waiting(entry.id, entry.event) for entry in said]
    read_before = interpreted(store, next(shards), said)
    assert forgetting.forget(account, Which(id="w1"), waiting).events == 0
    kind = CarKind(Axis.MAKE, "AUDI")
    assert forgetting.forget(account, Which(kind=kind), waiting[1:]).events == 0
    write(read_before, store, Params())
    apply(store, next(shards), [replace(said[2], user_id=twin)])
    assert_same_person(market, account, twin)


def test_a_batch_read_before_the_forgetting_folds_nothing_of_it(
    market, store, forgetting, follower
):
    account, twin = market.new_users(2)
    shard, cars = next(shards), market.listings[:FEW]
    events = [View(listing_id=cars[0]), Favourite(listing_id=cars[1]), View(listing_id=cars[2])]
    said = [LogEntry(f"b{n}", account, NOON, event) for n, event in enumerate(events)]
    pulled = follower.pulls(cars)
    apply(store, shard, said)
    read_before = follower.interpreted(shard)
    forgetting.forget(account, Which(id="b1"), [])
    follower.write(read_before)
    pulled_after = follower.pulls(cars) - pulled
    pulled, other = follower.pulls(cars), next(shards)
    apply(store, other, [replace(e, user_id=twin) for e in said if e.id != "b1"])
    follower.follow(other)
    np.testing.assert_allclose(pulled_after, follower.pulls(cars) - pulled, atol=1e-9)
    assert_same_evidence(
        {1: follower.taste(account)[account]}, {1: follower.taste(twin)[twin]}, 1e-9
    )


def test_a_step_that_a_forgotten_one_had_pushed_out_comes_back(market, store, forgetting):
    account, twin = market.new_users(2)
    said = [
        LogEntry(f"p{n}", account, NOON + timedelta(minutes=n), View(listing_id=car))
        for n, car in enumerate(market.listings[:41])
    ]
    apply(store, next(shards), said)
    forgetting.forget(account, Which(id="p40"), [])
    apply(store, next(shards), [replace(entry, user_id=twin) for entry in said[:-1]])
    assert_same_person(market, account, twin)


def test_a_forgotten_undoing_brings_the_dismissal_back(market, store, forgetting):
    (user,) = market.new_users(1)
    car = market.listings[0]
    said = [
        LogEntry("away", user, NOON, Dismiss(listing_id=car)),
        LogEntry("back", user, NOON + timedelta(hours=1), Undismiss(listing_id=car)),
    ]
    apply(store, next(shards), said)
    forgetting.forget(user, Which(id="back"), [])
    assert kept_of(market, user)[1] == {("dismissed", car, True, NOON)}
    forgetting.forget(user, Which(id="away"), [])
    assert kept_of(market, user)[1] == set()


def test_forgetting_and_a_batch_under_way_wait_for_each_other(market, store, forgetting):
    (user,) = market.new_users(1)
    car = market.listings[3]
    apply(store, next(shards), [LogEntry("g0", user, NOON, View(listing_id=car))])
    found = []
    with store.transaction() as batch:
        batch.merged_into([user])
        thread = threading.Thread(
            target=lambda: found.append(forgetting.forget(user, EVERYTHING, []))
        )
        thread.start()
        thread.join(0.3)
        assert not found
    thread.join(10)
    assert found == [Forgotten(1, 2)]


def test_an_impression_is_taken_back_from_the_car_and_changes_no_list(market, store, forgetting):
    (user,) = market.new_users(1)
    car = market.listings[4]
    base = known_of_cars(market, [car])
    apply(store, next(shards), [LogEntry("i", user, NOON, Impression(listing_id=car, position=1))])
    assert forgetting.forget(user, Which(id="i"), []) == Forgotten(1, 0)
    np.testing.assert_allclose(known_of_cars(market, [car]), base, atol=1e-12)


def test_what_a_visitor_forgot_stays_forgotten_for_the_account(market, store, forgetting):
    (account,) = market.new_users(1)
    car = market.listings[0]
    with open_visitors(market.database_url) as visitors:
        visitor = visitors.admit()
        seen = LogEntry("v", visitor, NOON, View(listing_id=car))
        apply(store, next(shards), [seen])
        forgetting.forget(visitor, EVERYTHING, [])
        visitors.merge(visitor, account)
        apply(store, next(shards), [seen, replace(seen, user_id=account)])
        assert kept_of(market, account)[0] == set()
        assert forgetting.forget(visitor, EVERYTHING, []) is None


def test_a_merge_does_not_bring_back_what_the_account_had_forgotten(market, store, forgetting):
    (account,) = market.new_users(1)
    with open_visitors(market.database_url) as visitors:
        visitor = visitors.admit()
        said = [
            LogEntry("same", user, NOON, View(listing_id=market.listings[0]))
            for user in (account, visitor)
        ]
        apply(store, next(shards), said[:1])
        forgetting.forget(account, Which(id="same"), [])
        apply(store, next(shards), said[1:])
        visitors.merge(visitor, account)
        assert kept_of(market, account)[0] == set()
        assert_nothing_known(kept_of(market, account)[2][account])


def test_after_a_merge_the_account_may_forget_what_waits_under_the_visitors_name(
    market, store, forgetting
):
    (account,) = market.new_users(1)
    with open_visitors(market.database_url) as visitors:
        visitor = visitors.admit()
        waits = LogEntry("late", visitor, NOON, View(listing_id=market.listings[0]))
        read_before = interpreted(store, next(shards), [waits])
        visitors.merge(visitor, account)
    assert forgetting.whereabouts(account).names == {account, visitor}
    forgetting.forget(account, EVERYTHING, [Waiting("late", waits.event)])
    write(read_before, store, Params())
    assert kept_of(market, account)[0] == set()


def test_of_a_car_that_has_changed_since_nothing_stays(market, store, forgetting):
    """The state is made of what is left; subtracting would leave what the car was like before."""
    account, twin = market.new_users(2)
    car, other = market.listings[10], market.listings[11]
    said = [
        LogEntry("c0", account, NOON, View(listing_id=car)),
        LogEntry("c1", account, NOON, View(listing_id=other)),
    ]
    apply(store, next(shards), said)
    apply(store, next(shards), [replace(said[1], user_id=twin)])
    with psycopg.connect(market.database_url) as connection:
        connection.execute(
            "update listing_vector set direction = (select direction from listing_vector "
            "where listing_id = %s) where listing_id = %s",
            [market.listings[12], car],
        )
    forgetting.forget(account, Which(id="c0"), [])
    assert_same_person(market, account, twin)


def test_the_pipeline_that_archives_is_the_one_that_is_asked_how_far_it_is(
    market, store, forgetting
):
    assert postgres_forgetting.ARCHIVING == NAME
    (user,) = market.new_users(1)
    shard = next(shards)
    apply(store, shard, [LogEntry("x", user, NOON, View(listing_id=market.listings[0]))])
    assert forgetting.whereabouts(user).archived[shard] == store.cursors(NAME)[shard]
