"""The catalogue on PostgreSQL: listings in, vectors beside them, accounts.

Owns:    upsert, status, patch, bulk loading, accounts; reindexing is in postgres_reindex.
Imports: psycopg, engines.postgres_*, domain, storage.ports.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import sql

from carousel.domain.features import FeatureSpace
from carousel.domain.listing import Listing, ListingFacts, ListingId, Status
from carousel.domain.preference import Params
from carousel.storage.engines import postgres_reindex
from carousel.storage.engines.postgres_connection import (
    Connection,
    answering,
    connect,
    own_listings,
    share_space,
)
from carousel.storage.engines.postgres_inventory import (
    VECTOR_INDEX,
    build_vector_index,
    drop_vector_index,
    place,
    show_again,
)
from carousel.storage.engines.postgres_latent_spaces import Latents, restate
from carousel.storage.engines.postgres_rows import (
    FACTS,
    KEYS,
    LISTING_COLUMNS,
    NAMES,
    facts_row,
    listing_from_row,
    possible,
)
from carousel.storage.engines.postgres_space import Spaces
from carousel.storage.ports import Standing, Upserted, User

MANY_SHARE = (
    0.05  # of the inventory; adding a row to the index takes 5 ms, building it 0.2 ms a row
)
MANY, MANY_IN_BULK = 500, 20  # fewer changed listings never cost the index

# Building the index in one process needs no shared memory, of which containers have little.
OPTIONS = "-c maintenance_work_mem=256MB -c max_parallel_maintenance_workers=0"

_ALL = (*NAMES, *KEYS)
_STATED = sql.SQL(", ").join(map(sql.Identifier, _ALL))
_TYPES = ["int4", *(kind for _, kind in FACTS), *("text" for _ in KEYS)]

_INCOMING = sql.SQL(
    "create temporary table if not exists incoming (place integer primary key, {})"
).format(
    sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
        for name, kind in (*FACTS, *((key, "text") for key in KEYS))
    )
)


def _of(alias: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(alias, name) for name in _ALL)


_DIFFERING = sql.SQL(
    "from incoming i left join listing l on l.ref = i.ref "
    "where l.id is null or ({}) is distinct from ({})"
).format(_of("l"), _of("i"))

_MERGE = sql.SQL(
    "insert into listing as kept ({stated}) select {incoming} {differing} order by i.place "
    "on conflict (ref) do update "
    "set ({stated}) = ({excluded}), revision = kept.revision + 1, updated_at = now() "
    "where ({kept}) is distinct from ({excluded}) "
    "returning id, ref, revision"
).format(
    stated=_STATED,
    incoming=_of("i"),
    differing=_DIFFERING,
    excluded=_of("excluded"),
    kept=_of("kept"),
)


class PostgresCatalogue:
    """Implements ``storage.ports.Catalogue``; one connection, for one thread."""

    def __init__(self, database_url: str, params: Params) -> None:
        self._connection: Connection = connect(database_url, OPTIONS)
        self._params = params
        self._spaces = Spaces()
        self._latents = Latents()
        self._bulk_depth = 0
        self._bulk_changing = 0
        self._index_dropped = False

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """Load many listings: the vector index is built once, at the end, instead of row by row.

        Every upsert inside is still its own transaction, seen at once by readers, who search
        exactly while there is no index. Nothing happens to the index if nothing much changes.
        """
        if not self._bulk_depth:
            self._bulk_changing = 0
        self._bulk_depth += 1
        try:
            yield
        finally:
            self._bulk_depth -= 1
            with answering():
                self._restore_index()

    def upsert(self, facts: Sequence[ListingFacts]) -> Upserted:
        """Insert or update listings by their ``ref``; see the port."""
        latest = {f.ref: f for f in facts}
        with answering():
            self._collect(list(latest.values()))
            self._make_way()
            with self._connection.transaction():
                own_listings(self._connection)
                share_space(self._connection)
                changed = self._connection.execute(_MERGE).fetchall()
                place(
                    self._connection,
                    [(listing_id, latest[ref]) for listing_id, ref, _ in changed],
                    self._spaces.active(self._connection),
                )
                restate(
                    self._connection,
                    [(listing_id, latest[ref]) for listing_id, ref, _ in changed],
                    self._latents,
                )
                ids: dict[str, ListingId] = dict(
                    self._connection.execute(
                        "select l.ref, l.id from incoming i join listing l on l.ref = i.ref"
                    ).fetchall()
                )
            self._restore_index()
        new = sum(1 for _, _, revision in changed if revision == 1)
        return Upserted(
            ids=tuple(ids[f.ref] for f in facts),
            new=new,
            changed=len(changed) - new,
            unchanged=len(latest) - len(changed),
        )

    def _collect(self, facts: Sequence[ListingFacts]) -> None:
        """Fill the temporary table ``incoming`` with facts whose refs are distinct."""
        self._connection.execute(_INCOMING)
        self._connection.execute("truncate incoming")
        with (
            self._connection.cursor() as cursor,
            cursor.copy("copy incoming from stdin (format binary)") as copy,
        ):
            copy.set_types(_TYPES)
            for number, fact in enumerate(facts):
                copy.write_row((number, *facts_row(fact)))

    def _make_way(self) -> None:
        """Drop the vector index if what came in would take longer to add to it than to build it."""
        row = self._connection.execute(
            sql.SQL(
                "select (select count(*) {}), (select greatest(reltuples, 0) from pg_class "
                "where oid = 'inventory'::regclass)"
            ).format(_DIFFERING)
        ).fetchone()
        changing, inventory = row or (0, 0)
        if self._bulk_depth:
            self._bulk_changing = changing = self._bulk_changing + changing
        least = MANY_IN_BULK if self._bulk_depth else MANY
        if changing > max(least, MANY_SHARE * inventory) and not self._index_dropped:
            drop_vector_index(self._connection)
            self._index_dropped = True

    def _restore_index(self) -> None:
        if self._index_dropped and not self._bulk_depth:
            build_vector_index(self._connection, VECTOR_INDEX, "inventory")
            self._connection.execute("analyze inventory")
            self._connection.execute("analyze listing")
            self._index_dropped = False

    def patch(self, listing_id: ListingId, changes: Mapping[str, Any]) -> Listing | None:
        """Change some facts of a listing; None if there is no such listing.

        Args:
            listing_id: which.
            changes: new values by the names of ``ListingFacts``; ``ref`` cannot change.

        Raises:
            ValueError: ``ref`` is among the changes, or (as a ValidationError) a value or name
                does not fit.
        """
        if "ref" in changes:
            raise ValueError("the ref of a listing is its identity and cannot change")
        with answering(), self._connection.transaction():
            own_listings(self._connection)
            before = self._listing(listing_id)
            if before is None:
                return None
            stated = before.model_dump(exclude={"id", "revision"})
            facts = ListingFacts.model_validate({**stated, **changes})
            self.upsert([facts])
            return self._listing(listing_id)

    def _listing(self, listing_id: ListingId) -> Listing | None:
        row = self._connection.execute(
            f"select {LISTING_COLUMNS} from listing where id = any(%s)",  # noqa: S608 (our own column names)
            [possible([listing_id])],
        ).fetchone()
        return None if row is None else listing_from_row(row)

    def standing(self, refs: Sequence[str]) -> dict[str, Standing]:
        """Return since when and in which status the listings with these refs stand."""
        with answering():
            rows = self._connection.execute(
                "select ref, listed_at, status from listing where ref = any(%s)", [list(refs)]
            ).fetchall()
        return {ref: Standing(listed_at, Status(status)) for ref, listed_at, status in rows}

    def set_status(self, listing_ids: Sequence[ListingId], status: Status) -> int:
        """Change the status of listings; return how many exist."""
        ids = sorted(possible(set(listing_ids)))
        with answering(), self._connection.transaction():
            own_listings(self._connection)
            share_space(self._connection)
            changed = self._connection.execute(
                "update listing set status = %s, revision = revision + 1, updated_at = now() "
                "where id = any(%s) and status <> %s returning id",
                [status.value, ids, status.value],
            ).fetchall()
            show_again(self._connection, [row[0] for row in changed])
            return self._number("select count(*) from listing where id = any(%s)", [ids])

    def count(self, status: Status | None = None) -> int:
        """Return how many listings there are."""
        with answering():
            if status is None:
                return self._number("select count(*) from listing", [])
            return self._number("select count(*) from listing where status = %s", [status.value])

    def _number(self, query: str, parameters: Sequence[Any]) -> int:
        row = self._connection.execute(query.encode(), parameters).fetchone()
        return int(row[0]) if row else 0

    def reindex(self) -> FeatureSpace:
        """Fit a feature space to the active listings and move everything to it at once.

        Raises:
            ValueError: there is no active listing.
        """
        with answering():
            return postgres_reindex.reindex(self._connection, self._params)

    def ensure_space(self) -> FeatureSpace | None:
        """Return the active space; fit the first one if there are listings but no space yet.

        Also builds the vector index where an interrupted bulk load left none.
        """
        with answering():
            space = self._spaces.active(self._connection)
            if space is None and self._number("select count(*) from inventory", []):
                return self.reindex()
            build_vector_index(self._connection, VECTOR_INDEX, "inventory")
            return space

    def add_users(self, users: Iterable[User]) -> int:
        """Insert accounts whose e-mail is new; return how many."""
        rows = [(u.email, u.first_name, u.surname, u.role) for u in users]
        with answering(), self._connection.cursor() as cursor:
            cursor.execute(
                "insert into account (email, first_name, surname, role) "
                "select * from unnest(%s::text[], %s::text[], %s::text[], %s::text[]) "
                "on conflict (lower(email)) do nothing",
                [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []],
            )
            return cursor.rowcount

    def account(self, email: str) -> User | None:
        """Return an account by its e-mail, compared without case."""
        with answering():
            row = self._connection.execute(
                "select id, email, first_name, surname, role from account "
                "where lower(email) = lower(%s)",
                [email],
            ).fetchone()
        return None if row is None else User(*row)
