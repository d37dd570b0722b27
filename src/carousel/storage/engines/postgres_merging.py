"""Merging a visitor into an account: everything kept under one user's id comes to be another's.

Owns:    the merge, one function for each part of what is kept of a user.
Imports: psycopg, engines.postgres_*, domain, storage.ports.

The law: afterwards everything is as if the account had done it all itself. What of the visitor
still stands in the log is put down to the account by the pipeline, which follows
``visitor.account_id``; the lock keeps it from reading that row before, and writing after, a merge.

To add a part of the state: one function here and one line in ``merge``, before ``_leave_nothing``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from carousel.domain.car_features import DIM
from carousel.domain.events import COLLECTIONS, EVENT, Event, interest_of, listing_of
from carousel.domain.interpretation import interpret, unlearn
from carousel.domain.listing import UserId
from carousel.domain.preference import Evidence, Params, no_evidence
from carousel.domain.preference import merge as merge_evidence
from carousel.storage.engines.postgres_connection import Connection, own_users, share_space
from carousel.storage.engines.postgres_learning import PostgresBatch
from carousel.storage.engines.postgres_rows import possible
from carousel.storage.engines.postgres_space import Spaces
from carousel.storage.ports import Interest, Learned, Merged

DAWN = datetime(2000, 1, 1, tzinfo=UTC)  # before every event

_SAID_TWICE = """
delete from event as theirs using event as ours
where theirs.user_id = %(visitor)s and ours.user_id = %(account)s and theirs.id = ours.id
returning theirs.at, theirs.body
"""

# What holds is read from the archive, of which both histories are part by now.
_REACTIONS = """
insert into reaction as kept (user_id, kind, listing_id, holds, at)
select distinct on (kind, listing_id) user_id, kind, listing_id, holds, at
from event join unnest(%(types)s::text[], %(kinds)s::text[], %(holds)s::bool[])
  as meaning (type, kind, holds) using (type)
where user_id = %(account)s
  and listing_id in (select listing_id from reaction where user_id = %(visitor)s)
order by kind, listing_id, at desc, seq desc
on conflict (user_id, kind, listing_id) do update set holds = excluded.holds, at = excluded.at
where kept.at <= excluded.at
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """Who is merged into whom."""

    visitor: UserId
    account: UserId

    @property
    def named(self) -> dict[str, UserId]:
        """Return both as parameters of a statement."""
        return {"visitor": self.visitor, "account": self.account}


def merge(connection: Connection, pair: Pair, spaces: Spaces, params: Params) -> Merged | None:
    """Put everything a visitor did down to an account, in one transaction; see ``ports.Visitors``.

    Args:
        connection: not in a transaction.
        pair: who and into whom.
        spaces: the feature spaces this process knows.
        params: half-life of the evidence.
    """
    with connection.transaction():
        share_space(connection)
        own_users(connection)
        row = connection.execute(
            "select account_id from visitor where id = any(%s)", [possible([pair.visitor])]
        ).fetchone()
        if row is None or row[0] not in {None, pair.account}:
            return None
        if row[0] == pair.account:
            return Merged(0, _version(connection, pair))
        connection.execute(
            "update visitor set account_id = %(account)s where id = %(visitor)s", pair.named
        )
        batch = PostgresBatch(connection, spaces)
        twice = _said_twice(connection, pair)
        events = _merge_archive(connection, pair)
        _merge_reactions(connection, pair)
        _merge_popularity(batch, twice)
        _merge_evidence(batch, pair, twice, params)
        _leave_nothing(connection, pair)
        return Merged(events, _version(connection, pair))


def _version(connection: Connection, pair: Pair) -> int:
    row = connection.execute(
        "select version from shopper where user_id = %(account)s", pair.named
    ).fetchone()
    return int(row[0]) if row else 0


def _said_twice(connection: Connection, pair: Pair) -> list[tuple[datetime, Event]]:
    """Take out of the archive, and return, the visitor's events whose id the account used too.

    That is the same event, sent again after logging in: it counts once.
    """
    rows = connection.execute(_SAID_TWICE, pair.named)
    return [(at, EVENT.validate_json(body)) for at, body in rows]


def _merge_archive(connection: Connection, pair: Pair) -> int:
    """Return how many events the account has got."""
    return connection.execute(
        "update event set user_id = %(account)s where user_id = %(visitor)s", pair.named
    ).rowcount


def _merge_reactions(connection: Connection, pair: Pair) -> None:
    """Per listing and kind the latest wins, whoever reacted."""
    meanings = [(name, kind, holds) for name, (kind, holds) in COLLECTIONS.items()]
    types, kinds, holds = zip(*meanings, strict=True)
    connection.execute(
        _REACTIONS,
        {**pair.named, "types": list(types), "kinds": list(kinds), "holds": list(holds)},
    )


def _merge_popularity(batch: PostgresBatch, twice: Sequence[tuple[datetime, Event]]) -> None:
    """Listings are as popular as before, but for what was counted twice."""
    batch.popularise(
        [
            Interest(about, -interest_of(event), at)
            for at, event in twice
            if (about := listing_of(event)) is not None and interest_of(event) > 0
        ]
    )


def _merge_evidence(
    batch: PostgresBatch, pair: Pair, twice: Sequence[tuple[datetime, Event]], params: Params
) -> None:
    """The sum of both, less what was counted twice.

    The account has a row afterwards even if neither did anything: from now on two shards of the
    log may speak of it at once, and need a row to wait for each other at.
    """
    merged = no_evidence(DIM, DAWN)
    for one in batch.evidence([pair.account, pair.visitor]).values():
        merged = merge_evidence(merged, one, params)
    batch.save([Learned(pair.account, _without(merged, twice, batch, params))])


def _without(
    evidence: Evidence,
    events: Sequence[tuple[datetime, Event]],
    batch: PostgresBatch,
    params: Params,
) -> Evidence:
    if not events:
        return evidence
    space = batch.space()
    about = {listing for _, event in events if (listing := listing_of(event)) is not None}
    listings, vectors = batch.listings(about), batch.vectors(about)
    for at, event in events:
        listing_id = listing_of(event)
        said = interpret(
            event, at, listings.get(listing_id or 0), vectors.get(listing_id or 0), space
        )
        if said is not None:
            evidence = unlearn(evidence, said, params)
    return evidence


def _leave_nothing(connection: Connection, pair: Pair) -> None:
    connection.execute("delete from reaction where user_id = %(visitor)s", pair.named)
    connection.execute("delete from shopper where user_id = %(visitor)s", pair.named)
