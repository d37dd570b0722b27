"""What the latest events are about, for a person who looks at the system.

Owns:    names of cars, and who is synthetic, by their ids.
Imports: psycopg, engines.postgres_connection, storage.ports.
"""

from collections.abc import Collection, Mapping

from carousel.domain.listing import ListingId, UserId
from carousel.storage.engines.postgres_connection import answering, connect
from carousel.storage.engines.postgres_rows import possible
from carousel.storage.ports.synthetic import SYNTHETIC


class PostgresTail:
    """Implements ``storage.ports.tail.TailNames``; one connection, for one thread."""

    def __init__(self, database_url: str) -> None:
        self._connection = connect(database_url)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def cars(self, listing_ids: Collection[ListingId]) -> Mapping[ListingId, str]:
        """Return make and model of these listings, of those there are."""
        with answering():
            rows = self._connection.execute(
                "select id, make, model from listing where id = any(%s)", [possible(listing_ids)]
            )
            return {one: f"{make} {model or ''}".strip() for one, make, model in rows.fetchall()}

    def synthetic(self, user_ids: Collection[UserId]) -> frozenset[UserId]:
        """Return which of these are synthetic shoppers."""
        with answering():
            rows = self._connection.execute(
                "select id from account where id = any(%s) and role = %s",
                [possible(user_ids), SYNTHETIC],
            )
            return frozenset(one for (one,) in rows.fetchall())
