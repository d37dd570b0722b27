"""Merging a visitor into an account: everything kept under one user's id comes to be another's.

Owns:    the merge, one function for each part of what is kept of a user.
Imports: psycopg, engines.postgres_*, domain, storage.ports.

The law: afterwards everything is as if the account had done it all itself. What of the visitor
still stands in the log is put down to the account by the pipeline, which follows
``visitor.account_id``; the lock keeps it from reading that row before, and writing after, a merge.

To add a part of the state: one function here and one line in ``merge``, before ``_leave_nothing``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from carousel.domain import audience
from carousel.domain.audience import Tally
from carousel.domain.car_features import DIM
from carousel.domain.events import COLLECTIONS, EVENT, Event, interest_of, listing_of
from carousel.domain.facts import facts_of
from carousel.domain.interpretation import interpret, unlearn
from carousel.domain.listing import ListingId, UserId
from carousel.domain.preference import Params, no_evidence
from carousel.domain.preference import merge as merge_evidence
from carousel.domain.steps import Step, apart_from, step_of
from carousel.domain.trail import NO_TRAIL, merged
from carousel.storage.engines.postgres_connection import Connection, own_users, share_space
from carousel.storage.engines.postgres_latent_merging import Removed, merge_latent
from carousel.storage.engines.postgres_latent_spaces import Latents
from carousel.storage.engines.postgres_learning import PostgresBatch
from carousel.storage.engines.postgres_rows import possible
from carousel.storage.engines.postgres_space import Spaces
from carousel.storage.ports import HALF_LIVES, Interest, Learned, Merged
from carousel.storage.ports.own import MOST_SEARCHES

DAWN = datetime(2000, 1, 1, tzinfo=UTC)  # before every event

_SAID_TWICE = """
delete from event as theirs where user_id = %(visitor)s and (
  exists (select from event where user_id = %(account)s and id = theirs.id)
  or exists (select from forgotten where user_id = %(account)s
             and fingerprint = sha256(convert_to(theirs.id, 'UTF8'))))
returning at, body, shard, seq
"""

_FORGOTTEN = """
insert into forgotten as ours (user_id, fingerprint, at)
select %(account)s, fingerprint, at from forgotten where user_id = %(visitor)s
on conflict (user_id, fingerprint) do update set at = greatest(ours.at, excluded.at)
"""

# The account has a search already that asks for the same: that one has found it too.
_FOUND_BY_OURS = """
update notice set search_id = ours.id from saved_search as theirs join saved_search as ours
  on ours.user_id = %(account)s and ours.filters = theirs.filters
where notice.user_id = %(visitor)s and notice.search_id = theirs.id
  and theirs.user_id = %(visitor)s
"""

_SAVED_TWICE = """
delete from saved_search as theirs using saved_search as ours
where theirs.user_id = %(visitor)s and ours.user_id = %(account)s and theirs.filters = ours.filters
"""

# As many as there is room for: an account must not grow by visitors without end.
_SEARCHES = """
update saved_search set user_id = %(account)s where id in (
  select id from saved_search where user_id = %(visitor)s order by created_at desc, id desc
  limit greatest(0, %(most)s - (select count(*) from saved_search where user_id = %(account)s)))
"""

_NO_ROOM = """
with left_over as (delete from saved_search where user_id = %(visitor)s returning id)
delete from notice where user_id = %(visitor)s and kind = 'search'
  and search_id in (select id from left_over)
"""

# Of two notices of one kind about one car the later stays.
_TOLD_TWICE = """
delete from notice as ours using notice as theirs
where ours.user_id = %(account)s and theirs.user_id = %(visitor)s
  and ours.kind = theirs.kind and ours.listing_id = theirs.listing_id and ours.at <= theirs.at
"""

_NOTICES = """
update notice as theirs set user_id = %(account)s, seq = nextval('notice_seq')
where user_id = %(visitor)s and not exists (
  select from notice as ours where ours.user_id = %(account)s
  and ours.kind = theirs.kind and ours.listing_id = theirs.listing_id)
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


@dataclass(frozen=True, slots=True)
class Known:
    """The feature spaces and the latent spaces that a process has read."""

    spaces: Spaces = field(default_factory=Spaces)
    latents: Latents = field(default_factory=Latents)


