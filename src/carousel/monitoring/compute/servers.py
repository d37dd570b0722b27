"""Do the servers behind answer, and does the log keep what it is given?

Owns:    the check ``servers``.
Imports: storage, observability, monitoring.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from carousel.domain.errors import CarouselError
from carousel.monitoring.check import Check, Evidence, Family, Finding
from carousel.monitoring.reach import Reach
from carousel.monitoring.series import Series
from carousel.monitoring.threads import InThread
from carousel.observability.metrics import (
    CACHE_EVICTED,
    DATABASE_BYTES,
    DATABASE_CONNECTIONS,
    SERVER_MEMORY,
)
from carousel.storage import open_watched_cache, open_watched_log, open_watching
from carousel.storage.ports.watching import ValkeyState

STATEMENT_SECONDS = 2.0

T = TypeVar("T")


def servers(reach: Reach) -> Check:
    """Return the check of PostgreSQL, of the log and of the cache."""
    connections, memory = Series(DATABASE_CONNECTIONS), Series(SERVER_MEMORY)

    def database() -> tuple[int, dict[str, int]]:
        with open_watching(reach.database_url, STATEMENT_SECONDS) as look:
            return look.size(), dict(look.connections())

    def log() -> ValkeyState:
        with open_watched_log(reach.log_url) as look:
            return look.server()

    def cache() -> ValkeyState:
        with open_watched_cache(reach.cache_url) as look:
            return look.server()

    def ask() -> Finding:
        faults: list[str] = []
        took: dict[str, float] = {}
        kept = _asked("PostgreSQL", database, faults, took)
        logged, cached = _asked("log", log, faults, took), _asked("cache", cache, faults, took)
        if kept is not None:
            DATABASE_BYTES.set(kept[0])
            connections.tell(kept[1])
        states = {"log": logged, "cache": cached}
        memory.tell({name: one.memory for name, one in states.items() if one is not None})
        if cached is not None:
            CACHE_EVICTED.set(cached.evicted)
        if logged is not None and logged.on_disk:
            faults.append(f"The log answers, but {logged.on_disk}.")
        evidence: Evidence = {
            **{f"{name}, ms": round(seconds * 1e3, 1) for name, seconds in took.items()},
            "database, MB": None if kept is None else round(kept[0] / 1e6, 1),
            "connections": None if kept is None else sum(kept[1].values()),
            "log, MB": None if logged is None else round(logged.memory / 1e6, 1),
            "cache, MB": None if cached is None else round(cached.memory / 1e6, 1),
            "faults": faults,
        }
        if faults:
            return Finding(held=False, sentence=" ".join(faults), evidence=evidence)
        slowest = max(took.values())
        sentence = (
            f"PostgreSQL, the log and the cache answer; the slowest in {slowest * 1e3:.0f} ms."
        )
        return Finding(held=True, sentence=sentence, evidence=evidence)

    promise = "PostgreSQL, the log and the cache answer, and the log is written to disk."
    return Check("servers", Family.COMPUTE, promise, 5.0, 8.0, InThread(ask))


def _asked(name: str, ask: Callable[[], T], faults: list[str], took: dict[str, float]) -> T | None:
    """Return what a server says, None and a fault if it says nothing."""
    begun = time.monotonic()
    try:
        found = ask()
    except CarouselError as error:
        said = str(error)
        faults.append(said if name.lower() in said.lower() else f"The {name} failed: {said}")
        return None
    took[name] = time.monotonic() - begun
    return found
