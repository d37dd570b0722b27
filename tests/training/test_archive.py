"""What was replayed into the running system is read back from it as it was."""

from datetime import timedelta

import numpy as np
import psycopg
import pytest

from carousel.domain.errors import RecordingError
from carousel.domain.events import Contact, Dismiss, Impression, LogEntry, Undismiss, View
from carousel.recording.checking import checked
from carousel.recording.tables import EVENT_TYPES, NONE, OUTCOMES
from carousel.storage import open_archive
from carousel.training.archive import read_archive
from tests.simulation.test_living import small_market
from tests.streaming.market import NOON, make_market
from tests.training.replaying import append, follow, moment, replay, shown, told

FOREVER = 4e9


@pytest.fixture(scope="module")
def played(new_database, servers):
    """Return a simulated market, what was read back after it was replayed, and its ids."""
    recording = checked(small_market().recording).recording
    url = new_database()
    done = replay(recording, url, servers.log_url)
    with open_archive(url) as archive:
        read = read_archive(archive, recording.ends)
    return recording, read, done


@pytest.fixture
def market(database_url):
    return make_market(database_url)


def heard(market, log_url, entries):
    """Return the archive after the pipeline heard of these entries."""
    append(log_url, [LogEntry(f"t{n}", *entry) for n, entry in enumerate(entries)])
    follow(market.database_url, log_url)
    with open_archive(market.database_url) as archive:
        return read_archive(archive, FOREVER).recording


def later(**after):
    return NOON + timedelta(**after)


def test_every_event_comes_back_as_it_was_and_in_its_order(played):
    recording, read, done = played
    found = told(read.recording, read.recording.users.tolist())
    expected = told(recording, done.users)
    assert len(found) > 400
    assert [e[0] for e in found] == [e[0] for e in expected]
    assert sorted(found, key=repr) == sorted(expected, key=repr)
    assert {event[2] for event in found} >= {"view", "search", "favourite", "contact", "dismiss"}


def test_every_impression_comes_back_in_its_slate_and_place(played):
    recording, read, done = played
    found = shown(read.recording, read.recording.users.tolist())
    assert sorted(found, key=repr) == sorted(shown(recording, done.users), key=repr)
    assert np.unique(read.recording.impressions.slate).size == (
        np.unique(recording.impressions.slate).size
    )
    assert read.counts.keys() <= {"impressions kept: after the listing had left"}


def test_what_came_of_an_impression_is_what_the_simulation_says(played):
    """Slates of one car within half an hour share its clicks in life; here they hardly occur."""
    recording, read, done = played
    mine, theirs = (
        dict(zip(shown(one, users), one.impressions.outcome.tolist(), strict=True))
        for one, users in (
            (read.recording, read.recording.users.tolist()),
            (recording, done.users),
        )
    )
    for step in range(1, len(OUTCOMES)):
        expected = {key for key, outcome in theirs.items() if outcome == step}
        found = {key for key, outcome in mine.items() if outcome == step}
        assert len(expected & found) >= 0.9 * len(expected | found), OUTCOMES[step]


def test_cars_live_as_long_as_the_catalogue_knows(played):
    recording, read, _ = played
    found = {car.ref: n for n, car in enumerate(read.recording.listings)}
    assert found.keys() == {car.ref for car in recording.listings}
    rows = np.array([found[car.ref] for car in recording.listings])
    for name in ("listed_at", "left_at"):
        np.testing.assert_allclose(
            getattr(read.recording.lives, name)[rows], getattr(recording.lives, name), atol=1e-5
        )
    np.testing.assert_array_equal(read.recording.lives.sold[rows], recording.lives.sold)


def test_reading_again_gives_the_same_and_a_snapshot_does_not_move(market, log_url):
    append(log_url, [LogEntry("a", market.users[0], NOON, View(listing_id=market.listings[0]))])
    follow(market.database_url, log_url)
    with open_archive(market.database_url) as archive:
        assert archive.count() == 1
        append(log_url, [LogEntry("b", market.users[0], NOON, View(listing_id=market.listings[0]))])
        follow(market.database_url, log_url)
        assert archive.count() == 1
        assert len(read_archive(archive, FOREVER).recording.events.at) == 1
        several = [archive.searches(), archive.listings(), archive.listings()]
        assert [len(list(one)) for one in several] == [0, 1, 1]


def test_nothing_after_the_end_is_looked_at(market, log_url):
    car, user = market.listings[0], market.users[0]
    append(
        log_url,
        [
            LogEntry("a", user, NOON, View(listing_id=car)),
            LogEntry("b", user, later(hours=2), Contact(listing_id=car)),
            LogEntry("c", user, later(hours=2), Impression(listing_id=car, position=1)),
        ],
    )
    follow(market.database_url, log_url)
    with open_archive(market.database_url) as archive:
        read = read_archive(archive, later(hours=1).timestamp()).recording
    assert [moment(at) for at in read.events.at] == [NOON]
    assert not len(read.impressions.at)
    assert np.isinf(read.lives.left_at).all()


