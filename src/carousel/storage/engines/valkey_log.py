"""The event log in Valkey: streams sharded by user, kept on disk, never evicted.

Owns:    the names of its keys, the form of an entry, what a server must promise to hold a log.
Imports: valkey, domain.events, domain.errors.

An entry has four fields: ``id``, ``user`` (decimal), ``at`` (microseconds since 1970, UTC) and
``event`` (JSON without the fields that ``id`` and ``at`` already say). Two more say where it came
from, if that is known: ``request`` and ``trace``; without them it counts the same. Its shard is the
CRC-32 of the decimal user id modulo the number of shards, so one user's entries stand in one order.
"""

import logging
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import valkey
import valkey.asyncio
from valkey.backoff import NoBackoff
from valkey.retry import Retry

from carousel.domain.errors import ConfigurationError, LogUnavailableError
from carousel.domain.events import LogEntry
from carousel.domain.listing import UserId

SHARDS_KEY = "carousel:shards"
DEAD_LETTERS_KEY = "carousel:dead-letters"
UPDATES_CHANNEL = "carousel:updates"
NOTICES_CHANNEL = "carousel:notices"

SCHEMES = ("unix", "valkey", "valkeys", "redis", "rediss")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

PATIENCE_MS = 1_000
"""How long the server may take to sync; twice that where it syncs only once a second."""
LARGEST_GROUP = 5_000
MOST_DEAD_LETTERS = 100_000
FIELD_PREFIX = b"f:"

Command: TypeAlias = tuple[str | bytes | int, ...]
Client: TypeAlias = Any  # valkey's annotations give each answer as its async form, too

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Log:
    """What opening a log found out.

    shards:      how many there are, fixed for the log's life.
    waits:       whether the server can confirm that what it holds is on disk (WAITAOF); where it
                 cannot, it syncs before every answer.
    patience_ms: how long a confirmation may take.
    """

    shards: int
    waits: bool
    patience_ms: int

    def confirmation(self) -> list[Command]:
        """Return the command that answers once everything before it is on disk, if any."""
        return [("WAITAOF", 1, 0, self.patience_ms)] if self.waits else []

    def confirmed(self, answers: Sequence[Any]) -> str | None:
        """Return why the answer to ``confirmation`` is no confirmation, None when it is one."""
        if not self.waits:
            return None
        answer = answers[-1]
        if isinstance(answer, Exception):
            return str(answer)
        if answer[0] < 1:
            return f"not on disk after {self.patience_ms} ms"
        return None


def stream_key(shard: int) -> str:
    """Return the key of a shard's stream."""
    return f"carousel:events:{shard}"


def shard_of(user_id: UserId, shards: int) -> int:
    """Return the shard that holds a user's entries.

    >>> shard_of(1, 8), shard_of(2, 8)
    (7, 5)
    """
    return zlib.crc32(str(user_id).encode()) % shards


def to_fields(entry: LogEntry) -> dict[bytes, bytes]:
    """Return the fields of an entry.

    >>> from carousel.domain.events import View
    >>> to_fields(LogEntry("e1", 7, EPOCH, View(listing_id=3)))[b"event"]
    b'{"type":"view","listing_id":3}'
    """
    said = entry.event.model_dump_json(exclude={"id", "occurred_at"}, exclude_none=True)
    fields = {
        b"id": entry.id.encode(),
        b"user": b"%d" % entry.user_id,
        b"at": b"%d" % ((entry.at - EPOCH) // MICROSECOND),
        b"event": said.encode(),
    }
    if entry.request is not None:
        fields[b"request"] = entry.request.encode()
    if entry.trace is not None:
        fields[b"trace"] = entry.trace.encode()
    return fields


def open_log(url: str, shards: int) -> Log:
    """Look at a log, and give it its number of shards if it is new. Blocks.

    Raises:
        ConfigurationError: the URL or the server cannot serve as a log.
        LogUnavailableError: the server does not answer.
    """
    with unavailable("opening the log"), connect(url) as client:
        waits, patience_ms = _durability(client)
        client.set(SHARDS_KEY, shards, nx=True)
        stored = int(client.get(SHARDS_KEY) or shards)
    if stored != shards:
        logger.warning(
            "The log has %d shards, fixed when it was made; the %d asked for are ignored.",
            stored,
            shards,
        )
    return Log(stored, waits, patience_ms)


def connect(url: str) -> Client:
    """Return a blocking client that tries a broken connection once more."""
    require_scheme(url)
    return valkey.Valkey.from_url(
        url,
        socket_timeout=3 * PATIENCE_MS / 1000,
        socket_connect_timeout=PATIENCE_MS / 1000,
        retry=Retry(NoBackoff(), 1),
        retry_on_error=[valkey.ConnectionError],
    )


def require_scheme(url: str) -> None:
    """Raise ConfigurationError unless the URL names a Valkey or Redis server."""
    scheme = url.partition("://")[0]
    if scheme not in SCHEMES:
        raise ConfigurationError(
            f"A log or cache URL starts with one of {', '.join(SCHEMES)}, not {scheme!r}."
        )


@contextmanager
def unavailable(doing: str) -> Iterator[None]:
    """Turn every failure of the server or the way to it into LogUnavailableError."""
    try:
        yield
    except (valkey.ValkeyError, OSError) as error:
        raise LogUnavailableError(f"The event log failed while {doing}: {_why(error)}.") from error


def _why(error: Exception) -> str:
    return str(error).rstrip(". ") or type(error).__name__


def _durability(client: Client) -> tuple[bool, int]:
    """Return whether the server knows WAITAOF and how long that may take."""
    if not client.info("persistence").get("aof_enabled"):
        raise ConfigurationError(
            "The log's server keeps nothing on disk; start it with appendonly yes and"
            " appendfsync always, or let Carousel start its own."
        )
    policy = client.info("memory").get("maxmemory_policy", "noeviction")
    if policy.startswith("allkeys"):
        raise ConfigurationError(
            f"The log's server may evict the log (maxmemory-policy {policy}); set it to noeviction."
        )
    try:
        sync = client.config_get("appendfsync").get("appendfsync", "unknown")
    except valkey.ResponseError:  # managed servers often forbid CONFIG
        sync = "unknown"
    waits = bool(client.execute_command("COMMAND", "INFO", "WAITAOF").get("waitaof"))
    if sync == "no" or (not waits and sync != "always"):
        raise ConfigurationError(
            f"The log's server does not say when events are on disk (appendfsync {sync});"
            " set appendfsync always."
        )
    if sync == "everysec":
        logger.warning(
            "The log's server syncs once a second, so events take that long to be accepted;"
            " set appendfsync always."
        )
    return waits, PATIENCE_MS if sync == "always" else 2 * PATIENCE_MS
