"""What a report found, in sentences made from its numbers and saying no more than they do.

Owns:    the paragraph at the top of the page.
Imports: evaluation.results, the rest of this package.
"""

import math
from collections.abc import Iterator, Mapping

from carousel.evaluation.report import arms, figures, standing
from carousel.evaluation.results import Comparison, MethodResult, Metric, Report

JUDGES = {
    "experiment": "the shoppers",
    "logged": "the log",
    "bucket": "random exposure",
    "truth": "the truth",
    "slate": "their slates",
}

MOST_LISTED = 3
"""More names than so many are counted instead."""

AGREES = 0.8
"""A tau from which two families order methods alike, for practical purposes."""


def sentences(report: Report) -> Iterator[str]:
    """Yield the findings: who leads, by how much, and whether the log would have known."""
    metric = standing.deciding(report)
    if metric is None:
        yield "Nothing could be measured."
        return
    top = standing.best(report, metric)
    if top is not None:
        yield _leader(report, metric, top)
        yield from _scale(report, metric, top)
        yield from _reference(report, metric)
    yield from _families(report, metric)


def _leader(report: Report, metric: Metric, top: MethodResult) -> str:
    one = standing.figure(top, metric)
    places = figures.decimals([one])
    rivals = [
        m.label for m in standing.contenders(report) if m.name in standing.tied(report, metric)
    ]
    reached = (
        f"{figures.number(one.mean, places)} (95\u00a0% interval {figures.interval(one, places)})"
    )
    by = f"By {figures.inside(metric.label)}"
    if len(standing.judges(report)) > 1:
        by = f"By {JUDGES[metric.family]} ({figures.inside(metric.label)})"
    if not rivals:
        return f"{by}, {top.label} leads with {reached}."
    many = len(rivals) > MOST_LISTED
    who = f"{len(rivals)} others" if many else _listed(rivals)
    return f"{by}, {top.label} comes first with {reached}, but {who} cannot be told apart from it."


def _reference(report: Report, metric: Metric) -> Iterator[str]:
    """Compare the reference with the strongest method of others, and with the prototype."""
    found = [one for one in standing.comparisons(report, metric) if math.isfinite(one.p)]
    others = [
        one
        for one in found
        if not standing.is_ours(one.method) and not standing.is_bound(one.method)
    ]
    strongest = others[:1]
    prototype = [one for one in others[1:] if one.method == standing.PROTOTYPE]
    if others:
        labels = {method.name: method.label for method in report.methods}
        told = [_compared(labels, metric, one) for one in strongest + prototype]
        reference = labels.get(others[0].reference, others[0].reference)
        how = "Each by its own shoppers" if arms.is_experiment(report) else "Person by person"
        yield f"{how}, {reference} is {' and '.join(told)}."


def _compared(labels: Mapping[str, str], metric: Metric, one: Comparison) -> str:
    other = labels.get(one.method, one.method)
    places = figures.decimals([one.difference])
    low, high = sorted((-one.difference.low, -one.difference.high))
    between = f"{figures.number(low, places)} to {figures.number(high, places)}"
    proof = f"({between}, p {figures.probability(one.p)})"
    if one.p >= standing.SIGNIFICANT:
        return f"not to be told apart from {other} {proof}"
    ahead = one.difference.mean * metric.better < 0
    size = figures.number(abs(one.difference.mean), places)
    return f"{size} {'better' if ahead else 'worse'} than {other} {proof}"


def _scale(report: Report, metric: Metric, top: MethodResult) -> Iterator[str]:
    """Say where the leader stands between chance and the oracle."""
    ends = {one.name: standing.figure(one, metric).mean for one in standing.bounds(report)}
    low, high = ends.get("random", math.nan), ends.get("oracle", math.nan)
    reached = standing.figure(top, metric).mean
    if math.isfinite(low) and math.isfinite(high) and high != low:
        share = (reached - low) / (high - low)
        yield f"That is {100 * share:.0f}\u00a0% of the way from a random order to a perfect one."


def _families(report: Report, metric: Metric) -> Iterator[str]:
    for family in ("logged", "bucket"):
        other = standing.leading(report, family)
        if other is None or other is metric:
            continue
        tau = standing.agreement(report, other, metric)
        favourite = standing.best(report, other)
        if not math.isfinite(tau) or favourite is None:
            continue
        place = standing.ranks(report, metric).get(favourite.name)
        if place is None:
            continue
        if not standing.decided(report, other):
            count = len(standing.tied(report, other))
            yield (
                f"{JUDGES[family].capitalize()} cannot choose here: {count} methods are not to be "
                f"told apart from its first, {favourite.label} ({figures.inside(other.label)})."
            )
            continue
        choice = (
            f"would have chosen the same, {favourite.label}"
            if place == 1
            else f"would have chosen {favourite.label}, in truth number {place}"
        )
        agrees = (
            "orders the methods much alike" if tau >= AGREES else "orders the methods otherwise"
        )
        yield (
            f"Judged by {JUDGES[family]}, one {choice}; it {agrees} "
            f"(Kendall's τ {figures.number(tau, 2)})."
        )


def _listed(names: list[str]) -> str:
    """Return names as a sentence lists them.

    >>> _listed(["a"]), _listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
