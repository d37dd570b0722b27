"""For each alert: what makes it fire, when it is over, and what nearly makes it fire.

Series are written as ``promtool test rules`` reads them: ``0+2x3`` is 0 2 4 6, ``_`` is no sample.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from deploy.prometheus.checks import CHECKS
from deploy.prometheus.slo import PACES, PROMISES, Pace, Promise

Series = Mapping[str, str]


@dataclass(frozen=True)
class Case:
    """An alert in its three situations.

    labels:   of the alert when it fires, beside those that its rule gives it.
    rule:     labels by which its rule differs from others of the same name.
    interval: between two samples, and between two evaluations.
    fires:    a fault and its repair; ``fires_at``, ``over_at``: minutes and seconds.
    near:     what does not reach it, at ``near_at``.
    said:     the description when it fires.
    """

    alert: str
    fires: Series
    fires_at: str
    over_at: str
    near: Series
    near_at: str
    said: str
    labels: Mapping[str, str] = field(default_factory=dict)
    rule: Mapping[str, str] = field(default_factory=dict)
    interval: str = "5s"


FOUND: dict[str, tuple[Series, str]] = {
    "journey": (
        {'carousel_journeys_total{ended="search"}': "0+1x40"},
        " Journeys in 5 minutes that ended at search: 10.",
    ),
    "lag": (
        {
            'carousel_pipeline_lag_seconds{pipeline="content-based",shard="0"}': "31x40",
            'carousel_pipeline_lag_entries{pipeline="content-based",shard="0"}': "12x40",
            'carousel_pipeline_lag_entries{pipeline="content-based",shard="1"}': "8x40",
        },
        " Seconds behind, content-based: 31. Entries behind, content-based: 20.",
    ),
    "drain": (
        {
            'carousel_pipeline_drain_rate{pipeline="collaborative"}': "3.5x40",
            "carousel_log_arrival_rate": "40x40",
        },
        " Entries a second applied, collaborative: 3.5. Entries a second arriving: 40.",
    ),
    "models": (
        {'carousel_model_age_seconds{kind="ranker"}': "900000x40"},
        " Age in seconds, ranker: 900k.",
    ),
    "replay": (
        {"carousel_replay_different_shoppers": "1x40", "carousel_replayed_shoppers": "50x40"},
        " Different shoppers: 1. Looked at: 50.",
    ),
    "archive": ({"carousel_archive_missing_entries": "3x40"}, " Missing entries: 3."),
    "vector-versions": (
        {
            'carousel_vectors_wrong_version{of="listing"}': "1x40",
            'carousel_vectors_wrong_version{of="shopper"}': "0x40",
        },
        " Vectors of listing: 1.",
    ),
    "vector-values": ({'carousel_vectors_broken{of="shopper"}': "2x40"}, " Vectors of shopper: 2."),
    "missing-vectors": ({"carousel_listings_without_vector": "4x40"}, " Cars: 4."),
    "sold-in-index": (
        {'carousel_sold_findable{where="inventory"}': "1x40"},
        " Cars: 1.",
    ),
    "sold-in-cache": (
        {'carousel_sold_findable{where="cache"}': "1x40"},
        " Cars: 1.",
    ),
    "orphans": ({'carousel_orphan_rows{table="notice"}': "7x40"}, " Rows of notice: 7."),
}


def check_cases() -> list[Case]:
    """Return the cases of the checks: broken for a minute, and for one run."""
    cases = []
    for check in CHECKS:
        series = (
            f'carousel_check_ok{{job="carousel",check="{check.name}",instance="m",kind="monitor"}}'
        )
        counted, said = FOUND.get(check.name, ({}, ""))
        cases.append(
            Case(
                alert=check.alert,
                fires={series: "1x4 0x11 1x20", **counted},
                fires_at="50s",
                over_at="1m40s",
                near={series: "1x4 0x2 1x20", **counted},
                near_at="40s",
                said=f"The check {check.name} of the monitor does not hold.{said} "
                f"Its evidence is at /checks/{check.name} of the monitor.",
                labels={"check": check.name},
            )
        )
    return cases


def worst_cases() -> list[tuple[Promise, Series, list[tuple[Pace, str]]]]:
    """Return for each promise events that are bad at all paces, and what each alert says."""
    worst = 1.1 * max(pace.pace for pace in PACES)
    return [
        (
            promise,
            _events(promise, worst * promise.budget),
            [(pace, burning(promise, pace, worst * promise.budget)) for pace in PACES],
        )
        for promise in PROMISES
    ]


def quiet_cases() -> dict[str, Series]:
    """Return situations in which no promise may alert, however bad the share looks."""
    bad = 'carousel_http_requests_total{route="/api/v1/cars",status="5xx"}'
    fine = 'carousel_http_requests_total{route="/api/v1/cars",status="2xx"}'
    effect, slow = "carousel_event_effect_seconds_count", "carousel_event_effect_seconds_bucket"
    return {
        "nobody has ever come": {},
        "nobody comes any more": {
            fine: "100x60",
            bad: "7x60",
            effect: "50x60",
            f'{slow}{{le="2.0"}}': "20x60",
            f'{slow}{{le="5.0"}}': "20x60",
        },
        "one of three requests in an hour fails": {fine: "0x10 1x10 2x50", bad: "0x15 1x50"},
        "the process ended": {fine: "0+1000x10 stale", bad: "0x10 stale"},
    }


def burst() -> Series:
    """Return one request in ten failing for two minutes of an hour: no reason to wake anybody."""
    return {
        'carousel_http_requests_total{route="/api/v1/cars",status="2xx"}': "0+1000x60",
        'carousel_http_requests_total{route="/api/v1/cars",status="5xx"}': "0x24 100x36",
    }


def promise_cases() -> list[Case]:
    """Return the cases of the promises: one tenth above each pace for an hour, and just below."""
    return [_promise_case(promise, pace) for promise in PROMISES for pace in PACES]


def _promise_case(promise: Promise, pace: Pace) -> Case:
    share = 1.1 * pace.pace * promise.budget
    over = {"5m": "1h10m", "30m": "1h40m", "2h": "3h10m", "6h": "7h10m"}[pace.short]
    return Case(
        alert=promise.alert,
        fires=_events(promise, share),
        fires_at="1h",
        over_at=over,
        near=_events(promise, 0.97 * pace.pace * promise.budget),
        near_at="1h",
        said=burning(promise, pace, share),
        rule={"slo": promise.name, "window": pace.long},
        interval="2m",
    )


def burning(promise: Promise, pace: Pace, share: float) -> str:
    return (
        f"{100 * share:.4g}% of the last {pace.long} were bad, where {promise.budget:.1%} may be: "
        f"good is that {promise.good}. At this pace ({pace.pace:g} times what lasts) it costs "
        f"{pace.spent}."
    )


def _events(promise: Promise, share: float) -> Series:
    """Return 1000 events each two minutes; in the first hour a share of them is bad."""
    bad, good = 1000 * share, 1000 * (1 - share)
    every = "0+1000x240"
    if promise.name == "availability":
        path = 'job="carousel",route="/api/v1/cars",status='
        return {
            f'carousel_http_requests_total{{{path}"2xx"}}': _steps(good, 1000),
            f'carousel_http_requests_total{{{path}"5xx"}}': _steps(bad, 0),
            # Neither of these counts.
            'carousel_http_requests_total{job="carousel",route="/readyz",status="5xx"}': every,
            'carousel_http_requests_total{job="carousel",route="/livez",status="2xx"}': every,
        }
    if promise.name == "recommendations":
        name, label = "carousel_http_request_seconds", 'route="/api/v1/cars/recommendations"'
        le = "0.2"
        other = {'carousel_http_request_seconds_count{route="/api/v1/cars"}': every}
    else:
        name, label, other = "carousel_event_effect_seconds", 'kind="api"', {}
        le = "2.0" if promise.name == "effect-2s" else "5.0"
    return {
        f"{name}_count{{{label}}}": every,
        f'{name}_bucket{{{label},le="{le}"}}': _steps(good, 1000),
        **other,
    }


def _steps(first: float, then: float) -> str:
    """Return a counter's samples: so much more each two minutes for an hour, then so much more."""
    end = 30 * first
    return f"0+{first:.6f}x30 {end + then:.6f}+{then:.6f}x209"


