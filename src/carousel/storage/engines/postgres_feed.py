"""What a mirror reads: all active listings page by page, and what changed since a moment.

Owns:    the statements, and what "since" means among transactions that overlap.
Imports: numpy, engines.memory_columns, engines.postgres_*, domain.

A moment is a snapshot of PostgreSQL: it says of every transaction whether its effects are visible.
Transactions commit in another order than they begin, so no counter and no clock written by them
tells what a reader has missed: one with a lower number may appear later. But every row carries the
number of the transaction that wrote it, and the snapshot of the reader's last look decides for each
number whether that look could see it. What it could not see and this one can is what changed:
nothing is missed, nothing is read twice, and no reader holds a transaction open for it.
"""

# ruff: noqa: S608 (statements are put together from our own words; every value is bound)

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carousel.domain.listing import ListingId
from carousel.storage.engines.memory_columns import NUMBERS, Batch
from carousel.storage.engines.postgres_described import SEEN, SEEN_FROM, facts_from
from carousel.storage.engines.postgres_retrieval import Fetch, components_sent, vectors_sent

_SPACE = "coalesce((select version from active_space), '')"

_NAMED = (
    *("make_key", "model_key", "colour_key", "region_key"),
    *("fuel", "transmission", "body", "seller_type"),
)
"""The columns behind ``memory_columns.NAMES``."""

_SPELT = ("make", "model", "colour", "region")
"""The first of them as they were stated."""

_LATENT = "coalesce((select version from latent_space where serves), '')"

_CARS = f"""
select {_SPACE} as space, {SEEN}, i.owners, i.make_key, i.model_key, i.colour_key, i.region_key,
  i.seller_type, l.colour, l.region, f.fair
from {SEEN_FROM} left join appraisal f on f.listing_id = i.listing_id
"""

_PAGE = f"{_CARS} where i.listing_id > $1 order by i.listing_id limit $2"

_THESE = f"{_CARS} where i.listing_id = any($1::bigint[])"

# The upper bound keeps out what was written elsewhere: restored from a dump, rows carry numbers
# that this server has yet to reach.
_UNSEEN = """
changed >= pg_snapshot_xmin($1::text::pg_snapshot)
and changed < pg_snapshot_xmax(pg_current_snapshot())
and not pg_visible_in_snapshot(changed, $1::text::pg_snapshot)
"""

_SINCE = f"""
select pg_current_snapshot()::text as moment, {_SPACE} as space, {_LATENT} as latent,
  pg_snapshot_xmax(pg_current_snapshot()) < pg_snapshot_xmax($1::text::pg_snapshot) as rewound,
  array(select id from listing where {_UNSEEN} order by id) as listings, liked, standings,
  heard, impressions, views, contacts, heard_at, appraised, fair,
  array(select listing_id from listing_latent where {_UNSEEN} and version = $2) as moved
from (select coalesce(array_agg(listing_id), '{{}}') as liked,
             coalesce(array_agg(standing), '{{}}') as standings
      from popularity where {_UNSEEN}) as loved,
     (select coalesce(array_agg(listing_id), '{{}}') as heard,
             coalesce(array_agg(impressions), '{{}}') as impressions,
             coalesce(array_agg(views), '{{}}') as views,
             coalesce(array_agg(contacts), '{{}}') as contacts,
             coalesce(array_agg(as_of), '{{}}') as heard_at
      from audience where {_UNSEEN}) as told,
     (select coalesce(array_agg(listing_id), '{{}}') as appraised,
             coalesce(array_agg(fair), '{{}}') as fair
      from appraisal where {_UNSEEN}) as judged
"""

_NOW = f"select pg_current_snapshot()::text as moment, {_SPACE} as space"

