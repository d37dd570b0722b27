"""Typed columns in a Parquet file: arrays of numbers, flags and names, small on disk.

Owns:    the kinds of column, how each is stored and read, the only use of pyarrow here.
Imports: numpy, pyarrow, domain.errors, recording.tables.

A marketplace's export need not look like ours to the byte: whole numbers may arrive as floats (what
pandas makes of a column with gaps), moments as timestamps, names plain or dictionary-encoded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from carousel.domain.errors import RecordingError
from carousel.recording.tables import NONE, Ints

Kind: TypeAlias = (
    Literal["float", "moment", "int", "flag", "text", "matrix"] | tuple[str | None, ...]
)
"""What a column is read as.

float:  float64; a missing value is NaN.
moment: float64, epoch seconds UTC; stored so, or as a timestamp with a time zone.
int:    int64; a missing value is NONE.
flag:   bool; a missing value is False.
text:   list of str or None.
matrix: float64, shape (rows, width); stored as lists of one length.
names:  int64, each stored name's index into the tuple; a missing one is NONE, one that is not
        among the names is ``len(names)``.
"""


@dataclass(frozen=True, slots=True)
class Coded:
    """Indices into names, NONE for none; stored as the names."""

    codes: Ints
    names: Sequence[str]


Column: TypeAlias = NDArray[Any] | Sequence[str | int | float | None] | Coded


def write_table(path: Path, columns: Mapping[str, Column]) -> None:
    """Write columns of equal length to one Parquet file.

    Whole numbers take the smallest type that holds them; NaN and None are stored as missing.
    """
    arrays = {name: _stored(column) for name, column in columns.items()}
    table = pa.table(arrays)
    floats = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=6,
        use_dictionary=[n for n in table.column_names if n not in floats],
        column_encoding=dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
    )


def read_table(
    path: Path, columns: Mapping[str, Kind], optional: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Read columns of a Parquet file as numpy arrays, text as lists; other columns are left alone.

    A column named in ``optional`` may be absent: then every value of it is missing.

    Raises:
        RecordingError: no such file, no Parquet file, a column is absent or of another type.
    """
    table = _opened(path, columns)
    found: dict[str, Any] = {}
    for name, kind in columns.items():
        if name in table.column_names:
            column = table.column(name).combine_chunks()
        elif name in optional:
            column = pa.nulls(table.num_rows)
        else:
            raise RecordingError(f"{path} has no column '{name}'; add it (see docs/recording.md).")
        try:
            found[name] = _as(kind, column)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            wanted = "text" if isinstance(kind, tuple) else kind
            raise RecordingError(
                f"{path}: column '{name}' is {column.type} and cannot be read as {wanted}: {error}."
            ) from error
    return found


def _opened(path: Path, columns: Mapping[str, Kind]) -> Any:  # noqa: ANN401 - pyarrow has no types
    if not path.is_file():
        raise RecordingError(f"{path} is missing; a recording needs it (see docs/recording.md).")
    try:
        with pq.ParquetFile(path) as file:
            there = [name for name in columns if name in file.schema_arrow.names]
            coded = [n for n in there if isinstance(columns[n], tuple)]
        return pq.read_table(path, columns=there, read_dictionary=coded)
    except (pa.ArrowException, OSError) as error:
        raise RecordingError(
            f"{path} is not a whole Parquet file ({error}); write it again."
        ) from error


def _stored(column: Column) -> Any:  # noqa: ANN401 - pyarrow has no types
    if isinstance(column, Coded):
        codes = pa.array(column.codes, pa.int32(), mask=column.codes == NONE)
        return pa.DictionaryArray.from_arrays(codes, pa.array(column.names, pa.string()))
    if not isinstance(column, np.ndarray):
        array = pa.array(column, from_pandas=True)
        return _narrow(array) if pa.types.is_integer(array.type) else array
    if column.ndim == 2:  # noqa: PLR2004 - a matrix has two axes
        values = pa.array(np.asarray(column, dtype=np.float64).ravel())
        return pa.FixedSizeListArray.from_arrays(values, column.shape[1])
    array = pa.array(column, from_pandas=True)
    return _narrow(array) if pa.types.is_integer(array.type) else array


