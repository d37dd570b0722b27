"""Tables of text beside the first one: arms, attention by place, estimates and truth, duels.

Owns:    what stands in them; a report without the data has none.
Imports: evaluation.results, the rest of this package.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from carousel.evaluation.report import arms, figures, standing
from carousel.evaluation.report.drawn import Grid
from carousel.evaluation.results import Comparison, Curve, Estimate, MethodResult, Metric, Report

PLACES = (1, 2, 3, 4, 5, 7, 10, 15, 20)
"""Of a list, those that are worth a column."""

DUEL = "duel.open"
LISTS = {"duel.lists": "lists, interleaved", "duel.ab_lists": "lists, A/B test"}


@dataclass(frozen=True, slots=True)
class Titled:
    """A table with what it shows, in a few words."""

    title: str
    grid: Grid


def grids(report: Report) -> Iterator[Titled]:
    """Yield the tables that the report has data for."""
    if arms.is_experiment(report):
        yield Titled("What the arms change", arms.changes(report))
    attention = examination(report.curves.get("examination", ()))
    if attention.rows:
        yield Titled("How likely a place is looked at, the first being 1", attention)
    if estimated(report):
        yield Titled("Does the interval hold the truth?", insides(report))
    if any(one.metric == DUEL for one in report.comparisons):
        yield Titled("Duels: interleaved lists before simulated shoppers", duels(report))


def examination(curves: Sequence[Curve]) -> Grid:
    """Return attention by place, one row a way to know it."""
    rows = []
    for curve in curves:
        at = dict(zip(curve.x, curve.y, strict=True))
        rows.append((curve.method, *(figures.number(at.get(k, math.nan), 2) for k in PLACES)))
    return Grid(("place", *map(str, PLACES)), tuple(rows))


def estimated(report: Report) -> list[Metric]:
    """Return the headline's metrics that estimate a truth that is known."""
    return [
        metric
        for metric in standing.headlines(report)
        if metric.family in ("logged", "bucket") and _pairs(report, metric)
    ]


def truth_of(report: Report, metric: Metric) -> Metric | None:
    """Return what a metric estimates: ``open.ips`` and ``open.truth`` share their first word."""
    return standing.metric_of(report, f"{metric.key.split('.')[0]}.truth")


def _pairs(report: Report, metric: Metric) -> list[tuple[MethodResult, Estimate, Estimate]]:
    truth = truth_of(report, metric)
    if truth is None:
        return []
    rows = (*standing.contenders(report), *standing.bounds(report))
    return [
        (one, standing.figure(one, metric), standing.figure(one, truth))
        for one in rows
        if standing.measured(one, metric) and standing.measured(one, truth)
    ]


def insides(report: Report) -> Grid:
    """Return every method's intervals beside its truth."""
    metrics = estimated(report)
    found = {m.key: {one.name: both for one, *both in _pairs(report, m)} for m in metrics}
    rows = []
    for method in (*standing.contenders(report), *standing.bounds(report)):
        cells = [found[metric.key].get(method.name) for metric in metrics]
        truths = [cell[1] for cell in cells if cell is not None]
        if truths:
            told = [figures.MISSING if cell is None else _interval(*cell) for cell in cells]
            rows.append((method.label, *told, figures.number(truths[0].mean, 3)))
    return Grid(("method", *(metric.label for metric in metrics), "truth"), tuple(rows))


def _interval(estimate: Estimate, truth: Estimate) -> str:
    held = "yes" if _holds(estimate, truth) else "no "
    return f"{figures.interval(estimate, 3)}  {held}"


def _holds(estimate: Estimate, truth: Estimate) -> bool:
    return estimate.low <= truth.mean <= estimate.high


def against_truth(report: Report, metric: Metric) -> Grid:
    """Return every method's estimate beside its truth, and whether the interval holds it."""
    pairs = _pairs(report, metric)
    places = figures.decimals(one for _, *both in pairs for one in both)
    return Grid(
        ("method", "estimate", "95 % interval", "truth", "inside"),
        tuple(
            (
                method.label,
                figures.number(estimate.mean, places),
                figures.interval(estimate, places),
                figures.number(truth.mean, places),
                "yes" if _holds(estimate, truth) else "no",
            )
            for method, estimate, truth in pairs
        ),
    )


def duels(report: Report) -> Grid:
    """Return who won, how sure that is, and how many lists it takes to see."""
    named: Mapping[str, MethodResult] = {one.name: one for one in report.methods}
    found = [one for one in report.comparisons if one.metric == DUEL]
    return Grid(
        ("duel", "won", "95 % interval", "p", "decided", *LISTS.values()),
        tuple(_duel(one, named) for one in found),
    )


def _duel(one: Comparison, named: Mapping[str, MethodResult]) -> tuple[str, ...]:
    method, reference = named[one.method], named[one.reference]
    won = one.difference
    return (
        f"{method.label} against {reference.label}",
        f"{won.mean + 0.5:.1%}",
        f"{won.low + 0.5:.1%} to {won.high + 0.5:.1%}",
        figures.probability(one.p),
        f"{won.count:,}",
        *(_lists(method.figures.get(key, standing.NOTHING).mean) for key in LISTS),
    )


def _lists(count: float) -> str:
    """Return a number of lists with two digits that mean something.

    >>> _lists(1234.0), _lists(float("nan"))
    ('1,200', 'more than played')
    """
    if not math.isfinite(count):
        return "more than played"
    step = 10 ** max(0, math.floor(math.log10(max(count, 1.0))) - 1)
    return f"{round(count / step) * step:,}"
