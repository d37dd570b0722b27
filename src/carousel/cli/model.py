"""``carousel model``: which models there are, which of them serves, and the way back.

Owns:    the commands ``list``, ``show``, ``activate``, ``roll-back``, ``stop`` and ``shadow``.
Imports: settings, storage, domain.model, cli.servers.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeAlias

import typer

from carousel.cli.servers import plain, reachable_servers
from carousel.domain.errors import ModelError
from carousel.domain.model import KINDS
from carousel.settings import read_settings
from carousel.storage import migrate, open_models
from carousel.storage.ports import ModelStore, Published

app = typer.Typer(
    help="Trained models: what there is, what serves, and the way back.", no_args_is_help=True
)

LONGEST = 80
"""Characters of a document's value that are shown."""

Kind: TypeAlias = Annotated[str, typer.Argument(metavar="KIND", help=f"{', '.join(KINDS)}.")]
Version: TypeAlias = Annotated[
    str, typer.Argument(metavar="VERSION", help="As carousel model list shows it.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_models(
    kind: Annotated[
        str | None, typer.Argument(metavar="[KIND]", help="Only these; else all.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show the models that are kept, the latest first, and which of them are in use."""
    with _models() as store:
        found = store.models(kind)
    if as_json:
        typer.echo(json.dumps([_told(one) for one in found]))
        return
    for one in found:
        typer.echo(_line(one))
    if not found:
        typer.echo("There are no models; carousel train makes some.")


@app.command("show")
def show(
    kind: Kind,
    version: Annotated[
        str | None, typer.Argument(metavar="[VERSION]", help="Else the one that serves.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show a model: what it says of itself, what it is worth, and the arrays it consists of."""
    with _models() as store:
        listed = _listed(store, kind, version)
        model = store.read(kind, listed.version)
    arrays = {
        name: {"type": str(array.dtype), "shape": list(array.shape)}
        for name, array in sorted(model.arrays.items())
    }
    if as_json:
        typer.echo(json.dumps({**_told(listed), "arrays": arrays}))
        return
    typer.echo(_line(listed))
    for title, lines in (
        ("figures", {name: f"{value:,.10g}" for name, value in model.figures.items()}),
        ("document", {name: _short(value) for name, value in model.document.items()}),
        ("arrays", {name: f"{of['type']} {of['shape']}" for name, of in arrays.items()}),
    ):
        typer.echo(f"  {title}")
        for name, text in lines.items():
            typer.echo(f"    {name:24} {text}")


@app.command("activate")
def activate(kind: Kind, version: Version, *, as_json: AsJson = False) -> None:
    """Make a model serve; every server does so within a second."""
    with _models() as store:
        store.activate(kind, version)
    _say(kind, "active", version, as_json=as_json)


@app.command("roll-back")
def roll_back(kind: Kind, *, as_json: AsJson = False) -> None:
    """Go back to the model that served before the present one; again goes one further."""
    with _models() as store:
        version = store.roll_back(kind)
    _say(kind, "active", version, as_json=as_json)


@app.command("stop")
def stop(kind: Kind, *, as_json: AsJson = False) -> None:
    """Let no ranker, or no graph, serve: lists are made as before the first one was trained."""
    with _models() as store:
        version = store.stop(kind)
    _say(kind, "stopped", version, as_json=as_json)


@app.command("shadow")
def shadow(
    kind: Kind,
    version: Annotated[
        str | None, typer.Argument(metavar="[VERSION]", help="Which; with --off none.")
    ] = None,
    *,
    off: Annotated[bool, typer.Option("--off", help="Have no shadow of this kind.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask a model beside the one that serves, and show its answers to nobody."""
    if off == (version is not None):
        raise typer.BadParameter("name a VERSION, or --off, and not both")
    with _models() as store:
        store.shadow(kind, version)
    _say(kind, "shadow", version, as_json=as_json)


@contextmanager
def _models() -> Iterator[ModelStore]:
    with reachable_servers(read_settings()) as settings:
        database_url = plain(settings.database_url)
        migrate(database_url)
        with open_models(database_url) as store:
            yield store


def _listed(store: ModelStore, kind: str, version: str | None) -> Published:
    for one in store.models(kind):
        if (one.role == "active") if version is None else (one.version == version):
            return one
    if version is None:
        raise ModelError(f"No model {kind} serves; carousel train makes one.")
    raise ModelError(f"There is no model {kind} {version}; see: carousel model list")


def _told(one: Published) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "version": one.version,
        "role": one.role or None,
        "trained_at": one.trained_at.isoformat(timespec="seconds"),
        "figures": dict(one.figures),
        "bytes": one.size,
        "document": dict(one.document),
    }


def _short(value: object) -> str:
    """Return the beginning of a value as JSON; --json has all of it."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def _line(one: Published) -> str:
    figures = one.figures
    worth = ""
    if {"value", "low", "high"} <= figures.keys():
        worth = f"{figures['value']:.4f} ({figures['low']:.4f} to {figures['high']:.4f})"
    return (
        f"{one.kind:8} {one.version}  {one.role:7} {one.trained_at:%Y-%m-%d %H:%M}  "
        f"{one.size / 1e6:8.1f} MB  {worth}"
    ).rstrip()


def _say(kind: str, role: str, version: str | None, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"kind": kind, role: version}))
    elif version is None:
        typer.echo(f"{kind} has no {role}.")
    elif role == "active":
        typer.echo(f"{kind} {version} serves from now on.")
    elif role == "stopped":
        typer.echo(f"{kind} {version} serves no more; no {kind} that was trained here does.")
    else:
        typer.echo(f"{kind} {version} is the shadow from now on.")
