"""Forgetting: a part of a shopper's past is taken out of everything it went into.

Owns:    taking the events, one function for each part of what they went into.
Imports: psycopg, engines.postgres_*, domain, storage.ports.

The law: afterwards everything is as if the events had never been. What listings have of them is a
sum, and is taken back. What is known of the shopper is not subtracted but folded anew from the
events that are left: so no rounding stays behind, a step that a forgotten one had pushed out of the
trail comes back, and of a car that has changed since nothing stays that the event had said of what
it was. The price is that also the other cars count as they are now, as after every reindex; only
the trail knows what they were.

The lock keeps the pipelines from reading before, and writing after: what they have read already
they ask the archive about again, and what is not archived yet is refused there by its fingerprint.

To add a part of the state: one function here and one line in ``forget``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from carousel.domain.audience import Tally
from carousel.domain.car_features import DIM
from carousel.domain.car_kinds import CarKind
from carousel.domain.events import COLLECTIONS, Event, interest_of, listing_of
from carousel.domain.facts import facts_of
from carousel.domain.hearing import CODES, tallied
from carousel.domain.interpretation import interpret, learn
from carousel.domain.listing import ListingId, UserId
from carousel.domain.preference import Params, no_evidence
from carousel.domain.steps import Step, as_told, following, step_of
from carousel.domain.trail import NO_TRAIL
from carousel.storage.engines.postgres_connection import (
    Connection,
    answering,
    connect,
    living,
    own_users,
    share_space,
)
from carousel.storage.engines.postgres_kinds import acted, count, is_about, of_kind, searches_for
from carousel.storage.engines.postgres_latent_forgetting import forget_latent, reasoned_about
from carousel.storage.engines.postgres_latent_merging import Removed
from carousel.storage.engines.postgres_learning import PostgresBatch
from carousel.storage.engines.postgres_merging import DAWN, Known
from carousel.storage.engines.postgres_rows import possible
from carousel.storage.ports import HALF_LIVES, Interest, Learned, Position
from carousel.storage.ports.own import Counted, Forgotten, Waiting, Whereabouts, Which

# A reindex keeps others waiting for as long as it takes; a person waits for ten seconds at most.
OPTIONS = "-c lock_timeout=10s"

ARCHIVING = "content_based"
"""The pipeline that archives the log."""

_TAKE = """
delete from event where user_id = %(user)s and (
  %(all)s or id = %(id)s or listing_id = any(%(listings)s) or seq = any(%(searches)s))
returning seq, shard, id, at, type, listing_id, body
"""

_REMEMBER_NOT = """
insert into forgotten (user_id, fingerprint)
select %s, sha256(convert_to(id, 'UTF8')) from unnest(%s::text[]) as gone (id)
on conflict do nothing
"""

_REACTIONS = """
insert into reaction (user_id, kind, listing_id, holds, at)
select distinct on (kind, listing_id) user_id, kind, listing_id, holds, at
from event join unnest(%(types)s::text[], %(kinds)s::text[], %(holds)s::bool[])
  as meaning (type, kind, holds) using (type)
where user_id = %(user)s and listing_id = any(%(listings)s)
order by kind, listing_id, at desc, seq desc
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """An event that is in the archive no more; of an impression ``event`` is None."""

    place: int
    shard: int
    id: str
    at: datetime
    type: str
    listing_id: ListingId | None
    event: Event | None


class PostgresForgetting:
    """Implements ``storage.ports.own.Forgetting``; one connection, for one thread.

    A connection that was lost between two calls is opened again. Every method raises
    StoreUnavailableError when the server does not answer, or a reindex takes too long.
    """

    def __init__(self, database_url: str, params: Params) -> None:
        self._url = database_url
        self._params = params
        self._connection = connect(database_url, OPTIONS)
        self._known = Known()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def whereabouts(self, user_id: UserId) -> Whereabouts:
        """Return where to look for events that wait in the log."""
        with answering():
            connection = self._open()
            visitors = connection.execute(
                "select id from visitor where account_id = any(%s)", [possible([user_id])]
            )
            names = frozenset({user_id, *(row[0] for row in visitors)})
            return Whereabouts(names, _archived(connection))

    def archived(self) -> dict[int, Position]:
        """Return up to which position each shard of the log is archived."""
        with answering():
            return _archived(self._open())

    def count(self, user_id: UserId, kind: CarKind | None) -> Counted:
        """Return how much forgetting would take; see the port."""
        with answering():
            return count(self._open(), user_id, kind)

    def prune(self, before: datetime) -> int:
        """Delete what was remembered of events forgotten before a moment; return how many."""
        with answering():
            return self._open().execute("delete from forgotten where at < %s", [before]).rowcount

    def forget(self, user_id: UserId, which: Which, waiting: Sequence[Waiting]) -> Forgotten | None:
        """Make everything as if a part of the past had never been; see the port."""
        with answering():
            connection = self._open()
            with connection.transaction():
                return forget(connection, user_id, (which, waiting), self._known, self._params)

    def _open(self) -> Connection:
        self._connection = living(self._connection, self._url, OPTIONS)
        return self._connection


