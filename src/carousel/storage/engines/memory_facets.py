"""What there is to choose from among the active listings in memory, and what a choice would keep.

Owns:    the facets and the splits, counted on the columns.
Imports: numpy, engines.memory_*, domain.

A facet leaves out its own filters. So the filters are tried one by one, and for each listing it is
counted how many it fails: it belongs to a facet if it fails none but the facet's own.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from carousel.domain.facets import FACETS, OWN, RANGES, Facets, in_order
from carousel.domain.features import Matrix, Vector
from carousel.domain.filters import Filters
from carousel.domain.histogram import histogram
from carousel.domain.refinements import BOUNDS, Options, Splits, choices_open, limits
from carousel.storage.engines.memory_columns import (
    NAMES,
    ActiveListings,
    Codes,
    Flags,
    Floats,
    Rows,
)
from carousel.storage.engines.memory_filters import conditions, passing

_ColumnT = TypeVar("_ColumnT", Floats, Codes)


@dataclass(frozen=True, slots=True)
class _Failed:
    """How many filters each listing fails, shape (size,), and which listings fail each filter."""

    filters: NDArray[np.int8]
    listings: dict[str, Flags]

    def but_for(self, own: tuple[str, ...]) -> Rows | None:
        """Return the rows that fail no filter but these; None: all of them."""
        if not self.listings:
            return None
        rest = self.filters
        for name in own:
            if name in self.listings:
                rest = rest - self.listings[name]
        return np.flatnonzero(rest == 0)


def facets_of(active: ActiveListings, filters: Filters) -> Facets:
    """Return the facets of the listings that pass."""
    listings = {name: ~passed for name, passed in conditions(active, filters)}
    filtered = np.zeros(active.size, dtype=np.int8)
    for flags in listings.values():
        filtered += flags
    failed = _Failed(filtered, listings)
    values = {facet: _counted(active, field, failed, facet) for facet, field in FACETS.items()}
    return Facets(
        total=int(np.count_nonzero(filtered == 0)),
        values=values,
        centres=_centres(active, {name for name, _ in values["regions"]}),
        ranges={
            name: histogram(_picked(active.column(name), failed.but_for(OWN[name])))
            for name in RANGES
        },
    )


def _counted(
    active: ActiveListings, field: str, failed: _Failed, facet: str
) -> list[tuple[str, int]]:
    n = NAMES.index(field)
    counts = np.bincount(_picked(active.names(n), failed.but_for(OWN[facet])))
    labels = active.labels(n)
    return in_order({
        labels[code]: int(counts[code]) for code in np.flatnonzero(counts).tolist() if code
    })  # fmt: skip


def _centres(active: ActiveListings, regions: set[str]) -> dict[str, tuple[float, float]]:
    n = NAMES.index("region")
    codes = active.names(n)
    placed = ~np.isnan(active.column("latitude"))
    totals = [
        np.bincount(codes[placed], None if name is None else active.column(name)[placed])
        for name in ("latitude", "longitude", None)
    ]
    return {
        label: (float(latitudes / count), float(longitudes / count))
        for code, label in active.labels(n).items()
        if label in regions and code < len(totals[-1])
        for latitudes, longitudes, count in [[row[code] for row in totals]]
        if count
    }


def _picked(column: _ColumnT, rows: Rows | None) -> _ColumnT:
    """Return the rows of a column; None: all of them."""
    return column if rows is None else column[rows]


def splits_of(active: ActiveListings, filters: Filters, wanted: Vector | None) -> Splits:
    """Return how each further filter would split the listings that pass."""
    kept = passing(active, filters)
    rows = np.arange(active.size) if kept is None else np.flatnonzero(kept)
    placed = active.content.placed(active.size)[rows] & (wanted is not None)
    near = np.zeros(len(rows))
    if wanted is not None:
        near[placed] = active.content.products_of(rows[placed], wanted)
    weights: Matrix = np.stack([np.ones(len(rows)), placed, near])
    found = {
        field: _options(active, NAMES.index(field), rows, weights)
        for field in choices_open(filters)
    }
    for number in BOUNDS:
        found |= limits(number, active.column(number)[rows], weights)
    compared = near[placed]
    return Splits(
        total=len(rows),
        described=len(compared),
        mean=float(compared.mean()) if len(compared) else 0.0,
        deviation=float(compared.std()) if len(compared) else 0.0,
        options=found,
    )


def _options(active: ActiveListings, n: int, rows: Rows, weights: Matrix) -> Options:
    codes, labels = active.names(n)[rows], active.labels(n)
    sums = np.stack([np.bincount(codes, row) for row in weights])
    used = np.flatnonzero(sums[0])
    used = used[used > 0]
    return Options([labels[code] for code in used.tolist()], *sums[:, used])
