"""Whatever the database keeps under a user's number is in their export, or need not be."""

from datetime import UTC, datetime
from hashlib import sha256

import numpy as np
import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from carousel.domain.events import Reason
from carousel.domain.facts import facts_of
from carousel.domain.filters import Filters
from carousel.domain.trail import NO_TRAIL, extended, reaction, search, to_bytes
from tests.api.conftest import car

EXPORT = "/api/v1/users/me/export"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)

KEYS = {
    "account": "account",
    "event": "events",
    "forgotten": "forgotten",
    "notice": "notices",
    "reaction": "reactions",
    "saved_search": "saved_searches",
    "shopper": "learned",
    "shopper_latent": "tastes",
    "visitor": "arrivals",
}
"""Where in the export the rows of each table stand."""

ELSEWHERE = {
    "shopper.trail": "key trail",
    "account.id": "names rows, and says nothing",
    "event.seq": "the order of the archive, which the export has",
    "event.shard": "where the event stood in the log",
    "event.position": "where the event stood in the log",
    "event.type": "a copy of what its body says",
    "event.listing_id": "a copy of what its body says",
    "visitor.account_id": "the caller",
    "shopper_latent.taste": "read from the evidence beside it",
}
"""What is under another name or need not be told, and why."""

NAMES = {"event.body": "event", "visitor.id": "visitor"}
"""Columns that have another name in the export."""

_KEPT_OF_USERS = """
select table_name as of, column_name as name from information_schema.columns
where table_schema = 'public' and table_name in (
  select table_name from information_schema.columns
  where table_schema = 'public' and (column_name ~ '(^|_)(user|account|visitor|shopper|owner)_id$'
    or column_default like '%account_id_seq%')
  union select conrelid::regclass::text from pg_constraint
  where contype = 'f' and confrelid = 'account'::regclass
  union select 'account')
order by 1, 2
"""


@pytest.fixture
def database(api):
    with psycopg.connect(api.params.database_url, autocommit=True, row_factory=dict_row) as opened:
        yield opened


@pytest.fixture
def visitor(api, database):
    """Return a client of a visitor who just came, and their number."""
    with api.client() as client:
        token = client.post("/api/v1/visitors").json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client, database.execute("select max(id) as id from visitor").fetchone()["id"]


def kept_of_users(database):
    columns = {}
    for row in database.execute(_KEPT_OF_USERS):
        columns.setdefault(row["of"], set()).add(row["name"])
    return columns


def a_trail():
    facts = facts_of([car(3)])
    return extended(
        NO_TRAIL,
        [reaction(NOON.timestamp(), 7, "dismiss", Reason.TOO_OLD, facts)],
        [search(NOON.timestamp(), Filters(make=("Audi",), max_price=9000, fuel=("diesel",)))],
    )


def fill(database, user):
    """Put one row of the user into every table that is kept of users."""
    evidence = np.ones(64).tobytes()
    rows = {
        "event": {
            "id": "e1", "at": NOON, "type": "view", "listing_id": 7, "shard": 0, "position": "1-1",
            "body": '{"type":"view","listing_id":7}',
        },
        "forgotten": {"fingerprint": sha256(b"gone").digest()},
        "notice": {"listing_id": 7, "kind": "sold"},
        "reaction": {"kind": "favourite", "listing_id": 7, "holds": True, "at": NOON},
        "saved_search": {"name": "Audis", "filters": '{"make":["Audi"]}'},
        "shopper": {
            "evidence": evidence, "mass": 1.0, "as_of": NOON, "version": 1,
            "trail": to_bytes(a_trail()),
        },
        "shopper_latent": {"version": "v", "evidence": evidence, "mass": 1.0, "as_of": NOON},
    }  # fmt: skip
    for table, values in rows.items():
        named = {"user_id": user} | values
        insert = sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, named)),
            sql.SQL(", ").join(map(sql.Placeholder, named)),
        )
        database.execute(insert, named)
    return rows


def test_every_table_and_column_kept_of_a_user_is_exported_or_need_not_be(database, visitor):
    client, user = visitor
    columns = kept_of_users(database)
    assert set(columns) == set(KEYS), "a new table belongs into GET /users/me/export"
    assert set(fill(database, user)) == set(KEYS) - {"account", "visitor"}
    told = client.get(EXPORT).json()
    missing = []
    for table, key in KEYS.items():
        shown = told[key] if table == "account" else told[key][0]
        missing += [
            f"{table}.{column}"
            for column in columns[table] - {"user_id"}
            if NAMES.get(f"{table}.{column}", column) not in shown
        ]
    assert set(missing) == set(ELSEWHERE)


def test_the_trail_is_told_step_by_step_with_what_the_car_was_like(database, visitor):
    client, user = visitor
    fill(database, user)
    dismissed, searched = client.get(EXPORT).json()["trail"]
    facts = dismissed.pop("facts")
    assert dismissed == {
        "kind": "dismiss", "at": "2026-11-02T12:00:00Z", "listing_id": 7, "reason": "too_old",
    }  # fmt: skip
    assert facts["price"] == car(3).price
    assert facts["body"] == car(3).body
    assert facts["listed_at"].endswith("Z")
    assert searched["asked"].pop("makes")
    assert searched == {
        "kind": "search", "at": "2026-11-02T12:00:00Z",
        "asked": {"max_price": 9000.0, "fuels": ["diesel"]},
    }  # fmt: skip


def test_an_account_is_told_when_the_visitor_came_who_it_was(visitor, shopper):
    client, user = visitor
    (arrival,) = client.get(EXPORT).json()["arrivals"]
    assert arrival["visitor"] == user
    token = client.headers["Authorization"].removeprefix("Bearer ")
    shopper.post("/api/v1/users/me/merge", json={"visitor_token": token}).raise_for_status()
    assert shopper.get(EXPORT).json()["arrivals"] == [arrival]
