"""What a column is made of comes back from PostgreSQL as it was, however much of it there is."""

import math
from datetime import UTC

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carousel.storage.engines.postgres_columns import (
    bigints,
    bigints_or_nulls,
    blobs,
    flags,
    floats,
    integers,
    microseconds,
    moments,
    texts,
)
from carousel.storage.engines.postgres_connection import connect

whole = st.integers(-(2**63), 2**63 - 1)
letters = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
KINDS = [
    (bigints, "bigint", whole),
    (bigints_or_nulls, "bigint", whole | st.none()),
    (integers, "int", st.integers(-(2**31), 2**31 - 1)),
    (floats, "float8", st.floats(allow_nan=False)),
    (flags, "bool", st.booleans()),
    (texts, "text", letters),
    (blobs, "bytea", st.binary()),
    (
        lambda values: moments([microseconds(at) for at in values]),
        "timestamptz",
        st.datetimes(timezones=st.just(UTC)),
    ),
]


@pytest.fixture(scope="module")
def connection(new_database):
    with connect(new_database()) as connection:
        yield connection


@pytest.mark.parametrize(("column", "kind", "values"), KINDS, ids=lambda one: str(one)[:16])
def test_a_column_comes_back_to_the_last_bit(connection, column, kind, values):
    statement = f"select %b::{kind}[]"

    @settings(max_examples=40, deadline=None)
    @given(st.lists(values, max_size=20))
    def told(given):
        ((back,),) = connection.execute(statement, [column(given)], binary=True).fetchall()
        assert back == given
        assert [math.copysign(1, one) for one in back if kind == "float8"] == [
            math.copysign(1, one) for one in given if kind == "float8"
        ]

    told()


def test_a_column_of_another_type_than_the_statement_says_is_refused(connection):
    with pytest.raises(psycopg.errors.DatatypeMismatch):
        connection.execute("select %b::float8[]", [bigints([1])])
