"""The versions of the latent space on PostgreSQL: which serves, which is being built, what goes.

Owns:    the table ``latent_space``; giving every listing a state in every version that is kept.
Imports: psycopg, engines.postgres_*, domain, storage.ports.

A version is built beside the one that serves, and takes its place by one row. From ``begin`` on
whoever writes listings gives them states in it too; ``fill`` goes after those that were there.
"""

from collections.abc import Sequence
from contextlib import suppress

from carousel.domain.car_features import describe
from carousel.domain.errors import ModelError
from carousel.domain.latent import KIND, Latent, Moved, from_model
from carousel.domain.listing import ListingFacts, ListingId
from carousel.storage.engines.model_bytes import KeptModel, revive
from carousel.storage.engines.postgres_connection import (
    Connection,
    answering,
    connect,
    own_listings,
)
from carousel.storage.engines.postgres_latent import foretell, pulled, save_moved
from carousel.storage.engines.postgres_rows import LISTING_COLUMNS, listing_from_row

REMEMBERED = 4  # spaces per process: those that are kept, and one or two that were
ENCODE_AT_ONCE = 1_000
NEARLY = 1_000  # places in the archive that a version may be behind when it begins to serve

_UNSTATED = f"""
select {LISTING_COLUMNS} from listing where id in (
  select listing_id from inventory i where not exists (
    select from listing_latent where version = %s and listing_id = i.listing_id)
  limit %s)
"""  # noqa: S608 (our own column names)

_BEHIND = """
select exists (
  select from (select max(shard) from event where type <> 'impression') as last_shard (number)
  cross join lateral generate_series(0, number) as s (shard)
  cross join lateral (select seq from event where shard = s.shard and type <> 'impression'
                      order by seq desc limit 1) as last
  left join pipeline_cursor c on c.pipeline = %s and c.shard = s.shard
  where last.seq - coalesce(split_part(c.position, '-', 1)::bigint, 0) > %s)
"""

_FORGOTTEN = {
    "shopper_latent": "user_id",
    "listing_latent": "listing_id",
}


class Latents:
    """The latent spaces a process has read; none ever changes, so each is read once."""

    def __init__(self) -> None:
        self._read: dict[str, Latent] = {}

    def get(self, connection: Connection, version: str) -> Latent:
        """Return a space.

        Raises:
            ModelError: there is no such model, or it is damaged, or no latent space.
        """
        if version not in self._read:
            row = connection.execute(
                "select document::text, arrays, figures::text, sha256 from model "
                "where kind = %s and version = %s",
                [KIND, version],
                binary=True,
            ).fetchone()
            if row is None:
                raise ModelError(f"There is no model {KIND} {version}; see: carousel model list")
            try:
                space = from_model(revive(KIND, version, KeptModel(*row)))
            except ValueError as error:
                raise ModelError(
                    f"The model {KIND} {version} is no latent space: {error}"
                ) from error
            while len(self._read) >= REMEMBERED:
                del self._read[next(iter(self._read))]
            self._read[version] = space
        return self._read[version]

    def kept(self, connection: Connection) -> list[Latent]:
        """Return the spaces whose states are kept, but for damaged ones, which others report."""
        rows = connection.execute("select version from latent_space where not leaves").fetchall()
        found: list[Latent] = []
        for (version,) in rows:
            with suppress(ModelError):
                found.append(self.get(connection, version))
        return found


def restate(
    connection: Connection,
    listings: Sequence[tuple[ListingId, ListingFacts]],
    latents: Latents,
) -> None:
    """Foretell listings from what they state now, in every version that is kept.

    What their reactors add up to stays. Within the transaction that writes the listings.
    """
    for space in latents.kept(connection) if listings else ():
        for start in range(0, len(listings), ENCODE_AT_ONCE):
            few = listings[start : start + ENCODE_AT_ONCE]
            ids = [listing_id for listing_id, _ in few]
            foretold = space.foretold([describe(facts) for _, facts in few])
            known = pulled(connection, space.version, ids)
            foretell(connection, space.version, ids, foretold, space.known(foretold))
            places = [n for n, listing_id in enumerate(ids) if listing_id in known]
            if places:
                moved = {ids[n]: Moved(foretold[n], known[ids[n]].pull) for n in places}
                save_moved(connection, space.version, moved, space.factors_of(list(moved.values())))


