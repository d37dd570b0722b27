"""``carousel evaluate experiment``: what came of the arms, from the archive of a marketplace.

Owns:    the command.
Imports: evaluation.experiments, settings, storage, the other files of cli.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from carousel.cli.knobs import read_plan
from carousel.cli.report_showing import (
    AsJson,
    AsMarkdown,
    Out,
    Seed,
    Steps,
    WithCommands,
    look_of,
    show,
    stderr_screen,
)
from carousel.cli.servers import plain, reachable_servers
from carousel.domain.errors import ConfigurationError
from carousel.evaluation.experiments.findings import report
from carousel.evaluation.experiments.reading import chosen, read_experiment
from carousel.evaluation.provenance import of_run
from carousel.settings import read_settings
from carousel.storage import migrate, open_archive


def run(  # noqa: PLR0913 - one argument per option of the command line
    name: Annotated[str, typer.Argument(metavar="NAME", help="As the file states it.")],
    *,
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The experiments as they ran; else CAROUSEL_EXPERIMENTS."
        ),
    ] = None,
    archive: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Of the database; else that of the settings."),
    ] = None,
    seed: Seed = 0,
    out: Out = None,
    as_json: AsJson = False,
    markdown: AsMarkdown = False,
    commands: WithCommands = False,
) -> None:
    """Compare the arms of an experiment by what their shoppers did.

    Reads impressions with their arms, and what followed, from the archive of a marketplace, while
    it serves. Exit status: 0 when the table was made, 2 when something was refused.
    """
    look, begun = look_of(as_json, markdown, commands, out), time.monotonic()
    settings = read_settings()
    path = file or settings.experiments
    if path is None:
        raise ConfigurationError(
            "No file of experiments: set CAROUSEL_EXPERIMENTS, or name it with --file."
        )
    plan = read_plan(path)
    steps = Steps(stderr_screen())
    ends = time.time()
    with _database(archive) as url, open_archive(url) as opened:
        experiment = chosen(plan, name, opened, ends)
        with steps.running:
            steps.begin(f"reading impressions of {name}")
            seen = read_experiment(opened, experiment, ends)
            steps.begin("drawing shoppers")
            words = ["./carousel", "evaluate", "experiment", name, "--file", str(path)]
            found = report(
                seen,
                of_run(
                    command=[*words, "--seed", str(seed)],
                    made_at=datetime.now(UTC),
                    seed=seed,
                    data=f"the archive of {_host(url)} until {_moment(ends)}",
                    data_hash=seen.data,
                    settings={"seed": seed},
                    seconds=time.monotonic() - begun,
                ),
            )
    show({f"experiment-{name}": found}, look)


@contextmanager
def _database(url: str | None) -> Iterator[str]:
    if url is not None:
        yield url
        return
    with reachable_servers(read_settings()) as settings:
        database_url = plain(settings.database_url)
        migrate(database_url)
        yield database_url


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _host(url: str) -> str:
    """Return which database a URL names, without its password.

    >>> _host("postgresql://me:secret@db.example/cars?sslmode=require")
    'db.example/cars'
    """
    parts = urlsplit(url)
    return f"{parts.hostname or 'this machine'}{parts.path}"
