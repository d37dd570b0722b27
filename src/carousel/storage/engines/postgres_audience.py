"""What listings have had of their audiences, as rows: one statement adds to many of them.

Owns:    the statement, the formula of ``domain.audience`` in SQL.
Imports: engines.postgres_connection, domain, storage.ports.

The database adds, so that nobody reads a row first, and holds a lock on it until it is written.
"""

# ruff: noqa: S608 (the statement is put together from our own words; every value is bound)

from collections.abc import Mapping

from carousel.domain.audience import Tally
from carousel.domain.listing import ListingId
from carousel.storage.engines.postgres_connection import Connection
from carousel.storage.ports import HALF_LIVES

_SHOWN, _ASKED = "%(half_life)s", "%(contact_half_life)s"


def _left(row: str, other: str, count: str, half_life: str) -> str:
    """Return what is left of a row's count at the later of two rows' moments.

    PostgreSQL refuses to reckon with what is too small for a float. So what is next to nothing is
    nothing, and nothing gets older than 60 half-lives at once.
    """
    age = f"greatest({other}.as_of - {row}.as_of, 0) / {half_life}::float8"
    return (
        f"case when abs({row}.{count}) < 1e-12 then 0 "
        f"else {row}.{count} * 2 ^ -least({age}, 60) end"
    )


def _sum(count: str, half_life: str) -> str:
    return " + ".join(
        _left(row, other, count, half_life)
        for row, other in (("kept", "excluded"), ("excluded", "kept"))
    )


_HEAR = f"""
insert into audience as kept (listing_id, impressions, views, contacts, as_of)
select * from unnest(%(ids)b::bigint[], %(impressions)b::float8[], %(views)b::float8[],
                     %(contacts)b::float8[], %(as_of)b::float8[])
on conflict (listing_id) do update set
  impressions = {_sum("impressions", _SHOWN)},
  views = {_sum("views", _SHOWN)},
  contacts = {_sum("contacts", _ASKED)},
  as_of = greatest(kept.as_of, excluded.as_of),
  changed = pg_current_xact_id()
"""


def hear(connection: Connection, heard: Mapping[ListingId, Tally]) -> None:
    """Add to the listings' audiences."""
    if not heard:
        return
    # Sorted everywhere: batches that share listings then wait for each other, never in a ring.
    ids = sorted(heard)
    tallies = [heard[listing_id] for listing_id in ids]
    connection.execute(
        _HEAR,
        {
            "ids": ids,
            "impressions": [tally.impressions for tally in tallies],
            "views": [tally.views for tally in tallies],
            "contacts": [tally.contacts for tally in tallies],
            "as_of": [tally.as_of.timestamp() for tally in tallies],
            "half_life": HALF_LIVES.half_life.total_seconds(),
            "contact_half_life": HALF_LIVES.contact_half_life.total_seconds(),
        },
    )