class PostgresLatentSpaces:
    """Implements ``storage.ports.LatentSpaces``; one connection, for one thread.

    A lost connection is opened again by the next call. Every method raises StoreUnavailableError
    when the server does not answer.
    """

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection = connect(database_url)
        self._latents = Latents()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def serving(self) -> str | None:
        """Return the version whose states serve."""
        return self._name("select version from latent_space where serves")

    def wanted(self) -> str | None:
        """Return the version of the active model."""
        return self._name("select active from model_in_use where kind = %s", KIND)

    def _name(self, query: str, *values: str) -> str | None:
        with answering():
            row = self._open().execute(query.encode(), values).fetchone()
        return None if row is None else row[0]

    def begin(self, version: str) -> Latent:
        """Return a version's latent space and keep states of it from now on; see the port."""
        with answering():
            connection = self._open()
            space = self._latents.get(connection, version)
            with connection.transaction():
                # Listings that are being written are written before, and seen by ``fill``.
                own_listings(connection)
                if self._leaves(connection, version):
                    while self._forget(connection, version, ENCODE_AT_ONCE):
                        pass
                connection.execute(
                    "insert into latent_space (version) values (%s) on conflict do nothing",
                    [version],
                )
            return space

    def _leaves(self, connection: Connection, version: str) -> bool:
        row = connection.execute(
            "select leaves from latent_space where version = %s for update", [version]
        ).fetchone()
        return row is not None and row[0]

    def fill(self, version: str, limit: int) -> int:
        """Give states to active listings that have none, up to a limit; return how many."""
        with answering():
            connection = self._open()
            with connection.transaction():
                return self._fill(connection, version, limit)

    def _fill(self, connection: Connection, version: str, limit: int) -> int:
        space = self._latents.get(connection, version)
        rows = connection.execute(_UNSTATED, [version, limit]).fetchall()
        listings = [listing_from_row(row) for row in rows]
        if listings:
            foretold = space.foretold([describe(listing) for listing in listings])
            ids = [listing.id for listing in listings]
            foretell(connection, version, ids, foretold, space.known(foretold))
        return len(listings)

    def serve(self, version: str, pipeline: str) -> bool:
        """Make a version serve if its states have come up with the archive; see the port."""
        with answering():
            connection = self._open()
            row = connection.execute(_BEHIND, [pipeline, NEARLY]).fetchone()
            if row is None or row[0]:
                return False
            with connection.transaction():
                # Nobody publishes a listing meanwhile: one that is there now has a state after it.
                own_listings(connection)
                while self._fill(connection, version, ENCODE_AT_ONCE):
                    pass
                connection.execute(
                    "update latent_space set serves = false where serves and version <> %s",
                    [version],
                )
                connection.execute(
                    "update latent_space set serves = true where version = %s", [version]
                )
            return True

    def forget(self, limit: int) -> int:
        """Delete states and cursors of versions that neither serve nor are wanted; see the port."""
        with answering():
            connection = self._open()
            with connection.transaction():
                old = connection.execute(
                    "update latent_space set leaves = true where leaves or not serves "
                    "and version is distinct from "
                    "(select active from model_in_use where kind = %s) returning version",
                    [KIND],
                ).fetchall()
                return sum(self._forget(connection, version, limit) for (version,) in old)

    def _forget(self, connection: Connection, version: str, limit: int) -> int:
        gone = 0
        for table, key in _FORGOTTEN.items():
            gone += connection.execute(
                f"delete from {table} where version = %s and {key} in "  # noqa: S608 (our own words)
                f"(select {key} from {table} where version = %s limit %s)",
                [version, version, limit],
            ).rowcount
        if not gone:
            connection.execute(
                "delete from pipeline_cursor where split_part(pipeline, '/', 2) = %s", [version]
            )
            connection.execute("delete from latent_space where version = %s", [version])
        return gone

    def _open(self) -> Connection:
        if self._connection.closed:
            self._connection = connect(self._url)
        return self._connection
