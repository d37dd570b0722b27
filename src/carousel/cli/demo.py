"""``carousel demo``: everything on one machine, from an empty directory to a page to look at.

Owns:    the order of the start, the watch over it, the order of the stop.
Imports: settings, storage, cli.marketplace, the supervision in cli.processes.
"""

import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from carousel.cli import marketplace
from carousel.cli.knobs import read_plan
from carousel.cli.listening import address_of, listening_socket, says_ready
from carousel.cli.processes import WATCH_SECONDS, Workers, worker_environment
from carousel.cli.programs import (
    api_programs,
    monitor_program,
    stream_programs,
    traffic_program,
)
from carousel.cli.screen import Screen
from carousel.cli.servers import as_environment, embedded_servers, plain, with_urls
from carousel.cli.stopping import until_asked_to_stop
from carousel.domain.errors import ConfigurationError
from carousel.settings import Settings, read_settings
from carousel.storage import migrate
from carousel.storage.embedded import EmbeddedServers

REVIVE_PAUSE_SECONDS = 5.0
READY_SECONDS = 180.0
FASTEST_TRAFFIC = 86_400.0


def run(
    traffic: Annotated[
        float | None,
        typer.Option(
            metavar="SPEED",
            help="Bring it to life: simulated shoppers visit, so many times faster than real time.",
        ),
    ] = None,
) -> None:
    """Set up and run everything on this machine; Ctrl-C stops it."""
    if traffic is not None and not 0 < traffic <= FASTEST_TRAFFIC:
        raise ConfigurationError(
            f"--traffic {traffic:g} is no speed; give a number above 0 and up to "
            f"{FASTEST_TRAFFIC:g}, e.g. 60 for an hour a minute."
        )
    begun = time.monotonic()
    screen = Screen()
    settings = read_settings()
    if settings.environment == "production":
        raise ConfigurationError(
            "The demo lets anybody in as anybody, so it does not run while "
            "CAROUSEL_ENVIRONMENT is production; run carousel serve and carousel stream instead."
        )
    read_plan(settings.experiments)  # a bad file is told before anything is started
    with ExitStack() as stack:
        stack.enter_context(until_asked_to_stop(screen))
        # First of all, so that a busy port is told before anything was started.
        listener = stack.enter_context(listening_socket(settings.host, settings.port))
        watch = stack.enter_context(_monitor_socket(settings))
        servers = embedded_servers(settings)
        stack.callback(_stop_servers, servers, screen)
        with screen.step("Servers") as step:
            servers.start()
            step.outcome = ", ".join(servers.pids) or "given by URL"
        settings = _for_demo(with_urls(settings, servers), listener, watch)
        with screen.step("Database schema"):
            migrate(plain(settings.database_url))
        with screen.step("Marketplace") as step:
            step.outcome = marketplace.fill(settings, step.progress)
        environment = worker_environment(as_environment(settings))
        workers = Workers(environment, settings.data_directory / "logs", screen.say)
        stack.callback(workers.stop)
        with screen.step("Pipelines, API and page"):
            programs = [*stream_programs(settings), *api_programs(settings, listener)]
            workers.start(programs)
            _wait_until_ready(listener, workers)
            workers.start([monitor_program(watch, programs)])
        if traffic is not None:
            workers.start([traffic_program(address_of(listener), traffic)])
        screen.say(_welcome(listener, watch, settings.data_directory, time.monotonic() - begun))
        _supervise(servers, workers, screen)


def kept_secret(path: Path) -> str:
    """Return the secret kept in a file that only its owner can read; made on first use."""
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        unfinished.touch(mode=0o600)
        unfinished.write_text(secrets.token_urlsafe(48))
        unfinished.rename(path)
    return path.read_text()


@contextmanager
def _monitor_socket(settings: Settings) -> Iterator[socket.socket]:
    """Yield where the monitor listens: any free port where nobody asked for the usual one."""
    with ExitStack() as stack:
        place = (settings.monitor_host, settings.monitor_port)
        try:
            listener = stack.enter_context(listening_socket(*place, "CAROUSEL_MONITOR"))
        except ConfigurationError:
            if "monitor_port" in settings.model_fields_set:
                raise
            listener = stack.enter_context(listening_socket(settings.monitor_host, 0))
        yield listener


def _for_demo(settings: Settings, listener: socket.socket, watch: socket.socket) -> Settings:
    secret = settings.token_secret or SecretStr(kept_secret(settings.data_directory / "secret"))
    port = 0 if settings.metrics_port is None else settings.metrics_port
    demo = {"development_login": True, "token_secret": secret, "metrics_port": port}
    places = {"api_url": address_of(listener), "monitor_url": address_of(watch)}
    return settings.model_copy(update={**demo, **places})


def _wait_until_ready(listener: socket.socket, workers: Workers) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not says_ready(listener):
        workers.watch()
        if why := workers.hopeless():
            raise ConfigurationError(why)
        if time.monotonic() > deadline:
            raise ConfigurationError(f"The API was not ready after {READY_SECONDS:.0f} s.")
        time.sleep(WATCH_SECONDS)


def _supervise(servers: EmbeddedServers, workers: Workers, screen: Screen) -> None:
    """Keep everything running for ever; a stop arrives as an exception."""
    next_revival = 0.0
    while True:
        time.sleep(WATCH_SECONDS)
        workers.watch()
        if time.monotonic() < next_revival:
            continue
        try:
            for name in servers.revive():
                screen.say(f"{name} had died; it runs again")
        except ConfigurationError as error:
            screen.say(str(error))
            next_revival = time.monotonic() + REVIVE_PAUSE_SECONDS


def _stop_servers(servers: EmbeddedServers, screen: Screen) -> None:
    names = list(servers.pids)
    servers.stop()
    for name in names:
        screen.say(f"{name} stopped")


def _welcome(listener: socket.socket, watch: socket.socket, data: Path, seconds: float) -> str:
    address = address_of(listener)
    return f"""
Carousel is ready after {seconds:.1f} s:  {address}

  1. Log in as john1@example.com
  2. Search for Skoda
  3. Open two of the cars
  4. Look at your list: it has followed you

  The API explains itself at {address}/api/docs
  How everything fares is at {address_of(watch)}/operator
  Data and logs are in {data}
  Ctrl-C stops everything and keeps the data
"""
