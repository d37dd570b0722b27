"""How a rule is written: once, in the order in which a person reads it.

Owns:    alerts, recordings, groups, their YAML.
Imports: PyYAML.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import yaml

WRITTEN_BY = "# Written by `python -m deploy.build`; change {source} instead.\n"


class Severity(StrEnum):
    """Who is told, and when: ``page`` wakes somebody, ``ticket`` waits for the morning."""

    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Recording:
    """A query that is kept under a name."""

    name: str
    query: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def as_rule(self) -> dict[str, object]:
        """Return it as Prometheus reads it."""
        labels = {"labels": dict(self.labels)} if self.labels else {}
        return {"record": self.name, "expr": _text(self.query), **labels}


@dataclass(frozen=True, slots=True)
class Alert:
    """A query that should find nothing.

    lasting:     how long it must have found something, as Prometheus writes it.
    summary:     one sentence without numbers.
    description: what was found, with its numbers; Prometheus's templates.
    runbook:     page of docs/runbooks, without its ending.
    """

    name: str
    query: str
    severity: Severity
    summary: str
    description: str
    runbook: str
    lasting: str = "0s"
    labels: Mapping[str, str] = field(default_factory=dict)

    def as_rule(self) -> dict[str, object]:
        """Return it as Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": _text(self.query),
            "for": self.lasting,
            "labels": {"severity": str(self.severity), **self.labels},
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook_url": f"docs/runbooks/{self.runbook}.md",
            },
        }


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated together, one after the other."""

    name: str
    interval: str
    rules: Sequence[Recording | Alert]


def alerts_of(groups: Sequence[Group]) -> list[Alert]:
    """Return the alerts among the rules of groups, in order."""
    return [rule for group in groups for rule in group.rules if isinstance(rule, Alert)]


def as_yaml(groups: Sequence[Group], source: str) -> str:
    """Return a rule file; ``source`` is the module that it is written from."""
    document = {
        "groups": [
            {
                "name": group.name,
                "interval": group.interval,
                "rules": [rule.as_rule() for rule in group.rules],
            }
            for group in groups
        ]
    }
    text: str = yaml.dump(document, Dumper=_Readable, sort_keys=False, width=96, allow_unicode=True)
    return WRITTEN_BY.format(source=source) + text


class _Readable(yaml.SafeDumper):
    """Shows a text of several lines as such."""


def _text(query: str) -> str:
    return query.strip("\n")


def _shown(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Readable.add_representer(str, _shown)
