"""Metrics with labels that come and go: what is no more must not go on being told.

Owns:    setting all series of a metric at once.
Imports: the standard library. A metric is anything with labels, values and removal.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

Labels = TypeVar("Labels", bound=Hashable)


class Value(Protocol):
    """One series of a metric."""

    def set(self, value: float, /) -> None:
        """Set it."""
        ...


class Labelled(Protocol):
    """A metric with labels, as prometheus-client has it."""

    def labels(self, *values: str) -> Value:
        """Return the series of some values."""
        ...

    def remove(self, *values: str) -> None:
        """Take a series away."""
        ...


@dataclass(slots=True)
class Series:
    """All series of one metric: those that are not set any more are taken away."""

    metric: Labelled
    _told: set[tuple[str, ...]] = field(default_factory=set, init=False)

    def tell(self, values: Mapping[Labels, float]) -> None:
        """Tell these values by their labels, a text or number or a tuple of them, and no others."""
        named = {_names(labels): value for labels, value in values.items()}
        for labels in self._told - named.keys():
            self.metric.remove(*labels)
        for labels, value in named.items():
            self.metric.labels(*labels).set(value)
        self._told = set(named)


def _names(labels: Hashable) -> tuple[str, ...]:
    parts: Iterable[object] = labels if isinstance(labels, tuple) else (labels,)
    return tuple(str(part) for part in parts)
