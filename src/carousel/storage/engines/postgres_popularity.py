"""Popularity as rows: one statement adds to that of many listings.

Owns:    the statement, the formula of ``domain.popularity.standing`` in SQL.
Imports: numpy, engines.postgres_*, domain, storage.ports.
"""

# ruff: noqa: S608 (the statement is put together from our own words; every value is bound)

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from carousel.domain.features import Vector
from carousel.domain.popularity import HALF_LIFE, NOTHING
from carousel.storage.engines.postgres_columns import bigints, floats, microseconds, moments
from carousel.storage.engines.postgres_connection import Connection
from carousel.storage.engines.postgres_decay import summed
from carousel.storage.ports import Interest

_MICROSECOND = timedelta(microseconds=1)
_SECONDS = f"{HALF_LIFE.total_seconds()}::float8"
_SCORE = summed("score", "extract(epoch from {later}.as_of - {earlier}.as_of)::float8", _SECONDS)


def _standing(score: str, as_of: str) -> str:
    return (
        f"case when {score} > {NOTHING} "
        f"then ln({score}) / ln(2::float8) + extract(epoch from {as_of})::float8 / {_SECONDS} end"
    )


_POPULARISE = f"""
insert into popularity as kept (listing_id, score, as_of, standing)
select id, score, as_of, {_standing("score", "as_of")}
from unnest(%b::bigint[], %b::float8[], %b::timestamptz[]) as more (id, score, as_of)
on conflict (listing_id) do update set
  score = {_SCORE},
  as_of = greatest(kept.as_of, excluded.as_of),
  standing = {_standing(f"({_SCORE})", "greatest(kept.as_of, excluded.as_of)")}
"""


def popularise(connection: Connection, interests: Sequence[Interest]) -> None:
    """Add to the listings' decayed popularity; the order of events does not matter."""
    if not interests:
        return
    # Sorted everywhere: batches that share listings then wait for each other, never in a ring.
    ids, row = np.unique([one.listing_id for one in interests], return_inverse=True)
    at = np.array([microseconds(one.at) for one in interests], dtype=np.int64)
    latest = np.full(len(ids), np.iinfo(np.int64).min)
    np.maximum.at(latest, row, at)
    age = (latest[row] - at) / (HALF_LIFE / _MICROSECOND)
    strengths = np.array([one.strength for one in interests])
    scores: Vector = np.bincount(row, strengths * np.exp2(-age), len(ids)).astype(np.float64)
    connection.execute(_POPULARISE, [bigints(ids), floats(scores), moments(latest)])
