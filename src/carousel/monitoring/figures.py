"""The key figures of a running Carousel, from what its processes tell.

Owns:    what each figure means, the goals, the document of the operator's page.
Imports: observability.metrics, monitoring.{growth, scraping, views}.

Everything that has not been seen is null: a rate nobody told is not a rate of 0. A figure without
a window says what was told last; ``now`` is the last minute, goals are the last 15.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from carousel.monitoring.growth import START, Growth, Heard, Window, window_of
from carousel.monitoring.scraping import KEPT, MEMORY, PROCESSOR, name_of
from carousel.monitoring.views import moment
from carousel.observability import metrics

MINUTE = 60.0
STEP = 10.0  # seconds of one point of a plot
DIGITS = 4  # that a figure has

Figures: TypeAlias = dict[str, Any]

LISTS = "/api/v1/cars/recommendations"
STREAM = "/api/v1/users/me/updates"
REQUESTS, REQUEST_TIME = name_of(metrics.REQUESTS), name_of(metrics.REQUEST_TIME)
EFFECT, STATE = name_of(metrics.EFFECT_TIME), name_of(metrics.STATE_TIME)
ACCEPTED, REFUSED = name_of(metrics.EVENTS_ACCEPTED), name_of(metrics.EVENTS_REFUSED)
APPLIED, BATCHES = name_of(metrics.EVENTS_APPLIED), f"{name_of(metrics.BATCH_EVENTS)}_count"
LAG, LAG_AGE = name_of(metrics.LAG_ENTRIES), name_of(metrics.LAG_SECONDS)


@dataclass(slots=True)
class Past:
    """What counters do not say: the gauges of the plots, and how much time each process took."""

    lag: deque[tuple[float, float | None]] = field(default_factory=deque)
    processor: deque[tuple[float, dict[str, float]]] = field(default_factory=deque)

    def take(self, at: float, heard: Mapping[str, Heard]) -> None:
        """Note what was told at a moment."""
        lags = [value for _, value in _told(heard, LAG)]
        self.lag.append((at, sum(lags) if lags else None))
        self.processor.append(
            (at, {n: one.samples[PROCESSOR, ()] for n, one in heard.items()
                  if one.samples and (PROCESSOR, ()) in one.samples})
        )  # fmt: skip
        while self.lag[0][0] <= at - KEPT:
            self.lag.popleft()
        while self.processor[0][0] <= at - MINUTE:
            self.processor.popleft()

    def busy(self, process: str) -> float | None:
        """Return the share of one core that a process took, at most of the last minute."""
        seen = [(at, took[process]) for at, took in self.processor if process in took]
        if len(seen) < 2 or seen[-1][1] < seen[0][1]:  # noqa: PLR2004  # two ends
            return None
        return (seen[-1][1] - seen[0][1]) / (seen[-1][0] - seen[0][0])


def figures(growth: Growth, past: Past, at: float) -> Figures:
    """Return all figures at a moment. at: UTC, seconds since 1970."""
    minute, quarter = growth.window(MINUTE), growth.window(KEPT)
    heard = growth.now
    return {
        "as_of": moment(at),
        "seen_seconds": rounded(quarter.seconds),
        "goals": goals(quarter),
        "requests": _requests(minute),
        "lists": _lists(minute),
        "events": _events(minute),
        "pipelines": _pipelines(minute, heard),
        "journeys": {
            "done": rounded(quarter.sum(name_of(metrics.JOURNEYS), ended="done")),
            "all": rounded(quarter.sum(name_of(metrics.JOURNEYS))),
            "p50": rounded(quarter.quantile(0.5, name_of(metrics.FRESHNESS))),
            "p95": rounded(quarter.quantile(0.95, name_of(metrics.FRESHNESS))),
        },
        "cache": _cache(minute),
        "models": _models(heard),
        "streams": _total(heard, name_of(metrics.STREAMS)),
        "index": _total(heard, name_of(metrics.INDEX_LISTINGS), most=True),
        "dead_letters": _total(heard, name_of(metrics.DEAD_LETTERS_KEPT)),
        "lines": {k: rounded(v) for k, v in minute.by(name_of(metrics.LOG_LINES), "level").items()},
        "processes": _processes(heard, past, at),
        "series": series(growth, past, at),
    }


def goals(window: Window) -> list[Figures]:
    """Return what is promised, and how well it was kept.

    ``value`` and ``goal`` are shares; ``seen`` is how many answers or events the value stands on.
    """
    asked = [
        (dict(labels), amount)
        for (name, labels), amount in window.grew.items()
        if name == REQUESTS and _counts(dict(labels).get("route", ""))
    ]
    every = sum(amount for _, amount in asked)
    faults = sum(amount for labels, amount in asked if labels.get("status") == "5xx")
    lists = window.sum(f"{REQUEST_TIME}_bucket", route=LISTS, le="+Inf")
    effects = window.sum(f"{EFFECT}_bucket", le="+Inf")
    return [
        _goal("availability", 0.999, 1 - faults / every if every else None, every),
        _goal("lists", 0.99, window.share_within(0.2, REQUEST_TIME, route=LISTS), lists),
        _goal("effect-2s", 0.95, window.share_within(2.0, EFFECT), effects),
        _goal("effect-5s", 0.99, window.share_within(5.0, EFFECT), effects),
    ]


def series(growth: Growth, past: Past, at: float) -> Figures:
    """Return the plots: a point for every ten seconds of the last 15 minutes, the newest last."""
    ends = [at - STEP * back for back in range(int(KEPT / STEP) - 1, -1, -1)]
    ticks = list(growth.ticks)
    windows = _steps(ticks, ends)
    return {
        "step_seconds": STEP,
        "requests": [rounded(one.rate(REQUESTS)) for one in windows],
        "lists_p95": [rounded(one.quantile(0.95, REQUEST_TIME, route=LISTS)) for one in windows],
        "events": [rounded(one.rate(ACCEPTED)) for one in windows],
        "effect_p95": [rounded(one.quantile(0.95, EFFECT)) for one in windows],
        "lag": [_last_within(past.lag, end - STEP, end) for end in ends],
    }


def rounded(value: float | None) -> float | None:
    """Return a figure with as many digits as it is good for.

    >>> rounded(0.123456), rounded(12345.6), rounded(None)
    (0.1235, 12350.0, None)
    """
    return None if value is None else float(f"{value:.{DIGITS}g}")


def _steps(ticks: Sequence[Any], ends: Sequence[float]) -> list[Window]:
    """Return a window for each end, each looking only at the ticks near it."""
    windows, first = [], 0
    for end in ends:
        begin = end - STEP
        while first + 1 < len(ticks) and ticks[first + 1].at <= begin:
            first += 1
        last = first
        while last < len(ticks) and ticks[last].at <= end:
            last += 1
        windows.append(window_of(ticks[first:last], begin, end))
    return windows


def _counts(route: str) -> bool:
    return route.startswith("/api/") and route != STREAM


def _goal(name: str, goal: float, value: float | None, seen: float | None) -> Figures:
    # Not rounded: 0.99951 is better than 0.999, 0.9995 would look the same as 0.99949.
    share = None if value is None else round(value, 6)
    met = None if share is None else share >= goal
    return {"name": name, "goal": goal, "value": share, "met": met, "seen": rounded(seen)}


def _requests(minute: Window) -> Figures:
    every, faults = minute.sum(REQUESTS), minute.sum(REQUESTS, status="5xx")
    return {
        "rate": rounded(minute.rate(REQUESTS)),
        "fault_share": rounded(faults / every) if every and faults is not None else None,
        **{f"p{q}": rounded(minute.quantile(q / 100, REQUEST_TIME)) for q in (50, 95, 99)},
    }


def _lists(minute: Window) -> Figures:
    served = minute.by(name_of(metrics.SLATES), "served_by")
    return {
        "rate": rounded(minute.rate(name_of(metrics.SLATES))),
        "served_by": {rung: rounded(amount) for rung, amount in sorted(served.items())},
        **{
            f"p{q}": rounded(minute.quantile(q / 100, REQUEST_TIME, route=LISTS))
            for q in (50, 95, 99)
        },
    }


def _events(minute: Window) -> Figures:
    return {
        "rate": rounded(minute.rate(ACCEPTED)),
        "refused_rate": rounded(minute.rate(REFUSED)),
        "types": {k: rounded(v) for k, v in sorted(minute.by(ACCEPTED, "type").items())},
        "effect_p50": rounded(minute.quantile(0.5, EFFECT)),
        "effect_p95": rounded(minute.quantile(0.95, EFFECT)),
    }


def _pipelines(minute: Window, heard: Mapping[str, Heard]) -> list[Figures]:
    entries = {_pair(labels): value for labels, value in _told(heard, LAG)}
    ages = {_pair(labels): value for labels, value in _told(heard, LAG_AGE)}
    names = sorted({pipeline for pipeline, _ in entries})
    waiting = {
        one.kind: value
        for one in heard.values()
        for key, value in (one.samples or {}).items()
        if key[0] == name_of(metrics.PIPELINE_WAITING)
    }
    return [
        {
            "name": name,
            "lag_entries": rounded(sum(v for (p, _), v in entries.items() if p == name)),
            "lag_seconds": rounded(
                max((v for (p, _), v in ages.items() if p == name), default=None)
            ),
            "shards": [
                {"shard": shard, "entries": value, "seconds": rounded(ages.get((p, shard)))}
                for (p, shard), value in sorted(entries.items(), key=_by_shard)
                if p == name
            ],
            "rate": rounded(minute.rate(APPLIED, pipeline=name)),
            "batches": rounded(minute.rate(BATCHES, pipeline=name)),
            "state_p95": rounded(minute.quantile(0.95, STATE, pipeline=name)),
            "waiting": bool(waiting[name]) if name in waiting else None,
        }
        for name in names
    ]


def _cache(minute: Window) -> Figures:
    found: dict[str, Figures] = {}
    name = name_of(metrics.CACHE_LOOKUPS)
    for cache in sorted(minute.by(name, "cache")):
        every = minute.sum(name, cache=cache)
        hits = minute.sum(name, cache=cache, outcome="hit")
        found[cache] = {
            "rate": rounded(minute.rate(name, cache=cache)),
            "hit_share": rounded(hits / every) if every and hits is not None else None,
        }
    return found


def _models(heard: Mapping[str, Heard]) -> list[Figures]:
    loaded: dict[tuple[str, str], int] = {}
    for labels, value in _told(heard, name_of(metrics.MODEL_LOADED)):
        if value:
            key = (labels.get("kind", ""), labels.get("version", ""))
            loaded[key] = loaded.get(key, 0) + 1
    return [
        {"kind": kind, "version": version, "processes": number}
        for (kind, version), number in sorted(loaded.items())
    ]


def _processes(heard: Mapping[str, Heard], past: Past, at: float) -> list[Figures]:
    shown = []
    for name, one in sorted(heard.items()):
        samples = one.samples or {}
        started = samples.get((START, ()))
        shown.append(
            {
                "name": name,
                "kind": one.kind,
                "up": one.samples is not None,
                "memory_bytes": samples.get((MEMORY, ())),
                "busy_share": rounded(past.busy(name)) if one.samples is not None else None,
                "up_seconds": rounded(max(0.0, at - started)) if started else None,
            }
        )
    return shown


def _told(heard: Mapping[str, Heard], name: str) -> Iterable[tuple[dict[str, str], float]]:
    """Yield what all processes say of a gauge, with its labels."""
    for one in heard.values():
        for (found, labels), value in (one.samples or {}).items():
            if found == name:
                yield dict(labels), value


def _total(heard: Mapping[str, Heard], name: str, *, most: bool = False) -> float | None:
    values = [value for _, value in _told(heard, name)]
    if not values:
        return None
    return max(values) if most else sum(values)


def _pair(labels: Mapping[str, str]) -> tuple[str, str]:
    return labels.get("pipeline", ""), labels.get("shard", "")


def _by_shard(item: tuple[tuple[str, str], float]) -> tuple[str, int]:
    (pipeline, shard), _ = item
    return pipeline, int(shard) if shard.isdigit() else 0


def _last_within(
    past: Iterable[tuple[float, float | None]], after: float, until: float
) -> float | None:
    found = [value for at, value in past if after < at <= until and value is not None]
    return found[-1] if found else None
