"""Where the database, the log and the cache are: given by URL, or embedded.

Owns:    which servers have to be embedded, and the settings that name them all.
Imports: settings, domain.errors, storage.embedded.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from pydantic import SecretStr

from carousel.domain.errors import ConfigurationError
from carousel.settings import PREFIX, Settings
from carousel.storage.embedded import EmbeddedServers, Server, running_pid


def embedded_servers(settings: Settings) -> EmbeddedServers:
    """Return the embedded servers these settings ask for, not started: those without a URL."""
    given = {
        Server.DATABASE: settings.database_url,
        Server.LOG: settings.log_url,
        Server.CACHE: settings.cache_url,
    }
    return EmbeddedServers(
        settings.data_directory,
        servers=[server for server, url in given.items() if url is None],
        shared_buffers=f"{settings.shared_buffers_mb}MB",
    )


def with_urls(settings: Settings, servers: EmbeddedServers) -> Settings:
    """Return settings in which every URL is set, the missing ones to the embedded servers."""
    return settings.model_copy(
        update={
            "database_url": settings.database_url or SecretStr(servers.database_url),
            "log_url": settings.log_url or SecretStr(servers.log_url),
            "cache_url": settings.cache_url or SecretStr(servers.cache_url),
        }
    )


@contextmanager
def reachable_servers(settings: Settings) -> Iterator[Settings]:
    """Yield settings whose URLs all lead to running servers.

    Embedded ones that already run, say in a demo, are used as they are; otherwise they are started
    for the length of the block.

    Raises:
        ConfigurationError: an embedded server could not be started.
    """
    servers = embedded_servers(settings)
    complete = with_urls(settings, servers)
    if complete == settings or running_pid(settings.data_directory) is not None:
        yield complete
        return
    with servers:
        yield complete


def as_environment(settings: Settings) -> dict[str, str]:
    """Return the variables from which another process reads exactly these settings."""
    variables = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if value is not None:
            plain = value.get_secret_value() if isinstance(value, SecretStr) else value
            variables[f"{PREFIX}{name.upper()}"] = str(plain)
    return variables


def plain(secret: SecretStr | None) -> str:
    """Return a setting that is known to be set, readable."""
    if secret is None:
        raise ConfigurationError(
            "A worker is told where the servers are: set CAROUSEL_DATABASE_URL, CAROUSEL_LOG_URL "
            "and CAROUSEL_CACHE_URL, or run the command without its worker's option."
        )
    return secret.get_secret_value()


def timed(database_url: SecretStr | None, milliseconds: int) -> str:
    """Return the database's URL with a limit on every statement; limits of its own are kept.

    >>> timed(SecretStr("postgresql://db/cars"), 2000)
    'postgresql://db/cars?options=-c%20statement_timeout%3D2000'
    """
    parts = urlsplit(plain(database_url))
    if "options=" in parts.query:
        return parts.geturl()
    limit = f"options=-c%20statement_timeout%3D{milliseconds}"
    return parts._replace(query=f"{parts.query}&{limit}".lstrip("&")).geturl()
