"""A report with everything a report can have: families, slices, curves, gaps."""

import math

import numpy as np
import pytest

from carousel.evaluation.results import (
    Comparison,
    Curve,
    Estimate,
    MethodResult,
    Metric,
    Provenance,
    Report,
)

# method -> (label, logged, bucket, share of the best, diversity, gini, hours, by history)
METHODS = {
    "newest": ("Newest first", 0.0031, 0.114, 0.061, 0.95, 0.62, 0.4, (0.06, 0.06, 0.06, 0.06)),
    "carousel": ("Carousel", 0.0317, 0.275, 0.610, 0.71, 0.55, 5.1, (0.16, 0.387, 0.509, 0.670)),
    "carousel-no-exposure": (
        *("Carousel without popularity", 0.0238, 0.270, 0.603, 0.70, 0.52, 4.8),
        (0.12, 0.37, 0.50, 0.66),
    ),
    "prototype": ("Prototype", 0.0139, 0.184, 0.263, 0.41, 0.58, 6.3, (0.06, 0.229, 0.251, 0.272)),
    "prototype-flat-mean": (
        *("Prototype, flat mean", 0.0087, 0.236, 0.376, 0.47, 0.57, 6.0),
        (0.06, 0.264, 0.345, 0.398),
    ),
    "popular": ("Popularity", 0.0479, 0.148, 0.145, 0.83, 0.97, 71.0, (0.12, 0.12, 0.15, 0.15)),
    "implicit-als": (
        "implicit ALS",
        0.0153,
        0.158,
        0.262,
        0.66,
        0.81,
        55.0,
        (0.10, 0.152, 0.199, 0.297),
    ),
    "lightfm": ("LightFM", 0.0155, 0.249, 0.434, 0.61, 0.64, 20.0, (0.10, 0.160, 0.260, 0.529)),
    "oracle": ("Oracle", 0.0611, 0.412, 1.0, 0.68, 0.60, 7.0, (1.0, 1.0, 1.0, 1.0)),
    "random": ("Random", 0.0002, 0.089, 0.063, 0.98, 0.08, 3.0, (0.06, 0.06, 0.06, 0.06)),
}

METRICS = (
    Metric("contact.ndcg@10", "logged", "NDCG@10", 1, "How high the next contact was ranked."),
    Metric(
        "view.recall@20", "logged", "View recall@20", 1, "How often the next view was on the slate."
    ),
    Metric("bucket.auc", "bucket", "AUC", 1, "How high a car opened by chance was ranked."),
    Metric("truth.open.share", "truth", "Share of the best", 1, "Chance of an open, of the best."),
    Metric("truth.open.regret", "truth", "Regret", -1, "Chance of an open lost to the best slate."),
    Metric("slate.diversity", "slate", "Diversity", 0, "Mean distance of two cars of a slate."),
    Metric("slate.gini", "slate", "Concentration", -1, "Gini of the impressions of sellers."),
    Metric("slate.first_shown", "slate", "Hours to be seen", -1, "Median of new listings."),
)

HISTORY = ("0", "1-2", "3-10", ">10")


def around(mean, width, count=812):
    return Estimate(mean, mean - width, mean + width * 1.1, count)


def method(name):
    label, logged, bucket, share, diversity, gini, hours, history = METHODS[name]
    means = (logged, logged * 3.2, bucket, share, (1 - share) * 0.31, diversity, gini, hours)
    widths = (0.0024, 0.004, 0.021, 0.014, 0.005, 0.006, 0.01, hours / 9)
    bucket_slices = {
        value: {
            "truth.open.share": around(one, 0.03, 90),
            "truth.open.regret": around((1 - one) * 0.31, 0.01, 90),
            "contact.ndcg@10": around(logged * (0.5 + one), 0.003, 90),
        }
        for value, one in zip(HISTORY, history, strict=True)
    }
    cold = {
        value: {
            "truth.open.share": around(share * part, 0.02),
            "contact.ndcg@10": around(logged, 0.003),
        }
        for value, part in (("cold", 0.9), ("warm", 1.05))
    }
    return MethodResult(
        name=name,
        label=label,
        figures={
            metric.key: around(mean, width)
            for metric, mean, width in zip(METRICS, means, widths, strict=True)
        },
        slices={"history": bucket_slices, "listing": cold, "shopper": cold},
        seconds=12.5,
        command=f"./carousel evaluate market data/market --seed 7 --methods {name}",
    )


def compared(name, metric, key):
    difference = method(name).figures[key].mean - method("carousel").figures[key].mean
    close = name == "carousel-no-exposure"
    return Comparison(
        *(name, "carousel", metric, around(difference, 0.012 if metric.startswith("t") else 0.003)),
        0.31 if close else 0.0002,
    )


def calibration(name):
    deciles = np.arange(1, 11)
    spread = METHODS[name][3]
    share = 0.08 + spread * 0.12 * (deciles / 10) ** 2
    return Curve(
        name, tuple(map(float, deciles)), tuple(share), tuple(share - 0.01), tuple(share + 0.01)
    )


def ages(name):
    hours = (0.0, 1.0, 6.0, 24.0, 72.0)
    share = np.full(5, 1.0) if name != "newest" else np.array([60.0, 2.0, 0.0, 0.0, 0.0])
    return Curve(name, hours, tuple(share), tuple(share - 0.1), tuple(share + 0.1))


def made_report():
    gone = MethodResult(
        "slim", "SLIM", {}, remark="Left out: the package fastslim is not installed."
    )
    keys = ("contact.ndcg@10", "bucket.auc", "truth.open.share")
    return Report(
        title="Eight ways to recommend cars, replayed",
        summary="A simulated market of 60 days, split at day 48.",
        metrics=METRICS,
        headline=("truth.open.share", "contact.ndcg@10", "bucket.auc", "slate.diversity"),
        methods=(*map(method, METHODS), gone),
        comparisons=tuple(
            compared(name, key, key) for name in METHODS if name != "carousel" for key in keys
        ),
        counts={"moments replayed": 3206, "moments dropped: nothing left to rank": 12},
        curves={
            "calibration": tuple(calibration(name) for name in METHODS),
            "ages": tuple(ages(name) for name in METHODS),
        },
        provenance=Provenance(
            command="./carousel evaluate market data/market --seed 7",
            made_at="2026-11-21T10:00:00+00:00",
            seed=7,
            data="data/market: 45,000 listings, 12,000 shoppers, 60 days",
            data_hash="9f2c" * 16,
            settings={"split": 0.8, "limit": 10, "reference": "carousel", "leaks": False},
            versions={"python": "3.11.7", "numpy": "2.4.1"},
            seconds=143.2,
            machine="2 cores, 24 GiB of memory",
        ),
        notes=("The oracle knows what no method can.",),
    )


@pytest.fixture(scope="session")
def report():
    return made_report()


@pytest.fixture(scope="session")
def nothing():
    return Estimate(math.nan, math.nan, math.nan, 0)
