"""``carousel train``: from everything that happened so far to new models, if they are good enough.

Owns:    the command's options, its steps and its table.
Imports: training, settings, storage, the other files of cli.
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import typer
from rich.console import Console
from rich.table import Table

from carousel.cli.observing import seen
from carousel.cli.screen import Screen
from carousel.cli.servers import plain, reachable_servers
from carousel.domain.errors import ConfigurationError
from carousel.domain.model import KINDS, Model
from carousel.observability.declaring import Process
from carousel.observability.metrics import TRAINING_EVENTS
from carousel.recording.checking import Checked
from carousel.settings import Settings, read_settings
from carousel.storage import migrate, open_archive, open_models
from carousel.training.archive import last_moment, read_archive
from carousel.training.publishing import (
    LEARNED_UNTIL,
    Made,
    Terms,
    counted,
    make,
    noted,
    outcome_of,
)
from carousel.training.spark_session import HERE, Cluster, check
from carousel.training.trainers import TRAINERS, Trainer, with_spark
from carousel.training.worth import NAMES

WIDE = 200
"""Characters of a line that is not written to a terminal."""

Engine: TypeAlias = Literal["numpy", "spark"]
Wanted: TypeAlias = Literal["factors", "graph", "ranker", "all"]


def run(  # noqa: PLR0913 - one argument per option of the command line
    kind: Annotated[
        Wanted, typer.Argument(metavar="[KIND]", help="factors, graph, ranker or all.")
    ] = "all",
    *,
    engine: Annotated[
        Engine, typer.Option(help="What computes; kinds without a choice take numpy.")
    ] = "numpy",
    seed: Annotated[
        int, typer.Option(min=0, help="Of all dice; the same seed, the same model.")
    ] = 0,
    keep: Annotated[
        int, typer.Option(min=2, help="Keep so many models of a kind, and those in use.")
    ] = 10,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Train and judge, publish nothing.")
    ] = False,
    even_if_worse: Annotated[
        bool,
        typer.Option("--even-if-worse", help="Publish also what is worth less than what serves."),
    ] = False,
    spark_master: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Where Spark computes.", show_default="spark-submit's, or local[*]"
        ),
    ] = None,
    spark_memory: Annotated[
        str, typer.Option(metavar="SIZE", help="Of Spark's driver: 512m, 2g.")
    ] = HERE.memory,
    spark_directory: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="For files to and from Spark, where its workers see them too.",
            show_default="a temporary one",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train models from the archive and publish those that are good enough.

    A model that is broken, worse than the simplest way or worse than the one that serves is
    refused, and the last good one stays. Exit status: 0 when every model asked for serves, 1 when
    one was refused, 2 when nothing could be trained.
    """
    trainers = _trainers(kind, engine)
    if engine == "spark":
        cluster = Cluster(spark_master, spark_memory, spark_directory)
        check(cluster)
        trainers = with_spark(trainers, cluster)
    begun = time.monotonic()
    screen = Screen(Console(stderr=True, highlight=False, soft_wrap=True, quiet=as_json))
    with reachable_servers(read_settings()) as settings, _seen(settings):
        database_url = plain(settings.database_url)
        migrate(database_url)
        read = _read(database_url, time.time(), screen)
        TRAINING_EVENTS.set(len(read.recording.events.at))
        seconds = {"reading": time.monotonic() - begun}
        until = last_moment(read.recording)
        terms = Terms(engine, until, seed, keep, dry_run, even_if_worse)
        made = []
        with open_models(database_url) as store:
            for name, trainer in trainers.items():
                started = time.monotonic()
                with (
                    screen.step(f"Training {name}") as step,
                    counted(name) as ended,
                    noted(name, ended, store),
                ):
                    one = make(name, trainer, read.recording, store, terms)
                    step.outcome = "refused" if one.refused else _version(one.model)
                    ended.how = outcome_of(one, dry_run=dry_run)
                    ended.version, ended.why = _version(one.model) or None, one.refused
                made.append(one)
                seconds[name] = time.monotonic() - started
    if as_json:
        told = {
            "engine": terms.engine,
            "dry_run": dry_run,
            "seconds": {step: round(took, 1) for step, took in seconds.items()},
            "events": len(read.recording.events.at),
            "impressions": len(read.recording.impressions.at),
            "left_out": dict(read.counts),
            "models": [_told(one, dry_run=dry_run) for one in made],
        }
        json.dump(told, sys.stdout)
        sys.stdout.write("\n")
    else:
        _show(made, dry_run=dry_run)
    if any(one.refused for one in made):
        raise typer.Exit(1)


