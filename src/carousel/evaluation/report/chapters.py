"""What the page shows, in order: chapters of pictures, each with its words and its table.

Owns:    which results become which picture; a chapter without data is left out.
Imports: evaluation.results, the rest of this package.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from carousel.evaluation.report import figures, plots, standing
from carousel.evaluation.report.drawn import Line, Point, Row
from carousel.evaluation.results import Estimate, MethodResult, Metric, Report

PICTURED = ("diversity", "novelty", "gini", "first_shown", "coverage")
"""What slates are like, as far as it is drawn; the rest is in the tables."""

OUT_OF_SIGHT = 1.6
"""An oracle so many times above all others would press their curves flat: it is left out."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of text: the head's cells, then the rows', the first of each its label."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its heading, a sentence how to read it, the drawing, the numbers in it."""

    heading: str
    caption: str
    figure: Figure
    grid: Grid


@dataclass(frozen=True, slots=True)
class Chapter:
    """A question, what answers it, and how to read the answer."""

    key: str
    title: str
    words: str
    pictures: tuple[Picture, ...]


def chapters(report: Report) -> Iterator[Chapter]:
    """Yield the chapters that the report has data for."""
    for key, title, words, pictures in (
        (
            "families",
            "One order of methods, three judges",
            (
                "Every picture lists the methods in the same order. Where the pale line turns "
                "back to the right, that judge would have ranked them otherwise."
            ),
            _families(report),
        ),
        (
            "pairs",
            "Is the difference real?",
            (
                "Each method less the reference, for the same shoppers. An interval that keeps "
                "clear of zero is a difference; one across it may be chance."
            ),
            _differences(report),
        ),
        (
            "history",
            "How much does a shopper have to do first?",
            "Shoppers grouped by how many events they had behind them at that moment.",
            _histories(report),
        ),
        (
            "cold",
            "What about newcomers?",
            "The same measure for those nothing is known about yet, and for the others.",
            _newcomers(report),
        ),
        (
            "slates",
            "What do the slates look like?",
            "A slate can be right and still dull, or serve a few sellers only.",
            _slates(report),
        ),
        (
            "calibration",
            "Does a higher score mean a better car?",
            (
                "Cars put in ten groups by the method's own score, the lowest first. A curve that "
                "rises all the way says that scores mean something over the whole range."
            ),
            _calibration(report),
        ),
    ):
        found = tuple(pictures)
        if found:
            yield Chapter(key, title, words, found)


def family(report: Report, metric: Metric) -> Picture:
    """Return every method's place by one measure, in the order of the deciding one."""
    ranks = standing.ranks(report, metric)
    places = _places(report, metric)
    rows = [
        Row(one.name, one.label, standing.figure(one, metric), _rank(ranks.get(one.name)))
        for one in _measured(report, metric)
    ]
    return Picture(
        heading=_named(metric),
        caption=f"{metric.meaning} {_agreement(report, metric)}".rstrip(),
        figure=plots.dots(rows, connected=bool(metric.better)),
        grid=Grid(
            ("method", metric.label, "95 % interval", "shoppers", "rank"),
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


def by_history(report: Report, metric: Metric) -> Picture:
    """Return a measure against the length of the shoppers' histories."""
    values = _values(report, "history", metric)
    rows = [
        (one, [_slice(one, "history", value, metric) for value in values])
        for one in _sliced(report, "history", metric)
    ]
    lines = [
        Line(
            *(one.name, one.label, range(len(values))),
            [estimate.mean for estimate in estimates],
            [estimate.low for estimate in estimates],
            [estimate.high for estimate in estimates],
        )
        for one, estimates in rows
    ]
    drawn, words = _within_sight(lines)
    return Picture(
        heading=_named(metric),
        caption=f"{metric.meaning} {words}".rstrip(),
        figure=plots.curves(drawn, ticks=values, along="events behind them", up=metric.label),
        grid=_grid([(one.label, estimates) for one, estimates in rows], values),
    )


def newcomers(report: Report, kind: str, metric: Metric) -> Picture:
    """Return a measure on cold and on warm listings or shoppers, ``kind`` of the two."""
    first, second = _values(report, kind, metric)[:2]
    rows = [
        Row(
            *(one.name, one.label, _slice(one, kind, first, metric)),
            second=_slice(one, kind, second, metric),
        )
        for one in _sliced(report, kind, metric)
    ]
    return Picture(
        heading=f"{kind.capitalize()}s: {_named(metric)}",
        caption=metric.meaning,
        figure=plots.pairs(rows, first, second),
        grid=_grid(
            [(row.label, [row.estimate, row.second or standing.NOTHING]) for row in rows],
            (first, second),
        ),
    )


def accuracy_against(report: Report, metric: Metric, other: Metric) -> Picture:
    """Return the deciding measure against another one, such as diversity."""
    rows = [one for one in _measured(report, metric) if standing.measured(one, other)]
    points = [
        Point(one.name, one.label, standing.figure(one, other), standing.figure(one, metric))
        for one in rows
    ]
    return Picture(
        heading=f"{metric.label} against {figures.inside(other.label)}",
        caption=f"{other.meaning} The best of both worlds is at the top right.",
        figure=plots.scatter(points, along=other.label, up=metric.label),
        grid=_grid([(p.label, [p.y, p.x]) for p in points], (metric.label, other.label)),
    )


def _families(report: Report) -> Iterator[Picture]:
    for metric in _leading(report):
        if any(True for _ in _measured(report, metric)):
            yield family(report, metric)


def _differences(report: Report) -> Iterator[Picture]:
    labels = {one.name: one.label for one in report.methods}
    for metric in _leading(report):
        found = [
            one
            for one in standing.comparisons(report, metric)
            if math.isfinite(one.difference.mean) and not standing.is_bound(one.method)
        ]
        if not found:
            continue
        rows = [
            Row(
                *(one.method, labels.get(one.method, one.method), one.difference),
                f"p {figures.probability(one.p)}",
            )
            for one in found
        ]
        reference = labels.get(found[0].reference, found[0].reference)
        sides = ("worse", "better")[:: metric.better]
        places = figures.decimals(row.estimate for row in rows)
        yield Picture(
            heading=_named(metric),
            caption=f"Difference from {reference}, paired by shopper.",
            figure=plots.differences(rows, left=sides[0], right=sides[1]),
            grid=Grid(
                ("method", f"less {reference}", "95 % interval", "p", "shoppers"),
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


def _histories(report: Report) -> Iterator[Picture]:
    regrets = [m for m in report.metrics if m.family == "truth" and "regret" in m.key][:1]
    for metric in dict.fromkeys([*reversed(_leading(report)), *regrets]):
        if _values(report, "history", metric):
            yield by_history(report, metric)


def _newcomers(report: Report) -> Iterator[Picture]:
    for kind in ("listing", "shopper"):
        for metric in reversed(_leading(report)):
            if len(_values(report, kind, metric)) > 1:
                yield newcomers(report, kind, metric)


def _slates(report: Report) -> Iterator[Picture]:
    decides = standing.deciding(report)
    for word in PICTURED:
        metric = next((m for m in report.metrics if m.key == f"slate.{word}"), None)
        if metric is None or not any(True for _ in _measured(report, metric)):
            continue
        if metric.better == 0 and decides is not None:
            yield accuracy_against(report, decides, metric)
        else:
            yield family(report, metric)


def _calibration(report: Report) -> Iterator[Picture]:
    labels = {one.name: one.label for one in report.methods}
    order = [one.name for one in (*standing.contenders(report), *standing.bounds(report))]
    found = sorted(
        (curve for curve in report.curves.get("calibration", ()) if curve.method in labels),
        key=lambda curve: order.index(curve.method),
    )
    if not found:
        return
    lines = [Line(one.method, labels[one.method], one.x, one.y, one.low, one.high) for one in found]
    groups = sorted({x for line in lines for x in line.x})
    at = [dict(zip(line.x, line.y, strict=True)) for line in lines]
    yield Picture(
        heading="Share opened by tenth of the score",
        caption="10 is the tenth of cars with the highest scores.",
        figure=plots.curves(lines, along="tenth of the score", up="share opened"),
        grid=Grid(
            ("method", *(f"{x:g}" for x in groups)),
            tuple(
                (line.label, *(figures.number(ys.get(x, math.nan), 3) for x in groups))
                for line, ys in zip(lines, at, strict=True)
            ),
        ),
    )


def _within_sight(lines: Sequence[Line]) -> tuple[list[Line], str]:
    """Return the curves without bounds far above all others, and a sentence that says so."""
    highest = max(
        (y for one in lines if not standing.is_bound(one.name) for y in one.y if math.isfinite(y)),
        default=math.inf,
    )
    kept: list[Line] = []
    left_out: list[Line] = []
    for one in lines:
        tops = [y for y in one.y if math.isfinite(y)]
        far = standing.is_bound(one.name) and max(tops, default=0.0) > OUT_OF_SIGHT * highest
        (left_out if far else kept).append(one)
    names = " and ".join(one.label for one in left_out)
    return kept, f"Above the picture: {names}." if left_out else ""


def _measured(report: Report, metric: Metric) -> Iterator[MethodResult]:
    for one in (*standing.contenders(report), *standing.bounds(report)):
        if standing.measured(one, metric):
            yield one


def _sliced(report: Report, kind: str, metric: Metric) -> Iterator[MethodResult]:
    for one in (*standing.contenders(report), *standing.bounds(report)):
        values = one.slices.get(kind, {})
        if any(math.isfinite(_slice(one, kind, value, metric).mean) for value in values):
            yield one


def _values(report: Report, kind: str, metric: Metric) -> tuple[str, ...]:
    """Return the values of a slice for which anybody has the metric, in their order."""
    values: dict[str, None] = {}
    for one in _sliced(report, kind, metric):
        values |= {v: None for v, found in one.slices[kind].items() if metric.key in found}
    return tuple(values)


def _slice(one: MethodResult, kind: str, value: str, metric: Metric) -> Estimate:
    return one.slices.get(kind, {}).get(value, {}).get(metric.key, standing.NOTHING)


def _leading(report: Report) -> tuple[Metric, ...]:
    """Return the metric that each judge judges by, in the order of the families."""
    found = (standing.leading(report, name) for name in ("logged", "bucket", "truth"))
    return tuple(metric for metric in found if metric is not None)


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
    judge = standing.FAMILY_NAMES[decides.family].lower()
    return f"Kendall's τ with {judge}: {figures.number(tau, 2)}."


def _named(metric: Metric) -> str:
    name = standing.FAMILY_NAMES.get(metric.family, metric.family)
    return metric.label if metric.family == "slate" else f"{name}: {metric.label}"


def _places(report: Report, metric: Metric) -> int:
    return figures.decimals(standing.figure(one, metric) for one in report.methods)


def _rank(place: int | None) -> str:
    return "" if place is None else f"№ {place}"
