"""Weighted pairs and rows of factors as Parquet files, for engines that compute elsewhere.

Owns:    the form in which pairs leave this process and factors come back into it.
Imports: numpy, pyarrow, domain.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from carousel.domain.errors import RecordingError
from carousel.domain.factors import Ints, Sparse
from carousel.domain.features import Matrix

AT_ONCE = 1_000_000
"""Pairs in a part of the file that one worker reads."""


def write_pairs(path: Path, pairs: Sparse) -> None:
    """Write the entries of a sparse matrix: ``row`` and ``column``, int32, ``weight``, float32."""
    rows = np.repeat(np.arange(len(pairs.lengths), dtype=np.int32), pairs.lengths)
    table = pa.table(
        {
            "row": rows,
            "column": pairs.indices.astype(np.int32),
            "weight": pairs.data.astype(np.float32),
        }
    )
    pq.write_table(table, path, row_group_size=AT_ONCE)


def read_factors(directory: Path, width: int) -> tuple[Ints, Matrix]:
    """Return the rows that have factors, shape (n,), and their factors, shape (n, width).

    The directory holds Parquet files with ``id``, a whole number, and ``features``, a list.

    Raises:
        RecordingError: there is no such file, or the factors are of another width.
    """
    try:
        table = pq.read_table(directory, columns=["id", "features"])
    except (pa.ArrowException, OSError) as error:
        raise RecordingError(
            f"There are no factors in {directory} ({error}); run the training again."
        ) from error
    rows = np.array(table["id"].combine_chunks().to_numpy(zero_copy_only=False), np.int64)
    values = table["features"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    if values.size != rows.size * width:
        raise RecordingError(
            f"The factors in {directory} are not {width} wide each; run the training again."
        )
    return rows, np.array(values, np.float64).reshape(len(rows), width)
