"""Laws that any honest evaluation obeys, on markets whose answers are known beforehand."""

from dataclasses import replace

import numpy as np
import pytest

from carousel.evaluation.methods import METHODS, make
from carousel.evaluation.metrics.ranking import expected_of_chance
from carousel.evaluation.replay import replay
from carousel.evaluation.summary import Telling, summarise
from carousel.simulation.truth import Chances
from tests.evaluation.worlds import DAY, FansTruth, car, chance, fans, market, oracle, seen_so_far

SPLIT = 5 * DAY
RELAXED = Telling(reference="random", resamples=400)


def figures(told):
    return {method.name: method.figures for method in told.methods}


def test_an_oracle_has_no_regret_and_an_opposite_of_it_has_the_most():
    truth = FansTruth()
    worst = oracle(truth)
    worst.name = "worst"
    worst._scores = lambda world, ask, rows: -oracle(truth).score(world, ask, rows)
    played = replay(fans(), [oracle(truth), worst], split=SPLIT, truth=truth)
    told = figures(summarise(played))
    for kind in ("open", "contact"):
        best = told["oracle"][f"truth.{kind}.regret"]
        assert (best.mean, best.low, best.high) == pytest.approx((0, 0, 0), abs=1e-6)
        assert told["oracle"][f"truth.{kind}.share"].mean == pytest.approx(1)
        assert told["worst"][f"truth.{kind}.regret"].mean == pytest.approx(0.98)


def crowd(cars=60, shoppers=400, seed=0):
    """Return a market where anybody wants any car: nothing can be known."""
    rng = np.random.default_rng(seed)
    events, shown = [], []
    for shopper in range(shoppers):
        for day in range(10):
            at = day * DAY + rng.uniform(0, 0.9 * DAY)
            first, second = rng.choice(cars, 2, replace=False)
            events += [(at, shopper, "view", int(first)), (at + 60, shopper, "view", int(second))]
            events.append((at + 70, shopper, "favourite", int(rng.integers(cars))))
            events.append((at + 90, shopper, "contact", int(rng.integers(cars))))
            shown += [
                (at + 30, shopper, shopper * 10 + day, place, int(n),
                 "view" if rng.random() < 0.2 else "nothing")
                for place, n in enumerate(rng.choice(cars, 6, replace=False), start=1)
            ]  # fmt: skip
    stock = [
        car(
            n, make=f"Make {n % 6}", model=f"Model {n % 15}", year=2005 + n % 18,
            price=2_000 + 700 * n, mileage_km=9_000 * (n % 20), power_hp=60 + 7 * (n % 23),
        )
        for n in range(cars)
    ]  # fmt: skip
    return market(stock, events=events, shown=shown, shoppers=shoppers)


def test_chance_scores_what_combinatorics_says():
    cars = 60
    told = figures(summarise(replay(crowd(cars), [chance()], split=SPLIT)))["chance"]
    for kind in ("contact", "favourite", "view"):
        for k in (10, 20):
            expected = expected_of_chance(cars, k)["ndcg"]
            estimate = told[f"{kind}.ndcg@{k}"]
            assert estimate.low <= expected <= estimate.high, kind
        for name, k in (("recall@20", 20), ("mrr", 20), ("hit@10", 10)):
            expected = expected_of_chance(cars, k)[name.partition("@")[0]]
            estimate = told[f"{kind}.{name}"]
            assert estimate.low <= expected <= estimate.high, (kind, name)
    assert told["bucket.auc"].low <= 0.5 <= told["bucket.auc"].high
    assert told["bucket.percentile"].low <= 0.5 <= told["bucket.percentile"].high
    assert told["bucket.snips"].low <= 0.2 <= told["bucket.snips"].high


class NullTruth:
    """Every shopper likes every car by dice of its own."""

    def chances(self, shopper, cars, at, prices):
        del at, prices
        dice = np.random.default_rng(shopper).random(10_000)[cars]
        return Chances(dice, dice / 4)

    def noise(self):
        return np.zeros(0, dtype=np.int64)


def test_in_a_null_world_every_method_is_like_chance():
    names = ("carousel", "bumps-mean", "prototype", "prototype-flat-mean", "popular", "random")
    played = replay(
        crowd(shoppers=120, seed=3), [make(n) for n in names], split=SPLIT, truth=NullTruth()
    )
    told = summarise(played, RELAXED)
    measured = ("contact.ndcg@10", "view.ndcg@10", "bucket.percentile", "truth.open.share")
    compared = [c for c in told.comparisons if c.metric in measured]
    assert len(compared) == 5 * 4
    for one in compared:
        assert one.p > 0.05 / len(compared), one
    shares = [figures(told)[name]["truth.open.share"].mean for name in names]
    assert max(shares) - min(shares) < 0.03


def test_electric_fans_see_electric_cars():
    methods = [make(name) for name in ("carousel", "popular", "random")]
    truth = FansTruth()
    told = figures(summarise(replay(fans(), [*methods, oracle(truth)], split=SPLIT, truth=truth)))
    ours, best, blind = told["carousel"], told["oracle"], told["random"]
    assert ours["truth.open.share"].low > 0.9
    assert blind["truth.open.share"].high < 0.6
    assert told["popular"]["truth.open.share"].high < 0.6
    assert ours["bucket.auc"].mean > best["bucket.auc"].mean - 0.02
    assert ours["contact.ndcg@10"].mean > 1.5 * blind["contact.ndcg@10"].mean


def test_with_attributes_permuted_content_falls_to_chance():
    truth, recording = FansTruth(), fans()
    rng = np.random.default_rng(1)
    order = rng.permutation(len(recording.listings))
    disguised = tuple(
        recording.listings[other].model_copy(update={"id": own.id, "ref": own.ref})
        for own, other in zip(recording.listings, order, strict=True)
    )
    content = [n for n in METHODS if n.startswith(("bumps", "prototype"))]
    told, permuted = (
        figures(summarise(replay(r, [make(n) for n in content], split=SPLIT, truth=truth)))
        for r in (recording, replace(recording, listings=disguised))
    )
    for name in content:
        assert told[name]["truth.open.share"].mean > 0.9, name
        assert permuted[name]["truth.open.share"].mean < 0.65, name


def test_a_method_that_looks_ahead_looks_better_than_it_is():
    told = figures(
        summarise(replay(fans(), [seen_so_far(), seen_so_far("peeking", seconds=DAY)], split=SPLIT))
    )
    assert told["peeking"]["contact.ndcg@10"].mean > told["past"]["contact.ndcg@10"].mean
