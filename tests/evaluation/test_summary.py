"""From a replay to the figures of a report."""

import math

import numpy as np
import pytest

from carousel.domain.errors import ConfigurationError
from carousel.evaluation.agreement import kendall
from carousel.evaluation.exposure import Bucket
from carousel.evaluation.metrics.ages import HOURS, classes, for_sale
from carousel.evaluation.metrics.bucket import bucket_columns
from carousel.evaluation.metrics.catalogue import METRICS
from carousel.evaluation.played import Run
from carousel.evaluation.replay import replay
from carousel.evaluation.results import Comparison
from carousel.evaluation.summary import Telling, summarise
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
    oracle,
    rolling,
    seen_so_far,
)

QUICK = Telling(resamples=100)


@pytest.fixture(scope="module")
def fans_played():
    methods = [oracle(FansTruth()), seen_so_far("popular"), chance()]
    return replay(fans(), methods, split=5 * DAY, truth=FansTruth())


def test_every_metric_of_the_catalogue_is_told_of_every_method(fans_played):
    told = summarise(fans_played, QUICK)
    assert told.metrics == METRICS
    for method in told.methods:
        assert sorted(method.figures) == sorted(metric.key for metric in METRICS)


def test_a_mean_lies_in_its_interval(fans_played):
    for method in summarise(fans_played, Telling(resamples=400)).methods:
        for key, one in method.figures.items():
            if not math.isnan(one.low):
                assert one.low - 1e-9 <= one.mean <= one.high + 1e-9, key


def test_every_method_but_the_reference_is_compared_on_every_averaged_metric(fans_played):
    told = summarise(fans_played, Telling(reference="chance", resamples=100))
    assert {(c.method, c.reference) for c in told.comparisons} == {
        ("oracle", "chance"),
        ("popular", "chance"),
    }
    found = {(c.method, c.metric): c for c in told.comparisons}
    share = found["oracle", "truth.open.share"]
    assert isinstance(share, Comparison)
    assert share.difference.low > 0.3
    assert share.p < 0.02


def test_without_a_truth_its_metrics_are_absent_and_the_bucket_calibrates():
    told = summarise(replay(fans(), [oracle(FansTruth())], split=5 * DAY), QUICK)
    assert not [m for m in told.metrics if m.family == "truth"]
    [curve] = told.curves["calibration"]
    assert curve.y[0] < 0.02
    assert curve.y[-1] == pytest.approx(0.5, abs=0.05)


def test_with_a_truth_a_higher_score_of_the_oracle_is_a_higher_chance(fans_played):
    curves = {c.method: c for c in summarise(fans_played, QUICK).curves["calibration"]}
    assert set(curves["oracle"].y) == {0.5}
    assert all(0.1 < y < 0.4 for y in curves["chance"].y)


def test_chance_gives_cars_of_every_age_an_even_share():
    recording = rolling(np.random.default_rng(3), cars=400, events=3_000)
    played = replay(recording, [chance()], split=6 * DAY)
    [curve] = summarise(played, QUICK).curves["ages"]
    alive = dict(zip(HOURS, for_sale(played).mean(axis=0), strict=True))
    assert sum(alive.values()) == pytest.approx(1.0)
    many = [y for x, y in zip(curve.x, curve.y, strict=True) if alive[x] > 0.1]
    assert len(many) >= 3
    assert many == pytest.approx([1.0] * len(many), abs=0.15)


def test_who_shows_the_newest_gives_the_old_nothing():
    newest = Preset("newest", lambda world, _, rows: world.recording.lives.listed_at[rows])
    played = replay(rolling(np.random.default_rng(3), cars=2_000), [newest], split=6 * DAY)
    [curve] = summarise(played, QUICK).curves["ages"]
    assert curve.y[0] > 5
    assert curve.y[-1] == 0.0


def test_ages_are_counted_as_one_by_one():
    played = replay(rolling(np.random.default_rng(5)), [chance()], split=6 * DAY)
    lives, shares = played.recording.lives, for_sale(played)
    for row in range(0, len(played.moments), 37):
        at = played.moments.at[row]
        alive = (lives.listed_at <= at) & (at < lives.left_at)
        many = np.bincount(classes(at - lives.listed_at[alive]), minlength=len(HOURS))
        assert shares[row] == pytest.approx(many / alive.sum())


def test_orders_of_metrics_are_compared_in_words(fans_played):
    notes = summarise(fans_played, QUICK).notes
    assert any("Share of the best, opening order the 3 methods" in note for note in notes)
    assert summarise(fans_played, Telling(bounds=("oracle",), resamples=50)).notes == ()


def test_chosen_metrics_are_told_alone(fans_played):
    told = summarise(fans_played, Telling(metrics=("bucket.auc", "slate.gini"), resamples=50))
    assert [m.key for m in told.metrics] == ["bucket.auc", "slate.gini"]
    assert all(set(m.figures) == {"bucket.auc", "slate.gini"} for m in told.methods)


def test_an_unknown_metric_or_reference_is_refused_by_name(fans_played):
    with pytest.raises(ConfigurationError, match="no metric 'ndcg'; the metrics are contact"):
        summarise(fans_played, Telling(metrics=("ndcg",)))
    with pytest.raises(ConfigurationError, match="reference 'nobody' was not replayed"):
        summarise(fans_played, Telling(reference="nobody"))


def test_a_market_in_which_nothing_can_be_measured_is_refused():
    events = [(DAY, 0, "view", 0), (5 * DAY, 0, "search", -1), (6 * DAY, 0, "search", -1)]
    played = replay(market([car(0)], events=events), [chance()], split=4 * DAY)
    with pytest.raises(ConfigurationError, match="Nothing can be measured"):
        summarise(played)


