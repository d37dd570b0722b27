"""When each check runs, what it found last, and what the metrics say of it.

Owns:    the schedule, the last result of each check.
Imports: domain.errors, observability, monitoring.check, monitoring.threads.

Every check is a task of its own: one that hangs or raises delays no other. A run that does not end
within the timeout is cancelled and counts as late; while it does not heed that, no other run of the
same check is begun, and each interval counts as late again.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from carousel.domain.errors import CarouselError
from carousel.monitoring.check import Check, Evidence, Finding
from carousel.monitoring.threads import StillAskingError
from carousel.observability.logs import logger
from carousel.observability.metrics import CHECK_OK, CHECK_RAN, CHECK_RUNS, CHECK_TIME
from carousel.observability.redaction import redacted

FIRST_WITHIN = 2.0  # seconds; the first runs are spread over so many, so as not to come at once
LONGEST_ERROR = 300  # characters

log = logger(__name__)


class Outcome(StrEnum):
    """How a run ended; only the first is good."""

    HELD = "held"
    BROKEN = "broken"
    FAILED = "failed"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Result:
    """How the last run of a check ended.

    outcome:  held, broken, failed (it raised) or late (it did not answer in time).
    sentence: what was found, or why nothing was.
    evidence: of the finding, empty where there is none.
    at:       when it ended, UTC, seconds since 1970.
    seconds:  how long it took.
    held_at:  when it last held, as ``at``; None if it never has.
    in_a_row: runs with this outcome without another between, at least 1.
    """

    outcome: Outcome
    sentence: str
    evidence: Evidence
    at: float
    seconds: float
    held_at: float | None
    in_a_row: int


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is. now: UTC, seconds since 1970. passed: seconds that only ever grow."""

    now: Callable[[], float] = time.time
    passed: Callable[[], float] = time.monotonic


@dataclass(slots=True)
class Schedule:
    """Runs checks for as long as ``run`` is under way.

    checks: names are unique.
    draw:   returns a random number, 0 <= x < 1.
    """

    checks: Sequence[Check]
    draw: Callable[[], float]
    clock: Clock = field(default_factory=Clock)
    _results: dict[str, Result] = field(default_factory=dict, init=False)
    _stuck: dict[str, asyncio.Task[Finding]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        names = [check.name for check in self.checks]
        if len(set(names)) < len(names):
            raise ValueError(f"two checks have the same name: {sorted(names)}")

    @property
    def results(self) -> Mapping[str, Result]:
        """Return the last result of each check that has run, by its name."""
        return self._results

    async def run(self) -> None:
        """Run the checks until cancelled."""
        async with asyncio.TaskGroup() as group:
            for check in self.checks:
                group.create_task(self._keep_asking(check), name=f"check {check.name}")

    async def _keep_asking(self, check: Check) -> None:
        await asyncio.sleep(self.draw() * min(check.interval, FIRST_WITHIN))
        while True:
            await self.ask(check)
            await asyncio.sleep(check.interval)

    async def ask(self, check: Check) -> Result:
        """Run a check once and return, and keep, how it ended."""
        begun = self.clock.passed()
        outcome, finding = await self._outcome(check)
        result = self._kept(check, outcome, finding, self.clock.passed() - begun)
        if outcome is not Outcome.HELD:
            log.warning("check", check=check.name, outcome=str(outcome), said=result.sentence)
        return result

    async def _outcome(self, check: Check) -> tuple[Outcome, Finding]:
        stuck = self._stuck.get(check.name)
        if stuck is not None and not stuck.done():
            return Outcome.LATE, _nothing("The run before has still not ended.")
        task = asyncio.ensure_future(check.ask())
        try:
            done, _ = await asyncio.wait({task}, timeout=check.timeout)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not done:
            task.cancel()
            self._stuck[check.name] = task
            task.add_done_callback(_forget_outcome)
            return Outcome.LATE, _nothing(f"No answer within {check.timeout:g} s.")
        try:
            finding = task.result()
        except StillAskingError:
            return Outcome.LATE, _nothing("The run before has still not ended.")
        except (Exception, asyncio.CancelledError) as error:
            if not isinstance(error, CarouselError):  # a server that is away is no mistake of ours
                log.exception("a check broke", check=check.name)
            said = f"The check itself failed: {type(error).__name__}: {error}"
            return Outcome.FAILED, _nothing(redacted(said, LONGEST_ERROR))
        return (Outcome.HELD if finding.held else Outcome.BROKEN), finding

    def _kept(self, check: Check, outcome: Outcome, finding: Finding, seconds: float) -> Result:
        before = self._results.get(check.name)
        at = self.clock.now()
        held = outcome is Outcome.HELD
        result = Result(
            outcome,
            finding.sentence,
            finding.evidence,
            at,
            seconds,
            held_at=at if held else before.held_at if before else None,
            in_a_row=before.in_a_row + 1 if before and before.outcome is outcome else 1,
        )
        self._results[check.name] = result
        CHECK_OK.labels(check.name).set(held)
        CHECK_TIME.labels(check.name).set(seconds)
        CHECK_RUNS.labels(check.name, outcome).inc()
        if outcome in (Outcome.HELD, Outcome.BROKEN):
            CHECK_RAN.labels(check.name).set(at)
        return result


def _nothing(sentence: str) -> Finding:
    return Finding(held=False, sentence=sentence)


def _forget_outcome(task: asyncio.Task[Finding]) -> None:
    """Look at how an abandoned run ended, so that asyncio does not complain that nobody did."""
    if not task.cancelled():
        task.exception()
