"""Moving everything to a newly fitted feature space in one transaction.

Owns:    the reindex: fit, listing vectors, evidence from the archive, the exchange.
Imports: psycopg, numpy, engines.postgres_*, domain.

Writers of vectors and evidence wait for its whole length, the log keeps what happens meanwhile;
readers see the old tables until the commit.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from carousel.domain.car_features import DIM, fit_space
from carousel.domain.events import EVENT, Dismiss, Undismiss, listing_of
from carousel.domain.features import FIT_SAMPLE, FeatureSpace, Vector
from carousel.domain.interpretation import interpret, learn
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.domain.preference import Evidence, Params, no_evidence
from carousel.storage.engines.postgres_connection import Connection, own_space
from carousel.storage.engines.postgres_inventory import (
    BEING_BUILT,
    begin_rebuild,
    finish_rebuild,
    place,
)
from carousel.storage.engines.postgres_rows import (
    LISTING_COLUMNS,
    direction_bytes,
    direction_from,
    listing_from_row,
)
from carousel.storage.engines.postgres_space import activate

AT_ONCE = 5_000  # rows held in memory


def reindex(connection: Connection, params: Params) -> FeatureSpace:
    """Fit a space to the active listings and make it the one in use.

    Args:
        connection: not in a transaction.
        params: half-life of the evidence.

    Raises:
        ValueError: there is no active listing.
    """
    with connection.transaction():
        own_space(connection)
        space = fit_space(_sample(connection))
        begin_rebuild(connection)
        for rows in _batches(connection, f"select {LISTING_COLUMNS} from listing order by id"):  # noqa: S608 (our own column names)
            listings = [listing_from_row(row) for row in rows]
            place(connection, [(car.id, car) for car in listings], space, BEING_BUILT)
        _replace_evidence(connection, _evidence(connection, space, params))
        activate(connection, space)
        finish_rebuild(connection)
    return space


def _sample(connection: Connection) -> list[Listing]:
    """Return the active listings, thinned evenly as the fit itself would thin them."""
    rows = connection.execute(
        f"select {LISTING_COLUMNS} from (select *, row_number() over (order by id) - 1 as place, "  # noqa: S608 (our own column names)
        "count(*) over () as total from listing where status = 'active') as numbered "
        "where place %% ceil(total / %s::float8)::bigint = 0 order by id",
        [FIT_SAMPLE],
    )
    return [listing_from_row(row) for row in rows]


def _batches(connection: Connection, query: str) -> Iterator[list[tuple[Any, ...]]]:
    with connection.cursor(name="reindex") as cursor:
        cursor.execute(query.encode())
        while rows := cursor.fetchmany(AT_ONCE):
            yield rows


def _evidence(
    connection: Connection, space: FeatureSpace, params: Params
) -> dict[UserId, Evidence]:
    """Fold the archive again, in the order in which it was written."""
    evidence: dict[UserId, Evidence] = {}
    vectors: dict[ListingId | None, Vector] = {}
    for rows in _batches(
        connection, "select user_id, at, body from event where type <> 'impression' order by seq"
    ):
        events = [(user_id, at, EVENT.validate_json(body)) for user_id, at, body in rows]
        _add_vectors(connection, {listing_of(e) for _, _, e in events} - vectors.keys(), vectors)
        dismissed = _listings(
            connection, {e.listing_id for _, _, e in events if isinstance(e, Dismiss | Undismiss)}
        )
        for user_id, at, event in events:
            about = listing_of(event)
            seen = interpret(event, at, dismissed.get(about), vectors.get(about), space)
            if seen is not None:
                before = evidence.get(user_id) or no_evidence(space.dim, at)
                evidence[user_id] = learn(before, seen, params)
    return evidence


def _add_vectors(
    connection: Connection, ids: set[ListingId | None], vectors: dict[ListingId | None, Vector]
) -> None:
    rows = connection.execute(
        "select listing_id, direction from listing_vector_next where listing_id = any(%b)",
        [[i for i in ids if i is not None]],
        binary=True,
    )
    vectors.update((listing_id, direction_from(kept)) for listing_id, kept in rows)


def _listings(connection: Connection, ids: set[ListingId]) -> dict[ListingId | None, Listing]:
    rows = connection.execute(
        f"select {LISTING_COLUMNS} from listing where id = any(%s)",  # noqa: S608 (our own column names)
        [list(ids)],
    )
    return {row[0]: listing_from_row(row) for row in rows}


def _replace_evidence(connection: Connection, evidence: dict[UserId, Evidence]) -> None:
    """Store evidence; the version of every shopper grows, also of one who has none any more."""
    nothing = direction_bytes(np.zeros(DIM))
    connection.execute(
        "create temporary table if not exists rebuilt (user_id bigint, evidence bytea, "
        "mass float8, as_of timestamptz) on commit delete rows"
    )
    with (
        connection.cursor() as cursor,
        cursor.copy("copy rebuilt from stdin (format binary)") as copy,
    ):
        copy.set_types(["int8", "bytea", "float8", "timestamptz"])
        for user_id, kept in evidence.items():
            copy.write_row((user_id, direction_bytes(kept.direction), kept.mass, kept.as_of))
    connection.execute(
        "update shopper set version = version + 1, evidence = %s, mass = 0 "
        "where user_id not in (select user_id from rebuilt)",
        [nothing],
    )
    connection.execute(
        "insert into shopper as kept select user_id, evidence, mass, as_of, 1 from rebuilt "
        "on conflict (user_id) do update set evidence = excluded.evidence, mass = excluded.mass, "
        "as_of = excluded.as_of, version = kept.version + 1"
    )
