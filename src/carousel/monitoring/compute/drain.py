"""Does every pipeline apply what comes at least as fast as it comes?

Owns:    the check ``drain``.
Imports: storage, observability, monitoring.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from carousel.monitoring.check import Check, Evidence, Family, Finding
from carousel.monitoring.compute.backlog import Backlogs
from carousel.monitoring.reach import Reach
from carousel.monitoring.series import Series
from carousel.monitoring.threads import InThread
from carousel.observability.metrics import ARRIVAL_RATE, DRAIN_RATE

MANY = 1_000
"""Entries that a backlog may have, whether it grows or not."""

LONG_ENOUGH = 60.0
"""Seconds over which it is told whether a backlog grows."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """at: seconds. appended: entries ever. backlog: entries not applied, by pipeline."""

    at: float
    appended: int
    backlog: Mapping[str, float]


def drain(reach: Reach, clock: Callable[[], float] = time.monotonic) -> Check:
    """Return the check of how fast the pipelines are against what arrives.

    Args:
        reach: where everything is.
        clock: seconds that only ever grow.
    """
    backlogs, rates = Backlogs(reach), Series(DRAIN_RATE)
    moments: deque[_Moment] = deque()

    def ask() -> Finding:
        found = backlogs.read()
        now = _Moment(clock(), found.appended, {name: found.entries(name) for name in found.behind})
        if moments and moments[-1].appended > now.appended:
            moments.clear()  # the log began anew
        before = moments[-1] if moments else None
        while len(moments) > 1 and moments[1].at <= now.at - LONG_ENOUGH:
            moments.popleft()
        moments.append(now)
        if before is None or now.at <= before.at:
            return Finding(held=True, sentence="The first look: rates are told from the next on.")
        arriving, draining = _rates(before, now)
        ARRIVAL_RATE.set(arriving)
        rates.tell(draining)
        growing = _growing(moments[0], now)
        evidence: Evidence = {
            "arriving, a second": round(arriving, 1),
            **{f"draining {name}, a second": round(rate, 1) for name, rate in draining.items()},
            **{f"backlog, {name}": round(entries) for name, entries in now.backlog.items()},
            **{
                f"drained, {name}": _until_drained(now.backlog[name], rate, arriving)
                for name, rate in draining.items()
                if now.backlog[name] > MANY
            },
        }
        if growing:
            sentence = " ".join(
                f"The backlog of {name} grew over the last minute to {now.backlog[name]:,.0f} "
                f"entries: {arriving:.0f} come and {draining.get(name, 0.0):.0f} are applied "
                "a second."
                for name in growing
            )
            return Finding(held=False, sentence=sentence, evidence=evidence)
        sentence = f"{arriving:.1f} entries a second arrive, and no backlog grows."
        return Finding(held=True, sentence=sentence, evidence=evidence)

    promise = "No pipeline has a backlog of more than a thousand entries that grows."
    return Check("drain", Family.COMPUTE, promise, 5.0, 5.0, InThread(ask))


def _rates(before: _Moment, now: _Moment) -> tuple[float, dict[str, float]]:
    """Return how many entries a second came, and were applied by each pipeline."""
    seconds, came = now.at - before.at, now.appended - before.appended
    drained = {
        name: max(0.0, came - (entries - before.backlog[name])) / seconds
        for name, entries in now.backlog.items()
        if name in before.backlog
    }
    return came / seconds, drained


def _growing(earliest: _Moment, now: _Moment) -> list[str]:
    """Return the pipelines with a long backlog that is longer than a minute ago."""
    if now.at - earliest.at < LONG_ENOUGH:
        return []
    return [
        name
        for name, entries in now.backlog.items()
        if entries > MANY and entries > earliest.backlog.get(name, entries)
    ]


def _until_drained(backlog: float, draining: float, arriving: float) -> str:
    """Return in how long a backlog will be gone, in words."""
    gained = draining - arriving
    return f"in {backlog / gained:.0f} s" if gained > 0 else "never, at these rates"
