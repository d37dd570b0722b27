"""The questions of retrieval, answered exactly from the active listings in memory.

Owns:    the nearest in both spaces, the popular, the newest, descriptions, counts.
Imports: numpy, engines.memory_*, domain, storage.ports.

All of it is arithmetic on the columns, about a millisecond for 100,000 listings. Where filters keep
few, only their vectors are read: that is where an approximate index errs, and where this is
fastest.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from carousel.domain.features import Vector
from carousel.domain.filters import Filters
from carousel.domain.listing import ListingId
from carousel.domain.popularity import score_at
from carousel.storage.engines.memory_columns import ActiveListings, Flags, Floats, Rows
from carousel.storage.engines.memory_filters import passing
from carousel.storage.ports import Retrieved
from carousel.storage.ports.serving import Described

FEW = 0.2  # of all listings: up to so many, gathering their vectors is cheaper than reading all


def nearest(
    active: ActiveListings,
    vector: Vector,
    filters: Filters,
    limit: int,
    without: frozenset[ListingId],
) -> Retrieved:
    """Return listings by descending inner product with ``vector``, shape (dim,)."""
    kept = _kept(active, filters, without, active.described)
    rows = np.flatnonzero(kept)
    if len(rows) <= FEW * active.size:
        scores = active.products_of(rows, vector)
        places = best(scores, active.ids[rows], limit)
        return _retrieved(active, rows[places], scores[places])
    scores = active.products(vector)
    scores[~kept] = -np.inf
    places = best(scores, active.ids, min(limit, len(rows)))
    return _retrieved(active, places, scores[places])


def nearest_latent(
    active: ActiveListings,
    vector: Vector,
    filters: Filters,
    limit: int,
    without: frozenset[ListingId],
) -> Retrieved:
    """Return listings by descending inner product of their factors with ``vector``, shape (k,)."""
    kept = _kept(active, filters, without, active.latent.placed(active.size))
    rows = np.flatnonzero(kept)
    if len(rows) <= FEW * active.size:
        scores = active.latent.products_of(rows, vector)
    else:
        scores = active.latent.products(vector, active.size)[rows]
    places = best(scores, active.ids[rows], limit)
    return _retrieved(active, rows[places], scores[places])


def among(
    active: ActiveListings,
    scores: Mapping[ListingId, float],
    filters: Filters,
    limit: int,
    without: frozenset[ListingId],
) -> Retrieved:
    """Return those of the given listings that pass, by descending given score."""
    kept = _kept(active, filters, without, np.ones(active.size, dtype=np.bool_))
    rows = np.array(active.rows_of(scores), dtype=np.int64)
    rows = rows[kept[rows]]
    keys = np.array([scores[i] for i in active.ids[rows].tolist()], dtype=np.float64)
    places = best(keys, active.ids[rows], limit)
    return _retrieved(active, rows[places], keys[places])


def popular(
    active: ActiveListings,
    filters: Filters,
    limit: int,
    without: frozenset[ListingId],
    at: datetime,
) -> Retrieved:
    """Return listings by descending popularity, only those with any; the scores are of ``at``."""
    standings = active.column("standing")
    found = _best(active, standings, _kept(active, filters, without, ~np.isnan(standings)), limit)
    scores = [score_at(standing, at) for standing in found.scores]
    return Retrieved(found.ids, scores, found.vectors, found.looks)


def newest(
    active: ActiveListings, filters: Filters, limit: int, without: frozenset[ListingId]
) -> Retrieved:
    """Return listings, latest published first; the score is its epoch second."""
    everything = np.ones(active.size, dtype=np.bool_)
    kept = _kept(active, filters, without, everything)
    return _best(active, active.column("listed_at"), kept, limit)


def described(active: ActiveListings, ids: Sequence[ListingId], at: datetime) -> Described:
    """Describe those listings that are there, in the order asked; the counts are of ``at``."""
    rows = np.array(active.rows_of(ids), dtype=np.int64)
    return Described(
        active.ids[rows].tolist(),
        active.facts(rows),
        active.vectors(rows),
        counts_at(active.column("standing")[rows], at),
    )


def counts_at(standings: Floats, at: datetime) -> Floats:
    """Return decayed popularity, shape (n,), by standing; NaN stands for nothing, which counts 0.

    >>> from datetime import UTC
    >>> counts_at(np.array([np.nan, 3.0]), datetime(1970, 1, 1, tzinfo=UTC)).tolist()
    [0.0, 8.0]
    """
    return np.array([0.0 if np.isnan(one) else score_at(one, at) for one in standings.tolist()])


def count(active: ActiveListings, filters: Filters) -> int:
    """Return how many listings pass."""
    kept = passing(active, filters)
    return active.size if kept is None else int(np.count_nonzero(kept))


def best(keys: NDArray[np.floating], ids: Rows, limit: int) -> Rows:
    """Return where the largest keys stand, largest first; of equal ones the smaller id first.

    >>> best(np.array([1.0, 3.0, 2.0, 3.0]), np.array([7, 9, 5, 8]), 3).tolist()
    [3, 1, 2]
    """
    if limit <= 0:
        return np.empty(0, dtype=np.int64)
    chosen = np.arange(len(keys))
    if limit < len(keys):
        least = np.partition(keys, len(keys) - limit)[len(keys) - limit]
        chosen = np.flatnonzero(keys >= least)
    order = np.lexsort((ids[chosen], -keys[chosen]))[:limit]
    return chosen[order]


def _kept(
    active: ActiveListings, filters: Filters, without: frozenset[ListingId], possible: Flags
) -> Flags:
    kept = passing(active, filters)
    kept = possible.copy() if kept is None else kept & possible
    kept[active.rows_of(without)] = False
    return kept


def _best(active: ActiveListings, keys: Floats, kept: Flags, limit: int) -> Retrieved:
    rows = np.flatnonzero(kept)
    rows = rows[best(keys[rows], active.ids[rows], limit)]
    return _retrieved(active, rows, keys[rows])


def _retrieved(active: ActiveListings, rows: Rows, scores: NDArray[np.floating]) -> Retrieved:
    return Retrieved(
        active.ids[rows].tolist(), scores.tolist(), active.vectors(rows), active.looks(rows)
    )
