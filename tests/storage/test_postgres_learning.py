"""What the pipelines keep: everything once, and exactly."""

import itertools
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta

import numpy as np
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.audience import heard
from carousel.domain.errors import ConfigurationError, StoreUnavailableError
from carousel.domain.events import Dismiss, Reason, Search, View
from carousel.domain.facts import facts_of
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.domain.listing import Status
from carousel.domain.preference import Evidence
from carousel.domain.trail import NO_TRAIL, to_bytes
from carousel.storage import open_catalogue, open_learning
from carousel.storage.ports import (
    BEGINNING,
    CursorMovedError,
    Interest,
    Learned,
    Reaction,
    User,
)
from tests.domain.trails import trails
from tests.storage.postgres_world import NOON, asked, car, disconnect_all, happened, market

HOUR = timedelta(hours=1)


@pytest.fixture
def learning(database_url):
    with open_learning(database_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def long_lived(new_database):
    """Return a learning store that all examples of a property share."""
    with open_learning(new_database()) as opened:
        yield opened


def evidence(direction=None, mass=1.0, as_of=NOON):
    return Evidence(np.ones(64) if direction is None else np.array(direction), mass, as_of)


def learned(user_id, trail=NO_TRAIL, **of_evidence):
    return Learned(user_id, evidence(**of_evidence), trail)


def test_an_event_is_archived_once_however_often_it_arrives(learning):
    first, second = happened(View(listing_id=1)), happened(View(listing_id=2))
    with learning.transaction() as batch:
        assert batch.archive([first, second, first]) == [first, second]
    with learning.transaction() as batch:
        third = happened(Dismiss(listing_id=1, reason=Reason.TOO_OLD))
        assert batch.archive([second, third, first]) == [third]
        assert batch.archive([]) == []


def test_two_users_may_give_their_events_the_same_id(learning):
    one, other = (happened(View(listing_id=1), user_id=u, event_id="1") for u in (1, 2))
    with learning.transaction() as batch:
        assert batch.archive([one, other]) == [one, other]


def test_a_search_for_odd_characters_is_archived(learning):
    odd = happened(Search(filters=Filters(make=("'; drop table event; -- \\ \u2028 🚗",))))
    with learning.transaction() as batch:
        assert batch.archive([odd]) == [odd]


def test_a_batch_that_fails_leaves_nothing(learning, database_url):
    entry = happened(View(listing_id=1))

    def fail():
        with learning.transaction() as batch:
            batch.archive([entry])
            batch.save([learned(1)])
            batch.react([Reaction(1, 1, "favourite", holds=True, at=NOON)])
            batch.popularise([Interest(1, 1.0, NOON)])
            batch.hear({1: heard("view", NOON)})
            batch.advance("p", {0: (BEGINNING, "1-0")})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with learning.transaction() as batch:
        assert batch.archive([entry]) == [entry]
        assert batch.learned([1]) == {}
    assert learning.cursors("p") == {}
    assert asked(database_url, lambda store: store.reactions(1))["favourites"] == []
    with psycopg.connect(database_url) as connection:
        counted = "select listing_id from popularity union all select listing_id from audience"
        assert connection.execute(counted).fetchall() == []


@given(
    direction=st.lists(st.floats(-1e6, 1e6), min_size=64, max_size=64),
    mass=st.floats(0, 1e6),
    as_of=st.datetimes(timezones=st.timezones()),
)
@settings(max_examples=50)
def test_evidence_comes_back_to_the_last_bit(long_lived, direction, mass, as_of):
    with long_lived.transaction() as batch:
        batch.save([learned(7, direction=direction, mass=mass, as_of=as_of)])
    with long_lived.transaction() as batch:
        found = batch.learned([7, 8])
    assert found.keys() == {7}
    kept = found[7].evidence
    assert kept.direction.tobytes() == np.array(direction).tobytes()
    assert math.copysign(1, kept.mass) == math.copysign(1, mass)
    # Two time zones never call an hour that a clock shows twice the same; UTC knows no such hour.
    assert (kept.mass, kept.as_of) == (mass, as_of.astimezone(UTC))


@given(trail=trails())
@settings(max_examples=30)
def test_a_trail_comes_back_to_the_last_byte(long_lived, trail):
    with long_lived.transaction() as batch:
        batch.save([learned(9, trail)])
    with long_lived.transaction() as batch:
        assert to_bytes(batch.learned([9])[9].trail) == to_bytes(trail)


def test_the_version_grows_by_one_with_every_save(learning, database_url):
    with learning.transaction() as batch:
        assert batch.save([learned(2), learned(1)]) == {1: 1, 2: 1}
        assert batch.save([learned(2, mass=3.0)]) == {2: 2}
        assert batch.save([]) == {}
    state = asked(database_url, lambda store: store.shopper(2))
    assert (state.version, state.evidence.mass) == (2, 3.0)


def test_the_latest_reaction_holds_in_whatever_order_they_come(database_url, learning):
    story = [
        Reaction(1, 5, "favourite", holds=True, at=NOON),
        Reaction(1, 5, "favourite", holds=False, at=NOON + HOUR),
        Reaction(1, 6, "favourite", holds=True, at=NOON),
        Reaction(1, 6, "dismissed", holds=True, at=NOON),
        Reaction(1, 7, "dismissed", holds=True, at=NOON + HOUR),
    ]
    for order in list(itertools.permutations(story))[::13]:
        with learning.transaction() as batch:
            batch.react(order[:2])
            batch.react(order[2:])
        found = asked(database_url, lambda store: store.reactions(1))
        assert found == {"favourites": [6], "dismissed": [7, 6]}
        with psycopg.connect(database_url) as connection:
            connection.execute("truncate reaction")
    with learning.transaction() as batch:
        batch.react(story)
        batch.react([])
    assert asked(database_url, lambda store: store.shopper(1)).dismissed == {6, 7}


def popular(database_url):
    found = asked(database_url, lambda store: store.popular(NO_FILTERS, 10, frozenset()))
    return found.ids, found.scores


def test_popularity_does_not_depend_on_the_order_of_events(database_url, learning):
    with open_catalogue(database_url) as catalogue:
        one, two, three, _ = catalogue.upsert([car(str(n)) for n in range(4)]).ids
    interests = [
        Interest(one, 1.0, NOON - timedelta(days=30)),
        Interest(one, 2.0, NOON),
        Interest(one, 0.5, NOON - timedelta(days=7)),
        Interest(two, 3.0, NOON - timedelta(days=1)),
        Interest(three, 2.5, NOON),
        Interest(three, -2.5, NOON),
    ]
    answers = []
    for order in (interests, interests[::-1], interests[3:] + interests[:3]):
        for batches in ([order], [[interest] for interest in order]):
            for some in batches:
                with learning.transaction() as batch:
                    batch.popularise(some)
            answers.append(popular(database_url))
            with psycopg.connect(database_url) as connection:
                connection.execute("truncate popularity")
    # At noon: two is 3.0 aged by a day, 2.72; one is 2.0 + 0.25 + 0.05, 2.30.
    assert [ids for ids, _ in answers] == [[two, one]] * 6
    ratios = [scores[0] / scores[1] for _, scores in answers]
    assert ratios == pytest.approx([ratios[0]] * 6, rel=1e-9)
    assert ratios[0] == pytest.approx(3 * 2 ** (-1 / 7) / (2 + 0.5 / 2 + 2 ** (-30 / 7)))


def test_writers_who_share_listings_wait_for_each_other_never_in_a_ring(database_url):
    ids, together = range(1, 200), threading.Barrier(2)

    def hear(order):
        with open_learning(database_url) as learning:
            for _ in range(20):
                together.wait(10)
                with learning.transaction() as batch:
                    batch.hear({listing_id: heard("view", NOON) for listing_id in order})

    with ThreadPoolExecutor(2) as pool:
        for writing in [pool.submit(hear, order) for order in (ids, ids[::-1])]:
            writing.result()
    with psycopg.connect(database_url) as connection:
        counted = connection.execute("select distinct views from audience").fetchall()
    assert counted == [(40.0,)]


def test_popularity_of_any_age_is_ordered(database_url, learning):
    with open_catalogue(database_url) as catalogue:
        old, new = catalogue.upsert([car("1"), car("2")]).ids
    with learning.transaction() as batch:
        batch.popularise([Interest(new, 0.1, NOON.replace(year=9000))])
        batch.popularise([Interest(old, 9.0, NOON.replace(year=1950))])
        batch.popularise([Interest(new, 0.1, NOON), Interest(old, 0.1, NOON.replace(year=1960))])
    ids, scores = popular(database_url)
    assert ids == [new, old]
    assert all(math.isfinite(score) for score in scores)


def test_a_cursor_moves_only_from_where_it_stands(learning):
    with learning.transaction() as batch:
        batch.advance("p", {0: (BEGINNING, "1-0"), 3: (BEGINNING, "2-0")})
        batch.advance("p", {})
    with learning.transaction() as batch:
        batch.advance("p", {0: ("1-0", "5-0")})
        batch.advance("q", {0: (BEGINNING, "9-0")})
    for wrong in ({0: ("1-0", "6-0")}, {0: (BEGINNING, "6-0")}, {4: ("1-0", "2-0")},
                  {0: ("5-0", "6-0"), 3: ("1-0", "6-0")}):  # fmt: skip
        with pytest.raises(CursorMovedError), learning.transaction() as batch:
            batch.advance("p", wrong)
    assert learning.cursors("p") == {0: "5-0", 3: "2-0"}
    assert learning.cursors("q") == {0: "9-0"}


@pytest.mark.parametrize("origin", [BEGINNING, "1-0"])
def test_of_two_workers_with_one_batch_one_is_refused(database_url, learning, origin):
    if origin != BEGINNING:
        with learning.transaction() as batch:
            batch.advance("p", {0: (BEGINNING, origin)})
    entry = happened(View(listing_id=1))
    outcomes = []
    with open_learning(database_url) as other:
        started = threading.Event()

        def second():
            started.set()
            try:
                with other.transaction() as batch:
                    batch.archive([entry])  # waits for the first worker
                    batch.advance("p", {0: (origin, "2-0")})
            except CursorMovedError:
                outcomes.append("refused")

        with learning.transaction() as batch:
            batch.archive([entry])
            thread = threading.Thread(target=second)
            thread.start()
            started.wait()
            batch.advance("p", {0: (origin, "2-0")})
        thread.join()
    assert outcomes == ["refused"]
    assert learning.cursors("p") == {0: "2-0"}


def test_listings_vectors_and_accounts_are_read_whatever_the_ids(database_url, learning):
    with open_catalogue(database_url) as catalogue:
        facts = market(30)
        ids = catalogue.upsert(facts).ids
        space = catalogue.ensure_space()
        catalogue.add_users([User(0, "a@example.com", "A", "B", "shopper")])
        account = catalogue.account("a@example.com").id
    strange = [0, -1, 10**9, 2**70]
    with learning.transaction() as batch:
        assert batch.space().version == space.version
        assert batch.listings([ids[3], *strange])[ids[3]].ref == facts[3].ref
        described = batch.described([ids[3], *strange])
        assert described.keys() == {ids[3]}
        assert np.linalg.norm(described[ids[3]].vector) == pytest.approx(1)
        assert described[ids[3]].facts.tobytes() == facts_of([facts[3]]).tobytes()
        assert batch.known_users([account, *strange]) == {account}


def test_facts_follow_the_listing_even_where_the_vector_stays(database_url, learning):
    def described():
        with learning.transaction() as batch:
            return batch.described([listing_id])[listing_id]

    with open_catalogue(database_url) as catalogue:
        listing_id = catalogue.upsert(market(30)).ids[3]
        catalogue.ensure_space()
        first = described()
        sold_on = catalogue.patch(listing_id, {"seller": "D-17"})
        assert described().vector == pytest.approx(first.vector, abs=1e-12)
        assert described().facts.tobytes() == facts_of([sold_on]).tobytes()
        catalogue.set_status([listing_id], Status.RESERVED)
        catalogue.set_status([listing_id], Status.ACTIVE)
        assert described().facts.tobytes() == facts_of([sold_on]).tobytes()
        cheaper = catalogue.patch(listing_id, {"price": 999})
        assert described().vector != pytest.approx(first.vector, abs=1e-3)
        assert described().facts.tobytes() == facts_of([cheaper]).tobytes()
        with psycopg.connect(database_url) as connection:
            connection.execute("update listing_vector set facts = null")
        assert described().facts.tobytes() == facts_of([cheaper]).tobytes(), "an older row has none"


def test_there_is_no_space_to_learn_in_before_one_is_fitted(learning):
    with learning.transaction() as batch, pytest.raises(ConfigurationError, match="reindex"):
        batch.space()


def test_the_space_cannot_change_before_a_batch_ends(database_url, learning):
    with open_catalogue(database_url) as catalogue:
        catalogue.upsert(market(40))
        before = catalogue.ensure_space()
        catalogue.upsert([car(f"new-{n}", make="Lada") for n in range(20)])
        with learning.transaction() as batch:
            thread = threading.Thread(target=catalogue.reindex)
            thread.start()
            thread.join(0.3)
            assert thread.is_alive()
            assert batch.space().version == before.version
            batch.save([learned(1)])
        thread.join()
    with learning.transaction() as batch:
        assert batch.space().version != before.version
    assert asked(database_url, lambda store: store.shopper(1)).version == 2


def test_a_lost_connection_is_said_and_opened_again(database_url, learning):
    def lose():
        with learning.transaction() as batch:
            disconnect_all(database_url)
            batch.learned([1])

    with pytest.raises(StoreUnavailableError):
        lose()
    assert learning.cursors("p") == {}
    with learning.transaction() as batch:
        assert batch.learned([1]) == {}
