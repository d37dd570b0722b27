"""The latent store on PostgreSQL: states of shoppers and listings in one version of the space.

Owns:    reading, locking and writing the tables ``shopper_latent`` and ``listing_latent``.
Imports: psycopg, pgvector, engines.postgres_*, domain, storage.ports.

Rows are locked in the order of their ids, shoppers before listings; a row that is not there yet is
inserted first, so that there is something to lock. Batches that share any then wait for each other,
never in a ring.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from pgvector import Vector as PgVector

from carousel.domain.features import Matrix, Vector
from carousel.domain.latent import Moved, Pull
from carousel.domain.listing import ListingId, UserId
from carousel.domain.preference import Evidence
from carousel.storage.engines.postgres_connection import Connection, answering
from carousel.storage.engines.postgres_learning import PostgresBatch, PostgresLearning
from carousel.storage.engines.postgres_rows import direction_bytes, direction_from, possible
from carousel.storage.engines.postgres_space import Spaces
from carousel.storage.ports.latent import Tasted

_FORETELL = """
insert into listing_latent (version, listing_id, foretold, factors)
select %b, * from unnest(%b::bigint[], %b::bytea[], %b::vector[])
on conflict (version, listing_id) do nothing
"""

_NEW_SHOPPERS = """
insert into shopper_latent (version, user_id, evidence, mass, as_of)
select %b, user_id, '', 0, '-infinity' from unnest(%b::bigint[]) as fresh (user_id)
on conflict (user_id, version) do nothing
"""

_SHOPPERS = """
select user_id, evidence, mass, as_of from shopper_latent
where version = %b and user_id = any(%b) order by user_id for update
"""

_SAVE_SHOPPERS = """
insert into shopper_latent (version, user_id, evidence, mass, as_of, taste)
select %b, * from unnest(%b::bigint[], %b::bytea[], %b::float8[], %b::timestamptz[], %b::bytea[])
on conflict (user_id, version) do update set evidence = excluded.evidence, mass = excluded.mass,
  as_of = excluded.as_of, taste = excluded.taste
"""

_MOVED = """
select listing_id, foretold, direction, mass from listing_latent
where version = %b and listing_id = any(%b) order by listing_id for update
"""

_SAVE_MOVED = """
insert into listing_latent (version, listing_id, foretold, direction, mass, factors)
select %b, * from unnest(%b::bigint[], %b::bytea[], %b::bytea[], %b::float8[], %b::vector[])
on conflict (version, listing_id) do update set foretold = excluded.foretold,
  direction = excluded.direction, mass = excluded.mass, factors = excluded.factors,
  changed = pg_current_xact_id()
