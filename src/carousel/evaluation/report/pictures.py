"""The pictures of a report, one function each: what is drawn, how to read it, its numbers.

Owns:    from results to a drawing with its words and its table; for the page and for notebooks.
Imports: evaluation.results, the rest of this package.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from matplotlib.figure import Figure

from carousel.evaluation.report import arms, figures, plots, standing
from carousel.evaluation.report.drawn import Grid, Line, Point, Row
from carousel.evaluation.results import Curve, Estimate, MethodResult, Metric, Report

OUT_OF_SIGHT = 1.6
"""An oracle so many times above all others would press their curves flat: it is left out."""

TIMES_ITS_SHARE = 5.0
"""A method that gives cars of some age so many times an even share is left out as well."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its heading, a sentence how to read it, the drawing, the numbers in it."""

    heading: str
    caption: str
    figure: Figure
    grid: Grid


def family(report: Report, metric: Metric) -> Picture:
    """Return every method's place by one measure, in the order of the deciding one."""
    ranks = standing.ranks(report, metric)
    places = _places(report, metric)
    rows = [
        Row(one.name, one.label, standing.figure(one, metric), _rank(ranks.get(one.name)))
        for one in measured(report, metric)
    ]
    return Picture(
        heading=standing.named(report, metric),
        caption=f"{metric.meaning} {_agreement(report, metric)}".rstrip(),
        figure=plots.dots(rows, connected=bool(metric.better)),
        grid=Grid(
            ("method", metric.label, "95 % interval", "people", "rank"),
            tuple(
                (
                    row.label,
                    figures.number(row.estimate.mean, places),
                    figures.interval(row.estimate, places),
                    f"{row.estimate.count:,}",
                    row.note,
                )
                for row in rows
            ),
        ),
    )


def differences(report: Report, metric: Metric) -> Picture | None:
    """Return how far every method is from the reference, None where nothing was compared."""
    labels = {one.name: one.label for one in report.methods}
    found = [
        one
        for one in standing.comparisons(report, metric)
        if math.isfinite(one.difference.mean) and not standing.is_bound(one.method)
    ]
    if not found:
        return None
    rows = [
        Row(
            *(one.method, labels.get(one.method, one.method), one.difference),
            f"p {figures.probability(one.p)}",
        )
        for one in found
    ]
    reference = labels.get(found[0].reference, found[0].reference)
    caption = f"Difference from {reference}, person by person."
    if arms.is_experiment(report):
        caption = f"Difference from {reference}, each for its own shoppers. {metric.meaning}"
        if metric.key.endswith(arms.WON):
            reference, caption = "a half", metric.meaning
    sides = ("worse", "better")[:: metric.better or 1]
    places = figures.decimals(row.estimate for row in rows)
    return Picture(
        heading=standing.named(report, metric),
        caption=caption,
        figure=plots.differences(rows, left=sides[0], right=sides[1]),
        grid=Grid(
            ("method", f"less {reference}", "95 % interval", "p", "people"),
            tuple(
                (
                    row.label,
                    figures.number(row.estimate.mean, places),
                    figures.interval(row.estimate, places),
                    row.note.removeprefix("p "),
                    f"{row.estimate.count:,}",
                )
                for row in rows
            ),
        ),
    )


def _line(name: str, label: str, estimates: Sequence[Estimate]) -> Line:
    """Return a method's line through estimates that stand side by side."""
    return Line(
        *(name, label, range(len(estimates))),
        [one.mean for one in estimates],
        [one.low for one in estimates],
        [one.high for one in estimates],
    )


def by_history(report: Report, metric: Metric) -> Picture:
    """Return a measure against the length of the shoppers' histories."""
    cut = parts_of(report, "history", metric)
    rows = [
        (one, [_slice(one, "history", value, metric) for value in cut])
        for one in _sliced(report, "history", metric)
    ]
    lines = [_line(one.name, one.label, estimates) for one, estimates in rows]
    drawn, words = _within_sight(lines)
    return Picture(
        heading=standing.named(report, metric),
        caption=f"{metric.meaning} {words}".rstrip(),
        figure=plots.curves(drawn, ticks=cut, along="events behind them", up=metric.label),
        grid=_grid([(one.label, estimates) for one, estimates in rows], cut),
    )


