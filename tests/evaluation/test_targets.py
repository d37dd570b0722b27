"""What counts as wanted next, and by what it is sliced."""

from dataclasses import replace

import numpy as np

from carousel.evaluation.played import Options
from carousel.evaluation.replay import replay
from carousel.evaluation.slicing import by_shopper
from carousel.evaluation.summary import summarise
from carousel.evaluation.tallies import tally
from carousel.evaluation.targets import next_targets, viewed_within
from carousel.evaluation.visits import Moments
from carousel.recording.tables import NONE
from tests.evaluation.worlds import DAY, FOR_EVER, HOUR, car, chance, market, rolling


def at(recording, *moments):
    when, who = np.array([m[0] for m in moments]), np.array([m[1] for m in moments])
    return Moments(when, who, np.searchsorted(recording.events.at, when))


def test_the_target_is_the_next_event_of_the_kind_by_the_same_shopper_within_the_horizon():
    recording = market(
        [car(n) for n in range(4)],
        events=[
            (1 * DAY, 0, "view", 0),
            (2 * DAY, 0, "view", 1),
            (2 * DAY, 1, "contact", 3),
            (3 * DAY, 0, "contact", 2),
        ],
    )
    moments = at(recording, (1 * DAY, 0), (1 * DAY + 1, 0), (2 * DAY + 1, 0), (0.0, 2))
    assert next_targets(recording, moments, "view", 7 * DAY).listing.tolist() == [0, 1, NONE, NONE]
    assert next_targets(recording, moments, "contact", 7 * DAY).listing.tolist() == [2, 2, 2, NONE]
    assert next_targets(recording, moments, "contact", DAY).listing.tolist() == [
        NONE,
        NONE,
        2,
        NONE,
    ]
    assert next_targets(recording, moments, "favourite", 7 * DAY).listing.tolist() == [NONE] * 4


def test_a_car_not_for_sale_at_the_moment_is_no_target_and_is_counted():
    recording = market(
        [car(0), car(1)],
        lives=[(-DAY, 2 * DAY), (4 * DAY, FOR_EVER)],
        events=[(3 * DAY, 0, "contact", 0), (5 * DAY, 1, "contact", 1)],
    )
    targets = next_targets(recording, at(recording, (3 * DAY, 0), (3 * DAY, 1)), "contact", 7 * DAY)
    assert targets.listing.tolist() == [NONE, NONE]
    assert (targets.unlisted, targets.gone) == (1, 1)


def test_the_views_of_a_day_are_each_car_once():
    recording = market(
        [car(n) for n in range(3)],
        lives=[(-DAY, FOR_EVER), (-DAY, FOR_EVER), (2 * DAY, FOR_EVER)],
        events=[
            (DAY, 0, "view", 1),
            (DAY + HOUR, 0, "view", 1),
            (DAY + 2 * HOUR, 0, "view", 0),
            (DAY + 2 * HOUR, 1, "view", 0),
            (2 * DAY + 1, 0, "view", 2),
        ],
    )
    viewed = viewed_within(recording, at(recording, (DAY, 0), (DAY + 3 * HOUR, 0)), DAY)
    assert [(p // viewed.span, p % viewed.span) for p in viewed.pairs] == [(0, 0), (0, 1)]
    assert viewed.unlisted == 1


def test_a_tally_counts_what_counting_one_by_one_counts():
    rng = np.random.default_rng(5)
    keys = rng.integers(0, 8, 100)
    numbers = np.sort(rng.choice(300, 100, replace=False))
    counted = tally(keys, numbers)
    for key in range(9):
        for past in (0, 1, 50, 299, 300, 1_000):
            expected = int(((keys == key) & (numbers < past)).sum())
            assert counted.before(np.array([key]), np.array([past])).tolist() == [expected]


def test_shoppers_are_sliced_by_what_they_did_before():
    events = [(DAY + n, 0, "view", 0) for n in range(4)]
    events += [(5 * DAY, 0, "view", 0), (5 * DAY, 1, "view", 0), (7 * DAY, 1, "view", 0)]
    played = replay(market([car(0)], events=events), [chance()], split=4 * DAY)
    assert played.moments.shopper.tolist() == [0, 1, 1]
    slices = by_shopper(played)
    assert {name: mask.tolist() for name, mask in slices["history"].items()} == {
        "0": [False, True, False],
        "1-2": [False, False, True],
        "3-10": [True, False, False],
        ">10": [False, False, False],
    }
    assert slices["shopper"]["cold"].tolist() == [False, True, True]


def test_slices_of_a_kind_add_up_to_the_whole():
    played = replay(rolling(np.random.default_rng(2)), [chance()], split=6 * DAY)
    [one] = summarise(played).methods
    for key in ("view.ndcg@10", "contact.mrr"):
        for slices in one.slices.values():
            parts = [part[key] for part in slices.values() if part[key].count]
            assert min(p.mean for p in parts) <= one.figures[key].mean <= max(p.mean for p in parts)
    assert set(one.slices) == {"history", "listing", "shopper"}


def test_a_wanted_car_nobody_had_reacted_to_is_cold():
    events = [(DAY, 0, "view", 0), (5 * DAY, 1, "view", 0), (6 * DAY, 2, "view", 1)]
    played = replay(market([car(0), car(1)], events=events), [chance()], split=4 * DAY)
    listing = summarise(played).methods[0].slices["listing"]
    assert listing["warm"]["view.hit@10"].count == 1
    assert listing["cold"]["view.hit@10"].count == 1


def test_the_horizon_is_an_option():
    events = [(DAY, 0, "view", 0), (5 * DAY, 0, "view", 0), (5 * DAY + 2 * HOUR, 0, "contact", 0)]
    recording = market([car(0)], events=events)
    played = replay(recording, [chance()], split=4 * DAY)
    assert summarise(played).counts["moments with a next contact"] == 1
    short = replace(played, options=Options(horizon=HOUR))
    assert summarise(short).counts["moments with a next contact"] == 0
