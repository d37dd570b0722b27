"""A check: one question about the running system, asked at an interval, answered with evidence.

Owns:    the form of a check and of what it found.
Imports: the standard library.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Evidence: TypeAlias = Mapping[str, "str | int | float | bool | list[str] | None"]


class Family(StrEnum):
    """What kind of promise a check is about."""

    END_TO_END = "end to end"
    COMPUTE = "compute"
    CONSISTENCY = "data consistency"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    held:     whether the promise holds.
    sentence: what was found, with its numbers, for a person.
    evidence: the same and more, for a machine; names a few of what is wrong, never a shopper.
    """

    held: bool
    sentence: str
    evidence: Evidence = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """A question.

    name:     as in its metric, its alert and its runbook ``docs/runbooks/NAME.md``; kebab-case.
    family:   what kind of promise it is about.
    promise:  one sentence that is true when it holds.
    interval: seconds from the end of one run to the beginning of the next.
    timeout:  seconds after which a run counts as late, which is as bad as broken.
    ask:      runs it; whatever it raises is a run that failed, which is as bad as broken.
    """

    name: str
    family: Family
    promise: str
    interval: float
    timeout: float
    ask: Callable[[], Awaitable[Finding]]
