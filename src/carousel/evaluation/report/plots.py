"""Pictures of results, each by itself: for the page, a notebook or a paper.

Owns:    how intervals, pairs, curves, points and differences are drawn.
Imports: matplotlib (the extra ``lab``), numpy, evaluation.results, the rest of this package.

A function takes what is to be seen and returns a matplotlib figure whose unit is a CSS pixel. No
state of matplotlib's own is used or changed; text is written at its final size.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from carousel.evaluation.report import lettering, palette
from carousel.evaluation.report.drawn import Line, Point, Row
from carousel.evaluation.report.lettering import ROW, SIZE, SMALL, WIDTH
from carousel.evaluation.report.standing import is_bound
from carousel.evaluation.results import Estimate

STYLE: dict[Any, Any] = {
    "figure.dpi": 72,
    "font.family": "sans-serif",
    "font.size": SIZE,
    "text.color": palette.INK.day,
    "axes.edgecolor": palette.LINE.day,
    "axes.labelcolor": palette.MUTED.day,
    "axes.labelsize": SMALL,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "grid.color": palette.LINE.day,
    "grid.linewidth": 0.8,
    "xtick.color": palette.LINE.day,
    "xtick.labelcolor": palette.MUTED.day,
    "xtick.labelsize": SMALL,
    "ytick.color": palette.LINE.day,
    "ytick.labelcolor": palette.MUTED.day,
    "ytick.labelsize": SMALL,
    "ytick.major.size": 0,
    "svg.fonttype": "none",
}


def dots(rows: Sequence[Row], *, connected: bool = False) -> Figure:
    """Draw a dot with its interval for every method, the bounds set apart below.

    ``connected`` joins the real methods by a thin line: where it does not fall steadily, this
    measure orders them otherwise than the rows do.
    """
    with _canvas(rows) as (figure, axes, at):
        real = [(row, y) for row, y in zip(rows, at, strict=True) if not is_bound(row.name)]
        if connected:
            axes.plot(
                [row.estimate.mean for row, _ in real],
                [y for _, y in real],
                color=palette.LINE.day,
                linewidth=2.5,
                zorder=1,
            )
        for row, y in zip(rows, at, strict=True):
            _interval(axes, row.name, row.estimate, y)
            _mark(axes, row.name, row.estimate.mean, y)
        _room(axes, [row.estimate for row in rows])
    return figure


def pairs(rows: Sequence[Row], first: str, second: str) -> Figure:
    """Draw two dots for every method, joined: ``first`` hollow, ``second`` filled."""
    with _canvas(rows, head=True) as (figure, axes, at):
        for row, y in zip(rows, at, strict=True):
            other = row.second or row.estimate
            colour = palette.colour(row.name).day
            ends = [row.estimate.mean, other.mean]
            axes.plot(ends, [y, y], color=colour, linewidth=2, alpha=0.45, zorder=2)
            axes.plot(
                *(ends[0], y),
                marker="o",
                markersize=7.5,
                linestyle="none",
                markerfacecolor=palette.SURFACE.day,
                markeredgecolor=colour,
                markeredgewidth=1.6,
                zorder=3,
            )
            _mark(axes, row.name, ends[1], y, shape="o")
        everything = [one for row in rows for one in (row.estimate, row.second) if one]
        _room(axes, everything)
        _key(axes, first, second)
    return figure


def differences(rows: Sequence[Row], *, left: str, right: str) -> Figure:
    """Draw differences from a reference with their intervals around zero.

    ``left`` and ``right`` say what a difference to that side means.
    """
    with _canvas(rows, head=True) as (figure, axes, at):
        axes.plot(
            [0, 0], [at[-1] - 0.6, at[0] + 0.6], color=palette.MUTED.day, linewidth=1.2, zorder=1
        )
        for row, y in zip(rows, at, strict=True):
            _interval(axes, row.name, row.estimate, y)
            _mark(axes, row.name, row.estimate.mean, y)
        ends = [v for row in rows for v in (row.estimate.low, row.estimate.high, row.estimate.mean)]
        reach = (float(np.nanmax(np.abs(ends))) if np.isfinite(ends).any() else 0.0) or 1.0
        shown = [v for v in ends if np.isfinite(v)]
        low = min([*shown, -0.15 * reach]) - 0.06 * reach
        high = max([*shown, 0.15 * reach]) + 0.06 * reach
        axes.set_xlim(low, high)
        for text, x, align in ((f"← {left}", low, "left"), (f"{right} →", high, "right")):
            axes.text(
                *(x, at[0] + 1.05, text),
                ha=align,
                va="center",
                fontsize=SMALL,
                color=palette.MUTED.day,
            )
    return figure


def curves(
    lines: Sequence[Line], *, ticks: Sequence[str] = (), along: str = "", up: str = ""
) -> Figure:
    """Draw a curve for every method, named at its right end; bands for ours and the prototype's.

    Args:
        lines: the curves.
        ticks: names of x = 0, 1, ...; none for a numeric axis.
        along: what the horizontal axis shows.
        up: what the vertical axis shows.
    """
    with _axes(300, left=44, right=lettering.widest_name(lines) + 22, bottom=44, top=26) as (
        figure,
        axes,
    ):
        for line in sorted(lines, key=lambda one: palette.colour(one.name) is not palette.OTHER):
            _curve(axes, line)
        if ticks:
            axes.set_xticks(range(len(ticks)), ticks)
        else:
            axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True))
        axes.grid(visible=False, axis="x")
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
        axes.set_xlabel(along)
        axes.set_title(up, loc="left", x=-0.12, fontsize=SMALL, color=palette.MUTED.day)
        lettering.at_the_end(axes, lines)
    return figure


def scatter(points: Sequence[Point], *, along: str, up: str) -> Figure:
    """Draw methods between two measures, each named beside its mark."""
    with _axes(330, left=44, right=14, bottom=44, top=26) as (figure, axes):
        for point in points:
            colour = palette.colour(point.name).day
            x, y = point.x.mean, point.y.mean
            if np.isfinite(point.y.low):
                axes.plot([x, x], [point.y.low, point.y.high], color=colour, alpha=0.6)
            if np.isfinite(point.x.low):
                axes.plot([point.x.low, point.x.high], [y, y], color=colour, alpha=0.6)
            _mark(axes, point.name, x, y, shape="s" if is_bound(point.name) else "")
        axes.margins(0.08, 0.08)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6))
        axes.set_xlabel(along)
        axes.set_title(up, loc="left", x=-0.12, fontsize=SMALL, color=palette.MUTED.day)
        lettering.beside(axes, points)
    return figure


@contextmanager
def _axes(
    height: float, *, left: float, right: float, bottom: float, top: float
) -> Iterator[tuple[Figure, Axes]]:
    """Yield axes with margins in pixels; the figure is complete when the block ends."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH / 72, height / 72))
        wide, high = WIDTH - left - right, height - bottom - top
        axes = figure.add_axes((left / WIDTH, bottom / height, wide / WIDTH, high / height))
        yield figure, axes