def test_a_dismissal_that_was_taken_back_was_none(market, log_url):
    one, two = market.listings[:2]
    user, other = market.users[:2]
    read = heard(
        market,
        log_url,
        [
            (user, NOON, Dismiss(listing_id=one)),
            (user, later(minutes=1), Dismiss(listing_id=two)),
            (other, later(minutes=2), Dismiss(listing_id=one, reason="too_old")),
            (user, later(minutes=3), Undismiss(listing_id=one)),
            (user, later(minutes=4), Undismiss(listing_id=one)),
            (user, later(minutes=5), View(listing_id=one)),
            (user, later(minutes=6), Dismiss(listing_id=one)),
        ],
    )
    acts = [
        (moment(at), EVENT_TYPES[type_])
        for at, type_ in zip(read.events.at, read.events.type, strict=True)
    ]
    assert acts == [
        (later(minutes=1), "dismiss"),
        (later(minutes=2), "dismiss"),
        (later(minutes=5), "view"),
        (later(minutes=6), "dismiss"),
    ]


def test_a_slate_is_one_shoppers_and_ends_when_they_come_back_later(market, log_url):
    one, two = market.listings[:2]
    user, other = market.users[:2]

    def impression(car, position, slate="s"):
        return Impression(listing_id=car, position=position, slate=slate)

    read = heard(
        market,
        log_url,
        [
            (user, NOON, impression(two, 2)),
            (other, later(seconds=5), impression(one, 1)),
            (user, later(seconds=10), impression(one, 1)),
            (user, later(seconds=20), impression(one, 1, slate=None)),
            (user, later(seconds=30), impression(one, 2, slate=None)),
            (user, later(seconds=40), Contact(listing_id=one)),
            (user, later(hours=1), impression(two, 1)),
        ],
    )
    table = read.impressions
    rows = list(
        zip(
            table.slate.tolist(),
            (table.at - NOON.timestamp()).tolist(),
            table.position.tolist(),
            table.outcome.tolist(),
            strict=True,
        )
    )
    assert rows == [
        (0, 0.0, 1, 0),
        (0, 0.0, 2, 0),
        (1, 5.0, 1, 0),
        (2, 20.0, 1, 0),
        (3, 30.0, 2, OUTCOMES.index("contact")),
        (4, 3600.0, 1, 0),
    ]
    assert read.events.slate.tolist() == [3]
    assert (table.eligible == len(read.listings)).all()


def test_what_an_impression_says_of_chance_and_of_its_experiment_comes_back(market, log_url):
    one, two = market.listings[:2]
    user = market.users[0]
    said = [
        Impression(listing_id=one, position=1, slate="s", random=True, eligible=1, arm="x/b"),
        Impression(listing_id=two, position=2, slate="s", eligible=40, arm="x/a"),
        Impression(listing_id=one, position=3, slate="t", arm="y/a"),
        Impression(listing_id=two, position=4, slate="t"),
    ]
    times = [later(seconds=n) for n in range(4)]
    heard_of = [(user, at, event) for at, event in zip(times, said, strict=True)]
    read = heard(market, log_url, [*heard_of, (user, later(hours=2), View(listing_id=one))])
    table = read.impressions
    assert table.random.tolist() == [True, False, False, False]
    assert table.eligible.tolist() == [1, 40, len(read.listings), len(read.listings)]
    with open_archive(market.database_url) as archive:
        assert archive.arms(FOREVER) == ["x/a", "x/b", "y/a"]
        assert archive.arms(NOON.timestamp() - 1) == []
        (batch,) = archive.impressions(FOREVER, ["x/a", "x/b"])
    order = np.argsort(batch.position)
    assert batch.arm[order].tolist() == [1, 0, -1, -1]
    assert batch.random[order].tolist() == [1, 0, 0, 0]
    assert batch.eligible[order].tolist() == [1, 40, -1, -1]


def test_an_empty_archive_is_refused_in_one_sentence(market):
    with (
        open_archive(market.database_url) as archive,
        pytest.raises(RecordingError, match="no shoppers"),
    ):
        read_archive(archive, FOREVER)


def test_filters_that_cannot_be_read_any_more_cost_their_searches_only(market, log_url):
    append(log_url, [LogEntry("a", market.users[0], NOON, View(listing_id=market.listings[0]))])
    follow(market.database_url, log_url)
    with psycopg.connect(market.database_url) as connection:
        connection.execute(
            "insert into event (user_id, id, at, type, body, shard, position) values "
            "(%s, 'old', %s, 'search', '{\"filters\": {\"horsepower\": 90}}', 0, '1-0')",
            [market.users[0], NOON],
        )
    with open_archive(market.database_url) as archive:
        read = read_archive(archive, FOREVER)
    assert read.recording.events.search.tolist() == [NONE]
    assert read.counts == {"events dropped: a search without its filters": 1}
