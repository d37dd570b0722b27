"""The names of methods beside what is drawn of them, in place of legends.

Owns:    sizes of pictures and letters, writing a name.
Imports: matplotlib (the extra ``lab``), numpy, the rest of this package.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from carousel.evaluation.report import labels, palette
from carousel.evaluation.report.drawn import Line, Point, Row
from carousel.evaluation.report.standing import OURS
from carousel.evaluation.results import Estimate

WIDTH = 400.0
"""Of a picture, pixels: two or three stand side by side on a desk, one fills a phone."""

ROW = 23.0
"""Height of one method's row, pixels."""

SIZE, SMALL = 12.5, 11.0
"""Of text, pixels."""

BROKEN = 10.0
"""Of a row's label in two lines."""

LONGEST = 26
"""Letters of a row's label in one line."""


def at_the_end(axes: Axes, lines: Sequence[Line]) -> None:
    """Write each curve's name at its right end, moved apart where they would overlap."""
    ends = []
    for line in lines:
        seen = np.flatnonzero(np.isfinite(line.y))
        if len(seen):
            ends.append((line.y[seen[-1]], line.x[seen[-1]], line))
    ends.sort(key=lambda one: one[0])
    bottom, top = axes.get_ylim()
    unit = (top - bottom) / _height(axes)
    heights = labels.spaced([y for y, _, _ in ends], gap=(SMALL + 2.5) * unit, low=bottom, high=top)
    right = max((x for _, x, _ in ends), default=0.0)
    left, edge = axes.get_xlim()
    step = (edge - left) / 60
    axes.set_xlim(left, right + step)
    for (y, x, line), height in zip(ends, heights, strict=True):
        colour = palette.colour(line.name)
        axes.plot(
            *([x + 0.4 * step, right + 2.5 * step], [y, height]),
            color=palette.LINE.day,
            linewidth=0.9,
            clip_on=False,
            zorder=0,
        )
        axes.text(
            *(right + 3 * step, height, line.label),
            va="center",
            fontsize=SMALL,
            color=(palette.MUTED if colour is palette.OTHER else colour).day,
            fontweight=weight(line.name),
        )


def beside(axes: Axes, points: Sequence[Point]) -> None:
    """Write each point's name where it covers no mark and no other name."""
    place = axes.get_position()
    wide, high = WIDTH * place.width, _height(axes)
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    marks = [
        (wide * (one.x.mean - left) / (right - left), high * (one.y.mean - bottom) / (top - bottom))
        for one in points
    ]
    sizes = [(width(one.label, SMALL, weight(one.name)), SMALL + 1) for one in points]
    spans = (0.0, WIDTH * (1 - place.x0))
    lines = [
        box
        for one, (x, y) in zip(points, marks, strict=True)
        for box in (
            (
                x - _half(one.x, wide, right - left),
                y - 1,
                x + _half(one.x, wide, right - left),
                y + 1,
            ),
            (
                x - 1,
                y - _half(one.y, high, top - bottom),
                x + 1,
                y + _half(one.y, high, top - bottom),
            ),
        )
    ]
    corners = labels.beside(marks, sizes, spans, lines)
    for point, mark, corner, size in zip(points, marks, corners, sizes, strict=True):
        colour = palette.colour(point.name)
        middle = (corner[0] + size[0] / 2, corner[1])
        if abs(middle[1] - mark[1]) > SMALL * 1.5:
            axes.annotate(
                "",
                xy=(mark[0] / wide, mark[1] / high),
                xytext=(middle[0] / wide, middle[1] / high),
                xycoords="axes fraction",
                arrowprops={"arrowstyle": "-", "color": palette.OTHER.day, "linewidth": 0.7},
                zorder=0,
            )
        axes.annotate(
            point.label,
            xy=(corner[0] / wide, corner[1] / high),
            xycoords="axes fraction",
            va="center",
            fontsize=SMALL,
            color=(palette.MUTED if colour is palette.OTHER else colour).day,
            fontweight=weight(point.name),
        )


def _half(one: Estimate, pixels: float, span: float) -> float:
    """Return half the length of an interval, pixels."""
    length = (one.high - one.low) / 2 * pixels / span
    return length if np.isfinite(length) else 0.0


def broken(label: str) -> str:
    r"""Return a long label in two lines.

    >>> broken("Popularity"), broken("Carousel factors, foretold for new items")
    ('Popularity', 'Carousel factors,\nforetold for new items')
    """
    if len(label) <= LONGEST:
        return label
    places = [n for n, letter in enumerate(label) if letter == " "]
    middle = min(places, key=lambda n: abs(2 * n - len(label)), default=0)
    return f"{label[:middle]}\n{label[middle + 1 :]}" if middle else label


def weight(name: str) -> str:
    """Return the weight in which a method's name is written."""
    return "bold" if name == OURS else "normal"


def width(text: str, size: float, weight: str = "normal") -> float:
    """Return the width of a text, pixels, in a font wider than most that a page may have."""
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    return float(TextToPath().get_text_width_height_descent(text, font, ismath=False)[0])


def size_of(label: str) -> float:
    """Return the size in which a row's label is written: smaller where it is broken."""
    return SIZE if broken(label) == label else BROKEN


def widest_label(rows: Sequence[Row]) -> float:
    """Return the width of the longest line of the rows' labels, pixels."""
    return max(
        (
            width(line, size_of(row.label), weight(row.name))
            for row in rows
            for line in broken(row.label).split("\n")
        ),
        default=0.0,
    )


def widest_name(lines: Sequence[Line]) -> float:
    """Return the width of the longest name at a curve's end, pixels."""
    return max((width(one.label, SMALL, weight(one.name)) for one in lines), default=0.0)


def _height(axes: Axes) -> float:
    """Return the height between the axes, pixels."""
    figure = axes.get_figure(root=True)
    return axes.get_position().height * figure.get_figheight() * 72 if figure else 0.0
