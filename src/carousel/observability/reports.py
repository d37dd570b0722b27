"""Error reports: what one says, and the queue and the thread that send it.

Owns:    the set-up of the SDK, the form of a report.
Imports: sentry-sdk, observability.

A report is built from what we want to tell, not left of what the SDK knows: kind and place of the
error, the process, the release, the ids of request and trace. No local variables, no request, no
machine, nobody. Reports wait in a bounded queue that a thread empties; a server that is slow or
away loses reports and costs nothing else.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, cast

import sentry_sdk
import structlog
from sentry_sdk.utils import event_from_exception

from carousel.observability.identity import Identity
from carousel.observability.lines import event_of, level_of
from carousel.observability.redaction import redacted

MOST_WAITING = 100
FLUSH_SECONDS = 2.0
MOST_CAUSES = 5
MOST_FRAMES = 50
SENTRY_LEVELS = {"critical": "fatal"}
FRAME = ("function", "module", "lineno", "pre_context", "context_line", "post_context", "in_app")
TAGS = ("request_id", "trace_id", "pipeline", "shard")


class Sender:
    """Sends reports of one process."""

    def __init__(self, identity: Identity, client: Any) -> None:  # noqa: ANN401  # the SDK's
        self._identity = identity
        self._client = client
        self.release = release_of(identity)

    def event_of(self, record: logging.LogRecord) -> dict[str, object]:
        """Return the report of what was said."""
        level = level_of(record)
        known = structlog.contextvars.get_contextvars()
        tags = {name: redacted(str(known[name]), 64) for name in TAGS if known.get(name)}
        event: dict[str, object] = {
            "level": SENTRY_LEVELS.get(level, level),
            "logger": redacted(record.name, 64),
            "timestamp": datetime.fromtimestamp(record.created, UTC),
            "logentry": {"formatted": redacted(event_of(record))},
            "tags": {**tags, "kind": self._identity.process.value},
        }
        if record.exc_info and record.exc_info[1] is not None:
            found, _ = event_from_exception(record.exc_info, client_options=self._client.options)
            event["exception"] = _plain_exception(cast("Any", found).get("exception", {}))
        return event

    def send(self, event: Mapping[str, object]) -> str | None:
        """Send a report in the background; return its id, None where it was not taken."""
        tags = cast("Mapping[str, str]", event.get("tags", {}))
        whole = {**event, "tags": {**tags, "process": self._identity.name}}
        return cast("str | None", self._client.capture_event(whole))

    def close(self) -> None:
        """Send what waits, for a while."""
        self._client.close(timeout=FLUSH_SECONDS)


def release_of(identity: Identity) -> str:
    """Return what reports call the version of a process."""
    return f"carousel@{identity.version}"


def open_sender(identity: Identity, dsn: str) -> Sender:
    """Return what sends reports to a server.

    Args:
        identity: of the process.
        dsn: of the server.
    """
    client = sentry_sdk.Client(
        dsn=dsn,
        release=release_of(identity),
        environment=identity.environment,
        server_name=identity.name,  # else the machine's
        # Nothing that looks into libraries behind our back, nothing that sends by itself.
        default_integrations=False,
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        enable_backpressure_handling=False,
        send_client_reports=False,
        spotlight=False,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        transport_queue_size=MOST_WAITING,
        shutdown_timeout=FLUSH_SECONDS,
    )
    return Sender(identity, client)


def _plain_exception(found: Mapping[str, Any]) -> dict[str, object]:
    return {"values": [_plain_cause(one) for one in found.get("values", [])[-MOST_CAUSES:]]}


def _plain_cause(one: Mapping[str, Any]) -> dict[str, object]:
    frames = (one.get("stacktrace") or {}).get("frames", [])[-MOST_FRAMES:]
    return {
        "type": str(one.get("type")),
        "value": redacted(str(one.get("value") or "")),
        "module": one.get("module"),
        "stacktrace": {"frames": [_plain_frame(frame) for frame in frames]},
    }


def _plain_frame(frame: Mapping[str, Any]) -> dict[str, object]:
    """Return a place in a program: its own text, not where it lies on this machine."""
    kept = {name: frame[name] for name in FRAME if frame.get(name) is not None}
    name = str(frame.get("filename") or "")
    return {**kept, "filename": PurePath(name).name if name.startswith("/") else name}
