"""Columns of values on their way to PostgreSQL, written in its own binary form, all at once.

Owns:    arrays as bytes; how psycopg sends them.
Imports: psycopg, numpy.

A pipeline sends some twenty values for each event. psycopg looks at every one of them to find out
what it is, which costs more than all that the values are for; whoever calls these functions knows.
The statement must say the type of every array, as in ``%b::bigint[]``.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from struct import Struct

import numpy as np
import numpy.typing as npt
from psycopg import pq
from psycopg.abc import Buffer
from psycopg.adapt import Dumper

_HEAD = Struct(">iiIii")  # dimensions, whether there are nulls, type, how many, number of the first
_NOTHING = Struct(">iiI")
_LENGTH = Struct(">i")

_BOOL, _BYTEA, _INT8, _INT4, _TEXT, _FLOAT8, _TIMESTAMPTZ = 16, 17, 20, 23, 25, 701, 1184

_NULL = _LENGTH.pack(-1)
_BIGINT = Struct(">iq")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Column(bytes):
    """An array as PostgreSQL receives it."""


class ColumnDumper(Dumper):
    """Sends a column as it is."""

    format = pq.Format.BINARY
    oid = 0  # the statement says which

    def dump(self, obj: bytes) -> Buffer:
        """Return the bytes to send."""
        return obj


def bigints(values: Sequence[int] | npt.NDArray[np.int64]) -> Column:
    """Return a column of whole numbers, for ``bigint[]``."""
    return _of_one_size(_INT8, values, ">i8")


def integers(values: Sequence[int]) -> Column:
    """Return a column of whole numbers, for ``int[]``."""
    return _of_one_size(_INT4, values, ">i4")


def floats(values: Sequence[float] | npt.NDArray[np.float64]) -> Column:
    """Return a column of numbers, for ``float8[]``."""
    return _of_one_size(_FLOAT8, values, ">f8")


def flags(values: Sequence[bool]) -> Column:
    """Return a column of truths, for ``bool[]``."""
    return _of_one_size(_BOOL, values, "?")


def moments(values: Sequence[int] | npt.NDArray[np.int64]) -> Column:
    """Return a column of moments as ``microseconds`` gives them, for ``timestamptz[]``."""
    return _of_one_size(_TIMESTAMPTZ, values, ">i8")


def microseconds(at: datetime) -> int:
    """Return an aware moment as PostgreSQL keeps it: microseconds since the year 2000.

    >>> microseconds(datetime(2000, 1, 2, tzinfo=UTC))
    86400000000
    """
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def texts(values: Iterable[str]) -> Column:
    """Return a column of texts without the character NUL, for ``text[]``."""
    return _of_any_size(_TEXT, [value.encode() for value in values])


def blobs(values: Sequence[bytes]) -> Column:
    """Return a column of bytes, for ``bytea[]``."""
    return _of_any_size(_BYTEA, values)


def bigints_or_nulls(values: Sequence[int | None]) -> Column:
    """Return a column of whole numbers some of which are not there, for ``bigint[]``."""
    pack = _BIGINT.pack
    return _column(
        _INT8,
        len(values),
        b"".join([_NULL if value is None else pack(8, value) for value in values]),
        nulls=True,
    )


def _of_one_size(kind: int, values: npt.ArrayLike, layout: str) -> Column:
    given = np.asarray(values, dtype=layout)
    cells = np.empty(len(given), dtype=[("length", ">i4"), ("value", layout)])
    cells["length"] = given.itemsize
    cells["value"] = given
    return _column(kind, len(cells), cells.tobytes())


def _of_any_size(kind: int, values: Sequence[bytes]) -> Column:
    pack = _LENGTH.pack
    parts = [part for value in values for part in (pack(len(value)), value)]
    return _column(kind, len(values), b"".join(parts))


def _column(kind: int, count: int, cells: bytes, *, nulls: bool = False) -> Column:
    if not count:
        return Column(_NOTHING.pack(0, 0, kind))
    return Column(_HEAD.pack(1, nulls, kind, count, 1) + cells)
