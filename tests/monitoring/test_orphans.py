"""The check ``orphans``: rows about what does not exist."""

import pytest

from carousel.monitoring.consistency.orphans import orphans
from carousel.observability.metrics import ORPHANS
from carousel.storage.engines.postgres_watching_rows import ABOUT_LISTINGS, ABOUT_USERS
from tests.monitoring.watched import asked, told

NOBODY = 999_999_999

INSERTED = {
    "inventory": "insert into inventory (listing_id, make_key, year, price, listed_at) "
    "values (%s, 'x', 2000, 1, now())",
    "listing_vector": "insert into listing_vector (listing_id, direction) values (%s, '')",
    "popularity": "insert into popularity (listing_id) values (%s)",
    "audience": "insert into audience values (%s, 1, 1, 1, 0)",
    "appraisal": "insert into appraisal (listing_id, revision) values (%s, 1)",
    "price_change": "insert into price_change (listing_id, before, after) values (%s, 1, 2)",
    "listing_latent": "insert into listing_latent (version, listing_id, foretold, factors) "
    "values ('v', %s, '', '[1]')",
    "shopper": "insert into shopper (user_id, evidence, mass, as_of, version) "
    "values (%s, '', 0, now(), 1)",
    "saved_search": "insert into saved_search (user_id, name, filters) values (%s, 'x', '{}')",
    "forgotten": "insert into forgotten (user_id, fingerprint) values (%s, '')",
    "shopper_latent": "insert into shopper_latent (version, user_id, evidence, mass, as_of) "
    "values ('v', %s, '', 0, now())",
    "reaction": "insert into reaction values ({user}, 'favourite', {car}, true, now())",
    "notice": "insert into notice (user_id, listing_id, kind) values ({user}, {car}, 'sold')",
}


def put(watched, table, column):
    statement = INSERTED[table]
    if "{user}" in statement:
        known = {"user": watched.market.users[0], "car": watched.market.listings[0]}
        strange = "car" if column == "listing_id" else "user"
        watched.execute(statement.format(**{**known, strange: NOBODY}))
    else:
        watched.execute(statement, NOBODY)


def test_a_market_where_things_happen_has_none(watched):
    watched.happen(200)
    found = asked(orphans(watched.reach))
    assert found.held, found.sentence
    assert set(told(ORPHANS).values()) == {0}


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *((table, "listing_id") for table in ABOUT_LISTINGS),
        *((table, "user_id") for table in ABOUT_USERS),
    ],
)
def test_a_row_about_nothing_is_found_until_it_is_deleted(watched, table, column):
    check = orphans(watched.reach)
    put(watched, table, column)
    found = asked(check)
    assert not found.held
    assert found.evidence[f"{table}.{column}, rows"] == 1
    assert told(ORPHANS)[table,] == 1
    named = found.evidence[f"{table}.{column}, of these"]
    assert (named == [str(NOBODY)]) is (column == "listing_id"), "a shopper has a pseudonym"
    watched.execute(f"delete from {table} where {column} = %s", NOBODY)  # noqa: S608
    assert asked(check).held


def test_every_table_about_a_listing_or_a_shopper_is_looked_at(watched):
    rows = watched.market.query(
        "select table_name, column_name from information_schema.columns "
        "where table_schema = 'public' and column_name in ('listing_id', 'user_id')"
    )
    looked_at = {
        *((table, "listing_id") for table in ABOUT_LISTINGS),
        *((table, "user_id") for table in ABOUT_USERS),
    }
    # The archive is what all the rest is made from; an occasion lives for a moment.
    assert set(rows) - looked_at <= {
        ("event", "listing_id"),
        ("event", "user_id"),
        ("occasion", "listing_id"),
    }
