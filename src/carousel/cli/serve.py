"""``carousel serve``: the processes that answer HTTP requests.

Owns:    the command; handing the settings to the API.
Imports: api, settings, the other files of cli.
"""

import socket
from contextlib import ExitStack
from typing import Annotated

import typer

from carousel.api.app import ApiParams
from carousel.api.server import serve
from carousel.cli.knobs import read_plan
from carousel.cli.listening import address_of, listening_socket
from carousel.cli.observing import seen
from carousel.cli.processes import run_together
from carousel.cli.programs import api_programs
from carousel.cli.screen import Screen
from carousel.cli.servers import as_environment, plain, reachable_servers, timed
from carousel.cli.stopping import until_asked_to_stop
from carousel.domain.errors import ConfigurationError
from carousel.observability.declaring import Process
from carousel.settings import Settings, read_settings

FileDescriptor = Annotated[
    int | None,
    typer.Option(help="Be one worker: accept from this inherited listening socket."),
]


def run(fd: FileDescriptor = None) -> None:
    """Answer HTTP requests, with as many processes as CAROUSEL_API_WORKERS says."""
    settings = read_settings()
    if settings.token_secret is None:
        raise ConfigurationError(
            "CAROUSEL_TOKEN_SECRET is not set; make one with: openssl rand -hex 32"
        )
    if fd is not None:
        _answer(settings, fd)
        return
    read_plan(settings.experiments)  # a bad file is told here, not by workers that keep ending
    screen = Screen()
    with ExitStack() as stack:
        stack.enter_context(until_asked_to_stop(screen))
        listener = stack.enter_context(listening_socket(settings.host, settings.port))
        complete = stack.enter_context(reachable_servers(settings))
        screen.say(f"Answering at {address_of(listener)}")
        run_together(
            api_programs(complete, listener),
            as_environment(complete),
            complete.data_directory / "logs",
            screen.say,
        )


def _answer(settings: Settings, fd: int) -> None:
    params = ApiParams(
        database_url=timed(settings.database_url, settings.request_statement_timeout_ms),
        changes_url=timed(settings.database_url, settings.pipeline_statement_timeout_ms),
        log_url=plain(settings.log_url),
        cache_url=plain(settings.cache_url),
        log_shards=settings.log_shards,
        currency=settings.currency,
        development_login=settings.development_login,
        token_secret=plain(settings.token_secret),
        page_directory=settings.page_directory,
        photo_origins=tuple(settings.photo_origins.split()),
        index=settings.index,
        plan=read_plan(settings.experiments),
        shadow_share=settings.shadow_share,
        # Who runs it for others keeps the monitor away from them.
        monitor_url=settings.monitor_url if settings.environment == "development" else None,
    )
    with seen(settings, Process.API), socket.socket(fileno=fd) as listener:
        serve(params, listener)
