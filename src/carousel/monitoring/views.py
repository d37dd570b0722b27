"""A check and its last result as JSON shows them.

Owns:    the document of a check.
Imports: monitoring.{check, schedule}.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from typing_extensions import TypedDict

from carousel.monitoring.check import Check, Evidence
from carousel.monitoring.schedule import Outcome, Result

UNKNOWN = "unknown"


class CheckView(TypedDict):
    """A check. Times are ISO 8601 in UTC, lengths seconds; null before the first result.

    ``state``: held, broken, failed, late, or unknown before the first result.
    """

    name: str
    family: str
    promise: str
    state: str
    sentence: str | None
    evidence: Evidence
    at: str | None
    age_seconds: float | None
    seconds: float | None
    held_at: str | None
    in_a_row: int
    interval_seconds: float
    timeout_seconds: float
    runbook: str


class ChecksView(TypedDict):
    """All checks; ``held``: whether all do, null while some were not asked yet and none is bad."""

    as_of: str
    held: bool | None
    checks: list[CheckView]


def check_view(check: Check, result: Result | None, now: float) -> CheckView:
    """Return a check as JSON shows it. now: UTC, seconds since 1970."""
    return {
        "name": check.name,
        "family": check.family.value,
        "promise": check.promise,
        "state": result.outcome.value if result else UNKNOWN,
        "sentence": result.sentence if result else None,
        "evidence": dict(result.evidence) if result else {},
        "at": moment(result.at) if result else None,
        "age_seconds": round(max(0.0, now - result.at), 1) if result else None,
        "seconds": round(result.seconds, 3) if result else None,
        "held_at": moment(result.held_at) if result and result.held_at else None,
        "in_a_row": result.in_a_row if result else 0,
        "interval_seconds": check.interval,
        "timeout_seconds": check.timeout,
        "runbook": f"docs/runbooks/{check.name}.md",
    }


def checks_view(checks: Sequence[Check], results: Mapping[str, Result], now: float) -> ChecksView:
    """Return all checks as JSON shows them."""
    views = [check_view(check, results.get(check.name), now) for check in checks]
    states = {view["state"] for view in views}
    bad = states - {Outcome.HELD.value, UNKNOWN}
    held = False if bad else None if UNKNOWN in states else True
    return {"as_of": moment(now), "held": held, "checks": views}


def moment(at: float) -> str:
    """Return a time as ISO 8601, to the second.

    >>> moment(0.5)
    '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
