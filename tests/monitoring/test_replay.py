"""The check ``replay``: whether states are what the archive makes of them."""

import random
import threading
from datetime import UTC, datetime

import pytest

from carousel.domain.events import Dismiss, LogEntry, Reason, Search, View
from carousel.domain.filters import Filters
from carousel.domain.listing import Status
from carousel.domain.preference import Params
from carousel.monitoring.consistency import sampling
from carousel.monitoring.consistency.replay import replay
from carousel.observability.metrics import REPLAY_DIFFERENT, REPLAYED
from carousel.storage import open_catalogue, open_forgetting, open_visitors
from carousel.storage.ports.own import Which
from tests.monitoring.watched import asked, told


@pytest.fixture
def check(watched):
    return replay(watched.reach, random.Random(1))  # noqa: S311 (a sample, no secret)


def reindex(watched):
    with open_catalogue(watched.reach.database_url) as catalogue:
        catalogue.reindex()


def somebody(watched):
    """Return a shopper who has a state and a past."""
    ((user,),) = watched.market.query(
        "select user_id from shopper join event using (user_id) where type = 'view' "
        "group by user_id order by count(*) desc limit 1"
    )
    return user


def test_the_states_of_a_market_are_what_its_archive_makes_of_them(watched, check):
    watched.happen(600)
    found = asked(check)
    assert found.held, found.evidence
    assert found.evidence["shoppers"] == 20
    assert found.evidence["with cars that have changed since"] == 0
    assert told(REPLAYED)[()] == 20
    assert told(REPLAY_DIFFERENT)[()] == 0


def test_it_holds_after_merging_forgetting_and_a_new_space(watched, check):
    url = watched.reach.database_url
    watched.happen(300)
    account, other = watched.market.users[:2]
    with open_visitors(url) as visitors:
        visitor = visitors.admit()
        cars = watched.market.listings
        now = datetime.now(UTC)
        watched.append(
            LogEntry(f"v{n}", visitor, now, View(listing_id=car)) for n, car in enumerate(cars[:9])
        )
        watched.apply()
        assert visitors.merge(visitor, account) is not None
    ((event,),) = watched.market.query(
        "select min(id) from event where user_id = %s and type = 'view'", other
    )
    with open_forgetting(url, Params()) as forgetting:
        assert forgetting.forget(other, Which(id=event), ()) is not None
    found = asked(check)
    assert found.held, found.evidence
    reindex(watched)
    found = asked(check)
    assert found.held, found.evidence
    watched.happen(200, seed=2)
    found = asked(check)
    assert found.held, found.evidence


def test_it_holds_when_cars_were_sold_or_have_another_price_since(watched, check):
    watched.happen(400)
    with open_catalogue(watched.reach.database_url) as catalogue:
        for car in watched.market.listings[::3]:
            catalogue.patch(car, {"price": 54_321, "mileage_km": 1})
        catalogue.set_status(watched.market.listings[1::3], Status.SOLD)
        found = asked(check)
        assert found.held, found.evidence
        assert found.evidence["with cars that have changed since"] > 10
        catalogue.reindex()
    found = asked(check)
    assert found.held, found.evidence


def test_it_holds_while_events_are_being_applied(watched, check):
    done = threading.Event()

    def keep_asking():
        while not done.is_set():
            findings.append(asked(check))

    findings, thread = [], threading.Thread(target=keep_asking)
    thread.start()
    for seed in range(1, 5):
        watched.happen(150, seed)
    done.set()
    thread.join()
    assert findings
    assert [one.evidence for one in findings if not one.held] == []


@pytest.mark.parametrize("place", [0, 7, 100, 511])
def test_one_changed_byte_of_the_evidence_is_found_and_a_reindex_mends_it(watched, check, place):
    # Of one who only viewed cars, so that every bit of it is known.
    user, now = watched.market.users[3], datetime.now(UTC)
    watched.happen(100)
    watched.execute("delete from event where user_id = %s", user)
    watched.execute("delete from shopper where user_id = %s", user)
    watched.append(
        LogEntry(f"x{n}", user, now, View(listing_id=car))
        for n, car in enumerate(watched.market.listings[:5])
    )
    watched.apply()
    assert asked(check).held
    watched.execute(
        "update shopper set evidence = set_byte(evidence, %s, get_byte(evidence, %s) # 1) "
        "where user_id = %s",
        *(place, place, user),
    )
    found = asked(check)
    assert not found.held
    assert told(REPLAY_DIFFERENT)[()] == 1
    assert len(found.evidence["of these"]) == 1
    assert f" {user}:" not in f" {found.evidence['of these'][0]}", "a shopper has a pseudonym"
    reindex(watched)
    assert asked(check).held
    assert told(REPLAY_DIFFERENT)[()] == 0


SET = "update shopper set {} where user_id = %s"


@pytest.mark.parametrize(
    "fault",
    [
        SET.format("evidence = set_byte(evidence, 6, get_byte(evidence, 6) # 32)"),
        SET.format("mass = mass * 1.01"),
        SET.format("mass = 'NaN'"),
        SET.format("evidence = ''"),
        SET.format("evidence = decode(repeat('ff', 512), 'hex')"),
        SET.format("as_of = as_of - interval '1 day'"),
        SET.format("trail = substr(trail, 1, length(trail) - 8)"),
        SET.format("trail = ''"),
        SET.format("trail = set_byte(trail, 30, get_byte(trail, 30) # 1)"),
        "delete from shopper where user_id = %s",
        "delete from event where user_id = %s and type = 'view'",
    ],
)
def test_whatever_differs_is_found(watched, check, fault):
    watched.happen(300)
    assert asked(check).held
    watched.execute(fault, somebody(watched))
    found = asked(check)
    assert not found.held
    assert found.evidence["different"] == 1
    if "trail" in fault:  # a re-index believes the facts that a trail tells
        watched.execute("update shopper set trail = ''")
    reindex(watched)
    assert asked(check).held


def test_of_cars_that_changed_since_what_could_not_come_of_them_is_found_still(watched, check):
    watched.happen(300)
    with open_catalogue(watched.reach.database_url) as catalogue:
        catalogue.patch(watched.market.listings[0], {"price": 54_321})
    user = somebody(watched)
    assert asked(check).held
    watched.execute(
        "update shopper set evidence = set_byte(evidence, 7, get_byte(evidence, 7) # 32) "
        "where user_id = %s",
        user,
    )
    assert not asked(check).held


def test_searches_and_reasons_are_compared_but_for_rounding(watched, check):
    user, now, car = watched.market.users[0], datetime.now(UTC), watched.market.listings[0]
    watched.append([
        LogEntry("a", user, now, Search(filters=Filters(make=("Audi",), max_price=9_000))),
        LogEntry("b", user, now, Dismiss(listing_id=car, reason=Reason.TOO_EXPENSIVE)),
    ])  # fmt: skip
    watched.apply()
    assert asked(check).held
    watched.execute("update shopper set mass = mass + 0.000001")
    assert not asked(check).held


def test_one_of_many_is_found_in_a_few_runs_and_at_once_if_seen_before(watched, check, monkeypatch):
    monkeypatch.setattr(sampling, "IN_A_RUN", 6)
    monkeypatch.setattr(sampling, "OTHERS", 1)
    watched.happen(400)
    user = somebody(watched)
    spoil = "update shopper set mass = mass + 1 where user_id = %s"
    watched.execute(spoil, user)
    runs = [asked(check).held for _ in range(5)]
    assert False in runs
    reindex(watched)
    while not all(asked(check).held for _ in range(4)):
        pass
    watched.execute(spoil, user)
    assert not asked(check).held
