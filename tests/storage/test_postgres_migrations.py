"""Bringing databases up to date."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import numpy as np
import psycopg
import pytest

from carousel.domain.car_features import DIM
from carousel.domain.errors import ConfigurationError, StoreUnavailableError
from carousel.domain.facts import code_of
from carousel.storage import migrate, open_catalogue, open_learning
from carousel.storage.embedded import EmbeddedServers
from carousel.storage.migrations.versions.v0001_first_schema import SCHEMA
from tests.storage.postgres_world import asked, car


@pytest.fixture
def empty_database(servers: EmbeddedServers) -> str:
    """Return the URL of a database with nothing in it."""
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        connection.execute("drop database if exists empty with (force)")
        connection.execute("create database empty template template0")
    return urlunsplit(urlsplit(servers.database_url)._replace(path="/empty"))


def schema(url: str) -> list[tuple[str, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "select table_name, column_name, data_type from information_schema.columns "
            "where table_schema = 'public' order by 1, 2"
        ).fetchall()


def test_migrating_again_changes_nothing(empty_database):
    migrate(empty_database)
    once = schema(empty_database)
    with open_catalogue(empty_database) as catalogue:
        catalogue.upsert([car()])
    migrate(empty_database)
    with open_catalogue(empty_database) as catalogue:
        assert catalogue.count() == 1
    assert schema(empty_database) == once


def test_several_processes_may_migrate_at_once(empty_database):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [empty_database] * 4))
    assert ("listing", "ref", "text") in schema(empty_database)


@contextmanager
def as_of_the_first_schema(url: str) -> Iterator[psycopg.Connection]:
    """Give an empty database the first schema and one car, and bring it up to date at the end."""
    with psycopg.connect(url) as connection:
        connection.execute("create extension vector")
        connection.execute(SCHEMA)
        connection.execute("create table alembic_version (version_num varchar(32) primary key)")
        connection.execute("insert into alembic_version values ('0001')")
        connection.execute(
            "insert into listing (ref, make, name, year, price, listed_at, status, make_key) "
            "values ('1', 'Lada', 'Lada', 1990, 500, now(), 'active', 'lada')"
        )
        yield connection
    migrate(url)


def test_a_car_from_before_sellers_had_keys_is_kept_and_may_get_one(empty_database):
    with as_of_the_first_schema(empty_database):
        pass
    kept = asked(empty_database, lambda store: store.listing(1))
    assert (kept.make, kept.seller, kept.revision) == ("Lada", None, 1)
    with open_catalogue(empty_database) as catalogue:
        assert catalogue.patch(1, {"seller": "D-17"}).seller == "D-17"


def test_who_and_what_was_known_before_trails_and_facts_goes_on_without(empty_database):
    vector = np.ones(DIM).tobytes()
    with as_of_the_first_schema(empty_database) as connection:
        connection.execute("insert into listing_vector values (1, %s)", [vector])
        connection.execute("insert into shopper values (7, %s, 1.0, now(), 3)", [vector])
    state = asked(empty_database, lambda store: store.shopper(7))
    assert (state.version, state.evidence.mass, len(state.trail)) == (3, 1.0, 0)
    with open_learning(empty_database) as learning, learning.transaction() as batch:
        assert len(batch.learned([7])[7].trail) == 0
        facts = batch.described([1])[1].facts
    assert (facts["price"].tolist(), facts["make"].tolist()) == ([500.0], [code_of("Lada")])


def test_the_columns_of_vectors_are_as_long_as_vectors(database_url):
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "select format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = 'inventory'::regclass and attname = 'embedding'"
        ).fetchone()
    assert row == (f"vector({DIM})",)


def test_a_pgvector_that_forgets_filters_is_refused(empty_database):
    with psycopg.connect(empty_database) as connection:
        connection.execute("create extension vector")
        connection.execute("update pg_extension set extversion = '0.7.4' where extname = 'vector'")
    with pytest.raises(ConfigurationError, match=r"has pgvector 0\.7\.4 but 0\.8 or later"):
        migrate(empty_database)


@pytest.mark.parametrize(
    "door",
    [
        migrate,
        lambda url: open_catalogue(url).__enter__(),
        lambda url: open_learning(url).__enter__(),
        lambda url: asked(url, lambda store: store.user(1)),
    ],
    ids=["migrate", "catalogue", "learning", "serving"],
)
class TestEveryDoor:
    def test_says_that_no_server_answers(self, door: Callable[[str], object]):
        with pytest.raises(StoreUnavailableError, match="PostgreSQL did not answer"):
            door("postgresql://postgres@/carousel?host=/nowhere")

    def test_says_that_there_is_no_such_database(
        self, door: Callable[[str], object], servers: EmbeddedServers
    ):
        url = urlunsplit(urlsplit(servers.database_url)._replace(path="/missing"))
        with pytest.raises(StoreUnavailableError, match='database "missing" does not exist'):
            door(url)

    def test_refuses_what_is_no_address(self, door: Callable[[str], object]):
        with pytest.raises(ConfigurationError, match="address of the database"):
            door("carousel at localhost")


@pytest.mark.parametrize(
    "door",
    [
        lambda url: open_catalogue(url).__enter__(),
        lambda url: open_learning(url).__enter__(),
        lambda url: asked(url, lambda store: store.user(1)),
    ],
    ids=["catalogue", "learning", "serving"],
)
def test_a_database_that_was_never_migrated_is_refused(door, empty_database):
    with pytest.raises(ConfigurationError, match="not been prepared"):
        door(empty_database)
