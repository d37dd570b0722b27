"""A lean HTTP/1.1 load client: it shares two cores with what it measures, so it must cost little.

Owns:    closed-loop clients on keep-alive connections, percentiles.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Outcome:
    """What the clients saw. seconds: one latency per answered request, by status."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    elapsed: float = 0.0

    def summary(self) -> dict[str, Any]:
        """Return counts, rate and latency percentiles in milliseconds."""
        ranked = sorted(self.seconds)
        return {
            "requests": len(ranked),
            "per_second": round(len(ranked) / self.elapsed, 1) if self.elapsed else 0.0,
            "statuses": self.statuses,
            **{f"p{q}_ms": round(1000 * percentile(ranked, q / 100), 2) for q in (50, 95, 99)},
            "max_ms": round(1000 * ranked[-1], 2) if ranked else None,
        }


def percentile(ranked: list[float], share: float) -> float:
    """Return the value below which ``share`` of the sorted values lie (nearest rank)."""
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else float("nan")


class Connection:
    """One keep-alive connection that sends a request and reads the whole answer."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(
        self, method: str, path: str, token: str | None = None, body: bytes = b""
    ) -> tuple[int, bytes]:
        """Return status and body of one request."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(*self._address)
        head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\n"
        if token:
            head += f"Authorization: Bearer {token}\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self._writer.write(head.encode() + b"\r\n" + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        status = int(answer[9:12])
        lower = answer.lower()
        at = lower.index(b"content-length:") + 15
        length = int(lower[at : lower.index(b"\r\n", at)])
        return status, await self._reader.readexactly(length) if length else b""

    async def ask_json(
        self, method: str, path: str, token: str | None = None, body: bytes = b""
    ) -> dict[str, Any]:
        """Return the parsed body; raise with the server's words on anything but 2xx."""
        status, answer = await self.ask(method, path, token, body)
        if status >= 300:
            raise RuntimeError(f"{method} {path} answered {status}: {answer.decode()[:300]}")
        parsed: dict[str, Any] = json.loads(answer)
        return parsed

    def close(self) -> None:
        """Close the connection."""
        if self._writer:
            self._writer.close()


async def closed_loop(
    host: str, port: int, clients: int, seconds: float, request: Callable[[int], tuple[Any, ...]]
) -> Outcome:
    """Run clients that each ask again as soon as they are answered.

    ``request(n)`` returns the arguments of ``Connection.ask`` for the n-th request overall.
    """
    outcome, counter, end = Outcome(), iter(range(10**9)), time.perf_counter() + seconds

    async def client() -> None:
        connection = Connection(host, port)
        while time.perf_counter() < end:
            started = time.perf_counter()
            status, _ = await connection.ask(*request(next(counter)))
            outcome.seconds.append(time.perf_counter() - started)
            outcome.statuses[status] = outcome.statuses.get(status, 0) + 1
        connection.close()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    outcome.elapsed = time.perf_counter() - started
    return outcome
