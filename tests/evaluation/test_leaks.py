"""A method that looks ahead is found; one that does not is not accused."""

from dataclasses import replace

import numpy as np
import pytest

from carousel.evaluation.leaks import Leak, find_leaks, until
from carousel.evaluation.methods import METHODS, make
from carousel.evaluation.replay import replay
from tests.evaluation.worlds import DAY, Preset, chance, fans, rolling, seen_so_far

SPLIT = 6 * DAY


def future_lengths():
    """Return a method that prefers cars that will be for sale for long."""
    return Preset("fortune-teller", lambda world, _ask, rows: world.recording.lives.left_at[rows])


def test_one_day_of_the_future_is_found():
    recording = rolling(np.random.default_rng(1))
    leaks = find_leaks(
        lambda: [seen_so_far(), seen_so_far("peeking", seconds=DAY), chance()], recording, SPLIT, 4
    )
    assert {leak.method for leak in leaks} == {"peeking"}
    assert all(isinstance(leak, Leak) and leak.at >= SPLIT for leak in leaks)


def test_knowing_when_a_car_will_be_gone_is_found():
    recording = rolling(np.random.default_rng(2))
    leaks = find_leaks(lambda: [future_lengths(), chance()], recording, SPLIT, 3)
    assert {leak.method for leak in leaks} == {"fortune-teller"}


def test_learning_from_the_whole_recording_at_the_split_is_found():
    class Hindsight(Preset):
        def begin(self, world):
            events = world.recording.events
            self.liked = np.bincount(events.listing, minlength=len(world.alive))

    def hindsight():
        method = Hindsight("hindsight", lambda _world, _ask, rows: method.liked[rows] * 1.0)
        return [method]

    recording = rolling(np.random.default_rng(3))
    assert find_leaks(hindsight, recording, SPLIT, 3)


@pytest.mark.parametrize(
    "name", [n for n, entry in METHODS.items() if not entry.cheats and not entry.packages]
)
def test_no_method_of_the_lab_looks_ahead(name):
    recording = rolling(np.random.default_rng(4), shoppers=12, cars=80, events=400)
    assert find_leaks(lambda: [make(name)], recording, SPLIT, 3) == []


def test_shuffling_the_future_changes_no_slate_before_it():
    recording = fans()
    events, cut = recording.events, 7 * DAY
    later = np.flatnonzero(events.at >= cut)
    mixed = np.arange(len(events.at))
    mixed[later] = np.random.default_rng(0).permutation(later)
    shuffled = replace(
        recording,
        events=replace(
            events,
            shopper=events.shopper[mixed],
            type=events.type[mixed],
        ),
    )
    methods = ("carousel", "popular", "prototype")
    one, other = (
        replay(r, [make(name) for name in methods], split=SPLIT) for r in (recording, shuffled)
    )
    before = int((one.moments.at < cut).sum())
    assert before == 40
    for first, second in zip(one.runs, other.runs, strict=True):
        assert first.rows[:before].tolist() == second.rows[:before].tolist(), first.name


def test_a_recording_cut_off_has_nothing_of_what_comes_later():
    recording = rolling(np.random.default_rng(5))
    short = until(recording, SPLIT)
    assert short.events.at.max() < SPLIT
    assert short.impressions.at.max() < SPLIT
    assert short.lives.listed_at.max() <= SPLIT
    assert len(short.listings) == len(short.lives.listed_at)
    gone = np.isfinite(short.lives.left_at)
    assert short.lives.left_at[gone].max() <= SPLIT
    assert short.prices.at.max() <= SPLIT
    assert not short.lives.sold[~gone].any()
