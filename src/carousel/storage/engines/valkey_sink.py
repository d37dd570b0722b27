"""The event log's door in: appends that meet are sent together and confirmed from disk.

Owns:    group commit, deadlines.
Imports: valkey, domain.events, domain.errors, observability.metrics, storage.engines.valkey_log.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import valkey
import valkey.asyncio
from valkey.asyncio.retry import Retry
from valkey.backoff import NoBackoff

from carousel.domain.errors import LogUnavailableError
from carousel.domain.events import LogEntry
from carousel.observability.metrics import SERVER_FAULTS
from carousel.storage.engines.valkey_log import (
    PATIENCE_MS,
    Command,
    Log,
    open_log,
    shard_of,
    stream_key,
    to_fields,
)

LARGEST_GROUP = 5_000
"""Most entries sent at once; the rest of a flood waits for the next round."""

_FAULTS = SERVER_FAULTS.labels("log")


@asynccontextmanager
async def open_event_sink(log_url: str, *, shards: int = 8) -> AsyncIterator["ValkeySink"]:
    """Open the log for appending, from one event loop.

    Args:
        log_url: ``unix:///path``, ``valkey://host:port`` or ``redis://host:port``; ``valkeys`` and
            ``rediss`` are encrypted.
        shards: how many shards a new log gets; an old one keeps its own number.

    Raises:
        ConfigurationError: the URL or the server cannot serve as a log.
        LogUnavailableError: the server does not answer.
    """
    sink = ValkeySink(log_url, await asyncio.to_thread(open_log, log_url, shards))
    try:
        yield sink
    finally:
        await sink.close()


class ValkeySink:
    """The door in. Appends that meet are sent together: one group is on its way, one collects."""

    def __init__(self, url: str, log: Log) -> None:
        self._log = log
        self._client = valkey.asyncio.Valkey.from_url(
            url,
            socket_timeout=(log.patience_ms + PATIENCE_MS / 2) / 1000,
            socket_connect_timeout=PATIENCE_MS / 1000,
            retry=Retry(NoBackoff(), 1),
            retry_on_error=[valkey.ConnectionError],
        )
        self._waiting: deque[tuple[list[Command], asyncio.Future[None]]] = deque()
        self._sending: asyncio.Task[None] | None = None

    @property
    def shards(self) -> int:
        """Return how many shards the log has; fixed for its life."""
        return self._log.shards

    async def append(self, entries: Sequence[LogEntry]) -> None:
        """Append entries to their users' shards; see ``ports.EventSink``."""
        if not entries:
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(([self._command(entry) for entry in entries], turn))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())
        try:
            async with asyncio.timeout(2 * self._log.patience_ms / 1000):
                await turn
        except TimeoutError:
            _FAULTS.inc()
            raise LogUnavailableError(
                f"The event log gave no answer within {2 * self._log.patience_ms} ms."
            ) from None
        except LogUnavailableError:
            _FAULTS.inc()
            raise

    async def close(self) -> None:
        """Let what is under way finish and disconnect."""
        if self._sending is not None:
            await asyncio.wait([self._sending])
        await self._client.aclose()

    def _command(self, entry: LogEntry) -> Command:
        key = stream_key(shard_of(entry.user_id, self._log.shards))
        return ("XADD", key, "*", *(part for pair in to_fields(entry).items() for part in pair))

    async def _send(self) -> None:
        while self._waiting:
            group = list(self._next_group())
            try:
                answers = await self._execute([c for commands, _ in group for c in commands])
            except Exception as error:  # noqa: BLE001 (whatever it is, every caller must hear of it)
                for _, turn in group:
                    _fail(turn, str(error) or type(error).__name__)
                continue
            refusal = self._log.confirmed(answers)
            start = 0
            for commands, turn in group:
                own = answers[start : start + len(commands)]
                start += len(commands)
                refused = next((str(a) for a in own if isinstance(a, Exception)), refusal)
                if refused is not None:
                    _fail(turn, refused)
                elif not turn.done():
                    turn.set_result(None)

    def _next_group(self) -> Iterator[tuple[list[Command], asyncio.Future[None]]]:
        size = 0
        while self._waiting and size < LARGEST_GROUP:
            commands, turn = self._waiting.popleft()
            if turn.done():  # its caller has gone
                continue
            size += len(commands)
            yield commands, turn

    async def _execute(self, commands: Iterable[Command]) -> list[Any]:
        async with self._client.pipeline(transaction=False) as pipe:
            for command in (*commands, *self._log.confirmation()):
                pipe.execute_command(*command)
            answers: list[Any] = await pipe.execute(raise_on_error=False)
            return answers


def _fail(turn: asyncio.Future[None], why: str) -> None:
    if not turn.done():
        turn.set_exception(LogUnavailableError(f"The event log did not confirm: {why}."))
