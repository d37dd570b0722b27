"""Saying things: every line of a process, whoever says it, written as JSON to standard error.

Owns:    who may speak and how, what a line says of the request it belongs to, last words.
Imports: structlog, observability.

Besides our own loggers: those of libraries, warnings, and errors that nobody caught, in any thread.
"""

import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TextIO

import structlog

from carousel.observability.identity import Identity
from carousel.observability.lines import LEVELS, SAID, level_of, line_of
from carousel.observability.metrics import LOG_LINES
from carousel.observability.redaction import pseudonym

TELL_ADDRESSES = ("httpx2", "httpcore2", "urllib3")
"""Libraries that tell every address they ask, with what was searched for in it."""

_pseudonym_key: list[str] = []
_reporter: list[Callable[[logging.LogRecord], str | None]] = []
_told: list[BaseException] = []


class _Lines(logging.Handler):
    """Writes each record as a line; what cannot be written is lost, never raised."""

    def __init__(self, process: str, stream: TextIO) -> None:
        super().__init__()
        self._process = process
        # Bytes: the stream's own encoding may not know every letter.
        self._out = getattr(stream, "buffer", None)
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        report = None
        if record.levelno >= logging.ERROR and _reporter:
            report = _reporter[0](record)
        line = line_of(record, self._process, report)
        LOG_LINES.labels(level_of(record)).inc()
        try:
            if self._out is None:
                self._stream.write(line.decode())
            else:
                self._out.write(line)
                self._out.flush()
        except (OSError, ValueError):  # a full disk, a closed stream
            return


def write_logs(identity: Identity, level: str, pseudonym_key: str) -> None:
    """Write what this process says, of ``level`` and above, to standard error from now on."""
    _pseudonym_key[:] = [pseudonym_key]
    handler = _Lines(identity.name, sys.stderr)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for known in LEVELS:  # told as 0 before the first
        LOG_LINES.labels(known)
    for one in TELL_ADDRESSES:
        logging.getLogger(one).setLevel(max(logging.WARNING, logging.getLogger().level))
    logging.captureWarnings(capture=True)
    warnings.formatwarning = _in_one_sentence
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(
        args.exc_type, args.exc_value, args.exc_traceback, args.thread
    )
    sys.unraisablehook = lambda args: _uncaught(
        args.exc_type, args.exc_value, args.exc_traceback, args.err_msg or "nobody could catch it"
    )


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return what says lines with fields: ``logger(__name__).info("request", status=200)``."""
    bound: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[structlog.stdlib.filter_by_level, _as_record],
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return bound


def report_with(report: Callable[[logging.LogRecord], str | None] | None) -> None:
    """Report what is said at level error or above; None ends that.

    Args:
        report: is given the record, returns the id of its report; it must not block or raise.
    """
    _reporter[:] = [report] if report else []


def say_last_words(error: BaseException, *, expected: bool = False) -> None:
    """Say once why this process ends. expected: a sentence says it all, no traceback."""
    if any(error is one for one in _told):
        return
    _told.append(error)
    log = logging.getLogger("carousel")
    if expected:
        log.error("ended: %s", error, exc_info=None)
    else:
        log.critical("ended by an error: %s", type(error).__name__, exc_info=error)


@contextmanager
def speaking_of(**fields: object) -> Iterator[None]:
    """Let every line said within the block carry these fields; tasks started in it too."""
    with structlog.contextvars.bound_contextvars(**fields):
        yield


def speak_of(**fields: object) -> None:
    """Let every line of what is under way carry these fields from now on."""
    structlog.contextvars.bind_contextvars(**fields)


def request_id() -> str | None:
    """Return the id of the request that is under way, None where none is."""
    found = structlog.contextvars.get_contextvars().get("request_id")
    return found if isinstance(found, str) else None


def name_for(user_id: int) -> str:
    """Return the pseudonym of a shopper in the log lines of this process."""
    return pseudonym(_pseudonym_key[0] if _pseudonym_key else "", user_id)


def _as_record(
    _: object, __: str, said: MutableMapping[str, Any]
) -> tuple[tuple[object, ...], dict[str, Any]]:
    """Return what a record is made of, so that every handler sees an ordinary one."""
    event = said.pop("event", "")
    arguments = said.pop("positional_args", ())
    kept = {name: said.pop(name) for name in ("exc_info", "stack_info") if name in said}
    return (event, *arguments), {**kept, "extra": {SAID: dict(said)}}


def _uncaught(
    kind: type[BaseException],
    error: BaseException | None,
    trace: TracebackType | None,
    where: object = None,
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    if isinstance(where, threading.Thread):
        where = f"thread {where.name}"
    problem = error if error is not None else kind()
    if any(problem is one for one in _told):
        return
    logging.getLogger("carousel").critical(
        "uncaught %s%s",
        kind.__name__,
        f" ({where})" if where else "",
        exc_info=(kind, problem, trace),
    )


def _in_one_sentence(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    line: str | None = None,  # noqa: ARG001  # part of the signature that warnings asks for
) -> str:
    return f"{category.__name__}: {message} ({filename}:{lineno})"
