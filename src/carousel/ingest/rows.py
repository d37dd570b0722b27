"""One row of an import file, as text, and what is said of one that could not be used.

Owns:    the row every reader yields, the rejection every step may answer with.
Imports: the standard library.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Advance: TypeAlias = Callable[[int], None]
"""Told now and then how much of a table has been read, in the table's own unit."""

SHOWN = 60


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its column names.

    number: the physical line it starts on (CSV, JSON lines; the header is line 1) or its place
            among the rows (Parquet; the first is 1).
    cells:  what each column says, as text; an absent or null cell is missing or empty.
    """

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a row, or one value of it, was not used.

    number: as in ``Row``.
    column: the column to look at; empty when the row as a whole is broken.
    value:  what stood there, shortened.
    reason: never contains the value, so that reasons can be counted.
    """

    number: int
    column: str
    value: str
    reason: str

    @property
    def summary(self) -> str:
        """Return the reason with its column, the key under which rejections are counted."""
        return f"{self.column}: {self.reason}" if self.column else self.reason


Rows: TypeAlias = Iterator[Row | Rejection]


def printable(text: str) -> str:
    r"""Return a text that any terminal and file can take: what cannot be seen is escaped.

    >>> printable("TÜV") + printable(chr(0) + chr(0xD800))
    'TÜV\\x00\\ud800'
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def shorten(text: str, limit: int = SHOWN) -> str:
    """Return a printable text of at most ``limit`` characters that fits on one line.

    >>> shorten("a   b"), shorten("abcdef", 4)
    ('a b', 'abc…')
    """
    line = printable(" ".join(text[: 4 * limit].split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def cell_text(value: object) -> str:
    """Return a typed value as the text a CSV file would hold: one meaning for every format.

    >>> [cell_text(v) for v in (None, 2007.0, 9.5, True, float("nan"), "x", ["x", 1])]
    ['', '2007', '9.5', 'true', '', 'x', '["x", 1]']
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case bool() | list():
            return json.dumps(value, ensure_ascii=False, default=str)
        case float():
            return _float_text(value)
        case bytes():
            return value.decode("utf-8", "replace")
        case _:
            return str(value)


def _float_text(value: float) -> str:
    if math.isnan(value):
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else str(value)


def flat_cells(record: Mapping[str, object]) -> dict[str, str]:
    """Return a record's cells as text, the parts of a nested object as ``outer.inner``.

    >>> flat_cells({"year": 2007, "place": {"region": "Kent"}})
    {'year': '2007', 'place.region': 'Kent'}
    """
    cells: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, Mapping):
            for part, inner in value.items():
                cells[f"{name}.{part}"] = cell_text(inner)
        else:
            cells[name] = cell_text(value)
    return cells
