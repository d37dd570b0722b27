"""The questions of retrieval, answered exactly from the active listings in memory.

Owns:    the nearest in both spaces, the popular, the trending, the newest, draws, descriptions.
Imports: numpy, engines.memory_*, domain, storage.ports.

All of it is arithmetic on the columns, about a millisecond for 100,000 listings. Where filters keep
few, only their vectors are read: that is where an approximate index errs, and where this is
fastest.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from carousel.domain.audience import at_moment
from carousel.domain.features import Matrix, Vector
from carousel.domain.filters import Filters
from carousel.domain.listing import ListingId
from carousel.domain.lots import lots, turns
from carousel.domain.popularity import HALF_LIFE, LARGEST_EXPONENT
from carousel.domain.trending import Params as Trends
from carousel.domain.trending import lifts
from carousel.storage.engines.memory_columns import ActiveListings, Flags, Floats, Rows
from carousel.storage.engines.memory_filters import passing
from carousel.storage.engines.memory_vectors import VectorColumn
from carousel.storage.ports import HALF_LIVES, Retrieved
from carousel.storage.ports.serving import Described

FEW = 0.05  # of all listings: up to so many, gathering their vectors is cheaper than reading all
SURELY = 8  # lots looked at for each listing drawn: shown often, it may be far behind by its lot


def nearest(
    active: ActiveListings,
    vector: Vector,
    filters: Filters,
    limit: int,
    without: frozenset[ListingId],
) -> Retrieved:
    """Return listings by descending inner product with ``vector``, shape (dim,)."""
    return _nearest(active, active.content, vector, filters, _Wanted(limit, without))


def nearest_latent(
    active: ActiveListings,
    vector: Vector,
    filters: Filters,
    limit: int,
    without: frozenset[ListingId],
) -> Retrieved:
    """Return listings by descending inner product of their factors with ``vector``, shape (k,)."""
    return _nearest(active, active.latent, vector, filters, _Wanted(limit, without))


def _nearest(
    active: ActiveListings,
    column: VectorColumn,
    vector: Vector,
    filters: Filters,
    wanted: "_Wanted",
) -> Retrieved:
    """Return the nearest: those of all that may be among them by a sketch, looked up."""
    rows = _rows(active, filters, column.placed(active.size))
    if rows is None or len(rows) > FEW * active.size or column.knows(vector):
        rough = column.rough(vector, active.size)
        products = rough.products if rows is None else rough.products[rows]
        places = best(products, wanted.limit + len(wanted.without), 2 * rough.error)
        rows = places if rows is None else rows[places]
    return _best(active, rows, column.products_of(rows, vector), wanted)


def nearest_each(
    active: ActiveListings,
    vectors: Matrix,
    filters: Filters,
    limit: int,
    without: frozenset[ListingId],
) -> list[Retrieved]:
    """Return for each of k vectors, shape (k, dim), what ``nearest`` returns, in one pass."""
    wanted = _Wanted(limit, without)
    rows = _rows(active, filters, active.content.placed(active.size))
    few = rows if rows is not None and len(rows) <= FEW * active.size else None
    each = active.content.products_of_each(few, vectors, active.size)
    if rows is not few:
        each = each[:, rows]
    return [_best(active, rows, scores, wanted) for scores in each]


def among(
    active: ActiveListings,
    scores: Mapping[ListingId, float],
    filters: Filters,
    limit: int,
    without: frozenset[ListingId],
) -> Retrieved:
    """Return those of the given listings that pass, by descending given score."""
    rows, kept = np.array(active.rows_of(scores), dtype=np.int64), passing(active, filters)
    if kept is not None:
        rows = rows[kept[rows]]
    keys = np.array([scores[i] for i in active.ids[rows].tolist()], dtype=np.float64)
    return _best(active, rows, keys, _Wanted(limit, without))


def popular(
    active: ActiveListings,
    filters: Filters,
    limit: int,
    without: frozenset[ListingId],
    at: datetime,
) -> Retrieved:
    """Return listings by descending popularity, only those with any; the scores are of ``at``."""
    standings = active.column("standing")
    wanted = _Wanted(limit, without)
    rows = _rows(active, filters, ~np.isnan(standings))
    found = _best(active, rows, standings if rows is None else standings[rows], wanted)
    return Retrieved(found.ids, counts_at(np.array(found.scores), at).tolist())


def trending(  # noqa: PLR0913, PLR0917 (the question and its knobs; a moment for the counts)
    active: ActiveListings,
    filters: Filters,
    limit: int,
    without: frozenset[ListingId],
    params: Trends,
    at: datetime,
) -> Retrieved:
    """Return listings by descending lift over those that pass, only those above the least."""
    rows = _rows(active, filters, ~np.isnan(active.column("heard_at")))
    rows = np.arange(active.size) if rows is None else rows
    heard, heard_at = active.heard(rows)
    lift = lifts(at_moment(heard, heard_at, at.timestamp(), HALF_LIVES), params)
    above = lift > params.least
    return _best(active, rows[above], lift[above], _Wanted(limit, without))


def sample(  # noqa: PLR0913, PLR0917 (the question and the seed; a moment for the counts)
    active: ActiveListings,
    filters: Filters,
    limit: int,
    without: frozenset[ListingId],
    seed: int,
    at: datetime,
) -> Retrieved:
    """Return the listings that are drawn first by a seed; the score is less their turn.

    A turn is never before the one that the lot alone would give, so only the first few by lot are
    looked at, and more of them until nobody left out can come before the last one drawn.
    """
    kept = _rows(active, filters)
    rows = np.arange(active.size) if kept is None else kept
    by_lot = lots(active.ids[rows], seed)
    wanted, looked = _Wanted(limit, without), SURELY * max(1, limit + len(without))
    while True:
        places = best(by_lot, looked)
        few = rows[places]
        heard, heard_at = active.heard(few)
        shown = at_moment(heard, heard_at, at.timestamp(), HALF_LIVES).impressions
        drawn = _best(active, few, -turns(active.ids[few], shown, seed), wanted)
        least = float(by_lot[places].min(initial=1.0))
        if looked >= len(rows) or (drawn.scores and drawn.scores[-1] >= math.log(least)):
            return drawn
        looked *= 4


def newest(
    active: ActiveListings, filters: Filters, limit: int, without: frozenset[ListingId]
) -> Retrieved:
    """Return listings, latest published first; the score is its epoch second."""
    wanted = _Wanted(limit, without)
    rows = _rows(active, filters)
    moments = active.column("listed_at")
    return _best(active, rows, moments if rows is None else moments[rows], wanted)


def best_deals(active: ActiveListings, filters: Filters, limit: int) -> tuple[Retrieved, int]:
    """Return listings by ascending price over fair price, those without one last, and how many.

    The scores are less that ratio, minus infinity where there is none.
    """
    rows = _rows(active, filters)
    ratio = active.column("price") / active.column("fair")
    keys = -np.where(np.isnan(ratio), np.inf, ratio)
    found = _best(active, rows, keys if rows is None else keys[rows], _Wanted(limit, frozenset()))
    return found, active.size if rows is None else len(rows)


def described(active: ActiveListings, ids: Sequence[ListingId], at: datetime) -> Described:
    """Describe those listings that are there, in the order asked; their numbers are of ``at``."""
    rows = np.array(active.rows_of(ids), dtype=np.int64)
    heard, heard_at = active.heard(rows)
    return Described(
        active.ids[rows].tolist(),
        active.facts(rows),
        active.vectors(rows),
        counts_at(active.column("standing")[rows], at),
        at_moment(heard, heard_at, at.timestamp(), HALF_LIVES),
    )


def counts_at(standings: Floats, at: datetime) -> Floats:
    """Return ``score_at`` of many standings, shape (n,); NaN stands for nothing, which counts 0.

    >>> from datetime import UTC
    >>> counts_at(np.array([np.nan, 3.0]), datetime(1970, 1, 1, tzinfo=UTC)).tolist()
    [0.0, 8.0]
    """
    exponents = standings - at.timestamp() / HALF_LIFE.total_seconds()
    return np.where(np.isnan(standings), 0.0, np.exp2(np.minimum(exponents, LARGEST_EXPONENT)))


def count(active: ActiveListings, filters: Filters) -> int:
    """Return how many listings pass."""
    kept = passing(active, filters)
    return active.size if kept is None else int(np.count_nonzero(kept))


def count_later(active: ActiveListings, filters: Filters, moment: datetime) -> tuple[int, int]:
    """Return how many listings pass, and how many of them were listed after a moment."""
    later, kept = active.column("listed_at") > moment.timestamp(), passing(active, filters)
    if kept is None:
        return active.size, int(np.count_nonzero(later))
    return int(np.count_nonzero(kept)), int(np.count_nonzero(kept & later))


def best(keys: NDArray[np.floating], limit: int, within: float = 0.0) -> Rows:
    """Return where the ``limit`` largest keys stand, and those as large as the last, in no order.

    Args:
        keys: shape (n,).
        limit: how many.
        within: >= 0, by how much less a key may be and still count as large as the last.

    >>> best(np.array([1.0, 3.0, 2.0, 3.0, 2.0]), 3).tolist()
    [1, 2, 3, 4]
    """
    if not 0 < limit < len(keys):
        return np.arange(len(keys) if limit > 0 else 0)
    least = np.partition(keys, len(keys) - limit)[len(keys) - limit]
    return np.flatnonzero(keys >= least - within)


def _rows(active: ActiveListings, filters: Filters, possible: Flags | None = None) -> Rows | None:
    """Return the rows that pass and, if that is restricted, are possible at all; None: all."""
    kept = passing(active, filters)
    if possible is not None and not possible.all():
        kept = possible if kept is None else kept & possible
    return None if kept is None else np.flatnonzero(kept)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How many listings are wanted, and which are not."""

    limit: int
    without: frozenset[ListingId]


def _best(
    active: ActiveListings, rows: Rows | None, keys: NDArray[np.floating], wanted: _Wanted
) -> Retrieved:
    """Return the listings with the largest keys, of equal ones the smaller id first.

    Args:
        active: where they are.
        rows: which of them the keys belong to; None: all.
        keys: one of each row, higher is better.
        wanted: how many; they are left out last, for there are few of them.
    """
    unwanted = active.rows_of(wanted.without)
    places = best(keys, wanted.limit + len(unwanted))
    found = places if rows is None else rows[places]
    order = np.lexsort((active.ids[found], -keys[places]))
    if unwanted:
        order = order[~np.isin(found[order], unwanted)]
    order = order[: max(0, wanted.limit)]
    return Retrieved(active.ids[found[order]].tolist(), keys[places[order]].tolist())