def test_a_slate_with_a_sold_car_is_counted_and_never_a_hit():
    lives = [(-DAY, 5 * DAY), (-DAY, FOR_EVER)]
    events = [(DAY, 0, "view", 0), (6 * DAY, 0, "view", 1), (8 * DAY, 0, "view", 1)]

    class Stale(Preset):
        def rank(self, world, ask):
            slate = super().rank(world, ask)
            return type(slate)(np.array([0, 1]), np.array([2.0, 1.0]))

    recording = market([car(0), car(1)], lives, events)
    stale = Stale("stale", lambda _world, _ask, rows: rows * 1.0)

    told = summarise(replay(recording, [stale], split=4 * DAY, truth=FansTruth()), QUICK)
    figures = told.methods[0].figures
    assert figures["slate.sold"].mean == 1
    assert figures["slate.coverage"].mean == 0.5
    assert figures["view.mrr"].mean == 0.5
    assert figures["truth.open.share"].mean == pytest.approx(1)


def test_the_time_until_shown_is_counted_from_publication():
    lives = [(-DAY, FOR_EVER), (5 * DAY, FOR_EVER), (6 * DAY, FOR_EVER)]
    events = [(DAY, 0, "view", 0), (5 * DAY + 3 * HOUR, 0, "view", 0), (8 * DAY, 1, "view", 0)]
    recording = market([car(n) for n in range(3)], lives, events)
    never_two = Preset("never-two", lambda _world, _ask, rows: rows * -1.0)
    never_two.rank = lambda world, ask: Preset.rank(
        never_two, world, type(ask)(ask.shopper, ask.at, ask.filters, ask.rows[ask.rows < 2], 20)
    )
    [one] = summarise(replay(recording, [never_two], split=4 * DAY), QUICK).methods
    assert one.figures["slate.first_shown"].mean == 3
    assert one.figures["slate.never_shown"].mean == 0.5
    assert one.figures["slate.coverage"].mean == pytest.approx(2 / 3)


def test_a_listing_without_a_seller_is_a_seller_of_its_own():
    events = [(DAY, 0, "view", 0), (6 * DAY, 0, "view", 0)]
    cars = [car(0, seller="a"), car(1, seller="a"), car(2), car(3)]
    [one] = summarise(replay(market(cars, events=events), [chance()], split=4 * DAY), QUICK).methods
    assert one.figures["slate.gini"].count == 3
    assert one.figures["slate.gini"].mean == pytest.approx(2 * (1 + 2 + 6) / 12 - 4 / 3)


def bucket_of(opened, in_top, weight):
    count = len(opened)
    numbers = np.arange(count)
    drawn = Bucket(
        numbers, numbers, numbers, np.array(opened), np.full(count, weight),
        np.arange(count + 1), (),
    )  # fmt: skip
    empty = np.zeros((0, 20), dtype=np.float32)
    run = Run(
        "m", empty.astype(np.int32), empty, empty, empty, *np.zeros((3, count)),
        np.array(in_top), 0.0,
    )  # fmt: skip
    return run, drawn


def test_the_value_in_the_bucket_is_the_opened_share_of_what_the_method_would_have_shown():
    opened = [n % 4 == 0 for n in range(600)]
    columns, remark = bucket_columns(*bucket_of(opened, [n < 300 for n in range(600)], 50.0))
    value = {c.key: c for c in columns}["bucket.snips"]
    assert value.total.sum() / value.weight.sum() == pytest.approx(0.25)
    assert remark == ""


def test_the_percentile_of_an_opened_car_is_among_all_that_pass_the_filters():
    events = [(DAY, 0, "view", 0), (5 * DAY, 0, "view", 0)]
    shown = [(4 * DAY, 0, 1, 1, 2, "view"), (4 * DAY, 0, 1, 2, 1, "nothing")]
    recording = market([car(n) for n in range(4)], events=events, shown=shown)
    by_row = Preset("by-row", lambda _world, _ask, rows: rows * 1.0)
    blank = Preset("blank", lambda _world, _ask, rows: np.zeros(len(rows)))
    rows, none = summarise(replay(recording, [by_row, blank], split=2 * DAY), QUICK).methods
    assert rows.figures["bucket.percentile"].mean == 2.5 / 4  # rows 0 and 1 below, itself a half
    assert none.figures["bucket.percentile"].mean == 0.5
    assert rows.figures["bucket.auc"].mean == 1
    assert none.figures["bucket.auc"].mean == 0.5


def test_too_small_a_sample_in_the_bucket_is_refused_in_words():
    columns, remark = bucket_columns(*bucket_of([True] * 600, [n < 199 for n in range(600)], 50.0))
    value = {c.key: c for c in columns}["bucket.snips"]
    assert value.weight.sum() == 0
    assert "an effective sample of 199 where 200 are needed" in remark


def test_kendalls_tau_knows_equal_and_opposite_orders():
    rising = np.array([0.1, 0.2, 0.5, 0.9])
    assert kendall(rising, rising**2) == 1
    assert kendall(rising, -rising) == -1
    assert math.isnan(kendall(rising, np.ones(4)))


def test_a_busy_market_of_chance_is_summarised_without_a_warning():
    told = summarise(replay(rolling(np.random.default_rng(8)), [chance()], split=6 * DAY), QUICK)
    assert told.counts["shoppers tested"] > 20
    assert told.methods[0].figures["slate.sold"].mean == 0
