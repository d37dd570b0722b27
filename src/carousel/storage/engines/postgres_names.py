"""What PostgreSQL answers of names, and of listings whatever became of them.

Owns:    their statements.
Imports: engines.postgres_*, domain.
"""

# ruff: noqa: S608 (statements are put together from our own words; every value is bound)

from collections.abc import Sequence

from carousel.domain.listing import Listing, ListingId
from carousel.domain.phrase.names import Names, Region, names_of
from carousel.storage.engines.postgres_discovery import PostgresDiscovery
from carousel.storage.engines.postgres_rows import listing_columns, listing_from_row, possible

_NAMES = """
select grouping(make) = 0, grouping(colour) = 0, make, model, colour, count(*),
  region, avg(latitude), avg(longitude)
from listing where status = 'active'
group by grouping sets ((make, model), (colour), (region))
"""


class PostgresNames(PostgresDiscovery):
    """Part of ``storage.ports.ServingStore``, through a pool of connections."""

    async def listings(self, ids: Sequence[ListingId]) -> list[Listing]:
        """Return the listings among ``ids``, of any status, in the order asked."""
        rows = await self._rows(
            f"select {listing_columns('l')} "
            "from unnest($1::bigint[]) with ordinality as asked (id, place) "
            "join listing l on l.id = asked.id order by asked.place",
            possible(ids),
        )
        return [listing_from_row(row) for row in rows]

    async def names(self) -> Names:
        """Return what active listings are called; looks at every listing: remember the answer."""
        rows = await self._rows(_NAMES)
        return names_of(
            ((row[2], row[3], row[5]) for row in rows if row[0]),
            ((row[4], row[5]) for row in rows if row[1]),
            (Region(row[6], row[5], row[7], row[8]) for row in rows if row[6] is not None),
        )
