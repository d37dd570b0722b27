"""Vectors of listings, and the inventory: the active listings as readers look for them.

Owns:    writing both tables, the vector index, exchanging both for rebuilt ones. A listing's facts
         as a record stand beside its vector and are written with it.
Imports: psycopg, engines.postgres_connection, engines.postgres_rows, domain.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import Copy, sql

from carousel.domain.car_features import describe
from carousel.domain.facts import facts_of
from carousel.domain.features import FeatureSpace
from carousel.domain.listing import ListingFacts, ListingId
from carousel.storage.engines.postgres_connection import Connection
from carousel.storage.engines.postgres_rows import (
    INVENTORY_NAMES,
    direction_bytes,
    direction_from,
)

ENCODE_AT_ONCE = 1_000  # listings; more would not be faster, only larger
VECTOR_INDEX = "inventory_embedding"

_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, INVENTORY_NAMES))
_INDEX_DEFINITION = re.compile(r"CREATE (UNIQUE )?INDEX \S+ ON \S+ (USING .*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Tables:
    """The pair of tables to write to: the ones in use, or the ones being built beside them."""

    inventory: str = "inventory"
    vectors: str = "listing_vector"

    @property
    def names(self) -> tuple[str, str]:
        """Return both names."""
        return self.inventory, self.vectors


IN_USE = Tables()
BEING_BUILT = Tables("inventory_next", "listing_vector_next")


def place(
    connection: Connection,
    listings: Sequence[tuple[ListingId, ListingFacts]],
    space: FeatureSpace | None,
    tables: Tables = IN_USE,
) -> None:
    """Write listings' vectors and facts, and the inventory rows of the active ones; others' go.

    The rows of ``listing`` must be there already. Without a space the listings can be found by
    filters but are near to nothing.
    """
    with _fresh(connection) as copy:
        for start in range(0, len(listings), ENCODE_AT_ONCE):
            few = listings[start : start + ENCODE_AT_ONCE]
            if space is None:
                for listing_id, _ in few:
                    copy.write_row((listing_id, None, None, None))
                continue
            stated = [facts for _, facts in few]
            vectors, records = space.vectors([describe(f) for f in stated]), facts_of(stated)
            for (listing_id, _), vector, record in zip(few, vectors, records, strict=True):
                copy.write_row((listing_id, direction_bytes(vector), record.tobytes(), vector))
    if space is not None:
        connection.execute(
            sql.SQL(
                "insert into {} (listing_id, direction, facts) "
                "select listing_id, direction, facts from fresh on conflict (listing_id) "
                "do update set direction = excluded.direction, facts = excluded.facts"
            ).format(sql.Identifier(tables.vectors))
        )
    _show(connection, tables.inventory)


def show_again(connection: Connection, ids: Sequence[ListingId]) -> None:
    """Bring the inventory into line with listings whose status changed; their vectors stay."""
    kept = connection.execute(
        "select listing_id, direction from listing_vector where listing_id = any(%b)",
        [list(ids)],
        binary=True,
    )
    directions: dict[ListingId, bytes] = dict(kept.fetchall())
    with _fresh(connection) as copy:
        for listing_id in ids:
            direction = directions.get(listing_id)
            vector = None if direction is None else direction_from(direction)
            copy.write_row((listing_id, direction, None, vector))
    _show(connection, IN_USE.inventory)


@contextmanager
def _fresh(connection: Connection) -> Iterator[Copy]:
    """Fill the temporary table ``fresh``: id, direction, facts, embedding."""
    connection.execute(
        "create temporary table if not exists fresh "
        "(listing_id bigint, direction bytea, facts bytea, embedding vector(64)) "
        "on commit delete rows"
    )
    connection.execute("truncate fresh")
    with (
        connection.cursor() as cursor,
        cursor.copy("copy fresh from stdin (format binary)") as copy,
    ):
        copy.set_types(["int8", "bytea", "bytea", "vector"])
        yield copy


def _show(connection: Connection, inventory: str) -> None:
    """Make the inventory rows of the fresh listings what ``listing`` says they should be."""
    table = sql.Identifier(inventory)
    connection.execute(
        sql.SQL(
            "delete from {} where listing_id in (select f.listing_id from fresh f "
            "join listing l on l.id = f.listing_id where l.status <> 'active')"
        ).format(table)
    )
    # A row that would not change is left alone: writing it would add to the vector index.
    connection.execute(
        sql.SQL(
            "insert into {table} as kept (listing_id, {columns}, embedding) "
            "select l.id, {columns}, f.embedding from fresh f "
            "join listing l on l.id = f.listing_id where l.status = 'active' "
            "on conflict (listing_id) do update "
            "set ({columns}, embedding) = ({new}, excluded.embedding) "
            "where ({old}, kept.embedding) is distinct from ({new}, excluded.embedding)"
        ).format(
            table=table,
            columns=_COLUMNS,
            new=sql.SQL(", ").join(sql.Identifier("excluded", n) for n in INVENTORY_NAMES),
            old=sql.SQL(", ").join(sql.Identifier("kept", n) for n in INVENTORY_NAMES),
        )
    )


def drop_vector_index(connection: Connection) -> None:
    """Take the vector index away; readers search exactly until it is built again."""
    connection.execute(sql.SQL("drop index if exists {}").format(sql.Identifier(VECTOR_INDEX)))


def build_vector_index(connection: Connection, name: str, table: str) -> None:
    """Build the vector index of a table where it has none; readers go on, writers wait."""
    connection.execute(
        sql.SQL(
            "create index if not exists {} on {} using hnsw (embedding vector_ip_ops) "
            "with (m = 24, ef_construction = 200)"
        ).format(sql.Identifier(name), sql.Identifier(table))
    )


def begin_rebuild(connection: Connection) -> None:
    """Create the empty tables BEING_BUILT, with a primary key and nothing else."""
    for old, new in zip(IN_USE.names, BEING_BUILT.names, strict=True):
        connection.execute(
            sql.SQL(
                "create table {new} (like {old} including defaults including constraints "
                "including statistics, constraint {key} primary key (listing_id))"
            ).format(
                new=sql.Identifier(new),
                old=sql.Identifier(old),
                key=sql.Identifier(f"{new}_pkey"),
            )
        )


def finish_rebuild(connection: Connection) -> None:
    """Give BEING_BUILT the indexes of the tables in use and put them in their place.

    Only the last steps keep readers out, and they take milliseconds.
    """
    renamed: dict[str, str] = {}
    for old, new in zip(IN_USE.names, BEING_BUILT.names, strict=True):
        renamed[f"{new}_pkey"] = f"{old}_pkey"
        for name, definition in _indexes(connection, old):
            if name in {f"{old}_pkey", VECTOR_INDEX}:
                continue
            connection.execute(
                sql.SQL("create index {} on {} {}").format(
                    sql.Identifier(f"{name}_next"),
                    sql.Identifier(new),
                    sql.SQL(definition),  # from the database's own catalogue
                )
            )
            renamed[f"{name}_next"] = name
    build_vector_index(connection, f"{VECTOR_INDEX}_next", BEING_BUILT.inventory)
    renamed[f"{VECTOR_INDEX}_next"] = VECTOR_INDEX
    for new in BEING_BUILT.names:
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier(new)))
    for old, new in zip(IN_USE.names, BEING_BUILT.names, strict=True):
        connection.execute(sql.SQL("drop table {}").format(sql.Identifier(old)))
        connection.execute(
            sql.SQL("alter table {} rename to {}").format(sql.Identifier(new), sql.Identifier(old))
        )
    for new, old in renamed.items():
        connection.execute(
            sql.SQL("alter index {} rename to {}").format(sql.Identifier(new), sql.Identifier(old))
        )


def _indexes(connection: Connection, table: str) -> Iterator[tuple[str, str]]:
    """Yield name and ``using ...`` part of the indexes of a table."""
    rows = connection.execute(
        "select indexname, indexdef from pg_indexes "
        "where schemaname = current_schema() and tablename = %s",
        [table],
    )
    for name, definition in rows.fetchall():
        parsed = _INDEX_DEFINITION.match(definition)
        if parsed is not None:
            yield name, parsed[2]
