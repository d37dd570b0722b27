"""Errors: what went wrong where nobody looked, reported with its place and without its shopper.

Owns:    whether errors are reported, what is taken out of a report.
Imports: sentry-sdk, observability.

Off without a DSN. Reports wait in a bounded queue that a thread empties; a server that is slow or
away loses reports and costs nothing else.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sentry_sdk
import structlog
from sentry_sdk.integrations.logging import LoggingIntegration

from carousel.observability.identity import Identity
from carousel.observability.redaction import redacted

DEEPEST = 12
MOST_WAITING = 100
FLUSH_SECONDS = 2.0
LEFT_OUT = frozenset({"user", "request", "server_name", "modules", "breadcrumbs"})


@contextmanager
def reporting(identity: Identity, dsn: str | None) -> Iterator[None]:
    """Report the errors of this process for the length of the block.

    Args:
        identity: of the process.
        dsn: where to; None reports nothing.
    """
    if dsn is None:
        yield
        return
    sentry_sdk.init(
        dsn=dsn,
        release=f"carousel@{identity.version}",
        environment=identity.environment,
        server_name=identity.name,
        # Nothing that looks into libraries behind our back; lines of level error are reported.
        default_integrations=False,
        integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        transport_queue_size=MOST_WAITING,
        shutdown_timeout=FLUSH_SECONDS,
        before_send=_scrubbed,
    )
    sentry_sdk.set_tag("process", identity.name)
    try:
        yield
    finally:
        sentry_sdk.flush(FLUSH_SECONDS)
        sentry_sdk.init()


def _scrubbed(event: Any, hint: Any) -> Any:  # noqa: ANN401, ARG001  # the SDK's own types
    """Return a report of the error, the process and the request's id, and of nobody."""
    kept = {name: value for name, value in event.items() if name not in LEFT_OUT}
    spoken_of = structlog.contextvars.get_contextvars()
    tags = {name: str(spoken_of[name]) for name in ("request_id", "trace_id") if name in spoken_of}
    return _clean({**kept, "tags": {**kept.get("tags", {}), **tags}}, DEEPEST)


def _clean(value: object, deep: int) -> object:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict) and deep:
        return {key: _clean(one, deep - 1) for key, one in value.items()}
    if isinstance(value, list | tuple) and deep:
        return [_clean(one, deep - 1) for one in value]
    return value if isinstance(value, bool | int | float) or value is None else str(type(value))
