"""Which of a shopper's events are about a kind of car, and how much that is.

Owns:    finding the events of a kind, counting them.
Imports: psycopg, engines.postgres_*, domain, storage.ports.
"""

from collections.abc import Sequence

from carousel.domain.car_kinds import Axis, CarKind, asks_for
from carousel.domain.events import Event, Search, listing_of
from carousel.domain.listing import ListingId, UserId
from carousel.storage.engines.postgres_connection import Connection
from carousel.storage.engines.postgres_rows import event_from, possible
from carousel.storage.ports.own import Counted, Waiting

_COLUMNS = {
    Axis.MAKE: "make_key",
    Axis.BODY: "body",
    Axis.FUEL: "fuel",
    Axis.TRANSMISSION: "transmission",
}

_COUNT = """
select
  count(*) filter (where type <> 'impression'),
  count(distinct listing_id) filter (where type = 'view'),
  count(distinct listing_id) filter (where type = 'contact'),
  count(*) filter (where type = 'search')
from event
where user_id = %(user)s and (
  %(all)s or listing_id = any(%(listings)s) or seq = any(%(searches)s))
"""

_HOLDING = """
select
  count(*) filter (where kind = 'favourite'),
  count(*) filter (where kind = 'dismissed')
from reaction
where user_id = %(user)s and holds and (%(all)s or listing_id = any(%(listings)s))
"""


def count(connection: Connection, user_id: UserId, kind: CarKind | None) -> Counted:
    """Return how much of a shopper's past is about a kind of car, or all of it."""
    listings, searches = set[ListingId](), list[int]()
    if kind is not None:
        listings = of_kind(connection, user_id, kind, [])
        searches = searches_for(connection, user_id, kind)
    part = {
        "user": user_id,
        "all": kind is None,
        "listings": sorted(listings),
        "searches": searches,
    }
    ((events, viewed, contacted, searched),) = connection.execute(_COUNT, part).fetchall()
    ((saved, hidden),) = connection.execute(_HOLDING, part).fetchall()
    return Counted(events, saved, hidden, viewed, contacted, searched)


def acted(type_: str, body: str) -> Event | None:
    """Return an event that says something; one of a type that is no more says nothing."""
    return None if type_ == "impression" else event_from(body)


def is_about(event: Event, kind: CarKind, listings: set[ListingId]) -> bool:
    """Return whether an event is about a kind of car, of which these are the listings."""
    if isinstance(event, Search):
        return asks_for(event.filters, kind)
    return event.listing_id in listings


def of_kind(
    connection: Connection, user_id: UserId, kind: CarKind, waiting: Sequence[Waiting]
) -> set[ListingId]:
    """Return those listings of a kind that events of the user are about."""
    more = {i for one in waiting if one.event is not None and (i := listing_of(one.event))}
    rows = connection.execute(
        f"select id from listing where {_COLUMNS[kind.axis]} = %s and id in ("  # noqa: S608 (our own column names)
        "select listing_id from event where user_id = %s union select unnest(%s::bigint[]))",
        [kind.key, user_id, possible(more)],
    )
    return {row[0] for row in rows}


def searches_for(connection: Connection, user_id: UserId, kind: CarKind) -> list[int]:
    """Return the places of searches that ask for a kind of car."""
    rows = connection.execute(
        "select seq, body from event where user_id = %s and type = 'search'", [user_id]
    )
    found: list[int] = []
    for place, body in rows:
        event = acted("search", body)
        if isinstance(event, Search) and asks_for(event.filters, kind):
            found.append(place)
    return found
