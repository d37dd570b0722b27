"""The database schema, as a sequence of steps that any older database can take.

Owns:    bringing a database up to date (migrate); ``versions/`` holds one file per step, in SQL.
Imports: alembic, sqlalchemy, psycopg, domain.errors.
"""

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from carousel.domain.errors import ConfigurationError, StoreUnavailableError

OLDEST_PGVECTOR = (0, 8)  # the first whose index scan goes on until a filter is satisfied

# Any number will do as long as every Carousel uses the same one and nothing else does.
MIGRATION_LOCK = 0x6361726F_00000001


def migrate(database_url: str) -> None:
    """Bring a database up to the newest schema; does nothing where it is there already.

    Safe to call from several processes at once: one works, the others wait for it.

    Args:
        database_url: ``postgresql://user:password@host:5432/name`` or, through a socket,
            ``postgresql://user@/name?host=/directory/of/the/socket``.

    Raises:
        ConfigurationError: the server lacks pgvector 0.8 or later, or the URL is none.
        StoreUnavailableError: the server did not answer.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(database_url), poolclass=NullPool
    )
    try:
        with psycopg.connect(database_url, autocommit=True) as guard:
            guard.execute("select pg_advisory_lock(%s)", [MIGRATION_LOCK])
            _require_pgvector(guard)
            with engine.connect() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                connection.commit()
    except psycopg.ProgrammingError as error:
        if error.sqlstate is not None:
            raise
        raise ConfigurationError(f"The address of the database cannot be read: {error}.") from error
    except psycopg.OperationalError as error:
        raise StoreUnavailableError(f"PostgreSQL did not answer ({error}).") from error


def _require_pgvector(connection: psycopg.Connection) -> None:
    needed = ".".join(map(str, OLDEST_PGVECTOR))
    available = connection.execute(
        "select 1 from pg_available_extensions where name = 'vector'"
    ).fetchone()
    if available is None:
        raise ConfigurationError(
            f"The PostgreSQL server has no pgvector; install pgvector {needed} or later on it."
        )
    connection.execute("create extension if not exists vector")
    row = connection.execute(
        "select extversion from pg_extension where extname = 'vector'"
    ).fetchone()
    version = str(row[0]) if row else "0.0"
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_PGVECTOR:
        raise ConfigurationError(
            f"The database has pgvector {version} but {needed} or later is needed; install it on "
            "the server and run ALTER EXTENSION vector UPDATE."
        )