_FACTORS = """
select listing_id, vector_send(factors) as factors
from listing_latent where version = $1 and listing_id = any($2::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """A state of the database: what is visible in it, and the feature space in use."""

    snapshot: str
    space: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What became visible since a moment.

    moment:     where to ask from the next time; of the same space.
    latent:     version of the latent space that serves; empty while none does.
    moved:      ids of the listings whose factors changed in the latent space asked about.
    listings:   ids of the listings that changed in any way.
    popularity: id and new standing of the listings whose popularity changed.
    heard:      ids of the listings whose audience changed.
    counts:     what each of them has had now, shape (n, 3), columns as ``domain.audience.KINDS``.
    heard_at:   to when that is aged, epoch seconds, shape (n,).
    appraised:  ids of the listings that were appraised.
    fair:       what each should cost, NaN where there is no verdict, shape (n,).
    """

    moment: Moment
    listings: Sequence[ListingId]
    popularity: Sequence[tuple[ListingId, float | None]]
    heard: Sequence[ListingId]
    counts: NDArray[np.float64]
    heard_at: NDArray[np.float64]
    appraised: Sequence[ListingId]
    fair: NDArray[np.float64]
    latent: str
    moved: Sequence[ListingId]


@dataclass(frozen=True, slots=True)
class Cars:
    """Active listings, and the space that their vectors live in; empty if there is no listing."""

    space: str
    batch: Batch


@dataclass(frozen=True, slots=True)
class Factors:
    """Latent factors of listings, shape (n, k)."""

    ids: Sequence[ListingId]
    factors: NDArray[np.float32]


class Feed:
    """Reads through whatever runs a statement and returns its rows; keeps nothing."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    async def now(self) -> Moment:
        """Return the present moment."""
        row = (await self._fetch(_NOW))[0]
        return Moment(row["moment"], row["space"])

    async def since(self, moment: Moment, latent: str = "") -> Changes | None:
        """Return what became visible since a moment; a look at five indexes if nothing did.

        ``latent`` is the version of the latent space whose factors are asked about.

        None: what was read before counts no more, for the feature space is another one, or the
        database is older than the moment: it was restored from a backup.
        """
        row = (await self._fetch(_SINCE, moment.snapshot, latent))[0]
        if row["rewound"] or row["space"] != moment.space:
            return None
        return Changes(
            Moment(row["moment"], row["space"]),
            row["listings"],
            list(zip(row["liked"], row["standings"], strict=True)),
            row["heard"],
            np.array([row[name] for name in ("impressions", "views", "contacts")], np.float64).T,
            np.array(row["heard_at"], np.float64),
            row["appraised"],
            np.array(row["fair"], np.float64),
            row["latent"],
            row["moved"],
        )

    async def factors(self, version: str, ids: Sequence[ListingId]) -> Factors:
        """Return the factors, in a version of the latent space, of those listings that have any."""
        rows = await self._fetch(_FACTORS, version, ids)
        return Factors(
            [row["listing_id"] for row in rows],
            np.array([components_sent(row["factors"]) for row in rows], dtype=np.float32),
        )

    async def page(self, after: ListingId, limit: int) -> Cars:
        """Return the active listings that follow an id, at most ``limit``, by ascending id."""
        return _cars(await self._fetch(_PAGE, after, limit))

    async def cars(self, ids: Sequence[ListingId]) -> Cars:
        """Return those of the listings that are active, in no order."""
        return _cars(await self._fetch(_THESE, ids))


def _cars(rows: Sequence[Any]) -> Cars:
    vectors = [row["vector"] for row in rows]
    batch = Batch(
        ids=[row["listing_id"] for row in rows],
        numbers=np.array([[row[name] for row in rows] for name in NUMBERS], dtype=np.float64),
        names=[[row[name] for row in rows] for name in _NAMED],
        spellings=[[row[name] for row in rows] for name in _SPELT],
        facts=facts_from(rows),
        vectors=vectors_sent(vectors),
        described=np.array([vector is not None for vector in vectors], dtype=np.bool_),
    )
    return Cars(rows[0]["space"] if rows else "", batch)
