"""How the settings let a process be seen.

Owns:    the process's identity, its version, where its numbers are found.
Imports: observability, settings, cli.servers.
"""

import secrets
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import unquote, urlsplit

import typer
from pydantic import SecretStr

from carousel.cli.servers import plain
from carousel.domain.errors import CarouselError, ConfigurationError
from carousel.observability.declaring import Process
from carousel.observability.exposition import PortTakenError
from carousel.observability.identity import Identity
from carousel.observability.logs import say_last_words
from carousel.observability.starting import ObservabilityParams, observed
from carousel.settings import CHECKOUT, Settings


@contextmanager
def seen(settings: Settings, process: Process) -> Iterator[None]:
    """Let this process be seen as the settings say, for the length of the block.

    Raises:
        ConfigurationError: the port of its metrics is taken.
    """
    name = settings.process_name or process.value
    identity = Identity(process, name, own_version(), settings.environment)
    params = ObservabilityParams(
        log_level=settings.log_level,
        metrics_host=settings.metrics_host,
        metrics_port=settings.metrics_port,
        targets=targets_directory(settings),
        trace_url=plain(settings.trace_url) if settings.trace_url else None,
        trace_share=settings.trace_share,
        sentry_dsn=plain(settings.sentry_dsn) if settings.sentry_dsn else None,
        # Without a secret of ours a pseudonym is good for as long as the process lives.
        pseudonym_key=plain(settings.token_secret)
        if settings.token_secret
        else secrets.token_hex(),
        secrets=_secrets(settings),
        expected=(CarouselError,),
    )
    with ExitStack() as stack:
        try:
            stack.enter_context(observed(identity, params))
        except PortTakenError as error:
            raise ConfigurationError(f"CAROUSEL_METRICS_PORT: {error}.") from error
        try:
            yield
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            # Here, where it can still be reported; whoever ends the process need not say it again.
            expected = isinstance(error, CarouselError)
            if settings.process_name or not expected:  # else a person is told a sentence
                say_last_words(error, expected=expected)
            raise


def _secrets(settings: Settings) -> tuple[str, ...]:
    """Return the secrets among the settings and, of those that are URLs, the passwords."""
    given = [plain(value) for _, value in settings if isinstance(value, SecretStr)]
    urls = [urlsplit(one) for one in given if "://" in one]
    passwords = {one.password for one in urls} | {unquote(one.password or "") for one in urls}
    others = {one for one in given if "://" not in one}
    return tuple(one for one in passwords | others if one)


def targets_directory(settings: Settings) -> Path:
    """Return the directory in which each process says where it tells its metrics."""
    return settings.data_directory / "targets"


def own_version() -> str:
    """Return our version; a checkout is run without being installed, so it has no metadata."""
    try:
        return version("carousel")
    except PackageNotFoundError:
        project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
        return str(project["version"])
