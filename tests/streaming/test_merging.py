"""After a merge everything is as if the account had done it all itself."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.events import Contact, Dismiss, Favourite, LogEntry, Undismiss, View
from carousel.domain.preference import Params
from carousel.storage import open_learning, open_visitors
from carousel.storage.engines.valkey_log import to_fields
from carousel.storage.ports import BEGINNING, RawEntry
from carousel.streaming.content_based import (
    Batch,
    attach,
    decode_batch,
    interpret_batch,
    write,
)
from tests.streaming.market import NOON, assert_same_learned, make_market, some_event

shards = count(1_000)


@pytest.fixture(scope="module")
def market(new_database):
    return make_market(new_database())


@pytest.fixture(scope="module")
def store(market):
    with open_learning(market.database_url) as store:
        yield store


@pytest.fixture(scope="module")
def visitors(market):
    with open_visitors(market.database_url) as visitors:
        yield visitors


def interpreted(store, entries):
    """Return entries, on a shard of their own, as the pipeline is about to write them."""
    raws = [
        RawEntry(f"{int(NOON.timestamp() + 10**7) * 1000 + number}-0", to_fields(entry))
        for number, entry in enumerate(entries, 1)
    ]
    shard = next(shards)
    return interpret_batch(attach(decode_batch(Batch({shard: BEGINNING}, {shard: raws})), store))


def apply(store, entries):
    found = interpreted(store, entries)
    return write(found, store, Params()).versions, found.letters


def known_of(market, user):
    """Return all that is kept of a user but the version: archive, reactions, what is learned."""
    archive = market.query("select id, at, type, body from event where user_id = %s", user)
    reactions = market.query(
        "select kind, listing_id, holds, at from reaction where user_id = %s", user
    )
    return set(archive), set(reactions), market.learned([user])


def assert_same_person(market, one, other):
    (archive, reactions, learned), expected = known_of(market, one), known_of(market, other)
    assert archive == expected[0]
    assert reactions == expected[1]
    assert_same_learned(
        {1: learned[one]} if archive else {}, {1: expected[2][other]} if archive else {}
    )


# Few cars, so that both react to the same ones; some events have no id but the other's.
histories = st.lists(
    st.tuples(
        st.integers(0, 60 * 24 * 60),
        st.integers(0, 10_000),
        st.sampled_from(["visitor", "account", "both"]),
    ),
    min_size=1,
    max_size=12,
)


def entries_of(history, market):
    """Return entries without their user, and who sends them."""
    made = []
    for number, (minutes, seed, who) in enumerate(history):
        event = some_event(market.listings[seed % 5], np.random.default_rng(seed))
        if event.type == "impression":
            event = Undismiss(listing_id=event.listing_id)
        at = NOON - timedelta(minutes=minutes, seconds=number)
        made.append((LogEntry(f"h{number}", 1, at, event), who))
    return made


@settings(max_examples=40, deadline=None)
@given(histories, st.data())
def test_it_is_as_if_the_account_had_done_it_all(market, store, visitors, history, data):
    visitor, (account, twin) = visitors.admit(), market.new_users(2)
    made = entries_of(history, market)
    said = [
        replace(entry, user_id=user)
        for entry, who in made
        for name, user in (("visitor", visitor), ("account", account))
        if who in {name, "both"}
    ]
    cuts = sorted({0, len(said), *data.draw(st.sets(st.integers(0, len(said)), max_size=4))})
    parts = [said[start:end] for start, end in pairwise(cuts)]
    moment = data.draw(st.integers(0, len(parts)))
    for part in parts[:moment]:
        apply(store, part)
    assert visitors.merge(visitor, account) is not None
    for part in parts[moment:]:
        assert not apply(store, part)[1], "nothing of the visitor becomes a dead letter"
    apply(store, [replace(entry, user_id=twin) for entry, _ in made])
    assert_same_person(market, account, twin)
    assert known_of(market, visitor) == (set(), set(), {})


def test_a_batch_that_was_read_before_the_merge_counts_for_the_account(market, store, visitors):
    visitor, (account, twin) = visitors.admit(), market.new_users(2)
    said = [LogEntry("late", visitor, NOON, Favourite(listing_id=market.listings[0]))]
    read_before = interpreted(store, said)
    visitors.merge(visitor, account)
    assert write(read_before, store, Params()).versions == {account: 2}
    apply(store, [replace(entry, user_id=twin) for entry in said])
    assert_same_person(market, account, twin)


def test_two_shards_may_speak_of_one_account_at_once(market, store, visitors):
    hour = timedelta(hours=1)
    with open_learning(market.database_url) as other_store:
        for _ in range(5):
            visitor, (account, twin) = visitors.admit(), market.new_users(2)
            visitors.merge(visitor, account)
            said = [
                LogEntry(f"{n}", user, NOON + n * hour, View(listing_id=market.listings[n]))
                for n, user in enumerate([visitor, account] * 10)
            ]
            parts = [
                (one, interpreted(one, [entry for entry in said if entry.user_id == user]))
                for one, user in ((store, visitor), (other_store, account))
            ]
            with ThreadPoolExecutor(2) as pool:
                for writing in [pool.submit(write, part, one, Params()) for one, part in parts]:
                    writing.result()
            apply(store, [replace(entry, user_id=twin) for entry in said])
            assert_same_person(market, account, twin)


def test_an_event_sent_again_after_logging_in_counts_once_for_a_car(market, store, visitors):
    visitor, (account,) = visitors.admit(), market.new_users(1)
    car = market.listings[20]
    for user in (visitor, account):
        apply(store, [LogEntry("again", user, NOON, Contact(listing_id=car))])
    assert visitors.merge(visitor, account).events == 0
    ((score,),) = market.query("select score from popularity where listing_id = %s", car)
    assert score == pytest.approx(Contact.strength)
    ((contacts,),) = market.query("select contacts from audience where listing_id = %s", car)
    assert contacts == pytest.approx(1.0)


def test_an_undone_dismissal_leaves_the_shopper_as_before(market, store):
    (user,) = market.new_users(1)
    car, other = market.listings[30:32]
    apply(store, [LogEntry("look", user, NOON, View(listing_id=other))])
    before = market.learned([user])[user].evidence
    popular = market.query("select * from popularity")
    hour = timedelta(hours=1)
    said = [
        Dismiss(listing_id=car, reason="too_expensive"),
        Undismiss(listing_id=car, reason="too_expensive", dismissed_at=NOON),
    ]
    apply(store, [LogEntry(f"u{n}", user, NOON + n * hour, e) for n, e in enumerate(said)])
    after = market.learned([user])[user].evidence
    np.testing.assert_allclose(after.direction, before.direction, rtol=0, atol=1e-9)
    assert (after.mass, after.as_of) == (pytest.approx(before.mass), NOON)
    assert market.query("select holds from reaction where user_id = %s", user) == [(False,)]
    assert market.query("select * from popularity") == popular
