"""What grew, by how much, over the last minutes: scrapes of all processes as one short history.

Owns:    increases of counters that may begin anew, the last value of gauges, their bounded memory.
Imports: observability.reading.

A tick keeps, of the metrics that are wanted, by how much each series grew since the tick before,
summed over the processes, and what each process said of itself. A counter that is smaller than
before has begun anew, and so has every counter of a process that started since: all of it is new.
Of a process that was there before the first tick nothing is known of before.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Labels: TypeAlias = tuple[tuple[str, str], ...]
Key: TypeAlias = tuple[str, Labels]
"""A series: its name, and its labels in order."""

START = "process_start_time_seconds"
LAST = ("le", "+Inf")


@dataclass(frozen=True, slots=True)
class Heard:
    """What a process told when it was asked.

    process, kind: which one. samples: by series; None if it did not answer.
    """

    process: str
    kind: str
    samples: Mapping[Key, float] | None


@dataclass(frozen=True, slots=True)
class Tick:
    """One look at all processes. at: UTC, seconds since 1970. grew: since the tick before."""

    at: float
    grew: Mapping[Key, float]


@dataclass(slots=True)
class Growth:
    """The history of what was scraped.

    counters: names of samples whose growth is kept.
    seconds:  how much of the past is kept.
    """

    counters: Collection[str]
    seconds: float
    _ticks: deque[Tick] = field(default_factory=deque, init=False)
    _before: dict[str, Mapping[Key, float]] = field(default_factory=dict, init=False)
    _now: dict[str, Heard] = field(default_factory=dict, init=False)
    _keys: dict[Key, Key] = field(default_factory=dict, init=False)

    def take(self, at: float, heard: Iterable[Heard]) -> None:
        """Take in what every process told at a moment."""
        last = self._ticks[-1].at if self._ticks else None
        grew: dict[Key, float] = {}
        self._now = {one.process: one for one in heard}
        self._before = {name: told for name, told in self._before.items() if name in self._now}
        for one in self._now.values():
            if one.samples is None:
                continue
            for key, amount in self._increases(one.process, one.samples, last):
                grew[key] = grew.get(key, 0.0) + amount
            self._before[one.process] = one.samples
        self._ticks.append(Tick(at, grew))
        while self._ticks[0].at < at - self.seconds:
            self._ticks.popleft()

    def _increases(
        self, process: str, samples: Mapping[Key, float], last: float | None
    ) -> Iterator[tuple[Key, float]]:
        before = self._before.get(process)
        started = samples.get((START, ()), 0.0)
        if before is not None and before.get((START, ()), 0.0) != started:
            before = {}  # another process of the same name
        if before is None:
            if last is None or started <= last:
                return  # it was there before anybody looked
            before = {}
        anew: set[Key] = set()  # the histograms of which something new was seen
        amounts: dict[Key, float] = {}
        for key, value in samples.items():
            if key[0] in self.counters:
                known = before.get(key, 0.0)
                amounts[key] = value - known if value >= known else value
                if LAST in key[1] and amounts[key] > 0:
                    anew.add(_histogram(key))
        for key, amount in amounts.items():
            # A bucket that nothing fell into still says where the one above it begins.
            if amount > 0 or _histogram(key) in anew:
                yield self._keys.setdefault(key, key), amount

    @property
    def now(self) -> Mapping[str, Heard]:
        """Return what each process told last, by its name."""
        return self._now

    @property
    def ticks(self) -> Iterable[Tick]:
        """Return the ticks that are kept, oldest first."""
        return self._ticks

    def window(self, seconds: float) -> "Window":
        """Return what grew in the last seconds."""
        if not self._ticks:
            return Window({}, 0.0)
        return window_of(self._ticks, self._ticks[-1].at - seconds, self._ticks[-1].at)


@dataclass(frozen=True, slots=True)
class Window:
    """What grew between two moments. seconds: how much of it was seen; 0 is nothing."""

    grew: Mapping[Key, float]
    seconds: float

    def sum(self, name: str, **labels: str) -> float | None:
        """Return by how much the series of a name grew that have these labels.

        None where nothing was seen.
        """
        if not self.seconds:
            return None
        return sum(
            amount
            for (found, has), amount in self.grew.items()
            if found == name and (not labels or labels.items() <= dict(has).items())
        )

    def rate(self, name: str, **labels: str) -> float | None:
        """Return the same a second."""
        total = self.sum(name, **labels)
        return None if total is None else total / self.seconds

    def by(self, name: str, label: str) -> dict[str, float]:
        """Return by how much the series of a name grew, by a label."""
        found: dict[str, float] = {}
        for (this, has), amount in self.grew.items():
            if this == name and (value := dict(has).get(label)) is not None:
                found[value] = found.get(value, 0.0) + amount
        return found

    def quantile(self, q: float, name: str, **labels: str) -> float | None:
        """Return a quantile of a histogram, as Prometheus's ``histogram_quantile`` does.

        None where nothing was observed.
        """
        return quantile(q, self._buckets(name, labels))

    def share_within(self, most: float, name: str, **labels: str) -> float | None:
        """Return which share of a histogram's observations was at most so much.

        Args:
            most: the upper end of one of its buckets.
            name: of the histogram.
            labels: of its series.
        """
        buckets = self._buckets(name, labels)
        total = buckets.get(float("inf"), 0.0)
        return buckets.get(most, 0.0) / total if total else None

    def _buckets(self, name: str, labels: Mapping[str, str]) -> dict[float, float]:
        buckets: dict[float, float] = {}
        for (found, has), amount in self.grew.items():
            if found == f"{name}_bucket":
                stated = dict(has)
                if labels.items() <= stated.items():
                    end = float(stated["le"])
                    buckets[end] = buckets.get(end, 0.0) + amount
        return buckets


def _histogram(key: Key) -> Key:
    return key[0], tuple(pair for pair in key[1] if pair[0] != "le")


def window_of(ticks: Iterable[Tick], after: float, until: float) -> Window:
    """Return what grew in the ticks of ``after`` < at <= ``until``."""
    grew: dict[Key, float] = {}
    first, last, known = after, after, False
    for tick in ticks:
        if tick.at <= after:
            known, first = True, tick.at  # what grew in the tick after it, grew since then
        elif tick.at <= until:
            if not known:
                known, first = True, tick.at  # the first of all: nothing is known of before it
                last = tick.at
                continue
            for key, amount in tick.grew.items():
                grew[key] = grew.get(key, 0.0) + amount
            last = tick.at
    return Window(grew, max(0.0, last - first))


def quantile(q: float, buckets: Mapping[float, float]) -> float | None:
    """Return a quantile of counts by the upper ends of their buckets, cumulative.

    Within a bucket observations count as evenly spread, from 0 in the first one; what lies in the
    last, which has no end, counts as the end of the one before.

    >>> quantile(0.5, {1.0: 2.0, 2.0: 4.0, float("inf"): 4.0})
    1.0
    >>> quantile(0.99, {1.0: 0.0, float("inf"): 3.0})
    1.0
    >>> quantile(0.5, {1.0: 0.0, float("inf"): 0.0}) is None
    True
    """
    ends = sorted(buckets)
    if not ends or ends[-1] != float("inf") or not buckets[ends[-1]]:
        return None
    rank = q * buckets[ends[-1]]
    below, start = 0.0, 0.0
    for end in ends[:-1]:
        count = buckets[end]
        if count >= rank and count > below:
            return start + (end - start) * (rank - below) / (count - below)
        below, start = max(below, count), end
    return ends[-2] if len(ends) > 1 else None
