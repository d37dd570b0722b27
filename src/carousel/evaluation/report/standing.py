"""Who leads, by which family, and whom chance alone may have put behind.

Owns:    the order of methods, the best real one, ties, how well two families agree.
Imports: numpy, evaluation.{agreement,results}.

The oracle and the random order bound what is possible; they are no contenders. A contender counts
as tied with the best where a paired test against it finds no difference, or, where no such test was
made, where the two intervals overlap: the milder rule, which never calls a tie a victory.
"""

import math
from collections.abc import Iterable

import numpy as np

from carousel.evaluation.agreement import kendall
from carousel.evaluation.results import Comparison, Estimate, Family, MethodResult, Metric, Report

OURS, PROTOTYPE = "carousel", "prototype"
"""Names of the methods themselves; a variation's name goes on after a hyphen."""

FAMILIES = ("experiment", "logged", "bucket", "truth", "slate")
"""In the order in which they are shown."""

FAMILY_NAMES = {
    "experiment": "Shoppers",
    "logged": "Logged",
    "bucket": "Random exposure",
    "truth": "Truth",
    "slate": "Slates",
}

FAMILY_MEANINGS = {
    "experiment": "What real shoppers did who were served by each arm.",
    "logged": "Did the method rank what the shopper did next? Shoppers can only do something with "
    "what the recorded system showed them, so this favours methods that resemble it.",
    "bucket": "The same, counted only where chance chose the place of a car: less data, but no "
    "favour for the recorded system.",
    "truth": "What the shoppers of the simulation really want, known only to the judge.",
    "slate": "What the slates themselves are like, whoever they are shown to.",
}

SIGNIFICANT = 0.05
"""A smaller p counts as a difference."""

NOTHING = Estimate(math.nan, math.nan, math.nan, 0)


def is_bound(name: str) -> bool:
    """Return whether a method only says how high or low a number can be.

    >>> is_bound("oracle-contact"), is_bound("random"), is_bound("popular")
    (True, True, False)
    """
    return name == "random" or name.split("-", maxsplit=1)[0] == "oracle"


def is_ours(name: str) -> bool:
    """Return whether a method is one of Carousel's own.

    >>> is_ours("carousel"), is_ours("carousel-content"), is_ours("popularity")
    (True, True, False)
    """
    return name.split("-", maxsplit=1)[0] == OURS


def is_prototypes(name: str) -> bool:
    """Return whether a method is the prototype's, or a variation of it."""
    return name.split("-", maxsplit=1)[0] == PROTOTYPE


def figure(method: MethodResult, metric: Metric) -> Estimate:
    """Return what a method reached, NaN where nothing was measured."""
    return method.figures.get(metric.key, NOTHING)


def metric_of(report: Report, key: str) -> Metric | None:
    """Return a metric by its key."""
    return next((metric for metric in report.metrics if metric.key == key), None)


def headlines(report: Report) -> tuple[Metric, ...]:
    """Return the metrics of the first table, family by family."""
    chosen = [m for key in report.headline if (m := metric_of(report, key)) is not None]
    return tuple(sorted(chosen, key=lambda metric: _place(metric.family)))


def leading(report: Report, family: Family) -> Metric | None:
    """Return the metric a family is judged by: its first headline that says what is better."""
    return next((m for m in headlines(report) if m.family == family and m.better), None)


def judges(report: Report) -> tuple[Metric, ...]:
    """Return the metric that each family judges by, of those that judge: slates are described."""
    found = (leading(report, family) for family in FAMILIES if family != "slate")
    return tuple(metric for metric in found if metric is not None)


def named(report: Report, metric: Metric) -> str:
    """Return a metric's label, after its family's name where several families judge."""
    if metric.family == "slate" or len(judges(report)) < 2:  # noqa: PLR2004 (several)
        return metric.label
    return f"{FAMILY_NAMES[metric.family]}: {metric.label}"


def supported(report: Report, metrics: Iterable[Metric]) -> Metric | None:
    """Return the metric that most shoppers speak to, the first of equals: fit to be cut up."""

    def shoppers(metric: Metric) -> int:
        return max((figure(one, metric).count for one in report.methods), default=0)

    return max(metrics, key=shoppers, default=None)


