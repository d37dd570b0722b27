"""The laws of the content-based pipeline, on a real PostgreSQL."""

from dataclasses import replace
from datetime import timedelta
from itertools import count, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.audience import fold, heard
from carousel.domain.events import (
    Contact,
    Dismiss,
    Favourite,
    Impression,
    LogEntry,
    Reason,
    Search,
    Undismiss,
    View,
)
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.hearing import CODES
from carousel.domain.listing import Status
from carousel.domain.preference import Params
from carousel.domain.trail import KINDS, NO_TRAIL, extended, search, to_bytes
from carousel.storage import open_catalogue, open_learning
from carousel.storage.engines.valkey_log import to_fields
from carousel.storage.ports import BEGINNING, HALF_LIVES, CursorMovedError, RawEntry
from carousel.streaming.content_based import (
    Batch,
    SpaceChangedError,
    attach,
    decode_batch,
    interpret_batch,
    write,
)
from tests.streaming.market import (
    NOON,
    assert_same_learned,
    make_market,
    some_entries,
    some_event,
)


@pytest.fixture(scope="module")
def market(new_database):
    return make_market(new_database(), users=600)


@pytest.fixture(scope="module")
def store(market):
    with open_learning(market.database_url) as store:
        yield store


def raw(entry, number):
    return RawEntry(f"{int(NOON.timestamp() + 10**7) * 1000 + number}-0", to_fields(entry))


def batches(shard, entries, cuts=()):
    """Return the entries as batches of one shard, cut before these places."""
    raws = [raw(entry, number) for number, entry in enumerate(entries, 1)]
    places = sorted({0, len(raws), *cuts})
    after = BEGINNING
    for start, end in pairwise(places):
        yield Batch({shard: after}, {shard: raws[start:end]})
        after = raws[end - 1].position


def apply(store, batch):
    interpreted = interpret_batch(attach(decode_batch(batch), store))
    return write(interpreted, store, Params()).versions, interpreted


def of(user_id, entries):
    return [replace(entry, user_id=user_id) for entry in entries]


histories = st.lists(
    st.builds(
        lambda number, minutes, seed: (
            number,
            NOON - timedelta(minutes=minutes),
            seed,
        ),
        st.integers(0, 30),
        st.integers(0, 60 * 24 * 60),
        st.integers(0, 10_000),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda made: made[0],
)
shards = count(1_000)


def entries_of(history, market):
    return [
        LogEntry(
            f"h{number}",
            1,
            at,
            some_event(market.listings[seed % 400], np.random.default_rng(seed)),
        )
        for number, at, seed in history
    ]


@settings(max_examples=60, deadline=None)
@given(histories, st.data())
def test_cutting_and_repeating_a_log_changes_not_one_bit(market, store, history, data):
    users = iter(market.new_users(2))
    entries = entries_of(history, market)
    whole, cut = next(users), next(users)
    apply(store, next(batches(next(shards), of(whole, entries))))

    repeated = of(cut, entries)
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(1, len(repeated)))
        repeated.insert(place, data.draw(st.sampled_from(repeated[:place])))
    cuts = data.draw(st.sets(st.integers(1, len(repeated))))
    for batch in batches(next(shards), repeated, cuts):
        apply(store, batch)

    found = market.learned([whole, cut])
    assert (whole in found) == (cut in found)
    if whole in found:
        one, other = found[cut].evidence, found[whole].evidence
        assert one.direction.tobytes() == other.direction.tobytes()
        assert (one.mass, one.as_of) == (other.mass, other.as_of)
        assert to_bytes(found[cut].trail) == to_bytes(found[whole].trail)


@settings(max_examples=30, deadline=None)
@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_arrival_hardly_matters(market, store, history, dice):
    entries = entries_of(history, market)
    straight, shuffled = market.new_users(2)
    apply(store, next(batches(next(shards), of(straight, entries))))
    dice.shuffle(entries)
    apply(store, next(batches(next(shards), of(shuffled, entries))))
    found = market.learned([straight, shuffled])
    assert_same_learned(
        {1: found[shuffled]} if shuffled in found else {},
        {1: found[straight]} if straight in found else {},
    )


def test_a_batch_equals_a_sequential_fold(market, store):
    entries = some_entries(market, 300, seed=5)
    apply(store, next(batches(next(shards), entries)))
    expected = market.sequential_fold(entries)
    assert_same_learned(market.learned(expected), expected)


def test_a_batch_is_applied_once_however_often_it_comes(market, store):
    (user,) = market.new_users(1)
    batch = next(batches(next(shards), of(user, some_entries(market, 20, seed=6))))
    apply(store, batch)
    before = market.learned([user])
    with pytest.raises(CursorMovedError):
        apply(store, batch)
    assert_same_learned(market.learned([user]), before, tolerance=0)


def test_the_version_grows_with_every_batch_that_changes_what_is_shown(market, store):
    (user,) = market.new_users(1)
    car = market.listings[0]
    said = [
        View(listing_id=car),
        Impression(listing_id=car, position=1),
        Dismiss(listing_id=car),
        View(listing_id=car),
    ]
    entries = [LogEntry(f"v{n}", user, NOON, event) for n, event in enumerate(said)]
    versions = [
        apply(store, batch)[0] for batch in batches(next(shards), entries, cuts=range(1, 4))
    ]
    assert versions == [{user: 1}, {}, {user: 2}, {user: 3}]


