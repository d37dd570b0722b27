"""The replay: what is known when, who is asked, what is counted."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.domain.errors import ConfigurationError
from carousel.domain.filters import NO_FILTERS, Filters
from carousel.evaluation.method import Ranking
from carousel.evaluation.played import MisbehavingMethodError, Options
from carousel.evaluation.replay import replay
from carousel.evaluation.timeline import walk, world_at
from carousel.evaluation.visits import visits
from carousel.recording.tables import NONE
from tests.evaluation.worlds import (
    DAY,
    FOR_EVER,
    HOUR,
    FansTruth,
    Preset,
    car,
    chance,
    fans,
    market,
    rolling,
    seen_so_far,
)

SEEDS = st.integers(0, 10_000)


def by_row(sign=1.0):
    return Preset("by-row", lambda _world, _ask, rows: sign * rows.astype(np.float64))


@given(SEEDS, st.floats(0.5, 11.5), st.floats(0.5, 11.5))
@settings(max_examples=25, deadline=None)
def test_playing_to_a_moment_gives_the_world_of_that_moment(seed, one, other):
    recording = rolling(np.random.default_rng(seed), events=200)
    split, stop = sorted((one * DAY, other * DAY))
    [(_, played)] = walk(recording, split, np.array([stop]), [])
    fresh = world_at(recording, stop)
    assert played.past == fresh.past
    assert played.published == fresh.published
    assert played.alive.tolist() == fresh.alive.tolist()
    on_sale = np.flatnonzero(fresh.alive)
    assert played.price[on_sale].tolist() == fresh.price[on_sale].tolist()
    assert np.isnan(played.price[played.published :]).all()


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_a_method_hears_everything_once_and_in_order_of_time(seed):
    recording = rolling(np.random.default_rng(seed), events=300)
    split, heard = 6 * DAY, []

    class Listener(Preset):
        def observe(self, world, event):
            assert world.past == event + 1
            assert recording.events.at[event] == world.now
            heard.append(("event", event, world.now))

        def listed(self, world, row):
            assert world.alive[row]
            heard.append(("listed", row, world.now))

        def left(self, world, row):
            assert not world.alive[row]
            heard.append(("left", row, world.now))

        def repriced(self, world, row):
            assert world.price[row] < recording.listings[row].price
            heard.append(("repriced", row, world.now))

    end = recording.ends
    list(walk(recording, split, np.array([end]), [Listener("ear", None)]))
    assert all(a[2] <= b[2] for a, b in itertools.pairwise(heard))
    assert len({h[:2] for h in heard}) == len(heard)
    events, lives = recording.events, recording.lives
    assert [h[1] for h in heard if h[0] == "event"] == np.flatnonzero(events.at >= split).tolist()
    assert {h[1] for h in heard if h[0] == "listed"} == set(
        np.flatnonzero((lives.listed_at >= split) & (lives.listed_at <= end)).tolist()
    )
    assert {h[1] for h in heard if h[0] == "left"} == set(
        np.flatnonzero((lives.left_at >= split) & (lives.left_at <= end)).tolist()
    )


def test_a_shopper_is_asked_for_just_before_the_first_activity_of_a_visit():
    recording = market(
        [car(0), car(1)],
        events=[
            (1 * DAY, 0, "view", 0),
            (5 * DAY, 0, "view", 0),
            (5 * DAY + HOUR, 0, "view", 1),
            (5 * DAY + HOUR, 1, "view", 1),
            (6 * DAY, 0, "contact", 1),
        ],
    )
    known = []
    spy = Preset("spy", lambda world, _ask, rows: known.append(world.past) or rows * 1.0)
    played = replay(recording, [spy], split=2 * DAY)
    assert played.moments.at.tolist() == [5 * DAY, 5 * DAY + HOUR, 6 * DAY]
    assert played.moments.shopper.tolist() == [0, 1, 0]
    assert known == [1, 2, 4]


def test_looking_at_a_slate_is_activity_too():
    recording = market(
        [car(0)],
        events=[(DAY, 0, "view", 0), (9 * DAY, 1, "view", 0)],
        shown=[(5 * DAY, 0, 1, 1, 0, "nothing")],
    )
    found = visits(recording, 8 * HOUR)
    assert sorted(zip(found.at.tolist(), found.shopper.tolist(), strict=True)) == [
        (DAY, 0),
        (5 * DAY, 0),
        (9 * DAY, 1),
    ]
    assert found.at[found.impression].tolist() == [5 * DAY]


def test_only_cars_for_sale_are_offered_and_all_of_them():
    lives = [(-DAY, FOR_EVER), (-DAY, 3 * DAY), (4 * DAY, FOR_EVER), (7 * DAY, FOR_EVER)]
    events = [(1 * DAY, 0, "view", 0), (5 * DAY, 0, "view", 0), (8 * DAY, 0, "view", 0)]
    recording = market([car(n) for n in range(4)], lives, events)
    played = replay(recording, [by_row(-1.0)], split=2 * DAY)
    assert [row[row != NONE].tolist() for row in played.runs[0].rows] == [[0, 2], [0, 2, 3]]
    assert played.alive.tolist() == [2, 3]


def test_a_price_change_is_known_from_its_moment_on():
    recording = market(
        [car(0, price=10_000)],
        events=[(DAY, 0, "view", 0), (4 * DAY, 0, "view", 0), (6 * DAY, 0, "view", 0)],
        prices=[(5 * DAY, 0, 9_000)],
    )
    method = Preset("price", lambda world, _ask, rows: world.price[rows])
    played = replay(recording, [method], split=2 * DAY)
    assert played.runs[0].scores[:, 0].tolist() == [10_000, 9_000]


def test_crawlers_are_played_but_not_tested_and_counted():
    class OneCrawler(FansTruth):
        def noise(self):
            return np.array([3])

    recording = fans()
    played = replay(recording, [seen_so_far()], split=5 * DAY, truth=OneCrawler())
    assert 3 not in played.moments.shopper
    assert 3 not in played.bucket.shopper
    assert played.counts["visits left out: crawlers and dealers"] == 5
    assert played.counts["random impressions left out: crawlers and dealers"] == 5 * 6
    assert played.counts["accounts known to be crawlers or dealers"] == 1


def test_a_cap_draws_evenly_is_repeatable_and_reported():
    recording = fans()
    options = Options(moments=30, slates=10, seed=4)
    one, other = (replay(recording, [chance()], split=5 * DAY, options=options) for _ in "ab")
    assert len(one.moments) == 30
    assert one.moments.at.tolist() == other.moments.at.tolist()
    assert one.counts["visits left out: drawn evenly to spare time"] == 5 * 40 - 30
    assert one.counts["test moments"] == 30
    assert len(one.bucket.starts) - 1 == 10
    assert one.counts["random impressions left out: drawn evenly to spare time"] == 190 * 6


def test_a_random_slate_is_asked_about_under_its_filters():
    cars = [car(0, make="Tesla"), car(1), car(2, make="Tesla"), car(3)]
    recording = market(
        cars,
        events=[(DAY, 0, "view", 0), (5 * DAY, 0, "view", 0)],
        shown=[(4 * DAY, 0, 1, 1, 0, "view"), (4 * DAY, 0, 1, 2, 2, "nothing")],
        searches=(NO_FILTERS, Filters(make=("tesla",))),
    )
    searches = np.ones(2, dtype=np.int64)
    recording = replace(recording, impressions=replace(recording.impressions, search=searches))
    asked = []
    spy = Preset(
        "spy", lambda _world, ask, rows: asked.append((ask.filters, ask.rows)) or rows * 1.0
    )
    replay(recording, [spy], split=2 * DAY)
    under = [rows.tolist() for filters, rows in asked if not filters.empty]
    assert under == [[0, 2], [0, 2], [0, 2]]  # what was shown, the slate, all that could have been


def test_a_shown_car_that_is_gone_is_left_out_and_counted():
    recording = market(
        [car(0), car(1)],
        lives=[(-DAY, 4 * DAY), (-DAY, FOR_EVER)],
        events=[(DAY, 0, "view", 0), (5 * DAY, 0, "view", 1)],
        shown=[(5 * DAY, 0, 1, 1, 0, "nothing"), (5 * DAY, 0, 1, 2, 1, "view")],
    )
    played = replay(recording, [chance()], split=2 * DAY)
    assert played.bucket.listing.tolist() == [1]
    assert played.counts["random impressions left out: car no longer for sale"] == 1


def test_a_visits_random_cars_are_asked_about_together_as_it_begins():
    lives = [(-DAY, FOR_EVER), (-DAY, FOR_EVER), (4 * DAY + HOUR, FOR_EVER)]
    recording = market(
        [car(n) for n in range(3)],
        lives,
        events=[(DAY, 0, "view", 0), (8 * DAY, 0, "view", 0)],
        shown=[
            (4 * DAY, 0, 1, 1, 0, "nothing"),
            (4 * DAY + 2 * HOUR, 0, 2, 1, 1, "view"),
            (4 * DAY + 3 * HOUR, 0, 3, 1, 2, "nothing"),
        ],
    )
    asked = []
    spy = Preset(
        "spy", lambda world, _ask, rows: asked.append((world.now, rows.tolist())) or rows * 1.0
    )
    played = replay(recording, [spy], split=2 * DAY)
    assert (4 * DAY, [0, 1]) in asked
    assert [group.tolist() for group in played.bucket.visits] == [[0, 1]]
    why = "random impressions not compared within their visit: car published during it"
    assert played.counts[why] == 1


def test_methods_are_timed_by_the_clock_given():
    ticks = itertools.count()
    played = replay(fans(), [chance()], split=9 * DAY, clock=lambda: next(ticks))
    assert played.runs[0].seconds > 40


def test_progress_reaches_the_end():
    told = []
    played = replay(
        fans(), [chance()], split=5 * DAY, progress=lambda done, of: told.append((done, of))
    )
    stops = len(played.moments) + len(played.bucket.starts) - 1 + len(played.bucket.visits)
    assert told[-1] == (stops, stops)
    assert sorted(told) == told


@pytest.mark.parametrize(
    ("rows", "scores", "complaint"),
    [
        ([1, 1], [2.0, 1.0], "one car twice"),
        ([1, 2], [1.0], "1 scores for 2 cars"),
        (list(range(21)), [0.0] * 21, "21 cars where 20 were asked for"),
        ([9_999], [1.0], "a row that is no listing"),
        ([-1], [1.0], "a row that is no listing"),
    ],
)
def test_an_answer_that_is_no_slate_is_refused(rows, scores, complaint):
    class Ill(Preset):
        def rank(self, world, ask):
            del world, ask
            return Ranking(np.array(rows), np.array(scores))

    with pytest.raises(MisbehavingMethodError, match=f"'ill' returned {complaint}"):
        replay(fans(), [Ill("ill", None)], split=5 * DAY)


def test_scores_of_another_number_of_cars_are_refused():
    ill = Preset("ill", lambda _world, _ask, rows: np.arange(max(len(rows), 7)) * 1.0)
    with pytest.raises(MisbehavingMethodError, match=r"scores of shape \(7,\) for 6 cars"):
        replay(fans(), [ill], split=5 * DAY)


@pytest.mark.parametrize("split", [-1.0, 0.0, 10 * DAY, 99 * DAY])
def test_a_split_outside_the_recording_is_refused(split):
    with pytest.raises(ConfigurationError, match="is not inside the recording"):
        replay(fans(), [chance()], split=split)


@pytest.mark.parametrize(
    ("events", "side"), [([(DAY, 0, "view", 0)], "after"), ([(9 * DAY, 0, "view", 0)], "before")]
)
def test_an_empty_side_of_the_split_is_refused(events, side):
    with pytest.raises(ConfigurationError, match=f"no event {side} the split"):
        replay(market([car(0)], events=events), [chance()], split=5 * DAY)


def test_a_split_in_everybodys_last_visit_is_refused():
    recording = market([car(0)], events=[(5 * DAY - HOUR, 0, "view", 0), (5 * DAY, 0, "view", 0)])
    with pytest.raises(ConfigurationError, match="comes back after the split"):
        replay(recording, [chance()], split=5 * DAY - 1)


def test_two_methods_of_one_name_or_none_at_all_are_refused():
    with pytest.raises(ConfigurationError, match="called 'chance'"):
        replay(fans(), [chance(), chance()], split=5 * DAY)
    with pytest.raises(ConfigurationError, match="No method"):
        replay(fans(), [], split=5 * DAY)


@pytest.mark.parametrize("wrong", [{"limit": 19}, {"pause": -1.0}, {"moments": 0}, {"slates": 0}])
def test_options_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ConfigurationError, match=f"replay's {next(iter(wrong))} must be"):
        replay(fans(), [chance()], split=5 * DAY, options=Options(**wrong))