"""


class PostgresLatent(PostgresLearning):
    """Implements ``storage.ports.LatentStore``; one connection, for one thread."""

    def __init__(self, database_url: str, version: str) -> None:
        super().__init__(database_url)
        self._version = version

    @contextmanager
    def transaction(self) -> Iterator["LatentBatch"]:
        """Open a batch; leaving the block commits, an exception rolls back.

        It does not keep the feature space from changing, which is none of its business.

        Raises:
            StoreUnavailableError: the server did not answer; nothing of the batch is kept, unless
                it was lost while committing: the cursor tells.
        """
        with answering():
            connection = self._open()
            with connection.transaction():
                yield LatentBatch(connection, self._spaces, self._version)


class LatentBatch(PostgresBatch):
    """Implements ``storage.ports.LatentTransaction``."""

    def __init__(self, connection: Connection, spaces: Spaces, version: str) -> None:
        super().__init__(connection, spaces)
        self._version = version

    def foretold(self, ids: Iterable[ListingId]) -> dict[ListingId, Vector]:
        """Return f of those listings that have a state, each of shape (k,), read-only."""
        rows = self._connection.execute(
            "select listing_id, foretold from listing_latent "
            "where version = %b and listing_id = any(%b)",
            [self._version, possible(ids)],
            binary=True,
        )
        return {listing_id: direction_from(kept) for listing_id, kept in rows}

    def foretell(self, ids: Sequence[ListingId], foretold: Matrix, factors: Matrix) -> None:
        """Give states to listings that have none; those that have one keep it."""
        foretell(self._connection, self._version, ids, foretold, factors)

    def still_there(self, places: Sequence[tuple[int, int]]) -> set[int]:
        """Return those places of the archive, given with their shards, that were not removed."""
        rows = self._connection.execute(
            "select seq from event join unnest(%b::int[], %b::bigint[]) as place (shard, seq) "
            "using (shard, seq) where type <> 'impression'",
            [[shard for shard, _ in places], [place for _, place in places]],
            binary=True,
        )
        return {row[0] for row in rows}

    def tastes(self, user_ids: Iterable[UserId]) -> dict[UserId, Evidence]:
        """Return the evidence of those users who have any; see the port."""
        ids = sorted(possible(user_ids))
        rows = self._connection.execute(_SHOPPERS, [self._version, ids], binary=True).fetchall()
        if len(rows) < len(ids):
            known = {row[0] for row in rows}
            new = [one for one in ids if one not in known]
            self._connection.execute(_NEW_SHOPPERS, [self._version, new])
            # One who came in between has evidence by now; all the others are still empty.
            rows += self._connection.execute(
                "select user_id, evidence, mass, as_of from shopper_latent where version = %b "
                "and user_id = any(%b) and evidence <> '' order by user_id for update",
                [self._version, new],
                binary=True,
            ).fetchall()
        return {
            user_id: Evidence(direction_from(kept), mass, as_of)
            for user_id, kept, mass, as_of in rows
            if kept
        }

    def moved(self, ids: Iterable[ListingId]) -> dict[ListingId, Moved]:
        """Return the states of those listings that have one, locked until the transaction ends."""
        return pulled(self._connection, self._version, ids)

    def save_tastes(self, tastes: Mapping[UserId, Tasted]) -> None:
        """Store shoppers' states."""
        rows = sorted(tastes.items())
        self._connection.execute(
            _SAVE_SHOPPERS,
            [
                self._version,
                [user_id for user_id, _ in rows],
                [direction_bytes(one.evidence.direction) for _, one in rows],
                [one.evidence.mass for _, one in rows],
                [one.evidence.as_of for _, one in rows],
                [None if one.taste is None else direction_bytes(one.taste) for _, one in rows],
            ],
        )

    def save_moved(self, moved: Mapping[ListingId, Moved], factors: Matrix) -> None:
        """Store listings' states, and the factors that come of each, in the same order."""
        save_moved(self._connection, self._version, moved, factors)


def foretell(
    connection: Connection,
    version: str,
    ids: Sequence[ListingId],
    foretold: Matrix,
    factors: Matrix,
) -> None:
    """Give states in a version to listings that have none; those that have one keep it."""
    order = np.argsort(ids).tolist()
    connection.execute(
        _FORETELL,
        [
            version,
            [ids[n] for n in order],
            [direction_bytes(foretold[n]) for n in order],
            [PgVector(factors[n]) for n in order],
        ],
    )


def save_moved(
    connection: Connection, version: str, moved: Mapping[ListingId, Moved], factors: Matrix
) -> None:
    """Store listings' states in a version, and the factors that come of each."""
    ids, states = list(moved), list(moved.values())
    order = np.argsort(ids).tolist()
    connection.execute(
        _SAVE_MOVED,
        [
            version,
            [ids[n] for n in order],
            [direction_bytes(states[n].foretold) for n in order],
            [direction_bytes(states[n].pull.direction) for n in order],
            [states[n].pull.mass for n in order],
            [PgVector(factors[n]) for n in order],
        ],
    )


def pulled(
    connection: Connection, version: str, ids: Iterable[ListingId]
) -> dict[ListingId, Moved]:
    """Return the states of those listings that have one, locked until the transaction ends."""
    rows = connection.execute(_MOVED, [version, sorted(possible(ids))], binary=True)
    return {
        listing_id: Moved(
            direction_from(foretold),
            Pull(direction_from(kept or bytes(len(foretold))), mass),
        )
        for listing_id, foretold, kept, mass in rows
    }
