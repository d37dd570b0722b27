"""The end of the log: its latest entries, for a person who looks at the system.

Owns:    reading the streams backwards.
Imports: valkey, storage.ports, storage.engines.valkey_log.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import valkey
from valkey.backoff import NoBackoff
from valkey.retry import Retry

from carousel.storage.engines.valkey_log import (
    SHARDS_KEY,
    Client,
    require_scheme,
    stream_key,
    unavailable,
)
from carousel.storage.ports.tail import LatestEvent

SECONDS = 2.0
LONGEST_TYPE = 32


class ValkeyTail:
    """Implements ``storage.ports.tail.LogTail``; for one thread at a time."""

    def __init__(self, log_url: str) -> None:
        require_scheme(log_url)
        self._client: Client = valkey.Valkey.from_url(
            log_url,
            socket_timeout=SECONDS,
            socket_connect_timeout=SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def latest(self, count: int) -> Sequence[LatestEvent]:
        """Return the latest entries of all shards together, newest first."""
        with unavailable("being looked at"):
            shards = int(self._client.get(SHARDS_KEY) or 0)
            pipe = self._client.pipeline(transaction=False)
            for shard in range(shards):
                pipe.xrevrange(stream_key(shard), count=count)
            found = pipe.execute()
        entries = [entry for shard in found for entry in shard]
        newest = sorted(entries, key=lambda entry: _place(entry[0]), reverse=True)[:count]
        return [_event(position, fields) for position, fields in newest]


def _place(position: bytes) -> tuple[int, int]:
    milliseconds, _, number = position.partition(b"-")
    return int(milliseconds), int(number)


def _event(position: bytes, fields: Mapping[bytes, bytes]) -> LatestEvent:
    said: Any = None
    with suppress(ValueError):
        said = json.loads(fields.get(b"event", b""))
    told = said if isinstance(said, dict) else {}
    stated, listing = told.get("type"), told.get("listing_id")
    user = fields.get(b"user", b"")
    return LatestEvent(
        at=_place(position)[0] / 1000,
        user_id=int(user) if user.isdigit() else None,
        type=stated[:LONGEST_TYPE] if isinstance(stated, str) else None,
        listing_id=listing if isinstance(listing, int) else None,
    )
