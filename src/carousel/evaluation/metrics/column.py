"""One metric of one method, unit by unit, before anything is averaged.

Owns:    values, weights and whose they are.
Imports: numpy, recording.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from carousel.recording.tables import Flags, Floats, Ints

Slices: TypeAlias = Mapping[str, Mapping[str, Flags]]
"""Slice name -> slice value -> which units are in it, shape (units,)."""


@dataclass(frozen=True, slots=True)
class Column:
    """A metric as a ratio of sums over units: sum(total) / sum(weight).

    shopper: whose unit it is, shape (units,).
    total, weight: shape (units,); both 0 where the unit has no value.
    slices:  in which parts of the units it is shown as well.
    """

    key: str
    shopper: Ints
    total: Floats
    weight: Floats
    slices: Slices = field(default_factory=dict)


def averaged(key: str, shopper: Ints, values: Floats, slices: Slices | None = None) -> Column:
    """Return the column whose ratio is the mean of the values that are not NaN.

    >>> column = averaged("x", np.array([0, 1, 2]), np.array([1.0, np.nan, 3.0]))
    >>> float(column.total.sum() / column.weight.sum())
    2.0
    """
    measured = ~np.isnan(values)
    return Column(
        key, shopper, np.where(measured, values, 0.0), measured.astype(np.float64), slices or {}
    )
