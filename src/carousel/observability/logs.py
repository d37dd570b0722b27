"""Log lines: one JSON object a line, whatever is said and whoever says it.

Owns:    the form of a line, what a line says of the request it belongs to.
Imports: structlog, observability.

A line has ``at``, ``level``, ``event``, ``logger``, ``process``, and within a request
``request_id``, ``trace_id`` and ``user``, a pseudonym. JSON escapes line ends, so no text can make
a second line; other control characters, which a terminal obeys, are escaped like them.
"""

import json
import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import structlog
from pydantic_core import to_json
from structlog.typing import Processor

from carousel.observability.identity import Identity
from carousel.observability.metrics import LOG_LINES
from carousel.observability.redaction import LONGEST, pseudonym, redacted

Line: TypeAlias = MutableMapping[str, Any]

LEVELS = ("debug", "info", "warning", "error", "critical")
MOST_FIELDS = 40

_pseudonym_key: list[str] = []


def write_logs(identity: Identity, level: str, pseudonym_key: str) -> None:
    """Write what this process says, of ``level`` and above, to standard error."""
    _pseudonym_key[:] = [pseudonym_key]

    def signed(_: Any, __: str, line: Line) -> Line:  # noqa: ANN401  # structlog's signature
        line["process"] = identity.name
        return line

    every: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        signed,
    ]
    last: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        _cleaned,
        _counted,
        _written,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=every, processors=last)
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *every,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return what says lines with fields: ``logger(__name__).info("request", status=200)``."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


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


def _cleaned(_: Any, __: str, line: Line) -> Line:  # noqa: ANN401  # structlog's signature
    """Take secrets out of every text and keep each within bounds."""
    kept = list(line.items())[:MOST_FIELDS]
    return {str(name): _clean(name, value) for name, value in kept}


def _clean(name: str, value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else repr(value)
    return redacted(text, 4 * LONGEST if name == "exception" else LONGEST)


def _counted(_: Any, __: str, line: Line) -> Line:  # noqa: ANN401  # structlog's signature
    level = str(line.get("level", ""))
    LOG_LINES.labels(level if level in LEVELS else "info").inc()
    return line


def _written(_: Any, __: str, line: Line) -> str:  # noqa: ANN401  # structlog's signature
    text = to_json(line, inf_nan_mode="strings", fallback=repr).decode(errors="replace")
    if text.isprintable():
        return text
    # JSON leaves these as they are; a terminal obeys some, and some readers end a line at others.
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
