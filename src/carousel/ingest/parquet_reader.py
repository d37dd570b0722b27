"""Parquet in rows, one batch in memory at a time.

Owns:    the only use of pyarrow.
Imports: pyarrow, ingest.rows, ingest.sniffing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from carousel.ingest.rows import Row, Rows, flat_cells
from carousel.ingest.sniffing import refuse

BATCH_ROWS = 1_000
_UNREADABLE = "\ufffd"


def read_shape(path: Path) -> tuple[tuple[str, ...], int]:
    """Return the column names (parts of a struct as ``outer.inner``) and the number of rows.

    Reads the whole file once, so that damage in its middle is found before anything is imported.

    Raises:
        UnreadableFileError: the file is cut short or damaged.
    """
    try:
        with pq.ParquetFile(path) as file:
            names = tuple(name for field in file.schema_arrow for name in _names(field))
            for _ in file.iter_batches(BATCH_ROWS):
                pass
            return names, file.metadata.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        why = " ".join(str(error).split())[:100]
        raise refuse(path, f"is a damaged Parquet file ({why})") from None


def _names(field: Any) -> list[str]:  # noqa: ANN401 - pyarrow has no types
    if pa.types.is_struct(field.type):
        return [f"{field.name}.{part.name}" for part in field.type]
    return [field.name]


def read_rows(path: Path) -> Rows:
    """Yield the rows; number 1 is the first."""
    number = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH_ROWS):
            names = batch.schema.names
            columns = [list(_values(column)) for column in batch.columns]
            for values in zip(*columns, strict=True):
                number += 1
                yield Row(number, flat_cells(dict(zip(names, values, strict=True))))


def _values(column: Any) -> Iterator[object]:  # noqa: ANN401 - pyarrow has no types
    if pa.types.is_timestamp(column.type):
        # Python's datetime ends at the microsecond; what lies below says nothing about a car.
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    for scalar in column:
        try:
            yield scalar.as_py()
        except (ValueError, OverflowError, pa.ArrowException):
            yield _UNREADABLE