def newcomers(report: Report, kind: str, metric: Metric) -> Picture:
    """Return a measure on cold and on warm listings or shoppers, ``kind`` of the two."""
    first, second = parts_of(report, kind, metric)[:2]
    rows = [
        Row(
            *(one.name, one.label, _slice(one, kind, first, metric)),
            second=_slice(one, kind, second, metric),
        )
        for one in _sliced(report, kind, metric)
    ]
    return Picture(
        heading=f"{kind.capitalize()}s: {standing.named(report, metric)}",
        caption=metric.meaning,
        figure=plots.pairs(rows, first, second),
        grid=_grid(
            [(row.label, [row.estimate, row.second or standing.NOTHING]) for row in rows],
            (first, second),
        ),
    )


def accuracy_against(report: Report, metric: Metric, other: Metric) -> Picture:
    """Return the deciding measure against another one, such as diversity."""
    rows = [one for one in measured(report, metric) if standing.measured(one, other)]
    points = [
        Point(one.name, one.label, standing.figure(one, other), standing.figure(one, metric))
        for one in rows
    ]
    far = _far_above({one.name: one.y.mean for one in points})
    drawn = [one for one in points if one.name not in far]
    return Picture(
        heading=f"{metric.label} against {figures.inside(other.label)}",
        caption=f"{other.meaning} {_left_out(points, far)}".rstrip(),
        figure=plots.scatter(drawn, along=other.label, up=metric.label),
        grid=_grid([(p.label, [p.y, p.x]) for p in points], (metric.label, other.label)),
    )


def calibration(report: Report) -> Picture | None:
    """Return the share of cars opened by tenth of the score, None without such curves."""
    labels = {one.name: one.label for one in report.methods}
    order = [one.name for one in (*standing.contenders(report), *standing.bounds(report))]
    found = sorted(
        (curve for curve in report.curves.get("calibration", ()) if curve.method in labels),
        key=lambda curve: order.index(curve.method),
    )
    if not found:
        return None
    lines = [Line(one.method, labels[one.method], one.x, one.y, one.low, one.high) for one in found]
    drawn, words = _within_sight(lines)
    groups = sorted({x for line in lines for x in line.x})
    at = [dict(zip(line.x, line.y, strict=True)) for line in lines]
    return Picture(
        heading="Share opened by tenth of the score",
        caption=f"10 is the tenth of cars with the highest scores. {words}".rstrip(),
        figure=plots.curves(drawn, along="tenth of the score", up="share opened"),
        grid=Grid(
            ("method", *(f"{x:g}" for x in groups)),
            tuple(
                (line.label, *(figures.number(ys.get(x, math.nan), 3) for x in groups))
                for line, ys in zip(lines, at, strict=True)
            ),
        ),
    )


def ages(report: Report) -> Picture | None:
    """Return the places held by cars of each age, None without such curves."""
    labels = {one.name: one.label for one in report.methods}
    order = [one.name for one in (*standing.contenders(report), *standing.bounds(report))]
    found = sorted(
        (curve for curve in report.curves.get("ages", ()) if curve.method in labels),
        key=lambda curve: order.index(curve.method),
    )
    hours = sorted({x for curve in found for x in curve.x})
    if not hours:
        return None
    rows = [(curve.method, _at(curve, hours)) for curve in found]
    lines = [_line(name, labels[name], estimates) for name, estimates in rows]
    tops = {one.name: max((y for y in one.y if math.isfinite(y)), default=0.0) for one in lines}
    high = frozenset(name for name, top in tops.items() if top > TIMES_ITS_SHARE)
    words = figures.spans(hours)
    return Picture(
        heading="Places by how long a car has been for sale",
        caption=f"1 is as many as any other car for sale has. {_left_out(lines, high)}".rstrip(),
        figure=plots.curves(
            [line for line in lines if line.name not in high],
            ticks=words,
            along="on the market for",
            up="places, 1 is an even share",
        ),
        grid=_grid([(labels[name], estimates) for name, estimates in rows], words),
    )


