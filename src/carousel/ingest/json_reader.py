"""JSON lines in rows: one object a line, nested objects as ``outer.inner``.

Owns:    the reading of JSON; a line that is none is rejected, the next one is read.
Imports: ingest.lines, ingest.rows.
"""

import json
from itertools import islice
from typing import TextIO

from carousel.ingest.lines import Lines
from carousel.ingest.rows import Rejection, Row, Rows, flat_cells, shorten

HEADER_ROWS = 100


def read_keys(handle: TextIO) -> tuple[str, ...]:
    """Return the keys that the first rows use, in the order they appear."""
    rows = (row for row in islice(read_rows(handle), HEADER_ROWS) if isinstance(row, Row))
    return tuple(dict.fromkeys(name for row in rows for name in row.cells))


def read_rows(handle: TextIO) -> Rows:
    """Yield a row or a rejection for every line that is not blank."""
    lines = Lines(handle)
    number = lines.begin()
    for line in lines:
        if line.strip():
            yield _row(number, line)
        number = lines.begin()


def _row(number: int, line: str) -> Row | Rejection:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return Rejection(number, "", shorten(line), "the line is not valid JSON")
    if not isinstance(record, dict):
        return Rejection(number, "", shorten(line), "the line is not a JSON object")
    return Row(number, flat_cells(record))