def _archived(connection: Connection) -> dict[int, Position]:
    rows = connection.execute(
        "select shard, position from pipeline_cursor where pipeline = %s", [ARCHIVING]
    )
    return dict(rows.fetchall())


def forget(
    connection: Connection,
    user_id: UserId,
    what: tuple[Which, Sequence[Waiting]],
    known: Known,
    params: Params,
) -> Forgotten | None:
    """Take a part of the past out of everything; see the port. Within a transaction.

    Args:
        connection: in a transaction that has done nothing yet.
        user_id: whose past.
        what: the part, and what of the user's events waits in the log.
        known: the spaces this process knows.
        params: half-life of the evidence.
    """
    share_space(connection)
    own_users(connection)
    which, waiting = what
    if _merged(connection, user_id):
        return None
    taken, refused = _take(connection, user_id, which, waiting)
    gone = sorted({*(one.id for one in taken), *refused})
    if which.id is not None and not gone and not _was_forgotten(connection, user_id, which.id):
        return None
    connection.execute(_REMEMBER_NOT, [user_id, gone])
    acts = [one for one in taken if one.event is not None]
    batch = PostgresBatch(connection, known.spaces)
    _forget_popularity(batch, acts)
    _forget_audiences(batch, taken)
    _forget_reactions(connection, user_id, acts)
    _forget_notices(connection, user_id, which, acts)
    if acts:
        left = _left(connection, user_id)
        _learn_anew(batch, user_id, left, params)
        forget_latent(connection, user_id, _removed(acts), left, known.latents)
    return Forgotten(len(taken), _version(connection, user_id))


def _merged(connection: Connection, user_id: UserId) -> bool:
    rows = connection.execute(
        "select 1 from visitor where id = any(%s) and account_id is not null", [possible([user_id])]
    )
    return bool(rows.fetchall())


def _version(connection: Connection, user_id: UserId) -> int:
    row = connection.execute("select version from shopper where user_id = %s", [user_id]).fetchone()
    return int(row[0]) if row else 0


def _was_forgotten(connection: Connection, user_id: UserId, event_id: str) -> bool:
    rows = connection.execute(
        "select 1 from forgotten where user_id = %s "
        "and fingerprint = sha256(convert_to(%s, 'UTF8'))",
        [user_id, event_id],
    )
    return bool(rows.fetchall())


def _take(
    connection: Connection, user_id: UserId, which: Which, waiting: Sequence[Waiting]
) -> tuple[list[Taken], set[str]]:
    """Take events out of the archive; return them, and the ids of those to be refused there."""
    kind, listings, searches = which.kind, set[ListingId](), list[int]()
    if kind is not None:
        listings = of_kind(connection, user_id, kind, waiting)
        searches = searches_for(connection, user_id, kind)
    everything = which.id is None and kind is None
    rows = connection.execute(
        _TAKE,
        {
            "user": user_id,
            "all": everything,
            "id": which.id,
            "listings": sorted(listings),
            "searches": searches,
        },
    )
    taken = [
        Taken(place, shard, event_id, at, type_, listing_id, acted(type_, body))
        for place, shard, event_id, at, type_, listing_id, body in rows
    ]
    refused = {
        one.id
        for one in waiting
        if everything
        or one.id == which.id
        or (kind is not None and one.event is not None and is_about(one.event, kind, listings))
    }
    return taken, refused


