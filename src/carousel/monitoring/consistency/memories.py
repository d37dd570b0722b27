"""Does every API process hold as many listings in memory as are active?

Owns:    comparing what the processes tell of their memory with the database.
Imports: httpx2, observability, monitoring.

A memory is up to a second behind the database, and both change while they are looked at. So a
process is off only if, three times in a row, it holds a number that the database had neither a
second before nor then.
"""

import time
from collections.abc import Callable

import httpx2

from carousel.monitoring.reach import Reach
from carousel.monitoring.scraping import LARGEST, name_of, wanted_of
from carousel.observability.declaring import Process
from carousel.observability.metrics import INDEX_LISTINGS
from carousel.observability.reading import Target, read_targets

PATIENCE = 1.0  # seconds that a process may take to answer
PAUSE = 1.0  # seconds; a memory asks five times a second what changed
TRIES = 3


def memories_off(reach: Reach, active: Callable[[], int]) -> dict[str, int]:
    """Return by how many listings the memory of a process is off, by its name; more is positive.

    Args:
        reach: where the processes are.
        active: counts the active listings at this moment.
    """
    off: dict[str, int] | None = None
    before = active()
    if not _held(reach):
        return {}
    for _ in range(TRIES):
        time.sleep(PAUSE)
        held, now = _held(reach), active()
        least, most = sorted((before, now))
        found = {
            name: count - (most if count > most else least)
            for name, count in held.items()
            if not least <= count <= most
        }
        off = {name: by for name, by in found.items() if off is None or name in off}
        if not off:
            return {}
        before = now
    return off or {}


def _held(reach: Reach) -> dict[str, int]:
    """Return how many listings each API process holds; one that holds none asks the database."""
    with httpx2.Client(timeout=PATIENCE, trust_env=False) as client:
        counts = {
            target.process: _count(client, target)
            for target in read_targets(reach.targets)
            if target.kind == Process.API
        }
    return {name: count for name, count in counts.items() if count}


def _count(client: httpx2.Client, target: Target) -> int:
    """Return what a process tells; 0 if it does not answer, which another check tells."""
    try:
        answer = client.get(f"http://{target.address}/metrics")
        if not answer.is_success or len(answer.content) > LARGEST:
            return 0
        return round(wanted_of(answer.text).get((name_of(INDEX_LISTINGS), ()), 0))
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
        return 0
