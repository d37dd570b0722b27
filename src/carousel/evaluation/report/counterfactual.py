"""The pictures of a counterfactual study: attention, estimates beside the truth, duels.

Owns:    from a study's report to drawings with their words and tables.
Imports: evaluation.results, the rest of this package.
"""

from carousel.evaluation.report import figures, grids, plots, standing
from carousel.evaluation.report.drawn import Line, Row
from carousel.evaluation.report.pictures import Picture
from carousel.evaluation.results import Comparison, Metric, Report

DRAWN_AS = {"truth": "carousel", "random exposure": "prototype", "fitted": "oracle"}
"""The curves of attention take colours of methods; the one with the interval needs a strong one."""


def examination(report: Report) -> Picture | None:
    """Return how attention falls with position, None without such curves."""
    found = report.curves.get("examination", ())
    if not found:
        return None
    lines = [
        Line(DRAWN_AS.get(one.method, one.method), one.method, one.x, one.y, one.low, one.high)
        for one in found
    ]
    return Picture(
        heading="Attention by place",
        caption="How likely a place is looked at, the first being 1. The band is the interval of "
        "what was measured at random places.",
        figure=plots.curves(lines, along="place in the list", up="share of the first place"),
        grid=grids.examination(found),
    )


def against_truth(report: Report, metric: Metric) -> Picture:
    """Return a metric of every method joined with its truth."""
    truth = grids.truth_of(report, metric)
    rows = [
        Row(
            *(one.name, one.label, standing.figure(one, metric)),
            second=standing.figure(one, truth or metric),
        )
        for one in (*standing.contenders(report), *standing.bounds(report))
        if standing.measured(one, metric)
    ]
    return Picture(
        heading=metric.label,
        caption=metric.meaning,
        figure=plots.pairs(rows, "estimated", "true"),
        grid=grids.against_truth(report, metric),
    )


def duels(report: Report) -> Picture | None:
    """Return who won the duels against the reference, None where none was fought."""
    labels = {one.name: one.label for one in report.methods}
    found = [one for one in report.comparisons if one.metric == grids.DUEL]
    if not found:
        return None
    rows = [
        Row(one.method, labels[one.method], one.difference, f"p {figures.probability(one.p)}")
        for one in sorted(found, key=_place)
    ]
    reference = labels[found[0].reference]
    return Picture(
        heading=f"Duels against {reference}",
        caption="Of the interleaved lists that one side won, the share won, less a half.",
        figure=plots.differences(rows, left=f"{reference} wins", right="it loses"),
        grid=grids.duels(report),
    )


def _place(one: Comparison) -> tuple[bool, float]:
    """Sort duels by who won most, the bounds last."""
    return standing.is_bound(one.method), -one.difference.mean
