"""``carousel stream``: the processes that turn events into preferences.

Owns:    the command; handing the settings to the pipelines.
Imports: streaming, settings, the other files of cli.
"""

from contextlib import ExitStack
from typing import Annotated

import typer

from carousel.cli.processes import run_together
from carousel.cli.programs import stream_programs
from carousel.cli.reporting import report_to_stderr
from carousel.cli.screen import Screen
from carousel.cli.servers import as_environment, plain, reachable_servers, timed
from carousel.cli.stopping import until_asked_to_stop
from carousel.settings import read_settings
from carousel.streaming import run_pipeline

WorkerNumber = Annotated[
    int | None, typer.Option(help="Be one worker: follow this share of the shards, from 0.")
]


def run(worker: WorkerNumber = None) -> None:
    """Turn events into preferences, with as many processes as CAROUSEL_PIPELINE_WORKERS says."""
    settings = read_settings()
    if worker is not None:
        report_to_stderr(settings.log_level)
        run_pipeline(
            runner=settings.pipeline_runner,
            database_url=timed(settings.database_url, settings.pipeline_statement_timeout_ms),
            log_url=plain(settings.log_url),
            shards=settings.log_shards,
            worker=worker,
            workers=settings.pipeline_workers,
        )
        return
    screen = Screen()
    with ExitStack() as stack:
        stack.enter_context(until_asked_to_stop(screen))
        complete = stack.enter_context(reachable_servers(settings))
        screen.say(f"Following the log with {complete.pipeline_runner}")
        run_together(
            stream_programs(complete),
            as_environment(complete),
            complete.data_directory / "logs",
            screen.say,
        )
