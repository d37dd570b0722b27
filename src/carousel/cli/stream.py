"""``carousel stream``: the processes that turn events into preferences.

Owns:    the command; handing the settings to the pipelines.
Imports: streaming, settings, the other files of cli.
"""

from contextlib import ExitStack
from enum import StrEnum
from typing import Annotated

import typer

from carousel.cli.observing import seen
from carousel.cli.processes import run_together
from carousel.cli.programs import stream_programs
from carousel.cli.screen import Screen
from carousel.cli.servers import as_environment, plain, reachable_servers, timed
from carousel.cli.stopping import until_asked_to_stop
from carousel.observability.declaring import Process
from carousel.settings import Settings, read_settings
from carousel.streaming import Share, run_appraising, run_collaborative, run_noticing, run_pipeline

WorkerNumber = Annotated[
    int | None, typer.Option(help="Be one worker: follow this share of the shards, from 0.")
]


class Pipeline(StrEnum):
    """Which pipeline a worker is of."""

    CONTENT_BASED = "content-based"
    COLLABORATIVE = "collaborative"
    APPRAISALS = "appraisals"
    NOTICES = "notices"


def run(
    worker: WorkerNumber = None,
    pipeline: Annotated[
        Pipeline, typer.Option(help="Of which pipeline the worker is.")
    ] = Pipeline.CONTENT_BASED,
) -> None:
    """Turn events into preferences: of each pipeline CAROUSEL_PIPELINE_WORKERS processes.

    One process more keeps the appraisals of all cars fresh, another writes notices.
    """
    settings = read_settings()
    if worker is not None:
        with seen(settings, Process(pipeline.value)):
            _work(settings, worker, pipeline)
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


def _work(settings: Settings, worker: int, pipeline: Pipeline) -> None:
    database_url = timed(settings.database_url, settings.pipeline_statement_timeout_ms)
    if pipeline is Pipeline.APPRAISALS:
        run_appraising(database_url)
        return
    if pipeline is Pipeline.NOTICES:
        run_noticing(database_url, plain(settings.log_url))
        return
    if pipeline is Pipeline.COLLABORATIVE:
        run_collaborative(
            Share(
                settings.pipeline_runner,
                database_url,
                settings.log_shards,
                worker,
                settings.pipeline_workers,
            )
        )
        return
    run_pipeline(
        runner=settings.pipeline_runner,
        database_url=database_url,
        log_url=plain(settings.log_url),
        shards=settings.log_shards,
        worker=worker,
        workers=settings.pipeline_workers,
    )
