"""``carousel monitor``: the process that asks whether everything does what it promises.

Owns:    the command; handing the settings to the monitor; how its shopper logs in.
Imports: api.tokens, monitoring, settings, the other files of cli.
"""

import socket
from contextlib import ExitStack
from typing import Annotated

import httpx2
import typer

from carousel.api.tokens import Tokens
from carousel.cli.listening import address_of, listening_socket
from carousel.cli.observing import seen, targets_directory
from carousel.cli.screen import Screen
from carousel.cli.servers import plain, reachable_servers, timed
from carousel.cli.stopping import until_asked_to_stop
from carousel.domain.errors import ConfigurationError
from carousel.monitoring.catalogue import all_checks
from carousel.monitoring.journey import Journey, Login, journey_check
from carousel.monitoring.reach import Reach
from carousel.monitoring.running import MonitorParams, serve
from carousel.monitoring.shopping import development_login
from carousel.monitoring.synthetic import SyntheticShopper
from carousel.monitoring.threads import InThread
from carousel.observability.declaring import Process
from carousel.observability.logs import name_for
from carousel.settings import CHECKOUT, Settings, read_settings

STATEMENT_MS = 10_000  # of a check; what needs longer is late
TOKEN_SECONDS = 300  # longer than a journey, shorter than a token is worth stealing
RUNBOOKS = CHECKOUT / "docs" / "runbooks"


def run(
    fd: Annotated[
        int | None, typer.Option(help="Be a worker: accept from this inherited listening socket.")
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A process that should run; may be repeated."),
    ] = None,
) -> None:
    """Ask again and again whether everything does what it promises, and show what was found."""
    settings = read_settings()
    if not settings.development_login and settings.token_secret is None:
        raise ConfigurationError(
            "The monitor's shopper needs a token: set CAROUSEL_TOKEN_SECRET to that of the API."
        )
    expected = tuple(expect or ())
    if fd is not None:
        with seen(settings, Process.MONITOR), socket.socket(fileno=fd) as listener:
            serve(_params(settings, expected), listener)
        return
    screen = Screen()
    with ExitStack() as stack:
        stack.enter_context(until_asked_to_stop(screen))
        listener = stack.enter_context(
            listening_socket(settings.monitor_host, settings.monitor_port, "CAROUSEL_MONITOR")
        )
        complete = stack.enter_context(reachable_servers(settings))
        screen.say(f"Monitoring; what is found is at {address_of(listener)}")
        with seen(complete, Process.MONITOR):
            serve(_params(complete, expected), listener)


def api_url(settings: Settings) -> str:
    """Return where the API is, without a slash at the end."""
    if settings.api_url is not None:
        return settings.api_url.rstrip("/")
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104  # not bound
    return f"http://{host}:{settings.port}"


def _params(settings: Settings, expected: tuple[str, ...]) -> MonitorParams:
    database_url = timed(settings.database_url, STATEMENT_MS)
    reach = Reach(
        database_url=database_url,
        log_url=plain(settings.log_url),
        cache_url=plain(settings.cache_url),
        log_shards=settings.log_shards,
        targets=targets_directory(settings),
        api_url=api_url(settings),
        expected=expected,
    )
    shopper = SyntheticShopper(database_url, settings.monitor_email)
    journey = Journey(reach.api_url, _login(settings, shopper), InThread(shopper.forget))
    return MonitorParams(
        reach=reach,
        checks=[journey_check(journey), *all_checks(reach)],
        runbooks=RUNBOOKS if RUNBOOKS.is_dir() else None,
        pseudonym=name_for,
    )


def _login(settings: Settings, shopper: SyntheticShopper) -> Login:
    """Return how the shopper gets a token: as people do in development, else issued here.

    There is no way for a program through the e-mail or the provider that people log in with.
    """
    known = InThread(shopper.known)
    tokens = None if settings.development_login else Tokens(plain(settings.token_secret))

    async def log_in(client: httpx2.AsyncClient) -> str:
        user_id = await known()
        if tokens is not None:
            return tokens.issue(user_id, TOKEN_SECONDS)
        return await development_login(client, shopper.email)

    return log_in
