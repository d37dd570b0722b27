"""The demo's shoppers: who they are, and histories that could have happened."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.events import EVENT, Dismiss, Search, Unfavourite, View, listing_of
from carousel.domain.filters import passes
from carousel.domain.listing import Listing
from carousel.simulation.listings import EARLIEST, generate_listings
from carousel.simulation.shoppers import demo_accounts, generate_histories

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def listings_of(count, now=NOW):
    return [
        Listing(id=1_000 + n, **dict(facts))
        for n, facts in enumerate(generate_listings(count, seed=1, now=now))
    ]


@pytest.fixture(scope="module")
def listings():
    return listings_of(6_000)


@pytest.fixture(scope="module")
def histories(listings):
    return generate_histories(demo_accounts(), listings, seed=1, now=NOW)


def digest(histories):
    lines = [EVENT.dump_json(event) for history in histories.values() for event in history]
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def test_the_accounts_are_john0_to_john49_and_an_operator():
    shoppers = [a for a in demo_accounts() if a.role == "shopper"]
    assert [a.email for a in shoppers] == [f"john{n}@example.com" for n in range(50)]
    assert {a.first_name for a in shoppers} == {"John"}
    assert len({a.surname for a in shoppers}) == 50
    assert [a.email for a in demo_accounts() if a.role == "operator"] == ["operator@example.com"]


def test_the_first_ten_and_the_operator_have_no_history_and_the_others_have_one(histories):
    assert list(histories) == [f"john{n}@example.com" for n in range(10, 50)]


def test_histories_have_5_to_60_events_with_ids_in_the_order_of_their_times(histories):
    for email, history in histories.items():
        name = email.partition("@")[0]
        times = [event.occurred_at for event in history]
        assert 5 <= len(history) <= 60
        assert [e.id for e in history] == [f"demo-{name}-{n + 1:04d}" for n in range(len(history))]
        assert times == sorted(set(times))
        assert NOW - timedelta(days=30) <= times[0]
        assert times[-1] <= NOW


def test_nobody_reacts_to_a_car_before_it_was_published(histories, listings):
    published = {x.id: x.listed_at for x in listings}
    for event in (e for history in histories.values() for e in history):
        if not isinstance(event, Search):
            assert published[listing_of(event)] <= event.occurred_at


def test_cars_opened_after_a_search_pass_it_unless_saved_before(histories, listings):
    by_id = {x.id: x for x in listings}
    looks = 0
    for history in histories.values():
        filters, saved = None, set()
        for event in history:
            if isinstance(event, Search):
                filters = event.filters
            elif event.type == "favourite":
                saved.add(event.listing_id)
            elif isinstance(event, View) and filters and event.listing_id not in saved:
                assert passes(by_id[event.listing_id], filters)
                looks += 1
    assert looks > 200


def test_a_car_is_dismissed_once_and_never_looked_at_again(histories):
    for history in histories.values():
        gone = set()
        for event in history:
            assert listing_of(event) not in gone
            if isinstance(event, Dismiss):
                gone.add(event.listing_id)


def test_only_a_favourite_can_be_taken_back(histories):
    for history in histories.values():
        saved = set()
        for event in history:
            if event.type == "favourite":
                assert event.listing_id not in saved
                saved.add(event.listing_id)
            if isinstance(event, Unfavourite):
                saved.remove(event.listing_id)


def test_every_kind_of_feedback_occurs(histories):
    kinds = {event.type for history in histories.values() for event in history}
    assert kinds == {"view", "search", "favourite", "unfavourite", "contact", "dismiss"}


def test_shoppers_differ_but_each_stays_near_a_budget(histories, listings):
    prices = {x.id: x.price for x in listings}
    medians, spreads = [], []
    for history in histories.values():
        seen = sorted(prices[e.listing_id] for e in history if isinstance(e, View))
        if len(seen) >= 8:
            medians.append(seen[len(seen) // 2])
            spreads.append(seen[3 * len(seen) // 4] / seen[len(seen) // 4])
    assert max(medians) > 4 * min(medians)
    assert sorted(spreads)[len(spreads) // 2] < 1.8


def test_the_same_seed_gives_the_same_histories_and_another_gives_others(histories, listings):
    assert digest(generate_histories(demo_accounts(), listings, 1, NOW)) == digest(histories)
    assert digest(generate_histories(demo_accounts(), listings, 2, NOW)) != digest(histories)


def test_a_history_does_not_depend_on_who_else_is_asked_for(histories, listings):
    john12 = next(a for a in demo_accounts() if a.email == "john12@example.com")
    assert generate_histories([john12], listings, 1, NOW) == {john12.email: histories[john12.email]}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 40), st.integers(0, 2**40), st.integers(0, 30 * 365 * 86_400))
def test_histories_are_whole_however_few_cars_there_are(count, seed, seconds):
    now = EARLIEST + timedelta(seconds=seconds)
    listings = listings_of(count, now)
    known = {x.id: x.listed_at for x in listings}
    for history in generate_histories(demo_accounts(), listings, seed, now).values():
        assert 5 <= len(history) <= 60
        for event in history:
            assert now - timedelta(days=30) <= event.occurred_at <= now
            if not isinstance(event, Search):
                assert known[event.listing_id] <= event.occurred_at
