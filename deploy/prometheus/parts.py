"""Alerts that need no check: a process is gone, a part is slow, what must not happen happens.

Owns:    how much of it is too much.
Imports: deploy.prometheus.rules.
"""

from deploy.prometheus.rules import Alert, Group, Severity

ALWAYS_THERE = ("api", "content-based", "collaborative", "appraisals", "notices")
"""Kinds of process without which Carousel does not run; a training comes and goes."""

SLOW_APPEND_SECONDS = 0.1
LATE_LOOP_SECONDS = 0.5
FEWEST_SLOW = 5

_SLOW_APPENDS = (
    "sum(increase(carousel_log_append_seconds_count[5m]))"
    f' - sum(increase(carousel_log_append_seconds_bucket{{le="{SLOW_APPEND_SECONDS}"}}[5m]))'
)


def groups() -> list[Group]:
    """Return the alerts that need no check."""
    return [
        Group("processes", "5s", [_gone(), *map(_none_of, ALWAYS_THERE)]),
        Group(
            "parts",
            "15s",
            [_dead_letters(), _slow_log(), _late_loop(), _no_connection(), _server_faults()],
        ),
    ]


def _gone() -> Alert:
    return Alert(
        name="ProcessGone",
        # A training that ends is no loss, and the monitor has an alert of its own.
        query='up{job="carousel",kind!~"training|monitor"} == 0',
        severity=Severity.PAGE,
        summary="A process does not tell its metrics: it is dead, hangs, or cannot be reached.",
        description="{{ $labels.process }} ({{ $labels.kind }}) at {{ $labels.instance }} "
        "has not answered for 20 s.",
        runbook="process-gone",
        lasting="20s",
    )


def _none_of(kind: str) -> Alert:
    return Alert(
        name="NoProcess",
        query=f'absent(up{{job="carousel",kind="{kind}"}})',
        severity=Severity.PAGE,
        summary="Of a kind of process there is none.",
        description="No process of the kind {{ $labels.kind }} has been known for 30 s: "
        "none was started, or the last one ended and took leave.",
        runbook="process-gone",
        lasting="30s",
        labels={"kind": kind},
    )


def _dead_letters() -> Alert:
    return Alert(
        name="DeadLettersGrow",
        query="max(delta(carousel_dead_letters_kept[10m])) > 0",
        severity=Severity.TICKET,
        summary="Entries of the log cannot be read or applied.",
        description="About {{ $value | humanize }} dead letters came within 10 minutes.",
        runbook="dead-letters",
    )


def _slow_log() -> Alert:
    return Alert(
        name="LogAppendSlow",
        query=f"(\n{_SLOW_APPENDS}\n)\n"
        "/ (sum(increase(carousel_log_append_seconds_count[5m])) > 0)\n> 0.05\n"
        f"and on ()\n(\n{_SLOW_APPENDS}\n) >= {FEWEST_SLOW}",
        severity=Severity.TICKET,
        summary="The disk of the event log is slow, so shoppers wait for what they do.",
        description="{{ $value | humanizePercentage }} of the events of the last 5 minutes took "
        "longer than 100 ms to reach the disk; 5 % may.",
        runbook="log-append-slow",
        lasting="1m",
    )


def _late_loop() -> Alert:
    return Alert(
        name="EventLoopLate",
        query='max by (process) (carousel_event_loop_delay_seconds{job="carousel"})'
        f" > {LATE_LOOP_SECONDS}",
        severity=Severity.TICKET,
        summary="An API process computes where it should answer.",
        description="The event loop of {{ $labels.process }} came "
        "{{ $value | humanizeDuration }} late to a task that was due.",
        runbook="event-loop-late",
        lasting="1m",
    )


def _no_connection() -> Alert:
    return Alert(
        name="PoolExhausted",
        query='sum by (process, pool) (carousel_pool_connections{state="idle"}) == 0\n'
        "and on (process, pool)\n"
        "(\n"
        "sum by (process, pool) (rate(carousel_pool_query_seconds_count[1m]))\n"
        '- sum by (process, pool) (rate(carousel_pool_query_seconds_bucket{le="0.2"}[1m]))\n'
        ") > 0",
        severity=Severity.TICKET,
        summary="Requests wait for a connection.",
        description="The pool {{ $labels.pool }} of {{ $labels.process }} has had no idle "
        "connection for a minute, and questions to it took longer than 200 ms.",
        runbook="pool-exhausted",
        lasting="1m",
    )


def _server_faults() -> Alert:
    return Alert(
        name="ServerFaults",
        query="sum by (server) (increase(carousel_server_faults_total[2m])) >= 5",
        severity=Severity.TICKET,
        summary="A server behind leaves questions unanswered.",
        description="{{ $labels.server }} left {{ $value | humanize }} questions unanswered "
        "within 2 minutes.",
        runbook="server-faults",
    )