def merge(connection: Connection, pair: Pair, known: Known, params: Params) -> Merged | None:
    """Put everything a visitor did down to an account, in one transaction; see ``ports.Visitors``.

    Args:
        connection: not in a transaction.
        pair: who and into whom.
        known: the spaces this process knows.
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
        batch = PostgresBatch(connection, known.spaces)
        removed = _said_twice(connection, pair)
        twice = [(one.at, one.event) for one in removed]
        events = _merge_archive(connection, pair)
        _merge_reactions(connection, pair)
        _merge_popularity(batch, twice)
        _merge_audiences(batch, twice)
        _merge_learned(batch, pair, twice, params)
        merge_latent(connection, pair.visitor, pair.account, removed, known.latents)
        _merge_own(connection, pair)
        _leave_nothing(connection, pair)
        return Merged(events, _version(connection, pair))


def _version(connection: Connection, pair: Pair) -> int:
    row = connection.execute(
        "select version from shopper where user_id = %(account)s", pair.named
    ).fetchone()
    return int(row[0]) if row else 0


def _said_twice(connection: Connection, pair: Pair) -> list[Removed]:
    """Take out of the archive, and return, the visitor's events whose id the account used too.

    That is the same event, sent again after logging in: it counts once, and not at all if the
    account had it forgotten.
    """
    rows = connection.execute(_SAID_TWICE, pair.named)
    return [Removed(at, EVENT.validate_json(body), shard, seq) for at, body, shard, seq in rows]


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


def _merge_audiences(batch: PostgresBatch, twice: Sequence[tuple[datetime, Event]]) -> None:
    """Listings have had of their audiences what they had, but for what was counted twice."""
    taken: dict[ListingId, Tally] = {}
    for at, event in twice:
        about = listing_of(event)
        if about is not None and event.type in audience.KINDS:
            back = audience.heard(event.type, at, -1.0)
            known = taken.get(about)
            taken[about] = back if known is None else audience.fold([known, back], HALF_LIVES)
    batch.hear(taken)


def _merge_learned(
    batch: PostgresBatch, pair: Pair, twice: Sequence[tuple[datetime, Event]], params: Params
) -> None:
    """The sum of both evidences and the last of both trails, less what was counted twice.

    The account has a row afterwards even if neither did anything: from now on two shards of the
    log may speak of it at once, and need a row to wait for each other at.
    """
    learned = batch.learned([pair.account, pair.visitor])
    nothing = Learned(pair.visitor, no_evidence(DIM, DAWN), NO_TRAIL)
    account = learned.get(pair.account, nothing)
    visitor = _without(learned.get(pair.visitor, nothing), twice, batch, params)
    evidence = merge_evidence(account.evidence, visitor.evidence, params)
    batch.save([Learned(pair.account, evidence, merged(account.trail, visitor.trail))])


def _without(
    visitor: Learned,
    events: Sequence[tuple[datetime, Event]],
    batch: PostgresBatch,
    params: Params,
) -> Learned:
    """Return what is left of a visitor without some of their events.

    Steps that these events once pushed out of the trail stay out. No matter: the account did the
    same, and its steps push them out again.
    """
    if not events:
        return visitor
    space, evidence, steps = batch.space(), visitor.evidence, list[Step]()
    about = {number for _, event in events if (number := listing_of(event)) is not None}
    listings, described = batch.listings(about), batch.described(about)
    for at, event in events:
        listing_id = listing_of(event) or 0
        listing, car = listings.get(listing_id), described.get(listing_id)
        vector = None if car is None else car.vector
        said = interpret(event, at, listing, vector, space)
        if said is not None:
            evidence = unlearn(evidence, said, params)
        steps.append(step_of(event, at, facts_of([listing]) if listing else None))
    return Learned(visitor.user_id, evidence, apart_from(visitor.trail, steps))


def _merge_own(connection: Connection, pair: Pair) -> None:
    """What the visitor had forgotten stays so; what they saved and were told is the account's."""
    connection.execute(_FORGOTTEN, pair.named)
    connection.execute(_FOUND_BY_OURS, pair.named)
    connection.execute(_SAVED_TWICE, pair.named)
    connection.execute(_SEARCHES, {**pair.named, "most": MOST_SEARCHES})
    connection.execute(_NO_ROOM, pair.named)
    connection.execute(_TOLD_TWICE, pair.named)
    connection.execute(_NOTICES, pair.named)


def _leave_nothing(connection: Connection, pair: Pair) -> None:
    for table in ("reaction", "shopper", "forgotten", "notice"):
        connection.execute(f"delete from {table} where user_id = %(visitor)s", pair.named)  # noqa: S608 (our own words)
