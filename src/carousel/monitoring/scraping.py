"""Asking every process for its metrics, every two seconds.

Owns:    which metrics the figures need, how they are fetched and filed.
Imports: httpx2, observability, monitoring.growth.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx2

from carousel.monitoring.growth import START, Growth, Heard, Key
from carousel.observability import metrics
from carousel.observability.declaring import DECLARED
from carousel.observability.logs import logger
from carousel.observability.reading import Target, read_samples, read_targets

EVERY = 2.0  # seconds
PATIENCE = 1.5  # seconds that a process may take to answer
KEPT = 15 * 60.0  # seconds
LARGEST = 4_000_000  # bytes of one scrape

_HISTOGRAMS = (metrics.REQUEST_TIME, metrics.EFFECT_TIME, metrics.FRESHNESS, metrics.STATE_TIME)
_COUNTERS = (
    metrics.REQUESTS, metrics.SLATES, metrics.EVENTS_ACCEPTED, metrics.EVENTS_REFUSED,
    metrics.CACHE_LOOKUPS, metrics.EVENTS_APPLIED, metrics.LOG_LINES, metrics.JOURNEYS,
)  # fmt: skip
_GAUGES = (
    metrics.STREAMS, metrics.MODEL_LOADED, metrics.INDEX_LISTINGS, metrics.PIPELINE_WAITING,
    metrics.LAG_ENTRIES, metrics.LAG_SECONDS, metrics.DRAIN_RATE, metrics.ARRIVAL_RATE,
    metrics.DEAD_LETTERS_KEPT, metrics.BUILD,
)  # fmt: skip
MEMORY, PROCESSOR = "process_resident_memory_bytes", "process_cpu_seconds_total"


def name_of(metric: object) -> str:
    """Return the name of a metric as it was declared; a counter's ends in ``_total``."""
    return next(one.name for one in DECLARED if one.metric is metric)


GROWING = frozenset(
    [
        *(f"{name_of(one)}_bucket" for one in _HISTOGRAMS),
        *(name_of(one) for one in _COUNTERS),
        *(f"{name_of(metrics.BATCH_EVENTS)}_{end}" for end in ("count", "sum")),
    ]
)
WANTED = GROWING | {*map(name_of, _GAUGES), START, MEMORY, PROCESSOR}

log = logger(__name__)


@dataclass(slots=True)
class Scraping:
    """The history of all processes, kept up to date.

    targets: directory of the files that say where each process tells its metrics.
    now:     UTC, seconds since 1970.
    told:    is called after each look.
    growth:  takes in what was told.
    """

    targets: Path
    now: Callable[[], float]
    told: Callable[[], None]
    growth: Growth

    async def run(self) -> None:
        """Look every two seconds until cancelled."""
        loop = asyncio.get_running_loop()
        async with httpx2.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            while True:
                begun = loop.time()
                await self.look(client)
                await asyncio.sleep(max(0.1, begun + EVERY - loop.time()))

    async def look(self, client: httpx2.AsyncClient) -> None:
        """Ask every process once."""
        try:
            targets = await asyncio.to_thread(read_targets, self.targets)
            told = (target for target in targets if target.address)
            heard = await asyncio.gather(*(ask(client, target) for target in told))
            self.growth.take(self.now(), heard)
            self.told()
        except Exception:  # the next look may go better
            log.exception("the processes could not be looked at")


async def ask(client: httpx2.AsyncClient, target: Target) -> Heard:
    """Return what a process tells of the metrics that are wanted."""
    samples = None
    try:
        answer = await client.get(f"http://{target.address}/metrics")
        if answer.is_success and len(answer.content) <= LARGEST:
            samples = wanted_of(answer.text)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
        pass  # it does not answer, and that is what is known of it
    return Heard(target.process, target.kind, samples)


def wanted_of(text: str) -> dict[Key, float]:
    """Return the samples of a scrape that are wanted; the rest is not even read.

    Raises:
        ValueError: the text is no exposition.
    """
    lines = (line for line in text.splitlines() if _name(line) in WANTED)
    return {
        (name, tuple(sorted(labels.items()))): value
        for name, labels, value in read_samples("".join(f"{line}\n" for line in lines))
    }


def _name(line: str) -> str:
    return line.partition("{")[0].partition(" ")[0]
