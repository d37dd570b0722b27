"""What a picture is made from: rows, curves and points, each with its method's name; its table.

Owns:    the shapes that ``plots`` takes, tables of text.
Imports: evaluation.results.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from carousel.evaluation.results import Estimate


@dataclass(frozen=True, slots=True)
class Row:
    """A method's row: one estimate, or two to be compared; ``note`` stands at the right."""

    name: str
    label: str
    estimate: Estimate
    note: str = ""
    second: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A method's curve; NaN leaves a gap. ``low`` and ``high`` may be empty: no band."""

    name: str
    label: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """A method between two measures."""

    name: str
    label: str
    x: Estimate
    y: Estimate


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of text: the head's cells, then the rows', the first of each its label."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
