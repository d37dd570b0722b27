"""Where names go in a picture, so that none covers another.

Owns:    spacing along a line, places around points; plain geometry in pixels.
Imports: the standard library.
"""

import math
from collections.abc import Iterator, Sequence
from typing import TypeAlias

Pair: TypeAlias = tuple[float, float]
Box: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, right, top."""

MARK = 5.0
"""Half the width of a mark."""

BESIDE = 9.0
"""From a mark's middle to where its name begins."""

OUTSIDE = 10.0
"""What a pixel outside the picture costs, in square pixels of covered names."""

DISTANCE = 0.05
"""What a pixel of distance between a name and its mark costs, the same."""


def spaced(wanted: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Return places near the wanted ones (ascending), at least ``gap`` apart, within bounds.

    Where they do not all fit within the bounds they reach beyond the lower one.

    >>> spaced([1.0, 1.0, 5.0], gap=1.0, low=0.0, high=10.0)
    [0.5, 1.5, 5.0]
    """
    groups: list[tuple[float, int]] = []
    for y in wanted:
        groups.append((y, 1))
        while len(groups) > 1 and _touch(groups[-2], groups[-1], gap):
            (one, n), (other, m) = groups[-2], groups[-1]
            groups[-2:] = [((one * n + other * m) / (n + m), n + m)]
    placed = [
        middle + (index - (count - 1) / 2) * gap
        for middle, count in groups
        for index in range(count)
    ]
    for index, floor in enumerate(placed):
        placed[index] = max(floor, low + index * gap)
    for back, ceiling in enumerate(reversed(placed)):
        placed[len(placed) - 1 - back] = min(ceiling, high - back * gap)
    return placed


def _touch(one: tuple[float, int], other: tuple[float, int], gap: float) -> bool:
    reach = (one[1] + other[1]) / 2 * gap
    return other[0] - one[0] < reach


def beside(
    marks: Sequence[Pair], sizes: Sequence[Pair], span: Pair, lines: Sequence[Box] = ()
) -> list[Pair]:
    """Return where each name begins (its left end, middle height), near its own mark.

    Names cover marks, lines and each other as little as possible.

    Args:
        marks: middles of the marks.
        sizes: width and height of each name.
        span: left and right end of the picture.
        lines: what else should be left free.

    >>> beside([(50.0, 50.0)], [(30.0, 12.0)], (0.0, 100.0))
    [(59.0, 50.0)]
    """
    taken: list[Box] = [(x - MARK, y - MARK, x + MARK, y + MARK) for x, y in marks]
    taken += lines
    found = []
    for mark, size in zip(marks, sizes, strict=True):
        best = min(_places(mark, size), key=lambda place: _cost(place, mark, size, taken, span))
        taken.append(_box(best, size))
        found.append(best)
    return found


def _places(mark: Pair, size: Pair) -> Iterator[Pair]:
    x, y = mark
    for away in (0.0, 14.0, 28.0, 42.0):
        for side in (x + BESIDE, x - BESIDE - size[0]):
            yield side, y + away
            yield side, y - away
        yield x - size[0] / 2, y + size[1] + 4 + away
        yield x - size[0] / 2, y - size[1] - 4 - away


def _cost(place: Pair, mark: Pair, size: Pair, taken: Sequence[Box], span: Pair) -> float:
    box = _box(place, size)
    outside = max(0.0, span[0] - box[0]) + max(0.0, box[2] - span[1])
    nearest = (min(max(mark[0], box[0]), box[2]), min(max(mark[1], box[1]), box[3]))
    away = math.dist(nearest, mark)
    return sum(_shared(box, other) for other in taken) + OUTSIDE * outside + DISTANCE * away


def _box(place: Pair, size: Pair) -> Box:
    x, y = place
    return x, y - size[1] / 2, x + size[0], y + size[1] / 2


def _shared(one: Box, other: Box) -> float:
    """Return the area two boxes share."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, wide) * max(0.0, high)
