"""A file as a table: its columns now, its rows as often as they are asked for.

Owns:    the choice of reader; whoever imports sees rows of text and no format.
Imports: the readers, ingest.sniffing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from carousel.ingest import csv_reader, json_reader, parquet_reader
from carousel.ingest.rows import Advance, Rows
from carousel.ingest.sniffing import Kind, encoding_of, kind_of, read_sample, refuse

ADVANCE_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Table:
    """A file that turned out to be a table.

    columns:   as the file names them, trimmed; of JSON lines, the keys of its first rows.
    encoding:  of a text file; bytes that do not fit it read as U+FFFD.
    delimiter: of a CSV file.
    size:      bytes of a text file, rows of a Parquet file; the unit of ``advance``.
    """

    path: Path
    kind: Kind
    columns: tuple[str, ...]
    encoding: str
    delimiter: str
    size: int

    @property
    def sparse(self) -> bool:
        """Return whether a row may leave out a column it has nothing to say about."""
        return self.kind is Kind.JSON_LINES

    def rows(self, advance: Advance | None = None) -> Rows:
        """Read the file from its start; a broken row comes as a rejection. Blocks on the disk."""
        if self.kind is Kind.PARQUET:
            yield from _counted(parquet_reader.read_rows(self.path), advance)
            return
        with _opened(self.path, self.encoding) as handle:
            rows = (
                csv_reader.read_rows(handle, self.columns, self.delimiter)
                if self.kind is Kind.CSV
                else json_reader.read_rows(handle)
            )
            yield from _followed(rows, handle, advance)


def open_table(path: Path, encoding: str = "utf-8", delimiter: str | None = None) -> Table:
    """Return a file as a table.

    Args:
        path: the file.
        encoding: of a text file without a byte order mark.
        delimiter: of a CSV file; None takes the one that its header uses.

    Raises:
        UnreadableFileError: there is no such file, or it is no table.
    """
    sample = read_sample(path)
    kind = kind_of(path, sample, encoding)
    if kind is Kind.PARQUET:
        columns, size = parquet_reader.read_shape(path)
        return Table(path, kind, columns, encoding, ",", size)
    encoding = encoding_of(sample, encoding)
    with _opened(path, encoding) as handle:
        if kind is Kind.CSV:
            columns, delimiter = csv_reader.read_header(handle, delimiter)
        else:
            columns = json_reader.read_keys(handle)
    if not any(columns):
        raise refuse(path, "does not begin with a row of column names or with JSON objects")
    return Table(path, kind, columns, encoding, delimiter or ",", path.stat().st_size)


@contextmanager
def _opened(path: Path, encoding: str) -> Iterator[TextIO]:
    try:
        with path.open(encoding=encoding, errors="replace", newline="") as handle:
            yield handle
    except OSError as error:
        raise refuse(path, f"can no longer be read ({error.strerror})") from None


def _followed(rows: Rows, handle: TextIO, advance: Advance | None) -> Rows:
    for count, row in enumerate(rows):
        if advance and count % ADVANCE_ROWS == 0:
            advance(handle.buffer.tell())
        yield row


def _counted(rows: Rows, advance: Advance | None) -> Rows:
    for count, row in enumerate(rows):
        if advance and count % ADVANCE_ROWS == 0:
            advance(count)
        yield row
