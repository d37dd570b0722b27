"""One alert for each check of the monitor, and those about the monitor itself.

Owns:    how soon and how loudly each broken check is told.
Imports: deploy.prometheus.rules.

A check that is broken is told within a minute of the fault: its interval, the pause between
two scrapes and the time it must have lasted have to fit into that.
"""

from dataclasses import dataclass

from deploy.prometheus.rules import Alert, Group, Severity

STALE_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Found:
    """What the monitor counted: ``word``, then the value of a label, then each number found."""

    word: str
    query: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A check of the monitor.

    name:    as in the label ``check``, and its page of docs/runbooks.
    broken:  what is wrong while it does not hold, one sentence.
    found:   what the monitor counted.
    """

    name: str
    broken: str
    severity: Severity
    found: tuple[Found, ...] = ()
    lasting: str = "15s"

    @property
    def alert(self) -> str:
        """Return the name of its alert: ``sold-in-index`` is ``CheckSoldInIndex``."""
        return "Check" + "".join(word.capitalize() for word in self.name.split("-"))


CHECKS = (
    Checked(
        "journey",
        "A shopper who logs in, searches and opens a car does not get a list that has changed.",
        Severity.PAGE,
        (
            Found(
                "Journeys in 5 minutes that ended at",
                "sum by (ended) (increase(carousel_journeys_total[5m])) > 0",
                "ended",
            ),
        ),
        # Runs are 15 s apart; what only one of them finds wakes nobody.
        lasting="20s",
    ),
    Checked("processes", "A process of Carousel is gone or does not answer.", Severity.PAGE),
    Checked("servers", "PostgreSQL, the event log or the cache does not answer.", Severity.PAGE),
    Checked(
        "lag",
        "A pipeline is behind the log.",
        Severity.PAGE,
        (
            Found(
                "Seconds behind,", "max by (pipeline) (carousel_pipeline_lag_seconds)", "pipeline"
            ),
            Found(
                "Entries behind,", "sum by (pipeline) (carousel_pipeline_lag_entries)", "pipeline"
            ),
        ),
    ),
    Checked(
        "drain",
        "More arrives than a pipeline gets through.",
        Severity.PAGE,
        (
            Found("Entries a second applied,", "carousel_pipeline_drain_rate", "pipeline"),
            Found("Entries a second arriving", "carousel_log_arrival_rate"),
        ),
    ),
    Checked(
        "models",
        "A model is too old, or what serves is not what was published.",
        Severity.TICKET,
        (Found("Age in seconds,", "max by (kind) (carousel_model_age_seconds)", "kind"),),
    ),
    Checked("training", "The last training of a model ended badly.", Severity.TICKET),
    Checked(
        "replay",
        "The stored state of shoppers is not what their events say.",
        Severity.PAGE,
        (
            Found("Different shoppers", "carousel_replay_different_shoppers"),
            Found("Looked at", "carousel_replayed_shoppers"),
        ),
    ),
    Checked(
        "archive",
        "Events of the log are missing from the archive.",
        Severity.PAGE,
        (Found("Missing entries", "carousel_archive_missing_entries"),),
    ),
    Checked(
        "vector-versions",
        "Vectors are of another space than the one that serves.",
        Severity.TICKET,
        (Found("Vectors of", "carousel_vectors_wrong_version > 0", "of"),),
    ),
    Checked(
        "vector-values",
        "Vectors are broken: not numbers, of a wrong length, or zero.",
        Severity.PAGE,
        (Found("Vectors of", "carousel_vectors_broken > 0", "of"),),
    ),
    Checked(
        "missing-vectors",
        "Cars for sale have no vector, so nobody is recommended them.",
        Severity.TICKET,
        (Found("Cars", "carousel_listings_without_vector"),),
    ),
    Checked(
        "sold-in-index",
        "Cars that are not for sale are still found.",
        Severity.PAGE,
        (Found("Cars", 'carousel_sold_findable{where="inventory"}'),),
    ),
    Checked(
        "sold-in-cache",
        "Kept answers show cars that are not for sale.",
        Severity.PAGE,
        (Found("Cars", 'carousel_sold_findable{where="cache"}'),),
    ),
    Checked(
        "orphans",
        "Rows are about cars or shoppers that do not exist.",
        Severity.TICKET,
        (Found("Rows of", "carousel_orphan_rows > 0", "table"),),
    ),
)


def groups() -> list[Group]:
    """Return the alerts of all checks, and of the monitor."""
    return [Group("checks", "5s", [*map(_alert, CHECKS), _stale(), _no_monitor()])]


def _alert(check: Checked) -> Alert:
    return Alert(
        name=check.alert,
        query=f'min by (check) (carousel_check_ok{{job="carousel",check="{check.name}"}}) == 0',
        severity=check.severity,
        summary=check.broken,
        description=f"The check {check.name} of the monitor does not hold.{_found(check)} "
        f"Its evidence is at /checks/{check.name} of the monitor.",
        runbook=check.name,
        lasting=check.lasting,
    )


def _found(check: Checked) -> str:
    """Return the template of what was counted; a number that nobody tells is left out."""
    return "".join(
        f"{{{{ range query `{one.query}` }}}} {one.word}{_named(one.label)}: "
        "{{ .Value | humanize }}.{{ end }}"
        for one in check.found
    )


def _named(label: str) -> str:
    return f" {{{{ .Labels.{label} }}}}" if label else ""


def _stale() -> Alert:
    return Alert(
        name="ChecksStale",
        query="time() - max by (check) (carousel_check_ran_timestamp_seconds"
        f'{{job="carousel"}}) > {STALE_SECONDS}',
        severity=Severity.TICKET,
        summary="A check of the monitor has come to no result for long.",
        description="The check {{ $labels.check }} last came to a result "
        "{{ $value | humanizeDuration }} ago, so what it says is old.",
        runbook="checks-stale",
    )


def _no_monitor() -> Alert:
    return Alert(
        name="MonitorGone",
        query='absent(up{job="carousel",kind="monitor"} == 1)',
        severity=Severity.PAGE,
        summary="The monitor is gone, so nobody looks.",
        description="No monitor has been reached for 30 s: every check is silent, not well.",
        runbook="monitor-gone",
        lasting="30s",
    )
