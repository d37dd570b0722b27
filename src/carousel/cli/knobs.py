"""``carousel knobs``: everything an experiment may turn, and whether a file turns it rightly.

Owns:    the command and its part ``check``; reading files of knobs and of experiments.
Imports: domain.errors, serving, settings, rich.
"""

import json
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from rich.console import Console
from rich.table import Table

from carousel.domain.errors import ConfigurationError
from carousel.serving.configuration import differences, knobs_of, read_toml
from carousel.serving.experiment_file import is_plan, plan_of
from carousel.serving.experiments import NO_EXPERIMENTS, Plan
from carousel.serving.knob_descriptions import Knob, Value, all_knobs, knobs_table, shown

WIDE = 200
"""Characters of a line that is not written to a terminal."""

app = typer.Typer(
    help="Everything an experiment may change about a list, and files that change it.",
    invoke_without_command=True,
)

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.callback()
def list_knobs(
    context: typer.Context,
    *,
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print it as markdown.")] = False,
) -> None:
    """Show every knob with its type, its default and what it means."""
    if context.invoked_subcommand is not None:
        return
    if markdown:
        sys.stdout.write(knobs_table())
        return
    found = all_knobs()
    if as_json:
        json.dump({"knobs": [_told(knob) for knob in found.values()]}, sys.stdout)
        sys.stdout.write("\n")
        return
    table = Table(box=None, pad_edge=False, title_justify="left")
    for heading in ("knob", "type"):
        table.add_column(heading, no_wrap=True)
    table.add_column("default", max_width=30)
    table.add_column("meaning")
    for knob in found.values():
        table.add_row(knob.name, knob.kind, shown(knob.default), knob.meaning)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE
    Console(width=width, highlight=False, markup=False).print(table)


@app.command("check")
def check(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Knobs, or experiments with configurations.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Read a file as the servers would, and show what it changes.

    Exit status: 0 when it is good, 2 when it is refused, with one sentence.
    """
    document = read_toml(read_text(file), str(file))
    if is_plan(document):
        _show_plan(plan_of(document, str(file)), as_json=as_json)
        return
    changed = differences(knobs_of(document, str(file)))
    if as_json:
        json.dump({"knobs": _plain(changed)}, sys.stdout)
        sys.stdout.write("\n")
        return
    _echo(changed, "")
    if not changed:
        typer.echo("Changes nothing.")


def read_text(path: Path) -> str:
    """Return what a file says.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} cannot be read: it is not text in UTF-8.") from None


def read_plan(path: Path | None) -> Plan:
    """Return the experiments of a file, none without a file.

    Raises:
        ConfigurationError: it cannot be read or does not fit; one sentence says what, and where.
    """
    if path is None:
        return NO_EXPERIMENTS
    return plan_of(read_toml(read_text(path), str(path)), str(path))


def _show_plan(plan: Plan, *, as_json: bool) -> None:
    if as_json:
        told = {
            "configurations": {
                name: _plain(differences(knobs)) for name, knobs in plan.configurations.items()
            },
            "serving": plan.serving,
            "experiments": [
                {
                    "name": one.name,
                    "places": [one.begin, one.end],
                    "arms": dict(one.arms),
                    "interleaved": one.interleaved,
                    "since": one.since and one.since.isoformat(),
                    "until": one.until and one.until.isoformat(),
                }
                for one in plan.experiments
            ],
        }
        json.dump(told, sys.stdout)
        sys.stdout.write("\n")
        return
    for name, knobs in plan.configurations.items():
        typer.echo(f"{name}{'' if differences(knobs) else ': as everything is by default'}")
        _echo(differences(knobs), "  ")
    for one in plan.experiments:
        typer.echo(one.sentence())
    typer.echo(f"Everybody else: {plan.serving or 'as everything is by default'}.")


def _echo(changed: dict[str, Value], indent: str) -> None:
    for name, value in changed.items():
        typer.echo(f"{indent}{name} = {shown(value)} (default {shown(all_knobs()[name].default)})")


def _told(knob: Knob) -> dict[str, Any]:
    return {
        "name": knob.name,
        "type": knob.kind,
        **_plain({"default": knob.default}),
        "choices": list(knob.choices),
        "range": [f"{bound.sign} {bound.end:g}" for bound in knob.bounds],
        "meaning": knob.meaning,
    }


def _plain(values: dict[str, Value]) -> dict[str, Any]:
    """Return values as JSON has them; a time as a file states it."""
    return {
        name: shown(one).strip('"') if isinstance(one, timedelta) else one
        for name, one in values.items()
    }
