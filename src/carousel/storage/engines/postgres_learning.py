"""The learning store on PostgreSQL: what the pipelines read and write, batch by batch.

Owns:    the archive, evidence and trails, reactions, cursors; what adds up about listings is in
         postgres_popularity and postgres_audience.
Imports: psycopg, engines.postgres_*, domain, storage.ports.

The session does not wait for the disk at commit (synchronous_commit off). That is safe: effect and
cursor are one transaction, so what a crash of PostgreSQL forgets it forgets whole, and the log,
read again from the older cursor, replays it. The log must therefore keep entries for some seconds
after every cursor has passed them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from carousel.domain.audience import Tally
from carousel.domain.errors import ConfigurationError
from carousel.domain.events import listing_of
from carousel.domain.facts import facts_of
from carousel.domain.features import FeatureSpace
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.domain.preference import Evidence
from carousel.domain.trail import from_bytes, to_bytes
from carousel.storage.engines import postgres_audience, postgres_popularity
from carousel.storage.engines.postgres_columns import (
    bigints,
    bigints_or_nulls,
    blobs,
    flags,
    floats,
    integers,
    microseconds,
    moments,
    texts,
)
from carousel.storage.engines.postgres_connection import (
    Connection,
    answering,
    connect,
    share_space,
    share_users,
)
from carousel.storage.engines.postgres_rows import (
    LISTING_COLUMNS,
    direction_bytes,
    direction_from,
    facts_from,
    listing_from_row,
    possible,
)
from carousel.storage.engines.postgres_space import Spaces
from carousel.storage.ports import (
    BEGINNING,
    Archived,
    CursorMovedError,
    Described,
    Interest,
    Learned,
    Position,
    Reaction,
)

OPTIONS = "-c synchronous_commit=off"

# In order: a place in the archive is a place in the log, shard by shard.
_ARCHIVE = """
insert into event (user_id, id, at, type, listing_id, body, shard, position)
select user_id, id, at, type, listing_id, body, shard, position
from unnest(%b::bigint[], %b::text[], %b::timestamptz[], %b::text[], %b::bigint[],
            %b::text[], %b::int[], %b::text[]) with ordinality
  as said (user_id, id, at, type, listing_id, body, shard, position, place)
where not exists (select from forgotten where user_id = said.user_id
                  and fingerprint = sha256(convert_to(said.id, 'UTF8')))
order by place
on conflict (user_id, id) do nothing
returning user_id, id
"""

_SAVE = """
insert into shopper as kept (user_id, evidence, mass, as_of, trail, version)
select *, 1 from unnest(%b::bigint[], %b::bytea[], %b::float8[], %b::timestamptz[], %b::bytea[])
on conflict (user_id) do update set evidence = excluded.evidence, mass = excluded.mass,
  as_of = excluded.as_of, trail = excluded.trail, version = kept.version + 1