def test_reactions_and_popularity_follow(market, store):
    (user,) = market.new_users(1)
    car, other = market.listings[10:12]
    said = [Favourite(listing_id=car), Dismiss(listing_id=other), View(listing_id=car)]
    entries = [LogEntry(f"r{n}", user, NOON, event) for n, event in enumerate(said)]
    popularity = "select listing_id, score from popularity"
    before = dict(market.query(popularity))
    apply(store, next(batches(next(shards), entries)))
    reactions = "select kind, listing_id from reaction where user_id = %s and holds"
    assert set(market.query(reactions, user)) == {("favourite", car), ("dismissed", other)}
    after = dict(market.query(popularity))
    assert after[car] > before.get(car, 0.0) + 1
    assert after.get(other) == before.get(other)


acts = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.integers(0, 60 * 24 * 60),
        st.sampled_from([
            lambda car: Impression(listing_id=car, position=1),
            lambda car: View(listing_id=car),
            lambda car: Contact(listing_id=car),
            lambda car: Favourite(listing_id=car),
        ]),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda act: act[0],
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(acts, st.data())
def test_every_event_counts_once_for_its_cars_audience_in_whatever_order(
    market, store, happened, data
):
    cars, users = market.listings[30:32], market.new_users(2)
    market.query("delete from audience where listing_id = any(%s) returning 1", cars)
    whole, mixed = (
        [
            LogEntry(f"a{number}", user, NOON - timedelta(minutes=minutes), act(car))
            for number, minutes, act in happened
        ]
        for user, car in zip(users, cars, strict=True)
    )
    apply(store, next(batches(next(shards), whole)))
    repeated = data.draw(st.permutations(mixed + data.draw(st.lists(st.sampled_from(mixed)))))
    cuts = data.draw(st.sets(st.integers(1, len(repeated))))
    for batch in batches(next(shards), repeated, cuts):
        apply(store, batch)
    counted = [entry for entry in whole if entry.event.type in CODES]
    kept = dict(
        market.query(
            "select listing_id, array[impressions, views, contacts] from audience "
            "where listing_id = any(%s)",
            cars,
        )
    )
    assert kept.keys() == (set(cars) if counted else set())
    if counted:
        tally = fold([heard(one.event.type, one.at) for one in counted], HALF_LIVES)
        expected = [tally.impressions, tally.views, tally.contacts]
        assert kept[cars[0]] == pytest.approx(expected)
        assert kept[cars[1]] == pytest.approx(expected)


def test_a_trail_keeps_what_the_shopper_did_and_the_cars_as_they_were_then(market, store):
    (user,) = market.new_users(1)
    car, other = market.listings[20:22]
    cheap, anything = Filters(max_price=4_000), Search(filters=NO_FILTERS)
    with open_catalogue(market.database_url) as catalogue:
        then = catalogue.patch(car, {"seller": "D-17"}).price
        of_shard = batches(
            next(shards),
            [
                LogEntry(f"t{n}", user, NOON + n * timedelta(minutes=1), event)
                for n, event in enumerate(
                    [
                        View(listing_id=car),
                        Impression(listing_id=other, position=1),
                        Search(filters=cheap),
                        anything,
                        Dismiss(listing_id=car, reason=Reason.TOO_EXPENSIVE),
                        Undismiss(listing_id=car, reason=Reason.TOO_EXPENSIVE),
                        Contact(listing_id=car),
                    ]
                )
            ],
            cuts=[6],
        )
        apply(store, next(of_shard))
        catalogue.patch(car, {"price": then - 1})
        apply(store, next(of_shard))
    trail = market.learned([user])[user].trail
    steps = trail.reactions
    assert [KINDS[kind] for kind in steps["kind"]] == ["view", "dismiss", "contact"]
    assert steps["listing"].tolist() == [car] * 3
    assert steps["facts"]["price"].tolist() == [then, then, then - 1]
    assert len(set(steps["facts"]["seller"].tolist()) - {0}) == 1
    sought = search((NOON + timedelta(minutes=2)).timestamp(), cheap)
    assert trail.searches.tobytes() == extended(NO_TRAIL, searches=[sought]).searches.tobytes()


def test_nobody_s_event_and_one_about_nothing_become_dead_letters(market, store):
    (user,) = market.new_users(1)
    entries = [
        LogEntry("n1", 10**12, NOON, View(listing_id=market.listings[0])),
        LogEntry("n2", user, NOON, View(listing_id=10**12)),
        LogEntry("n3", user, NOON, View(listing_id=market.listings[0])),
    ]
    versions, interpreted = apply(store, next(batches(next(shards), entries)))
    reasons = {x.entry.fields[b"id"]: x.reason for x in interpreted.letters}
    assert reasons == {
        b"n1": "There is no user 1000000000000.",
        b"n2": "There is no listing 1000000000000.",
    }
    assert versions == {user: 1}


def test_vectors_of_a_space_that_was_replaced_are_not_used(new_database):
    market = make_market(new_database())
    (batch,) = batches(1, some_entries(market, 30))
    with open_learning(market.database_url) as store:
        interpreted = interpret_batch(attach(decode_batch(batch), store))
        with open_catalogue(market.database_url) as catalogue:
            old = catalogue.ensure_space()
            catalogue.set_status(market.listings[:200], Status.SOLD)
            assert catalogue.reindex().version != old.version
        with pytest.raises(SpaceChangedError):
            write(interpreted, store, Params())
        again = interpret_batch(attach(interpreted.decoded, store))
        assert write(again, store, Params()).versions
