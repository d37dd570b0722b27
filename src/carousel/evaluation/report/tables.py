"""The first table of a report: for the terminal, and as markdown.

Owns:    rows, columns and marks of the headline table, and what it says below it.
Imports: evaluation.results, rich, the rest of this package.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from carousel.evaluation.report import figures, grids, standing
from carousel.evaluation.report.drawn import Grid
from carousel.evaluation.results import Estimate, MethodResult, Metric, Report

BEST, TIED = "▲", "≈"
ARROWS = {1: "↑", -1: "↓", 0: ""}
"""Behind a metric's label: which way is better."""


@dataclass(frozen=True, slots=True)
class Column:
    """A metric of the table: its decimals, the best real method and those tied with it."""

    metric: Metric
    places: int
    best: str
    tied: frozenset[str]

    def heading(self) -> str:
        """Return the metric's label with the direction that is better."""
        return f"{self.metric.label}\u00a0{ARROWS[self.metric.better]}".rstrip()

    def mark(self, method: MethodResult) -> str:
        """Return the mark of a method's cell, empty for most."""
        if method.name == self.best:
            return BEST
        return TIED if method.name in self.tied else ""

    def cell(self, method: MethodResult) -> str:
        """Return a method's mean and half the width of its interval."""
        one = standing.figure(method, self.metric)
        text = f"{figures.number(one.mean, self.places)} {figures.spread(one, self.places)}"
        return text.rstrip()


def columns(report: Report, metrics: tuple[Metric, ...] | None = None) -> tuple[Column, ...]:
    """Return the columns of metrics, the headline's unless said otherwise."""
    return tuple(
        Column(
            metric, _places(report, metric), _best(report, metric), standing.tied(report, metric)
        )
        for metric in (standing.headlines(report) if metrics is None else metrics)
    )


def terminal(report: Report, width: int, *, commands: bool = False) -> RenderableType:
    """Return the report's table as rich shows it.

    Families stand side by side where ``width`` characters allow it, else one below the other.
    With ``commands`` every row's command follows; without, only the run's.
    """
    wanted = columns(report)
    whole = _table(report, wanted)
    if Measurement.get(Console(width=1000), Console(width=1000).options, whole).maximum > width:
        parts = [
            _table(report, some)
            for family in standing.FAMILIES
            if (some := tuple(c for c in wanted if c.metric.family == family))
        ]
    else:
        parts = [whole]
    more = [_sheet(one.title, one.grid) for one in grids.grids(report)]
    below = [Text(line, style="dim") for line in footer(report, commands=commands)]
    return Group(Text(report.title, style="bold"), *parts, *more, *below)


def markdown(report: Report, *, commands: bool = False) -> str:
    """Return the report's table in markdown, ending in a newline."""
    wanted = columns(report)
    heads = [f"{standing.FAMILY_NAMES.get(c.metric.family, '')}: {c.heading()}" for c in wanted]
    lines = [
        f"**{report.title}**",
        "",
        f"| method | {' | '.join(heads)} |",
        f"|---|{'---:|' * len(wanted)}",
    ]
    for method in (*standing.contenders(report), *standing.bounds(report)):
        cells = [_emphasised(column, method) for column in wanted]
        label = f"*{method.label}*" if standing.is_bound(method.name) else method.label
        lines.append(f"| {label} | {' | '.join(cells)} |")
    for more in grids.grids(report):
        lines += ["", f"**{more.title}**", "", *_lines(more.grid)]
    below = list(footer(report, commands=commands))
    return "\n".join([*lines, "", *(f"- {line}" for line in below)]) + "\n"


def footer(report: Report, *, commands: bool) -> Iterator[str]:
    """Yield what a reader of the table has to know, line by line."""
    yield (
        f"Mean and half its 95 % interval. {BEST} the best real method of a column, {TIED} not "
        "distinguishable from it."
    )
    for metric in standing.headlines(report):
        yield f"{standing.FAMILY_NAMES.get(metric.family, '')}, {metric.label}: {metric.meaning}"
    yield from remarks(report, everything=False)
    yield from report.notes
    counts = [f"{text} {count:,}" for text, count in report.counts.items() if count]
    if counts:
        yield f"Counts: {'; '.join(counts)}."
    made = report.provenance
    yield (
        f"Seed {made.seed}, data {made.data_hash[:12]}, {figures.duration(made.seconds)} on "
        f"{made.machine or 'a machine not named'}."
    )
    yield f"Again: {made.command}"
    if commands:
        yield from (f"{one.label}: {one.command}" for one in report.methods if one.command)


def remarks(report: Report, *, everything: bool) -> Iterator[str]:
    """Yield what is to be said of rows: of those without a headline, or only of the others."""
    keys = [metric for metric in standing.headlines(report) if metric.family != "slate"]
    for method in report.methods:
        whole = all(standing.measured(method, metric) for metric in keys)
        if method.remark and whole == everything:
            yield f"{method.label}: {method.remark}"


def glossary(report: Report) -> Mapping[str, tuple[Metric, ...]]:
    """Return all metrics, family by family, in the order to be shown."""
    return {
        family: found
        for family in standing.FAMILIES
        if (found := tuple(m for m in report.metrics if m.family == family))
    }


def _table(report: Report, wanted: tuple[Column, ...]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("", no_wrap=True)
    for column in wanted:
        family = standing.FAMILY_NAMES.get(column.metric.family, column.metric.family)
        table.add_column(
            Text(f"{family.lower()}\n{column.heading()}"), justify="right", no_wrap=True
        )
    rows = standing.contenders(report)
    for method in rows:
        ours = "bold" if method.name == standing.OURS else ""
        table.add_row(
            Text(method.label, style=ours),
            *(_cell(column, method) for column in wanted),
            end_section=method is rows[-1],
        )
    for method in standing.bounds(report):
        cells = (_cell(column, method) for column in wanted)
        table.add_row(Text(method.label, style="italic"), *cells, style="dim")
    return table


def _sheet(title: str, grid: Grid) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False
    )
    for number, cell in enumerate(grid.head):
        table.add_column(cell, justify="right" if number else "left", no_wrap=True)
    for row in grid.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _lines(grid: Grid) -> Iterator[str]:
    """Yield a table of text in markdown."""
    yield f"| {' | '.join(grid.head)} |"
    yield f"|---|{'---:|' * (len(grid.head) - 1)}"
    yield from (f"| {' | '.join(row)} |" for row in grid.rows)


def _cell(column: Column, method: MethodResult) -> Text:
    mark = column.mark(method)
    one = standing.figure(method, column.metric)
    cell = Text(f"{mark} " if mark else "", style="green")
    cell.append(
        figures.number(one.mean, column.places), style="bold" if mark == BEST else "default"
    )
    if spread := figures.spread(one, column.places):
        cell.append(f" {spread}", style="dim")
    return cell


def _emphasised(column: Column, method: MethodResult) -> str:
    mark, text = column.mark(method), column.cell(method)
    return f"**{text}** {mark}" if mark == BEST else f"{text} {mark}".rstrip()


def _places(report: Report, metric: Metric) -> int:
    return figures.decimals(_of(report, metric))


def _of(report: Report, metric: Metric) -> Iterator[Estimate]:
    return (standing.figure(method, metric) for method in report.methods)


def _best(report: Report, metric: Metric) -> str:
    top = standing.best(report, metric)
    return top.name if top else ""
