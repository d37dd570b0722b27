"""A log line: one JSON object, whatever is said and whoever says it.

Owns:    the form of a line, its bounds, what becomes of a value that JSON does not know.
Imports: structlog, pydantic-core, observability.redaction.

A line has ``at``, ``level``, ``event``, ``logger``, ``process``, within a request ``request_id``,
``trace_id`` and ``user``, a pseudonym, then whatever else is said, and ``exception`` with its
traceback. It ends at its only line end: JSON escapes those of a text, and what else a terminal or a
reader of lines obeys is escaped like them. It is never longer than ``LONGEST_LINE``: texts are cut
in their middle, fields that find no room are counted in ``left_out``.
"""

import json
import logging
import math
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

import structlog
from pydantic_core import to_json

from carousel.observability.redaction import INSTEAD, LONGEST, names_a_secret, redacted

LONGEST_LINE = 65_536  # bytes, the line end included; Loki takes four times as many
LONGEST_NAME = 64
MOST_FIELDS = 40
ROOM_FOR_THE_END = 64  # bytes: the count of what is left out, and the brace
WIDEST = 12  # bytes of one character that is escaped as two surrogates
LARGEST_NUMBER = 2**63
LEVELS = ("debug", "info", "warning", "error", "critical")
OURS = ("at", "level", "event", "logger", "process", "report", "exception", "left_out")
SAID = "carousel_said"
"""Attribute of a record that holds the fields said with it."""


def level_of(record: logging.LogRecord) -> str:
    """Return one of ``LEVELS``, also for numbers between them."""
    return LEVELS[max(0, min(record.levelno // 10 - 1, len(LEVELS) - 1))]


def line_of(record: logging.LogRecord, process: str, report: str | None = None) -> bytes:
    """Return the line of a record, its line end included; never raises.

    Args:
        record: what is said.
        process: name of the process that says it.
        report: id of the error report that was made of it, if any.
    """
    try:
        parts = list(_parts(record, process, report))
    except Exception as error:  # noqa: BLE001  # whatever cannot be said must not stop who says it
        said = f"a line of {record.name} could not be written: {type(error).__name__}"
        parts = [("at", _now(record)), ("level", "error"), ("event", said), ("process", process)]
    return _joined(parts)


def event_of(record: logging.LogRecord) -> str:
    """Return what a record says in one text, with secrets in it."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # arguments that do not fit, objects that cannot be shown
        return f"{_shown(record.msg)} {_shown(record.args)}"


def _parts(
    record: logging.LogRecord, process: str, report: str | None
) -> Iterator[tuple[str, object]]:
    yield "at", _now(record)
    yield "level", level_of(record)
    yield "event", _clean(event_of(record), LONGEST)
    yield "logger", _named(record.name)[0]
    yield "process", process
    said: dict[str, object] = getattr(record, SAID, {})
    fields: dict[str, object] = {**structlog.contextvars.get_contextvars(), **said}
    taken = set(OURS)
    for name, value in list(fields.items())[:MOST_FIELDS]:
        called, secret = _named(str(name))
        while called in taken:  # a field of the same name as ours stands beside it
            called += "_"
        taken.add(called)
        yield called, INSTEAD if secret else _plain(value)
    if report:
        yield "report", report
    if record.exc_info and record.exc_info[0] is not None:
        told = "".join(traceback.format_exception(*record.exc_info))
        yield "exception", _clean(told, 4 * LONGEST)
    elif record.exc_text or record.stack_info:
        yield "exception", _clean(str(record.exc_text or record.stack_info), 4 * LONGEST)
    if len(fields) > MOST_FIELDS:
        yield "left_out", len(fields) - MOST_FIELDS


@lru_cache(maxsize=512)  # names are said again and again; looking through one takes microseconds
def _named(name: str) -> tuple[str, bool]:
    """Return a name as it is written, and whether what it names is a secret."""
    return _clean(name, LONGEST_NAME), names_a_secret(name)


def _now(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _plain(value: object) -> object:
    """Return a value as JSON knows it; numbers that readers would round are text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < LARGEST_NUMBER:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    return _clean(value if isinstance(value, str) else _shown(value), LONGEST)


def _shown(value: object) -> str:
    try:
        return str(value) if isinstance(value, str) else repr(value)
    except Exception as error:  # noqa: BLE001  # a __repr__ may do anything
        return f"(a {type(value).__name__} that cannot be shown: {type(error).__name__})"


def _clean(text: str, longest: int) -> str:
    # A lone surrogate has no bytes; it is shown as it would be written in a program.
    return redacted(str(text).encode("utf-8", "backslashreplace").decode(), longest)


def _joined(parts: list[tuple[str, object]]) -> bytes:
    whole = to_json(dict(parts))
    if len(whole) < LONGEST_LINE and whole.decode().isprintable():  # nearly every line
        return whole + b"\n"
    room, written, left = LONGEST_LINE - ROOM_FOR_THE_END, [], 0
    for name, value in parts:
        part = _written(name, value)
        if len(part) > room and isinstance(value, str):
            fits = (room - WIDEST * (len(name) + 4)) // WIDEST
            part = _written(name, redacted(value, fits)) if fits > LONGEST_NAME else part
        if len(part) > room:
            left += 1
            continue
        written.append(part)
        room -= len(part) + 1
    if left:
        written.append(b'"left_out":%d' % left)
    return b"{" + b",".join(written) + b"}\n"


def _written(name: str, value: object) -> bytes:
    """Return a field as JSON in UTF-8; what is no letter, sign or blank is escaped."""
    text = (to_json(name) + b":" + to_json(value)).decode()
    if not text.isprintable():
        text = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
    return text.encode()
