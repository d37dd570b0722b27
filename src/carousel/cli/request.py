"""``carousel request``: what happened in one request, found by its id.

Owns:    the command; looking through the logs of all processes and the event log.
Imports: settings, storage, streaming, cli.servers.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from carousel.cli.servers import plain, reachable_servers
from carousel.domain.errors import ConfigurationError
from carousel.settings import Settings, read_settings
from carousel.storage import open_event_source, open_learning
from carousel.storage.ports import BEGINNING
from carousel.storage.ports.log import Position, RawEntry
from carousel.streaming.content_based import NAME

REQUEST_ID = re.compile(r"[0-9a-f]{32}")
AT_ONCE = 1_000
BEFORE = timedelta(minutes=5)
"""How much further back than its first line a request's entries are looked for: clocks differ."""
NOT_FOUND = 1


def run(
    request_id: Annotated[
        str, typer.Argument(metavar="REQUEST_ID", help="As in the header X-Request-Id.")
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show the log lines, trace, error report and events of a request; exit 1 if none is known."""
    wanted = request_id.strip().lower().replace("-", "")
    if not REQUEST_ID.fullmatch(wanted):
        raise ConfigurationError(
            f"{request_id[:80]!r} is no request id; one has 32 hexadecimal digits, "
            "as in the header X-Request-Id of an answer."
        )
    settings = read_settings()
    lines = sorted(_lines(settings.data_directory / "logs", wanted), key=lambda one: str(one["at"]))
    with reachable_servers(settings) as complete:
        entries = list(_entries(complete, wanted, lines))
    found = {
        "request_id": wanted,
        "trace_id": next((one["trace_id"] for one in lines if one.get("trace_id")), None)
        or next((one["trace_id"] for one in entries if one["trace_id"]), None),
        "reports": sorted({str(one["report"]) for one in lines if one.get("report")}),
        "lines": lines,
        "entries": entries,
    }
    typer.echo(json.dumps(found) if as_json else _shown(found))
    if not lines and not entries:
        raise typer.Exit(NOT_FOUND)


def _lines(logs: Path, request_id: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of a request from the logs of all processes, also from those put aside."""
    for path in sorted(logs.glob("*.log")):
        with path.open("rb") as file:
            for line in file:
                if request_id.encode() not in line:
                    continue
                try:
                    said = json.loads(line)
                except ValueError:
                    continue
                if isinstance(said, dict) and request_id in (
                    said.get("request_id"),
                    said.get("trace_id"),
                ):
                    yield {"at": "", "process": path.stem, "level": "", "event": "", **said}


def _entries(
    settings: Settings, request_id: str, lines: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield the request's entries in the event log, and whether each is applied."""
    with open_learning(plain(settings.database_url)) as learning:
        applied = learning.cursors(NAME)
    with open_event_source(plain(settings.log_url), shards=settings.log_shards) as log:
        after = dict.fromkeys(range(log.shards), _since(lines))
        while found := log.read(after, AT_ONCE):
            for shard, entries in found.items():
                after[shard] = entries[-1].position
                for entry in entries:
                    if entry.fields.get(b"request") == request_id.encode():
                        yield _entry(shard, entry, applied.get(shard, BEGINNING))


def _since(lines: list[dict[str, Any]]) -> Position:
    try:
        first = datetime.fromisoformat(str(lines[0]["at"])) - BEFORE
    except (IndexError, ValueError):
        return BEGINNING
    return f"{int(first.timestamp() * 1_000)}-0"


def _entry(shard: int, entry: RawEntry, applied: Position) -> dict[str, Any]:
    trace = entry.fields.get(b"trace", b"").decode(errors="replace").split("-")
    return {
        "shard": shard,
        "position": entry.position,
        "id": entry.fields.get(b"id", b"").decode(errors="replace"),
        "type": _type_of(entry),
        "applied": _order(entry.position) <= _order(applied),
        "trace_id": trace[1] if len(trace) > 1 else None,
    }


def _type_of(entry: RawEntry) -> str:
    try:
        return str(json.loads(entry.fields.get(b"event", b""))["type"])
    except (ValueError, KeyError, TypeError):
        return "unreadable"


def _order(position: Position) -> tuple[int, ...]:
    return tuple(int(part) for part in position.split("-"))


def _shown(found: dict[str, Any]) -> str:
    """Return what was found, for a person."""
    said = [f"Request {found['request_id']}", f"Trace   {found['trace_id'] or 'not traced'}"]
    said += [f"Report  {one}" for one in found["reports"]] or ["Report  none"]
    said += ["", "Log lines:" if found["lines"] else "No process has a log line of it."]
    for one in found["lines"]:
        facts = [str(one[name]) for name in ("method", "route", "status", "ms") if name in one]
        text = " ".join([str(one["event"]), *facts])
        said.append(f"  {one['at']:27}  {one['process']:15}  {one['level']:8}  {text}")
    said += ["", "Events in the log:" if found["entries"] else "The event log holds none of it."]
    for one in found["entries"]:
        state = "applied" if one["applied"] else "waiting"
        said.append(f"  shard {one['shard']}  {one['position']:18}  {one['type']:12}  {state}")
    return "\n".join(said)