def _narrow(array: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    bounds = pc.min_max(array)
    low, high = bounds["min"].as_py() or 0, bounds["max"].as_py() or 0
    for small in (pa.int8(), pa.int16(), pa.int32()):
        limit = 1 << (small.bit_width - 1)
        if -limit <= low and high < limit:
            return array.cast(small)
    return array.cast(pa.int64())


def _as(kind: Kind, array: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    if isinstance(kind, tuple):
        return _codes(array, kind)
    if kind == "text":
        if pa.types.is_dictionary(array.type):
            array = array.cast(array.type.value_type)
        if not pa.types.is_null(array.type) and not _is_text(array.type):
            raise pa.ArrowTypeError("text was expected")
        return array.to_pylist()
    if kind == "matrix":
        return _matrix(array)
    return _numbers(kind, array)


def _numbers(kind: str, array: Any) -> NDArray[Any]:  # noqa: ANN401 - pyarrow has no types
    if kind == "flag":
        if not pa.types.is_null(array.type) and not pa.types.is_boolean(array.type):
            raise pa.ArrowTypeError("true and false were expected")
        return _plain(pc.coalesce(array.cast(pa.bool_()), pa.scalar(value=False)))
    if pa.types.is_timestamp(array.type):
        if kind != "moment" or array.type.tz is None:
            raise pa.ArrowTypeError("a moment is epoch seconds, or a timestamp with a time zone")
        ticks = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[array.type.unit]
        seconds = pc.divide(array.cast(pa.int64()).cast(pa.float64(), safe=False), float(ticks))
        return _plain(seconds.fill_null(np.nan))
    if not (
        pa.types.is_null(array.type)
        or pa.types.is_integer(array.type)
        or pa.types.is_floating(array.type)
    ):
        raise pa.ArrowTypeError("numbers were expected")
    if kind == "int":
        if pa.types.is_floating(array.type):
            array = pc.if_else(pc.is_nan(array), None, array)
        return _plain(array.cast(pa.int64()).fill_null(NONE))
    return _plain(array.cast(pa.float64()).fill_null(np.nan))


def _codes(array: Any, names: tuple[str | None, ...]) -> Ints:  # noqa: ANN401 - as above
    if pa.types.is_null(array.type):
        return np.full(len(array), NONE, dtype=np.int64)
    if not pa.types.is_dictionary(array.type):
        if not _is_text(array.type):
            raise pa.ArrowTypeError("text was expected")
        array = array.dictionary_encode()
    words = array.dictionary.to_pylist()
    if not all(isinstance(word, str) for word in words):
        raise pa.ArrowTypeError("text was expected")
    index = {name: code for code, name in enumerate(names)}
    meaning = np.array([index.get(word, len(names)) for word in words] + [NONE], dtype=np.int64)
    return cast("Ints", meaning[_plain(array.indices.cast(pa.int64()).fill_null(NONE))])


def _matrix(array: Any) -> NDArray[np.float64]:  # noqa: ANN401 - pyarrow has no types
    if not pa.types.is_fixed_size_list(array.type):
        raise pa.ArrowTypeError("lists of one length were expected")
    values = _plain(array.flatten().cast(pa.float64()).fill_null(np.nan))
    return values.reshape(len(array), array.type.list_size)


def _is_text(kind: Any) -> bool:  # noqa: ANN401 - pyarrow has no types
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _plain(array: Any) -> NDArray[Any]:  # noqa: ANN401 - pyarrow has no types
    """Return a numpy array of our own: arrow's memory is read-only."""
    return np.array(array.to_numpy(zero_copy_only=False))
