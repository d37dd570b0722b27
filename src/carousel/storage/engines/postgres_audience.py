"""What listings have had of their audiences, as rows: one statement adds to many of them.

Owns:    the statement.
Imports: engines.postgres_*, domain, storage.ports.
"""

# ruff: noqa: S608 (the statement is put together from our own words; every value is bound)

from collections.abc import Mapping

from carousel.domain.audience import Tally
from carousel.domain.listing import ListingId
from carousel.storage.engines.postgres_columns import bigints, floats
from carousel.storage.engines.postgres_connection import Connection
from carousel.storage.engines.postgres_decay import summed
from carousel.storage.ports import HALF_LIVES

_LATER = "{later}.as_of - {earlier}.as_of"
_SHOWN = HALF_LIVES.half_life.total_seconds()
_ASKED = HALF_LIVES.contact_half_life.total_seconds()

_HEAR = f"""
insert into audience as kept (listing_id, impressions, views, contacts, as_of)
select * from unnest(%b::bigint[], %b::float8[], %b::float8[], %b::float8[], %b::float8[])
on conflict (listing_id) do update set
  impressions = {summed("impressions", _LATER, f"{_SHOWN}::float8")},
  views = {summed("views", _LATER, f"{_SHOWN}::float8")},
  contacts = {summed("contacts", _LATER, f"{_ASKED}::float8")},
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
        [
            bigints(ids),
            floats([tally.impressions for tally in tallies]),
            floats([tally.views for tally in tallies]),
            floats([tally.contacts for tally in tallies]),
            floats([tally.as_of.timestamp() for tally in tallies]),
        ],
    )
