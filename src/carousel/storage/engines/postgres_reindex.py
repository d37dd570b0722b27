"""Moving everything to a newly fitted feature space in one transaction.

Owns:    the reindex: fit, listing vectors, evidence and trails from the archive, the exchange.
Imports: psycopg, numpy, engines.postgres_*, domain.

Writers of vectors and evidence wait for its whole length, the log keeps what happens meanwhile;
readers see the old tables until the commit.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from carousel.domain.car_features import DIM, fit_space
from carousel.domain.events import EVENT, Dismiss, Undismiss, listing_of
from carousel.domain.features import FIT_SAMPLE, FeatureSpace
from carousel.domain.interpretation import interpret, learn
from carousel.domain.listing import Listing, ListingId, UserId
from carousel.domain.preference import Params, no_evidence
from carousel.domain.steps import Step, as_told, following, step_of
from carousel.domain.trail import NO_TRAIL, Trail, from_bytes, to_bytes
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
    facts_from,
    listing_from_row,
)
from carousel.storage.engines.postgres_space import activate
from carousel.storage.ports import Described, Learned

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
        _replace_learned(connection, _learned(connection, space, params))
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


def _learned(
    connection: Connection, space: FeatureSpace, params: Params
) -> Iterator[list[Learned]]:
    """Fold the archive again, each shopper's events in the order in which they were written.

    Every shopper who did anything comes once, as soon as the last of their events is folded.
    """
    described: dict[ListingId | None, Described] = {}
    unfinished: dict[UserId, Learned] = {}
    for rows in _batches(
        connection,
        "select user_id, at, body from event where type <> 'impression' order by user_id, seq",
    ):
        events = [(user_id, at, EVENT.validate_json(body)) for user_id, at, body in rows]
        _describe(connection, {listing_of(e) for _, _, e in events} - described.keys(), described)
        dismissed = _listings(
            connection, {e.listing_id for _, _, e in events if isinstance(e, Dismiss | Undismiss)}
        )
        states, steps = unfinished, defaultdict[UserId, list[Step]](list)
        for user_id, at, event in events:
            about = listing_of(event)
            vector, facts = None, None
            if about in described:
                vector, facts = described[about].vector, described[about].facts
            before = states.get(user_id) or Learned(user_id, no_evidence(space.dim, at), NO_TRAIL)
            said = interpret(event, at, dismissed.get(about), vector, space)
            step = step_of(event, at, facts)
            if said is None and not step:
                continue
            seen = before.evidence if said is None else learn(before.evidence, said, params)
            states[user_id] = replace(before, evidence=seen)
            steps[user_id].append(step)
        for user_id, more in steps.items():
            one = states[user_id]
            states[user_id] = replace(one, trail=following(one.trail, more))
        last = rows[-1][0]
        unfinished = {last: states.pop(last)} if last in states else {}
        yield list(states.values())
    yield list(unfinished.values())


def _describe(
    connection: Connection, ids: set[ListingId | None], known: dict[ListingId | None, Described]
) -> None:
    rows = connection.execute(
        "select listing_id, direction, facts from listing_vector_next where listing_id = any(%b)",
        [[i for i in ids if i is not None]],
        binary=True,
    )
    known.update(
        (listing_id, Described(direction_from(direction), facts_from(facts)))
        for listing_id, direction, facts in rows
    )


def _listings(connection: Connection, ids: set[ListingId]) -> dict[ListingId | None, Listing]:
    rows = connection.execute(
        f"select {LISTING_COLUMNS} from listing where id = any(%s)",  # noqa: S608 (our own column names)
        [list(ids)],
    )
    return {row[0]: listing_from_row(row) for row in rows}


def _replace_learned(connection: Connection, lots: Iterable[list[Learned]]) -> None:
    """Store what was folded; every shopper's version grows, also of one of whom nothing is left."""
    nothing = direction_bytes(np.zeros(DIM))
    connection.execute(
        "create temporary table if not exists rebuilt (user_id bigint, evidence bytea, "
        "mass float8, as_of timestamptz, trail bytea) on commit delete rows"
    )
    for lot in lots:
        trails = _trails(connection, [one.user_id for one in lot])
        with (
            connection.cursor() as cursor,
            cursor.copy("copy rebuilt from stdin (format binary)") as copy,
        ):
            copy.set_types(["int8", "bytea", "float8", "timestamptz", "bytea"])
            for one in lot:
                kept, trail = one.evidence, as_told(one.trail, trails.get(one.user_id, NO_TRAIL))
                direction = direction_bytes(kept.direction)
                copy.write_row((one.user_id, direction, kept.mass, kept.as_of, to_bytes(trail)))
    connection.execute(
        "update shopper set version = version + 1, evidence = %s, mass = 0, trail = '' "
        "where user_id not in (select user_id from rebuilt)",
        [nothing],
    )
    connection.execute(
        "insert into shopper as kept (user_id, evidence, mass, as_of, trail, version) "
        "select user_id, evidence, mass, as_of, trail, 1 from rebuilt "
        "on conflict (user_id) do update set evidence = excluded.evidence, mass = excluded.mass, "
        "as_of = excluded.as_of, trail = excluded.trail, version = kept.version + 1"
    )


def _trails(connection: Connection, user_ids: list[UserId]) -> dict[UserId, Trail]:
    """Return the trails as they were: the archive does not know what a car was like then."""
    rows = connection.execute(
        "select user_id, trail from shopper where user_id = any(%b)", [user_ids], binary=True
    )
    return {user_id: from_bytes(kept) for user_id, kept in rows}