def _forget_popularity(batch: PostgresBatch, acts: Sequence[Taken]) -> None:
    """Listings are as popular as if nobody had shown that interest."""
    batch.popularise(
        [
            Interest(one.listing_id, -interest_of(one.event), one.at)
            for one in acts
            if one.listing_id is not None and one.event is not None and interest_of(one.event) > 0
        ]
    )


def _forget_audiences(batch: PostgresBatch, taken: Sequence[Taken]) -> None:
    """Listings have had of their audiences what they had, but for this."""
    counted = [one for one in taken if one.listing_id is not None and one.type in CODES]
    heard = tallied(
        [one.listing_id or 0 for one in counted],
        [CODES[one.type] for one in counted],
        [one.at.timestamp() for one in counted],
        HALF_LIVES,
    )
    batch.hear(
        {
            listing_id: Tally(-one.impressions, -one.views, -one.contacts, one.as_of)
            for listing_id, one in heard.items()
        }
    )


def _forget_reactions(connection: Connection, user_id: UserId, acts: Sequence[Taken]) -> None:
    """What holds of the cars is read from what is left of the archive."""
    about = sorted({one.listing_id or 0 for one in acts if one.type in COLLECTIONS})
    if not about:
        return
    connection.execute(
        "delete from reaction where user_id = %s and listing_id = any(%s)", [user_id, about]
    )
    meanings = [(name, kind, holds) for name, (kind, holds) in COLLECTIONS.items()]
    types, kinds, holds = (list(column) for column in zip(*meanings, strict=True))
    connection.execute(
        _REACTIONS,
        {"user": user_id, "listings": about, "types": types, "kinds": kinds, "holds": holds},
    )


def _forget_notices(
    connection: Connection, user_id: UserId, which: Which, acts: Sequence[Taken]
) -> None:
    """Nobody is told of cars they never saved, nor, when all is forgotten, of what would fit."""
    connection.execute(
        "delete from notice where user_id = %(user)s and (kind = 'fits' and %(all)s or "
        "kind in ('price_drop', 'sold') and listing_id = any(%(about)s) and not exists ("
        "select from reaction r where r.user_id = %(user)s and r.listing_id = notice.listing_id "
        "and r.kind = 'favourite' and r.holds))",
        {
            "user": user_id,
            "all": which == Which(),
            "about": sorted({one.listing_id or 0 for one in acts}),
        },
    )


def _left(connection: Connection, user_id: UserId) -> list[Removed]:
    """Return the events of a user that are archived still, impressions apart, in their order."""
    rows = connection.execute(
        "select at, type, body, shard, seq from event "
        "where user_id = %s and type <> 'impression' order by seq",
        [user_id],
    )
    return [
        Removed(at, event, shard, place)
        for at, type_, body, shard, place in rows
        if (event := acted(type_, body)) is not None
    ]


def _removed(acts: Sequence[Taken]) -> list[Removed]:
    return [
        Removed(one.at, one.event, one.shard, one.place) for one in acts if one.event is not None
    ]


def _learn_anew(
    batch: PostgresBatch, user_id: UserId, left: Sequence[Removed], params: Params
) -> None:
    """Fold what is left. The row stays, even empty: a version must never come twice."""
    space, evidence, steps = batch.space(), None, list[Step]()
    before = batch.learned([user_id]).get(user_id)
    about = {number for one in left if (number := listing_of(one.event)) is not None}
    described = batch.described(about)
    listings = batch.listings(reasoned_about(left) | (about - described.keys()))
    for one in left:
        listing_id = listing_of(one.event) or 0
        car, listing = described.get(listing_id), listings.get(listing_id)
        vector, facts = None, None
        if car is not None:
            vector, facts = car.vector, car.facts
        elif listing is not None:
            facts = facts_of([listing])
        said = interpret(one.event, one.at, listing, vector, space)
        step = step_of(one.event, one.at, facts)
        if said is None and not step:
            continue
        if evidence is None:
            evidence = no_evidence(DIM, one.at)
        if said is not None:
            evidence = learn(evidence, said, params)
        steps.append(step)
    trail = following(NO_TRAIL, steps)
    if before is not None:
        trail = as_told(trail, before.trail)
    batch.save([Learned(user_id, evidence or no_evidence(DIM, DAWN), trail)])