_UP = 'up{job="carousel",instance="a:1",kind="content-based",process="stream-1"}'
_THERE = {
    kind: {f'up{{job="carousel",kind="{kind}",process="{kind}-1",instance="a:1"}}': "1x100"}
    for kind in ("api", "content-based", "collaborative", "appraisals", "notices")
}
_APPENDS = "carousel_log_append_seconds"
_POOL = 'pool="database",process="api-1"'


def part_cases() -> list[Case]:
    """Return the cases of the alerts that need no check."""
    return [*(_none(kind) for kind in _THERE), *_OTHERS]


def _none(kind: str) -> Case:
    series = next(iter(_THERE[kind]))
    return Case(
        alert="NoProcess",
        rule={"kind": kind},
        fires={**_all_but(kind), series: "1x4 stale _x19 1x60"},
        fires_at="1m30s",
        over_at="2m30s",
        near={**_all_but(kind), series: "1x4 stale _x3 1x60"},
        near_at="50s",
        said=f"No process of the kind {kind} has been known for 30 s: none was started, "
        "or the last one ended and took leave.",
        labels={"job": "carousel"},
    )


def _all_but(kind: str) -> dict[str, str]:
    return {k: v for one, series in _THERE.items() if one != kind for k, v in series.items()}


_OTHERS = [
    Case(
        alert="ProcessGone",
        fires={_UP: "1x4 0x11 1x20"},
        fires_at="55s",
        over_at="1m40s",
        near={
            _UP: "1x4 0x2 1x20",
            'up{job="carousel",instance="a:2",kind="training",process="training"}': "0x40",
        },
        near_at="50s",
        said="stream-1 (content-based) at a:1 has not answered for 20 s.",
        labels={
            "job": "carousel",
            "instance": "a:1",
            "kind": "content-based",
            "process": "stream-1",
        },
    ),
    Case(
        alert="MonitorGone",
        fires={'up{job="carousel",kind="monitor"}': "1x4 0x11 1x20"},
        fires_at="1m5s",
        over_at="1m40s",
        near={'up{job="carousel",kind="monitor"}': "1x4 0x4 1x20"},
        near_at="1m5s",
        said="No monitor has been reached for 30 s: every check is silent, not well.",
    ),
    Case(
        alert="ChecksStale",
        # It last ran at second 10, then not until second 200.
        fires={
            'carousel_check_ran_timestamp_seconds{job="carousel",check="lag"}': "10x39 200x40",
        },
        fires_at="3m15s",
        over_at="3m25s",
        near={'carousel_check_ran_timestamp_seconds{job="carousel",check="lag"}': "10x80"},
        near_at="3m5s",
        said="The check lag last came to a result 3m 5s ago, so what it says is old.",
        labels={"check": "lag"},
    ),
    Case(
        alert="DeadLettersGrow",
        interval="1m",
        fires={"carousel_dead_letters_kept": "0x10 5x30"},
        fires_at="15m",
        over_at="25m",
        near={"carousel_dead_letters_kept": "5x20 3x20"},
        near_at="15m",
        said="About 5 dead letters came within 10 minutes.",
    ),
    Case(
        alert="LogAppendSlow",
        interval="15s",
        fires={
            f"{_APPENDS}_count": "0+100x80",
            f'{_APPENDS}_bucket{{le="0.1"}}': "0+90x40 3700+100x39",
        },
        fires_at="6m",
        over_at="16m",
        near={
            f"{_APPENDS}_count": "0+100x80",
            f'{_APPENDS}_bucket{{le="0.1"}}': "0+96x80",
        },
        near_at="6m",
        said="10% of the events of the last 5 minutes took longer than 100 ms to reach the disk; "
        "5 % may.",
    ),
    Case(
        alert="EventLoopLate",
        interval="15s",
        fires={'carousel_event_loop_delay_seconds{job="carousel",process="api-1"}': "1.5x9 0.01x9"},
        fires_at="2m",
        over_at="3m",
        near={'carousel_event_loop_delay_seconds{job="carousel",process="api-1"}': "0.4x20"},
        near_at="2m",
        said="The event loop of api-1 came 1.5s late to a task that was due.",
        labels={"process": "api-1"},
    ),
    Case(
        alert="PoolExhausted",
        interval="15s",
        fires={
            f'carousel_pool_connections{{{_POOL},state="idle"}}': "0x20 4x20",
            f'carousel_pool_connections{{{_POOL},state="busy"}}': "8x20 4x20",
            f"carousel_pool_query_seconds_count{{{_POOL}}}": "0+100x40",
            f'carousel_pool_query_seconds_bucket{{{_POOL},le="0.2"}}': "0+50x40",
        },
        fires_at="3m",
        over_at="6m",
        # All are busy, and nobody waits.
        near={
            f'carousel_pool_connections{{{_POOL},state="idle"}}': "0x40",
            f"carousel_pool_query_seconds_count{{{_POOL}}}": "0+100x40",
            f'carousel_pool_query_seconds_bucket{{{_POOL},le="0.2"}}': "0+100x40",
        },
        near_at="3m",
        said="The pool database of api-1 has had no idle connection for a minute, and questions "
        "to it took longer than 200 ms.",
        labels={"process": "api-1", "pool": "database"},
    ),
    Case(
        alert="ServerFaults",
        interval="15s",
        fires={'carousel_server_faults_total{server="log",kind="api"}': "0x4 0+7x8 56x30"},
        fires_at="3m",
        over_at="6m",
        near={'carousel_server_faults_total{server="log",kind="api"}': "0x8 4x30"},
        near_at="3m",
        said="log left 49 questions unanswered within 2 minutes.",
        labels={"server": "log"},
    ),
]


def side_by_side(cases: Sequence[Case]) -> Case:
    """Return the faults of several cases of the same times as one."""
    first = cases[0]
    fires = {name: values for case in cases for name, values in case.fires.items()}
    near = {name: values for case in cases for name, values in case.near.items()}
    return replace(first, fires=fires, near=near)


def all_cases() -> list[Case]:
    """Return one case for each rule that alerts."""
    return [*promise_cases(), *check_cases(), *part_cases()]
