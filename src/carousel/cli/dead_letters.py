"""``carousel dead-letters``: what could not be read or applied, why, and once more.

Owns:    the commands ``list`` and ``replay``.
Imports: settings, storage, cli.servers.
"""

import json
from datetime import datetime
from typing import Annotated, Any

import typer

from carousel.cli.servers import reachable_servers
from carousel.settings import Settings, read_settings
from carousel.storage import open_event_source
from carousel.storage.ports import DeadLetter

app = typer.Typer(help="Events that could not be read or applied.", no_args_is_help=True)

Limit = Annotated[int, typer.Option(min=1, help="How many, oldest first.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON lines.")]


@app.command("list")
def list_letters(limit: Limit = 100, as_json: AsJson = False) -> None:  # noqa: FBT002 (a flag of the command line)
    """Show dead letters, oldest first, each with its reason."""
    with (
        reachable_servers(read_settings()) as settings,
        open_event_source(_log_url(settings), shards=settings.log_shards) as log,
    ):
        letters = [_shown(one.letter, one.at) for one in log.dead_letters(limit)]
    for shown in letters:
        if as_json:
            typer.echo(json.dumps(shown, ensure_ascii=False))
        else:
            typer.echo(f"{shown['buried_at']}  {shown['event_id'] or '?':20}  {shown['reason']}")
    if not letters and not as_json:
        typer.echo("There are no dead letters.")


@app.command("replay")
def replay(limit: Limit = 100_000, as_json: AsJson = False) -> None:  # noqa: FBT002 (a flag of the command line)
    """Append dead letters to the log again; those that still cannot be applied come back."""
    with (
        reachable_servers(read_settings()) as settings,
        open_event_source(_log_url(settings), shards=settings.log_shards) as log,
    ):
        done = log.replay(limit)
    typer.echo(json.dumps({"replayed": done}) if as_json else f"{done} replayed.")


def _log_url(settings: Settings) -> str:
    return settings.log_url.get_secret_value() if settings.log_url else ""


def _shown(letter: DeadLetter, buried_at: datetime) -> dict[str, Any]:
    fields = {
        name.decode(errors="replace"): value.decode(errors="replace")
        for name, value in letter.entry.fields.items()
    }
    return {
        "buried_at": buried_at.isoformat(timespec="seconds"),
        "reason": letter.reason,
        "shard": letter.shard,
        "position": letter.entry.position,
        "event_id": fields.get("id"),
        "fields": fields,
    }
