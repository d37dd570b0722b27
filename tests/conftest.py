"""Real servers for every test that needs one: started once per session, emptied for each test.

Owns:    who runs which tests; the fixtures ``servers``, ``new_database``, ``database_url``,
         ``log_url``, ``cache_url``.
"""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import valkey
from psycopg import sql
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from carousel.storage.embedded import EmbeddedServers

STORIES = "tests/stories/"
SEEN = f"{STORIES}seen/"


class Shares(LoadScopeScheduling):
    """Shares tests between processes: a file stays together, and so do the stories of a folder.

    Those of the first share a demo, which takes its time to start. The others have some of their
    own; one after the other, for a machine of two cores has no room for more.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in (SEEN, STORIES) if file.startswith(folder)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Shares:
    """Let several processes (``pytest -n 3``) share the tests in this way."""
    return Shares(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the stories, which take longer than all files of any other folder."""
    items.sort(key=lambda item: not item.nodeid.startswith(STORIES))


@pytest.fixture(scope="session")
def open_directory() -> Iterator[Path]:
    """Return an empty directory that every account may enter, unlike ``tmp_path``.

    As root the servers run as another user, and pytest's own directories are private.
    """
    directory = Path(tempfile.mkdtemp(prefix="carousel-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(open_directory: Path) -> Iterator[EmbeddedServers]:
    """Return running PostgreSQL and Valkey servers, shared by the whole session."""
    with EmbeddedServers(open_directory / "session", shared_buffers="64MB") as running:
        yield running


@pytest.fixture(scope="session")
def new_database(servers: EmbeddedServers) -> Iterator[Callable[[], str]]:
    """Return a function that makes a fresh, migrated database and returns its URL.

    For fixtures of a wider scope than one test. The databases go when the session ends. Copying
    a migrated template takes about 40 ms, migrating each one from nothing many times that.
    """
    from carousel.storage import migrate  # noqa: PLC0415  # most tests need no migrations

    template = _create(servers.database_url, "migrated", template="template1")
    migrate(template)
    numbers = itertools.count(1)

    def make() -> str:
        return _create(servers.database_url, f"test_{next(numbers)}", template="migrated")

    return make


@pytest.fixture
def database_url(servers: EmbeddedServers, new_database: Callable[[], str]) -> Iterator[str]:
    """Return the URL of a fresh, migrated database of this test alone."""
    url = new_database()
    yield url
    _drop(servers.database_url, urlsplit(url).path.removeprefix("/"))


@pytest.fixture
def log_url(servers: EmbeddedServers) -> str:
    """Return the URL of the log's Valkey, emptied for this test."""
    return _emptied(servers.log_url)


@pytest.fixture
def cache_url(servers: EmbeddedServers) -> str:
    """Return the URL of the cache's Valkey, emptied for this test."""
    return _emptied(servers.cache_url)


def _create(admin_url: str, name: str, template: str) -> str:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    return urlunsplit(urlsplit(admin_url)._replace(path=f"/{name}"))


def _drop(admin_url: str, name: str) -> None:
    statement = sql.SQL("DROP DATABASE {} WITH (FORCE)")
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(statement.format(sql.Identifier(name)))


def _emptied(url: str) -> str:
    with valkey.Valkey.from_url(url) as client:
        client.flushall()
    return url
