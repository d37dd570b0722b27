"""The servers, the pipelines and the models, as the monitor looks at them in the database.

Owns:    size, connections, cursors, active models, the ends of the archive.
Imports: psycopg, engines.postgres_*, domain, storage.ports.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from carousel.domain.listing import UserId
from carousel.storage.engines.postgres_columns import bigints, texts
from carousel.storage.engines.postgres_looking import PostgresLook, looked_at
from carousel.storage.engines.postgres_rows import possible
from carousel.storage.ports import Position
from carousel.storage.ports.watching import Behind, InUse

MOST_APPLICATIONS = 20
UNNAMED, OTHER = "unnamed", "other"

_BEHIND = """
with ends as (
  select number as shard, coalesce(split_part(c.position, '-', 1)::bigint, 0) as place
  from (select coalesce(max(shard), -1) as highest from event where type <> 'impression') as known
  cross join lateral generate_series(0, highest) as s (number)
  left join pipeline_cursor c on c.pipeline = %(pipeline)s and c.shard = number)
select shard,
  (select count(*) from (
     select from event e where e.shard = ends.shard and seq > place and type <> 'impression'
     limit %(most)s) as left_over),
  (select position from event e where e.shard = ends.shard and seq > place
   and type <> 'impression' order by seq limit 1)
from ends order by shard
"""

_IN_USE = """
select u.kind, u.active, m.trained_at, (m.figures->>'value')::float8
from model_in_use u join model m on m.kind = u.kind and m.version = u.active order by u.kind
"""

# A visitor that was merged: what they did is archived, or was forgotten, under the account.
_ARCHIVED = """
with asked as (
  select said.user_id, said.id, coalesce(v.account_id, said.user_id) as owner
  from unnest(%b::bigint[], %b::text[]) as said (user_id, id)
  left join visitor v on v.id = said.user_id)
select user_id, id from asked where
  exists (select from event e where e.user_id = owner and e.id = asked.id)
  or exists (select from forgotten f where f.user_id = owner
             and f.fingerprint = sha256(convert_to(asked.id, 'UTF8')))
  or exists (select from account a where a.id = owner and a.role = 'synthetic')
"""


class PostgresWatching(PostgresLook):
    """Implements ``storage.ports.watching.Watching``; for one thread."""

    def size(self) -> int:
        """Return the size of the database, in bytes."""
        return int(self._value("select pg_database_size(current_database())"))

    def connections(self) -> Mapping[str, int]:
        """Return how many connections the database has, by who opened them: few names, ever."""
        rows = self._rows(
            "select application_name, count(*) from pg_stat_activity "
            "where datname = current_database() group by application_name order by 2 desc, 1"
        )
        found: dict[str, int] = {}
        for name, count in rows:
            ours = name.startswith("carousel") and len(found) < MOST_APPLICATIONS
            known = name if ours else OTHER if name else UNNAMED
            found[known] = found.get(known, 0) + count
        return found

    def cursors(self, pipeline: str) -> Mapping[int, Position]:
        """Return where a pipeline stands in each shard it has touched."""
        return dict(
            self._rows(
                "select shard, position from pipeline_cursor where pipeline = %s", [pipeline]
            )
        )

    def latent_serving(self) -> str | None:
        """Return the version of the latent space that serves."""
        version: str | None = self._value("select version from latent_space where serves")
        return version

    def behind_archive(self, pipeline: str, most: int) -> Mapping[int, Behind]:
        """Return what a pipeline has not applied of each shard of the archive."""
        rows = self._rows(_BEHIND, {"pipeline": pipeline, "most": most})
        return {shard: Behind(entries, oldest) for shard, entries, oldest in rows}

    def in_use(self) -> list[InUse]:
        """Return the active models, without reading them."""
        return [InUse(*row) for row in self._rows(_IN_USE)]

    def archived(self, events: Collection[tuple[UserId, str]]) -> set[tuple[UserId, str]]:
        """Return those events, by user and id, that need not be looked for any further."""
        believable = [(user, id_) for user, id_ in events if possible([user])]
        users, ids = [user for user, _ in believable], [id_ for _, id_ in believable]
        return {(user, id_) for user, id_ in self._rows(_ARCHIVED, [bigints(users), texts(ids)])}


@contextmanager
def open_watching(database_url: str, seconds: float) -> Iterator[PostgresWatching]:
    """Look at the servers, the pipelines and the models of a migrated database; for one thread.

    Args:
        database_url: of it.
        seconds: longest a question may take.

    Raises:
        StoreUnavailableError: the server did not answer.
    """
    with looked_at(database_url, seconds) as connection:
        yield PostgresWatching(connection)