returning user_id, version
"""

_REACT = """
insert into reaction as kept (user_id, kind, listing_id, holds, at)
select * from unnest(%b::bigint[], %b::text[], %b::bigint[], %b::bool[], %b::timestamptz[])
on conflict (user_id, kind, listing_id) do update set holds = excluded.holds, at = excluded.at
where kept.at <= excluded.at
"""


class PostgresLearning:
    """Implements ``storage.ports.LearningStore``; one connection, for one thread.

    A lost connection is opened again by the next call.
    """

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection = connect(database_url, OPTIONS)
        self._spaces = Spaces()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def cursors(self, pipeline: str) -> dict[int, Position]:
        """Return where a pipeline stands in each shard it has touched."""
        with answering():
            return dict(
                self._open()
                .execute(
                    "select shard, position from pipeline_cursor where pipeline = %s", [pipeline]
                )
                .fetchall()
            )

    @contextmanager
    def transaction(self) -> Iterator["PostgresBatch"]:
        """Open a batch; leaving the block commits, an exception rolls back.

        Raises:
            StoreUnavailableError: the server did not answer; nothing of the batch is kept, unless
                it was lost while committing: the cursor tells.
        """
        with answering():
            connection = self._open()
            with connection.transaction():
                share_space(connection)
                yield PostgresBatch(connection, self._spaces)

    def _open(self) -> Connection:
        if self._connection.closed:
            self._connection = connect(self._url, OPTIONS)
        return self._connection


class PostgresBatch:
    """Implements ``storage.ports.LearningTransaction``."""

    def __init__(self, connection: Connection, spaces: Spaces) -> None:
        self._connection = connection
        self._spaces = spaces

    def archive(self, batch: Sequence[Archived]) -> list[Archived]:
        """Keep entries for ever; return those never archived before, in order; see the port."""
        entries = [a.entry for a in batch]
        kept = self._connection.execute(
            _ARCHIVE,
            [
                bigints([e.user_id for e in entries]),
                texts([e.id for e in entries]),
                moments([microseconds(e.at) for e in entries]),
                texts([e.event.type for e in entries]),
                bigints_or_nulls([listing_of(e.event) for e in entries]),
                texts([e.event.model_dump_json(exclude_none=True) for e in entries]),
                integers([a.shard for a in batch]),
                texts([a.position for a in batch]),
            ],
        )
        fresh = set(kept.fetchall())
        first: list[Archived] = []
        for archived in batch:
            key = (archived.entry.user_id, archived.entry.id)
            if key in fresh:
                fresh.discard(key)
                first.append(archived)
        return first

    def space(self) -> FeatureSpace:
        """Return the active feature space; it cannot change before the transaction ends.

        Raises:
            ConfigurationError: no space was fitted yet.
        """
        space = self._spaces.active(self._connection)
        if space is None:
            raise ConfigurationError(
                "There is no feature space yet: import listings, then run a reindex."
            )
        return space

    def listings(self, ids: Iterable[ListingId]) -> dict[ListingId, Listing]:
        """Return listings of any status."""
        rows = self._connection.execute(
            f"select {LISTING_COLUMNS} from listing where id = any(%b::bigint[])",  # noqa: S608 (our own column names)
            [bigints(possible(ids))],
            binary=True,
        )
        return {row[0]: listing_from_row(row) for row in rows}

    def described(self, ids: Iterable[ListingId]) -> dict[ListingId, Described]:
        """Return vector and facts, read-only, of those listings, of any status, with a vector."""
        rows = self._connection.execute(
            "select listing_id, direction, facts from listing_vector "
            "where listing_id = any(%b::bigint[])",
            [bigints(possible(ids))],
            binary=True,
        ).fetchall()
        older = [listing_id for listing_id, _, facts in rows if facts is None]
        listings = self.listings(older) if older else {}
        return {
            listing_id: Described(
                direction_from(kept),
                facts_of([listings[listing_id]]) if facts is None else facts_from(facts),
            )
            for listing_id, kept, facts in rows
        }

    def known_users(self, ids: Iterable[UserId]) -> set[UserId]:
        """Return those ids that belong to an account or a visitor."""
        asked = bigints(possible(ids))
        rows = self._connection.execute(
            "select id from account where id = any(%b::bigint[]) "
            "union all select id from visitor where id = any(%b::bigint[])",
            [asked, asked],
            binary=True,
        )
        return {row[0] for row in rows}

    def synthetic_users(self, ids: Iterable[UserId]) -> set[UserId]:
        """Return those ids that belong to a synthetic shopper."""
        rows = self._connection.execute(
            "select id from account where role = 'synthetic' and id = any(%b::bigint[])",
            [bigints(possible(ids))],
            binary=True,
        )
        return {row[0] for row in rows}

    def merged_into(self, ids: Iterable[UserId]) -> dict[UserId, UserId]:
        """Return the account of each visitor among the ids that was merged into one.

        From then on nobody is merged until the transaction ends.
        """
        share_users(self._connection)
        rows = self._connection.execute(
            "select id, account_id from visitor where id = any(%b::bigint[]) "
            "and account_id is not null",
            [bigints(possible(ids))],
            binary=True,
        )
        return dict(rows.fetchall())

    def learned(self, user_ids: Iterable[UserId]) -> dict[UserId, Learned]:
        """Return what is known of those users who are no strangers, locked until the end."""
        rows = self._connection.execute(
            "select user_id, evidence, mass, as_of, trail from shopper "
            "where user_id = any(%b::bigint[]) order by user_id for update",
            [bigints(possible(user_ids))],
            binary=True,
        )
        return {
            user_id: Learned(
                user_id, Evidence(direction_from(kept), mass, as_of), from_bytes(trail)
            )
            for user_id, kept, mass, as_of, trail in rows
        }

    def save(self, learned: Iterable[Learned]) -> dict[UserId, int]:
        """Store evidence and trails; return each user's new state version."""
        by_user = {one.user_id: one for one in learned}
        latest = [by_user[user_id] for user_id in sorted(by_user)]
        rows = self._connection.execute(
            _SAVE,
            [
                bigints([one.user_id for one in latest]),
                blobs([direction_bytes(one.evidence.direction) for one in latest]),
                floats([one.evidence.mass for one in latest]),
                moments([microseconds(one.evidence.as_of) for one in latest]),
                blobs([to_bytes(one.trail) for one in latest]),
            ],
            binary=True,
        )
        return dict(rows.fetchall())

    def react(self, reactions: Iterable[Reaction]) -> None:
        """Store reactions; per user, listing and kind the latest ``at`` wins, or the last."""
        latest: dict[tuple[UserId, str, ListingId], Reaction] = {}
        for one in reactions:
            key = (one.user_id, one.kind, one.listing_id)
            if key not in latest or latest[key].at <= one.at:
                latest[key] = one
        rows = [latest[key] for key in sorted(latest)]
        if rows:
            self._connection.execute(
                _REACT,
                [
                    bigints([r.user_id for r in rows]),
                    texts([r.kind for r in rows]),
                    bigints([r.listing_id for r in rows]),
                    flags([r.holds for r in rows]),
                    moments([microseconds(r.at) for r in rows]),
                ],
            )

    def popularise(self, interests: Iterable[Interest]) -> None:
        """Add to the listings' decayed popularity; the order of events does not matter."""
        postgres_popularity.popularise(self._connection, list(interests))

    def hear(self, heard: Mapping[ListingId, Tally]) -> None:
        """Add to the listings' audiences; the order of events does not matter."""
        postgres_audience.hear(self._connection, heard)

    def advance(self, pipeline: str, moves: Mapping[int, tuple[Position, Position]]) -> None:
        """Move the cursor of each shard (from, to).

        Raises:
            CursorMovedError: a cursor is not where ``from`` says.
        """
        shards = sorted(moves)
        origins = [moves[shard][0] for shard in shards]
        begun = [shard for shard in shards if moves[shard][0] == BEGINNING]
        if begun:
            self._connection.execute(
                "insert into pipeline_cursor (pipeline, shard, position) "
                "select %s, shard, %s from unnest(%s::int[]) as begun (shard) "
                "on conflict (pipeline, shard) do nothing",
                [pipeline, BEGINNING, begun],
            )
        moved = self._connection.execute(
            "update pipeline_cursor as kept set position = move.target "
            "from unnest(%s::int[], %s::text[], %s::text[]) as move (shard, origin, target) "
            "where kept.pipeline = %s and kept.shard = move.shard "
            "and kept.position = move.origin",
            [shards, origins, [moves[shard][1] for shard in shards], pipeline],
        )
        if moved.rowcount != len(shards):
            raise CursorMovedError(
                f"Another worker advanced the cursor of pipeline {pipeline} in one of the shards "
                f"{shards}; nothing of this batch was applied."
            )