@contextmanager
def _canvas(
    rows: Sequence[Row], *, head: bool = False
) -> Iterator[tuple[Figure, Axes, list[float]]]:
    """Yield axes with a line for each row and the height of each, the first at the top."""
    apart = 0.6 if any(is_bound(row.name) for row in rows) else 0.0
    at = [-index - (apart if is_bound(row.name) else 0.0) for index, row in enumerate(rows)]
    left = lettering.widest_label(rows) + 10
    right = max((lettering.width(row.note, SMALL) for row in rows), default=0.0) + 12
    top = 1.5 if head else 0.6
    units = top + (len(rows) - 1) + apart + 0.6
    with _axes(units * ROW + 26, left=left, right=right, bottom=24, top=2) as (figure, axes):
        axes.set_ylim(-(units - top), top)
        axes.set_yticks(at, [])
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
        for row, y in zip(rows, at, strict=True):
            _row_text(axes, row, y)
        yield figure, axes, at


def _row_text(axes: Axes, row: Row, y: float) -> None:
    over = axes.get_yaxis_transform()
    colour = palette.colour(row.name)
    ink = palette.MUTED if is_bound(row.name) else palette.INK
    axes.annotate(
        lettering.broken(row.label),
        xy=(0, y),
        xycoords=over,
        xytext=(-8, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        color=(ink if colour is palette.OTHER else colour).day,
        fontsize=lettering.size_of(row.label),
        linespacing=1.0,
        fontweight=lettering.weight(row.name),
    )
    axes.annotate(
        row.note,
        xy=(1, y),
        xycoords=over,
        xytext=(WIDTH * (1 - axes.get_position().x1) - 2, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=SMALL,
        color=palette.MUTED.day,
    )


def _interval(axes: Axes, name: str, one: Estimate, y: float) -> None:
    colour = palette.colour(name).day
    axes.plot([one.low, one.high], [y, y], color=colour, linewidth=2.4, alpha=0.55, zorder=2)


def _mark(axes: Axes, name: str, x: float, y: float, shape: str = "") -> None:
    shape = shape or palette.mark(name)
    axes.plot(
        *(x, y),
        marker=shape,
        linestyle="none",
        markersize={"D": 6.5, "|": 12}.get(shape, 7.5),
        color=palette.colour(name).day,
        markeredgewidth=2.2 if shape == "|" else 0,
        zorder=3,
    )


def _room(axes: Axes, estimates: Sequence[Estimate]) -> None:
    """Begin the axis at zero where that wastes little, and leave the outermost dots some room."""
    ends = [v for one in estimates for v in (one.low, one.mean, one.high) if np.isfinite(v)]
    if not ends:
        return
    low, high = min(ends), max(ends)
    if 0 <= low < 0.5 * high:
        low = 0.0
    span = (high - low) or 1.0
    axes.set_xlim(low - 0.03 * span, high + 0.05 * span)


def _key(axes: Axes, first: str, second: str) -> None:
    """Explain hollow and filled, above the rows."""
    text = f"○ {first}   ● {second}"
    axes.text(
        *(1.0, 0.95, text),
        transform=axes.get_yaxis_transform(),
        ha="right",
        va="center",
        fontsize=SMALL,
        color=palette.MUTED.day,
    )


def _curve(axes: Axes, line: Line) -> None:
    colour = palette.colour(line.name)
    stands_out = palette.leads(line.name)
    axes.plot(
        *(line.x, line.y),
        color=colour.day,
        linewidth=2.6 if stands_out else 1.3,
        linestyle=(0, (2, 2)) if is_bound(line.name) else "-",
        marker=None if is_bound(line.name) else palette.mark(line.name),
        markersize=5 if stands_out else 3.5,
        zorder=4 if stands_out else 2 + (colour is not palette.OTHER),
    )
    if stands_out and len(line.low):
        axes.fill_between(
            *(line.x, line.low, line.high), color=colour.day, alpha=0.13, linewidth=0, zorder=1
        )


def drawing(figure: Figure, salt: str) -> str:
    """Return a figure as SVG, the same text every time; ``salt`` keeps its ids its own."""
    text = io.StringIO()
    with mpl.rc_context({**STYLE, "svg.hashsalt": salt}):
        figure.savefig(text, format="svg", metadata={"Date": None}, transparent=True)
    return text.getvalue()
