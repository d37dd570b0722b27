"""How a metric is declared: once, with its meaning and the processes that tell it.

Owns:    the kinds of process, the list of all metrics, the registry of one process, the table.
Imports: prometheus-client.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase


class Process(StrEnum):
    """What a process is; the label ``kind`` of all that it tells."""

    API = "api"
    CONTENT_BASED = "content-based"
    COLLABORATIVE = "collaborative"
    APPRAISALS = "appraisals"
    NOTICES = "notices"
    TRAINING = "training"
    MONITOR = "monitor"


EVERY = tuple(Process)

Wrapped = TypeVar("Wrapped", bound=MetricWrapperBase)


@dataclass(frozen=True, slots=True)
class Declared:
    """A metric and the processes that tell it."""

    name: str
    type: str
    meaning: str
    labels: tuple[str, ...]
    processes: tuple[Process, ...]
    metric: MetricWrapperBase


DECLARED: list[Declared] = []


def registry_of(process: Process) -> CollectorRegistry:
    """Return a registry that holds what a process of this kind tells; the rest would be zeros."""
    registry = CollectorRegistry()
    for one in DECLARED:
        if process in one.processes:
            registry.register(one.metric)
    return registry


def metrics_table() -> str:
    """Return the table of all metrics in Markdown, as docs/metrics.md shows it."""
    rows = ["| Metric | Type | Labels | Told by | Meaning |", "|---|---|---|---|---|"]
    for one in DECLARED:
        labels = ", ".join(f"`{label}`" for label in one.labels)
        told_by = "every process" if one.processes == EVERY else ", ".join(one.processes)
        rows.append(f"| `{one.name}` | {one.type} | {labels} | {told_by} | {one.meaning} |")
    return "\n".join(rows) + "\n"


def _declared(
    metric: Wrapped, name: str, meaning: str, of: Sequence[Process], labels: Sequence[str]
) -> Wrapped:
    kind = type(metric).__name__.lower()
    DECLARED.append(Declared(name, kind, meaning, tuple(labels), tuple(of), metric))
    return metric


def counter(name: str, meaning: str, of: Sequence[Process], labels: Sequence[str] = ()) -> Counter:
    """Declare something that only grows; its name ends in ``_total``."""
    return _declared(Counter(name, meaning, labels, registry=None), name, meaning, of, labels)


def gauge(name: str, meaning: str, of: Sequence[Process], labels: Sequence[str] = ()) -> Gauge:
    """Declare something that goes up and down."""
    return _declared(Gauge(name, meaning, labels, registry=None), name, meaning, of, labels)


def histogram(
    name: str,
    meaning: str,
    of: Sequence[Process],
    labels: Sequence[str] = (),
    *,
    buckets: Sequence[float],
) -> Histogram:
    """Declare something of which many are seen; ``buckets`` are their upper ends."""
    metric = Histogram(name, meaning, labels, registry=None, buckets=buckets)
    return _declared(metric, name, meaning, of, labels)