def decided(report: Report, metric: Metric) -> bool:
    """Return whether a metric tells the best from at least half of the other real methods."""
    rows = [one for one in contenders(report) if measured(one, metric)]
    return len(tied(report, metric)) <= (len(rows) - 1) / 2


def deciding(report: Report) -> Metric | None:
    """Return the metric that orders the rows: the truth's, else the bucket's, else the log's.

    Of an experiment it is its own.
    """
    for family in ("experiment", "truth", "bucket", "logged", "slate"):
        metric = leading(report, family)
        if metric is not None and any(measured(one, metric) for one in report.methods):
            return metric
    return None


def measured(method: MethodResult, metric: Metric) -> bool:
    """Return whether there is a number."""
    return math.isfinite(figure(method, metric).mean)


def contenders(report: Report) -> tuple[MethodResult, ...]:
    """Return the real methods, best first by the deciding metric, those without a number last."""
    return _sorted([one for one in report.methods if not is_bound(one.name)], deciding(report))


def bounds(report: Report) -> tuple[MethodResult, ...]:
    """Return the rows that say how high and low a number can be, the highest first."""
    return _sorted([one for one in report.methods if is_bound(one.name)], deciding(report))


def best(report: Report, metric: Metric) -> MethodResult | None:
    """Return the real method with the best mean, None where no one has one or none is better."""
    rows = [one for one in contenders(report) if measured(one, metric)]
    if not rows or not metric.better:
        return None
    return max(rows, key=lambda one: metric.better * figure(one, metric).mean)


def tied(report: Report, metric: Metric) -> frozenset[str]:
    """Return the names of the real methods that chance alone may have put behind the best."""
    top = best(report, metric)
    if top is None:
        return frozenset()
    return frozenset(
        one.name
        for one in contenders(report)
        if one is not top and measured(one, metric) and not _differ(report, metric, top, one)
    )


def comparisons(report: Report, metric: Metric) -> tuple[Comparison, ...]:
    """Return the paired comparisons by a metric, the best difference first."""
    found = [one for one in report.comparisons if one.metric == metric.key]
    sign = metric.better or 1
    return tuple(sorted(found, key=lambda one: -sign * one.difference.mean))


def ranks(report: Report, metric: Metric) -> dict[str, int]:
    """Return the place of every real method that has a number, 1 is best."""
    rows = [one for one in contenders(report) if measured(one, metric)]
    ordered = _sorted(rows, metric)
    return {one.name: place for place, one in enumerate(ordered, start=1)}


def agreement(report: Report, one: Metric, other: Metric) -> float:
    """Return Kendall's tau-b of two metrics' orders of the real methods, NaN for fewer than three.

    1 means the same order, 0 none in common, -1 the reverse.
    """
    rows = [m for m in contenders(report) if measured(m, one) and measured(m, other)]
    if len(rows) < 3:  # noqa: PLR2004 (two methods agree or they do not; that is no correlation)
        return math.nan
    return kendall(
        np.array([one.better * figure(m, one).mean for m in rows]),
        np.array([other.better * figure(m, other).mean for m in rows]),
    )


def _differ(report: Report, metric: Metric, top: MethodResult, other: MethodResult) -> bool:
    for one in report.comparisons:
        if one.metric == metric.key and {one.method, one.reference} == {top.name, other.name}:
            return one.p < SIGNIFICANT
    high, low = figure(top, metric), figure(other, metric)
    return not (high.low <= low.high and low.low <= high.high)


def _sorted(rows: list[MethodResult], metric: Metric | None) -> tuple[MethodResult, ...]:
    if metric is None:
        return tuple(rows)

    def place(one: MethodResult) -> float:
        mean = figure(one, metric).mean
        return -(metric.better or 1) * mean if math.isfinite(mean) else math.inf

    return tuple(sorted(rows, key=place))


def _place(family: Family) -> int:
    return FAMILIES.index(family) if family in FAMILIES else len(FAMILIES)
