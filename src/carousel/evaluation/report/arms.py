"""The arms of an experiment on real shoppers: what each changes, as a table and as pictures.

Owns:    from an experiment's report to its differences; which reports are of one.
Imports: evaluation.results, the rest of this package.
"""

import math
from collections.abc import Iterator

from carousel.evaluation.report import figures, standing
from carousel.evaluation.report.drawn import Grid
from carousel.evaluation.results import Comparison, Metric, Report

WON = ".won"
"""Shares of won lists are compared with a half, and end in this."""


def is_experiment(report: Report) -> bool:
    """Return whether a report is of an experiment."""
    return any(metric.family == "experiment" for metric in report.metrics)


def compared(report: Report) -> Iterator[tuple[Metric, Comparison]]:
    """Yield the comparisons with the control, metric by metric in the order to be shown."""
    for metric in standing.headlines(report):
        for one in report.comparisons:
            if one.metric == metric.key and math.isfinite(one.difference.mean):
                yield metric, one


def changes(report: Report) -> Grid:
    """Return what every arm changes, how sure that is, and the change in per cent."""
    rows = []
    for metric, one in compared(report):
        places = figures.decimals([one.difference])
        rows.append(
            (
                metric.label,
                f"{one.method} less {_control(metric, one)}",
                figures.number(one.difference.mean, places),
                figures.interval(one.difference, places),
                _relative(report, metric, one),
                figures.probability(one.p),
                f"{one.difference.count:,}",
            )
        )
    return Grid(("", "arms", "difference", "95 % interval", "change", "p", "shoppers"), tuple(rows))


def _control(metric: Metric, one: Comparison) -> str:
    return "a half" if metric.key.endswith(WON) else one.reference


def _relative(report: Report, metric: Metric, one: Comparison) -> str:
    """Return a difference in per cent of the control's figure, where there is a figure."""
    control = next(method for method in report.methods if method.name == one.reference)
    level = standing.figure(control, metric).mean
    if metric.key.endswith(WON) or not level > 0:
        return figures.MISSING
    share = one.difference.mean / level
    return f"{figures.MINUS if share < 0 else '+'}{abs(share):.0%}"
