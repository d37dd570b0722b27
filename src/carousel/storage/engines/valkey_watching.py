"""The log and the cache, looked at by the monitor: every command here reads.

Owns:    how long and how full the streams are, how their servers are, what finished answers name.
Imports: valkey, domain.errors, storage.ports, storage.engines.valkey_log.

Everything is bounded: so many entries, so many keys a run.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import valkey
from valkey.backoff import NoBackoff
from valkey.retry import Retry

from carousel.domain.errors import StoreUnavailableError
from carousel.storage.engines.valkey_log import (
    DEAD_LETTERS_KEY,
    SHARDS_KEY,
    Client,
    require_scheme,
    stream_key,
    unavailable,
)
from carousel.storage.ports import BEGINNING, Position, RawEntry
from carousel.storage.ports.watching import LogState, ShardState, ValkeyState

SECONDS = 2.0  # a server that takes longer does not answer
LETTERS_AT_ONCE = 1_000
KEYS_AT_ONCE = 200
HEAD_BYTES = 4_096  # of a finished answer: what it was made from comes first, then a line ends


def _connect(url: str) -> Client:
    require_scheme(url)
    return valkey.Valkey.from_url(
        url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=Retry(NoBackoff(), 0)
    )


def _server(client: Client) -> ValkeyState:
    told = client.info()
    faults = [
        sentence
        for sentence, wrong in (
            ("the last write to the append-only file failed", "aof_last_write_status"),
            ("the last rewrite of the append-only file failed", "aof_last_bgrewrite_status"),
        )
        if told.get("aof_enabled") and told.get(wrong, "ok") != "ok"
    ]
    return ValkeyState(int(told["used_memory"]), int(told["evicted_keys"]), "; ".join(faults))


class WatchedLog:
    """Implements ``storage.ports.watching.WatchingLog``; for one thread."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def state(self) -> LogState:
        """Return the log at this moment; no shards before anybody opened it."""
        with unavailable("being looked at"):
            shards = int(self._client.get(SHARDS_KEY) or 0)
            pipe = self._client.pipeline(transaction=False)
            pipe.time()
            pipe.xlen(DEAD_LETTERS_KEY)
            for shard in range(shards):
                pipe.execute_command("XINFO", "STREAM", stream_key(shard))
            (seconds, micros), letters, *told = pipe.execute(raise_on_error=False)
            states = {shard: _shard(one) for shard, one in enumerate(told)}
        return LogState(seconds + micros / 1e6, states, int(letters))

    def server(self) -> ValkeyState:
        """Return how the log's server is."""
        with unavailable("being looked at"):
            return _server(self._client)

    def after(self, shard: int, position: Position, limit: int) -> Sequence[Position]:
        """Return the positions of the entries behind one, in order, up to a limit."""
        with unavailable("being looked at"):
            found = self._client.xrange(stream_key(shard), min=f"({position}", count=limit)
        return [kept.decode() for kept, _ in found]

    def until(self, shard: int, position: Position, limit: int) -> Sequence[RawEntry]:
        """Return the last entries up to a position and with it, the latest first."""
        if position == BEGINNING:
            return []
        with unavailable("being looked at"):
            found = self._client.xrevrange(stream_key(shard), max=position, count=limit)
        return [RawEntry(kept.decode(), fields) for kept, fields in found]

    def buried(self, wanted: Collection[tuple[int, Position]]) -> set[tuple[int, Position]]:
        """Return those places of the log whose entries are dead letters."""
        left, found, latest = set(wanted), set[tuple[int, Position]](), "+"
        while left:
            with unavailable("being looked at"):
                letters = self._client.xrevrange(
                    DEAD_LETTERS_KEY, max=latest, count=LETTERS_AT_ONCE
                )
            for _, fields in letters:
                place = (int(fields[b"shard"]), fields[b"position"].decode())
                if place in left:
                    found.add(place)
                    left.discard(place)
            if len(letters) < LETTERS_AT_ONCE:
                break
            latest = f"({letters[-1][0].decode()}"
        return found


def _shard(told: Any) -> ShardState:  # noqa: ANN401 (valkey's own)
    """Return what XINFO STREAM says; an exception, if there is no such stream yet, says nothing."""
    if isinstance(told, valkey.ResponseError):
        return ShardState(0, 0, None, None)
    if isinstance(told, Exception):
        raise told
    stream: Mapping[Any, Any] = _mapping(told)
    length, first = int(stream[b"length"]), stream[b"first-entry"]
    last = stream[b"last-generated-id"].decode()
    return ShardState(
        length,
        int(stream[b"entries-added"]),
        first[0].decode() if length and first else None,
        last if length else None,
    )


def _mapping(told: Any) -> Mapping[Any, Any]:  # noqa: ANN401 (valkey's own)
    """Return names and values, however the client has put them together."""
    if isinstance(told, Mapping):
        return {_bytes(name).replace(b"_", b"-"): value for name, value in told.items()}
    return {_bytes(told[n]): told[n + 1] for n in range(0, len(told), 2)}


def _bytes(name: str | bytes) -> bytes:
    return name.encode() if isinstance(name, str) else name


class WatchedCache:
    """Implements ``storage.ports.watching.WatchingCache``; for one thread.

    place: where ``slates`` goes on; keep it from one look to the next.
    """

    def __init__(self, client: Client, place: int = 0) -> None:
        self._client = client
        self.place = place

    def server(self) -> ValkeyState:
        """Return how the cache's server is."""
        with _answering():
            return _server(self._client)

    def slates(self, most: int) -> Iterator[tuple[str, bytes]]:
        """Yield key and head of finished answers, at least so many if there are, in no order."""
        seen = 0
        while seen < most:
            with _answering():
                self.place, keys = self._client.scan(self.place, "slate:*", KEYS_AT_ONCE)
                pipe = self._client.pipeline(transaction=False)
                for key in keys:
                    pipe.getrange(key, 0, HEAD_BYTES - 1)
                heads = pipe.execute() if keys else []
                whole = [
                    head
                    if b"\n" in head or len(head) < HEAD_BYTES
                    else self._client.get(key) or b""
                    for key, head in zip(keys, heads, strict=True)
                ]
            for key, head in zip(keys, whole, strict=True):
                yield key.decode(errors="replace"), head.partition(b"\n")[0]
            seen += len(keys)
            if not self.place:
                return


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (valkey.ValkeyError, OSError) as error:
        raise StoreUnavailableError(f"The cache did not answer ({error}).") from error


@contextmanager
def open_watched_log(log_url: str) -> Iterator[WatchedLog]:
    """Open the log for looking; finds out whether it is at home when it is asked."""
    with _closed(_connect(log_url)) as client:
        yield WatchedLog(client)


@contextmanager
def open_watched_cache(cache_url: str, place: int = 0) -> Iterator[WatchedCache]:
    """Open the cache for looking; finds out whether it is at home when it is asked."""
    with _closed(_connect(cache_url)) as client:
        yield WatchedCache(client, place)


@contextmanager
def _closed(client: Client) -> Iterator[Client]:
    try:
        yield client
    finally:
        client.close()