def _seen(settings: Settings) -> AbstractContextManager[None]:
    """Let this process be seen, and who looks at its steps on a screen see nothing else.

    It takes a free port: the one that is set is for what runs all day.
    """
    port = None if settings.metrics_port is None else 0
    level = "warning" if settings.log_level == "info" else settings.log_level
    changed = {"metrics_port": port, "log_level": level}
    return seen(settings.model_copy(update=changed), Process.TRAINING)


def _trainers(kind: Wanted, engine: Engine) -> Mapping[str, Trainer]:
    wanted = KINDS if kind == "all" else (kind,)
    found = {name: TRAINERS[name] for name in wanted if name in TRAINERS}
    if not found:
        raise ConfigurationError(
            f"Nothing here trains {' or '.join(wanted)}; there are trainers for: "
            f"{', '.join(TRAINERS) or 'nothing'}."
        )
    if not any(engine in trainer.train for trainer in found.values()):
        raise ConfigurationError(
            f"{' and '.join(found)} cannot be trained with {engine}; leave --engine out."
        )
    return found


def _read(database_url: str, now: float, screen: Screen) -> Checked:
    with open_archive(database_url) as archive, screen.step("Reading the archive") as step:
        total = archive.count()
        if not total:
            raise ConfigurationError(
                "There is nothing to learn from yet: nobody has done anything. Events come in "
                "through the API; carousel simulate --drive makes some."
            )
        read = read_archive(archive, now, lambda done: step.progress(done, total))
        recording = read.recording
        step.outcome = (
            f"{len(recording.events.at):,} events and {len(recording.impressions.at):,} "
            f"impressions of {len(recording.users):,} shoppers"
        )
    for reason, count in read.counts.items():
        screen.say(f"    {count:>9,}  {reason}")
    return read


def _version(model: Model | None) -> str:
    return "" if model is None else model.version


def _told(one: Made, *, dry_run: bool) -> dict[str, Any]:
    """Return what became of a kind as JSON has it."""
    return {
        "kind": one.kind,
        "version": one.model and one.model.version,
        "figures": one.model and dict(one.model.figures),
        "before": one.before
        and {
            "version": one.before.version,
            "figures": dict(one.before.figures),
            "figures_now": one.again and dict(one.again),
        },
        "published": one.refused is None and not dry_run,
        "refused": one.refused,
        "retired": list(one.retired),
    }


def _show(made: Sequence[Made], *, dry_run: bool) -> None:
    """Print old and new figures side by side, then every refusal in its own words."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDE
    table = Table(box=None, pad_edge=False)
    for column in ("kind", "figure", "before", "now", "new"):
        table.add_column(column, justify="left" if column in {"kind", "figure"} else "right")
    for one in made:
        new = {} if one.model is None else one.model.figures
        before = {} if one.before is None else one.before.figures
        table.add_row(
            *(one.kind, "version", "" if one.before is None else one.before.version, ""),
            _version(one.model),
        )
        others = sorted((new.keys() | before.keys()) - {*NAMES, LEARNED_UNTIL})
        for name in (*NAMES, *others):
            figures = (before, one.again or {}, new)
            table.add_row("", name, *(_number(of.get(name)) for of in figures))
    console.print(table)
    for one in made:
        console.print(_outcome(one, dry_run=dry_run), markup=False, soft_wrap=True)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.4f}".rstrip("0").rstrip(".")


def _outcome(one: Made, *, dry_run: bool) -> str:
    if one.refused is not None:
        stays = f"{one.before.version} goes on serving" if one.before else "no model serves"
        return f"{one.kind}: refused, {stays}. {one.refused}"
    if dry_run:
        return f"{one.kind}: {_version(one.model)} would be published."
    return f"{one.kind}: {_version(one.model)} serves from now on."
