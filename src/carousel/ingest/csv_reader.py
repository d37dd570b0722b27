"""CSV in rows: quotes, line breaks in cells, ragged and broken rows.

Owns:    the splitting of text into cells; one broken row never takes its neighbours with it.
Imports: ingest.lines, ingest.rows.
"""

import csv
from collections.abc import Iterator, Sequence
from typing import TextIO

from carousel.ingest.lines import LONGEST_LINE, Lines
from carousel.ingest.rows import Rejection, Row, Rows, shorten

DELIMITERS = ",;\t|"


def likely_delimiter(header: str) -> str:
    """Return the delimiter a header line uses most, a comma when it uses none.

    >>> likely_delimiter('make;model;"price, EUR"'), likely_delimiter("make")
    (';', ',')
    """
    return max(DELIMITERS, key=header.count)


def read_header(handle: TextIO, delimiter: str | None) -> tuple[tuple[str, ...], str]:
    """Return the column names, trimmed, and the delimiter; empty when there is no header."""
    line = _first_line(Lines(handle))
    chosen = delimiter or likely_delimiter(line)
    return _header_cells(line, chosen), chosen


def _first_line(lines: Lines) -> str:
    """Return the first line that is not blank, empty when there is none."""
    lines.begin()
    for line in lines:
        if line.strip():
            return line
        lines.begin()
    return ""


def _header_cells(line: str, delimiter: str) -> tuple[str, ...]:
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return ()
    return tuple(cell.strip().lstrip("\ufeff") for cell in cells)


def read_rows(handle: TextIO, columns: Sequence[str], delimiter: str) -> Rows:
    """Yield the rows below the header; every line that is not blank is a row or a rejection."""
    lines = Lines(handle)
    _first_line(lines)
    for number, cells in _records(lines, delimiter):
        if isinstance(cells, str):
            yield Rejection(number, "", shorten(lines.give_back()), cells)
            continue
        width = len(columns)
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            cells = cells[:width]  # noqa: PLW2901 - trailing delimiters are no cells
        if len(cells) != width:
            # A quote left open makes one long record of many lines: only its first line is broken.
            seen, reason = len(cells), f"the row does not have the header's {width} cells"
            yield Rejection(number, "", shorten(f"{seen} cells: {lines.give_back()}"), reason)
        else:
            yield Row(number, dict(zip(columns, cells, strict=True)))


def _records(lines: Lines, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Yield the number of a record's first line and its cells, or why it has none."""
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        number = lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield number, f"a cell is longer than {csv.field_size_limit():,} characters"
            continue
        if lines.cut:
            yield number, f"the line is longer than {LONGEST_LINE:,} characters"
        elif lines.at_end:
            # The reader asks for another line only from within a quoted cell.
            yield number, "a quote opens here and never closes"
        elif cells and (len(cells) > 1 or cells[0].strip()):
            yield number, cells