def _at(curve: Curve, xs: Sequence[float]) -> list[Estimate]:
    """Return a curve's points at ``xs``, nothing where it has none."""
    points = {
        x: Estimate(y, low, high, 0)
        for x, y, low, high in zip_longest(
            curve.x, curve.y, curve.low, curve.high, fillvalue=math.nan
        )
    }
    return [points.get(x, standing.NOTHING) for x in xs]


def measured(report: Report, metric: Metric) -> list[MethodResult]:
    """Return the methods that have a number, in the order of rows."""
    rows = (*standing.contenders(report), *standing.bounds(report))
    return [one for one in rows if standing.measured(one, metric)]


def parts_of(report: Report, kind: str, metric: Metric) -> tuple[str, ...]:
    """Return the values of a slice for which anybody has the metric, in their order."""
    found: dict[str, None] = {}
    for one in _sliced(report, kind, metric):
        found |= {v: None for v, cut in one.slices[kind].items() if metric.key in cut}
    return tuple(found)


def _sliced(report: Report, kind: str, metric: Metric) -> Iterator[MethodResult]:
    for one in (*standing.contenders(report), *standing.bounds(report)):
        parts = one.slices.get(kind, {})
        if any(math.isfinite(_slice(one, kind, value, metric).mean) for value in parts):
            yield one


def _slice(one: MethodResult, kind: str, value: str, metric: Metric) -> Estimate:
    return one.slices.get(kind, {}).get(value, {}).get(metric.key, standing.NOTHING)


def _within_sight(lines: Sequence[Line]) -> tuple[list[Line], str]:
    """Return the curves without bounds far above all others, and a sentence that says so."""
    tops = {one.name: max((y for y in one.y if math.isfinite(y)), default=0.0) for one in lines}
    far = _far_above(tops)
    return [one for one in lines if one.name not in far], _left_out(lines, far)


def _far_above(tops: Mapping[str, float]) -> frozenset[str]:
    """Return the bounds that would press all others flat, by the largest value of each method."""
    highest = max((y for name, y in tops.items() if not standing.is_bound(name)), default=math.inf)
    return frozenset(
        name for name, y in tops.items() if standing.is_bound(name) and y > OUT_OF_SIGHT * highest
    )


def _left_out(drawn: Sequence[Line] | Sequence[Point], far: frozenset[str]) -> str:
    names = " and ".join(one.label for one in drawn if one.name in far)
    return f"Above the picture: {names}." if names else ""


def _grid(rows: Sequence[tuple[str, Sequence[Estimate]]], heads: Sequence[str]) -> Grid:
    places = figures.decimals(one for _, estimates in rows for one in estimates)
    return Grid(
        ("method", *heads),
        tuple(
            (
                label,
                *(
                    f"{figures.number(one.mean, places)} {figures.spread(one, places)}".rstrip()
                    for one in estimates
                ),
            )
            for label, estimates in rows
        ),
    )


def _agreement(report: Report, metric: Metric) -> str:
    decides = standing.deciding(report)
    if decides is None or decides is metric or metric.family == "slate":
        return ""
    tau = standing.agreement(report, metric, decides)
    if not math.isfinite(tau):
        return ""
    several = len(standing.judges(report)) > 1
    judge = standing.FAMILY_NAMES[decides.family].lower() if several else decides.label
    return f"Kendall's τ with {judge}: {figures.number(tau, 2)}."


def _places(report: Report, metric: Metric) -> int:
    return figures.decimals(standing.figure(one, metric) for one in report.methods)


def _rank(place: int | None) -> str:
    return "" if place is None else f"№ {place}"
