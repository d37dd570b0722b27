"""The same laws on simulated markets, where shoppers search, look, save and call for reasons."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from carousel.evaluation.leaks import find_leaks
from carousel.evaluation.methods import make
from carousel.evaluation.played import Options
from carousel.evaluation.replay import replay
from carousel.evaluation.summary import Telling, summarise
from carousel.recording.tables import PriceChanges
from carousel.simulation.living import simulate
from carousel.simulation.parameters import Parameters, read_parameters

BEGINS = datetime(2026, 1, 5, tzinfo=UTC)
SOME = Options(moments=150, slates=300)
QUICK = Telling(reference="random", resamples=200)


@cache
def simulated(preferences):
    """Return a small market, busier than a real one and with more shown by chance."""
    parameters = read_parameters()
    tables = {name: dict(table) for name, table in parameters.tables.items()}
    tables["sessions"]["activity"] = 2.0
    tables["exposure"]["explore"] = 0.05
    tables["null"]["opening"] = 0.3
    return simulate(
        Parameters(tables, "test"), shoppers=250, listings=1_000, days=12, seed=5, begins=BEGINS,
        preferences=preferences, hidden=None, progress=lambda _day, _days: None,
    )  # fmt: skip


def split_of(recording):
    return recording.begins + 0.6 * (recording.ends - recording.begins)


def told(names, recording, truth):
    methods = [make(name, truth) for name in names]
    split = split_of(recording)
    return summarise(replay(recording, methods, split=split, options=SOME, truth=truth), QUICK)


def figures(summary):
    return {method.name: method.figures for method in summary.methods}


def test_the_truth_puts_the_oracle_before_the_engine_before_the_popular_before_chance():
    market = simulated("additive")
    names = ("oracle", "carousel", "popular", "random")
    found = figures(told(names, market.recording, market.truth))
    shares = [found[name]["truth.open.share"] for name in found]
    assert shares[0].mean == pytest.approx(1)
    for better, worse in pairwise(shares):
        assert better.low > worse.high
    assert found["oracle"]["truth.open.regret"].high < 1e-12


def test_shoppers_without_wants_tell_nobody_apart_by_truth_or_bucket_though_the_log_seems_to():
    names = ("carousel", "prototype", "popular", "newest", "random")
    market = simulated("null")
    summary = told(names, market.recording, market.truth)
    for name, one in figures(summary).items():
        assert one["truth.open.share"].mean == pytest.approx(1), name
        assert one["bucket.percentile"].low <= 0.5 <= one["bucket.percentile"].high, name
    percentiles = [c for c in summary.comparisons if c.metric == "bucket.percentile"]
    assert all(c.p > 0.05 / len(percentiles) for c in percentiles)


class AtFirstPrices:
    """A truth that judges every car by the price it was published with, whatever is said now."""

    def __init__(self, market):
        self.truth = market.truth
        self.prices = np.array([float(listing.price) for listing in market.recording.listings])

    def chances(self, shopper, cars, at, prices):
        del prices
        return self.truth.chances(shopper, cars, at, self.prices[cars])

    def noise(self):
        return self.truth.noise()


def test_with_attributes_permuted_content_falls_to_the_level_of_the_popular_or_below():
    market = simulated("additive")
    recording, truth = market.recording, AtFirstPrices(market)
    order = np.random.default_rng(2).permutation(len(recording.listings))
    disguised = replace(
        recording,
        listings=tuple(
            recording.listings[other].model_copy(
                update={"id": own.id, "ref": own.ref, "listed_at": own.listed_at}
            )
            for own, other in zip(recording.listings, order, strict=True)
        ),
        prices=PriceChanges(np.zeros(0), *np.zeros((2, 0), dtype=np.int64)),
    )
    names = ("bumps-mean", "prototype", "popular", "random")
    honest, blind = (figures(told(names, one, truth)) for one in (recording, disguised))
    for name in ("bumps-mean", "prototype"):
        seen, unseen = (found[name]["truth.open.share"] for found in (honest, blind))
        assert seen.low > unseen.high
        assert unseen.mean < blind["popular"]["truth.open.share"].high


def test_the_engine_does_not_look_ahead_in_a_living_market():
    recording = simulated("additive").recording
    names = ("carousel", "prototype", "popular")
    assert find_leaks(lambda: [make(n) for n in names], recording, split_of(recording), 2) == []
