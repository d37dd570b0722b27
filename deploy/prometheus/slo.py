"""What is promised to shoppers, how much of it may fail, and who is told when that goes too fast.

Owns:    the promises, their budgets, the windows.
Imports: deploy.prometheus.rules.

A promise is a share of good events over 30 days; what may be bad is its budget. The pace is the
share of bad events over the share that may be bad: at 1 the budget lasts 30 days. An alert looks at
a long window, so that a short trouble wakes nobody, and at a short one, so that it ends when the
trouble does. Long windows are sums of what was recorded every 15 seconds, which weighs each event
alike and reads a thousandth of the samples.

A window without events has no share and alerts nobody. Neither do fewer than five bad events in
the short window: where hardly anybody comes, one slow answer is a large share and means nothing.
The journey of the monitor is what notices that nothing works while nobody comes.

Source:  Beyer, Murphy, Rensin, Kawahara & Thorne (eds), The Site Reliability Workbook, 2018,
         chapter 5, table 5-8.
"""

from dataclasses import dataclass

from deploy.prometheus.rules import Alert, Group, Recording, Severity

FEWEST_BAD = 5
LONGEST = "30d"


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised of one kind of event.

    name:   label ``slo``.
    alert:  name of its alerts; ``runbook`` their page of docs/runbooks.
    budget: share of all events that may be bad.
    every, bad: queries of events a second; WINDOW stands for the window.
    good:   what a good event is, for people; ``worse`` what happens to a bad one.
    """

    name: str
    alert: str
    budget: float
    every: str
    bad: str
    good: str
    worse: str
    runbook: str


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a budget may be spent before somebody is told, seen through two windows."""

    pace: float
    long: str
    short: str
    severity: Severity
    spent: str


def _slower_than(seconds: float, histogram: str, labels: str = "") -> tuple[str, str]:
    """Return the queries of all events and of those that took longer than a bucket's end."""
    le = ",".join(filter(None, [labels, f'le="{seconds}"']))
    every = f"sum(rate({histogram}_count{{{labels}}}[WINDOW]))".replace("{}", "")
    return every, f"{every}\n- sum(rate({histogram}_bucket{{{le}}}[WINDOW]))"


_REQUESTS = 'carousel_http_requests_total{route=~"/api/.*",route!="/api/v1/users/me/updates"'
_ANSWERED = f"sum(rate({_REQUESTS}}}[WINDOW]))"
_LISTS = 'route="/api/v1/cars/recommendations"'
_SLOW_LISTS = _slower_than(0.2, "carousel_http_request_seconds", _LISTS)
_LATE_2 = _slower_than(2.0, "carousel_event_effect_seconds")
_LATE_5 = _slower_than(5.0, "carousel_event_effect_seconds")

PROMISES = (
    Promise(
        name="availability",
        alert="AvailabilityBudgetBurns",
        budget=0.001,
        every=_ANSWERED,
        # Where nothing has failed yet there is no such counter: a zero, if there are others.
        bad=f'sum(rate({_REQUESTS},status="5xx"}}[WINDOW])) or 0 * {_ANSWERED}',
        good="a request to the API is answered without a fault of the server",
        worse="requests fail",
        runbook="slo-availability",
    ),
    Promise(
        name="recommendations",
        alert="RecommendationsBudgetBurns",
        budget=0.01,
        every=_SLOW_LISTS[0],
        bad=_SLOW_LISTS[1],
        good="a list of recommendations is answered within 200 ms",
        worse="lists take longer than 200 ms",
        runbook="slo-recommendations",
    ),
    Promise(
        name="effect-2s",
        alert="EffectWithin2sBudgetBurns",
        budget=0.05,
        every=_LATE_2[0],
        bad=_LATE_2[1],
        good="an event is seen in answers within 2 s",
        worse="events take longer than 2 s to be seen",
        runbook="slo-effect",
    ),
    Promise(
        name="effect-5s",
        alert="EffectWithin5sBudgetBurns",
        budget=0.01,
        every=_LATE_5[0],
        bad=_LATE_5[1],
        good="an event is seen in answers within 5 s",
        worse="events take longer than 5 s to be seen",
        runbook="slo-effect",
    ),
)

PACES = (
    Pace(14.4, "1h", "5m", Severity.PAGE, "2 % of the budget of 30 days within an hour"),
    Pace(6, "6h", "30m", Severity.PAGE, "5 % of the budget of 30 days within six hours"),
    Pace(3, "1d", "2h", Severity.TICKET, "10 % of the budget of 30 days within a day"),
    Pace(1, "3d", "6h", Severity.TICKET, "10 % of the budget of 30 days within three days"),
)


def groups() -> list[Group]:
    """Return the rules of all promises."""
    shares = [_share(window) for window in ("30m", "1h", "2h", "6h", "1d", "3d")]
    short = Recording("slo:error_ratio:rate5m", "slo:bad:rate5m / (slo:all:rate5m > 0)")
    left = Recording(
        "slo:budget_left:ratio30d",
        f"1 - sum_over_time(slo:bad:rate5m[{LONGEST}])"
        f" / (sum_over_time(slo:all:rate5m[{LONGEST}]) > 0)"
        " / slo:budget",
    )
    recorded = [rule for promise in PROMISES for rule in _recorded(promise)]
    burning = [_alert(promise, pace) for promise in PROMISES for pace in PACES]
    return [
        Group("slo", "15s", [*recorded, short, *shares, left]),
        Group("slo-alerts", "15s", burning),
    ]


def _recorded(promise: Promise) -> list[Recording]:
    labels = {"slo": promise.name}
    return [
        Recording("slo:budget", f"vector({promise.budget})", labels),
        Recording("slo:all:rate5m", _over(promise.every, "5m"), labels),
        Recording("slo:bad:rate5m", _over(promise.bad, "5m"), labels),
    ]


def _share(window: str) -> Recording:
    bad, every = (f"sum_over_time(slo:{part}:rate5m[{window}])" for part in ("bad", "all"))
    return Recording(f"slo:error_ratio:rate{window}", f"{bad} / ({every} > 0)")


def _alert(promise: Promise, pace: Pace) -> Alert:
    share = f"{pace.pace:g} * {promise.budget:g}"
    long, short = (
        f'slo:error_ratio:rate{window}{{slo="{promise.name}"}} > {share}'
        for window in (pace.long, pace.short)
    )
    bad = _over(promise.bad, pace.short).replace("rate(", "increase(")
    return Alert(
        name=promise.alert,
        query=f"{long}\nand\n{short}\nand on ()\n(\n{bad}\n) >= {FEWEST_BAD}",
        severity=pace.severity,
        summary=f"Too many {promise.worse}.",
        description=(
            f"{{{{ $value | humanizePercentage }}}} of the last {pace.long} were bad, where "
            f"{promise.budget:.1%} may be: good is that {promise.good}. "
            f"At this pace ({pace.pace:g} times what lasts) it costs {pace.spent}."
        ),
        runbook=promise.runbook,
        labels={"slo": promise.name, "window": pace.long},
    )


def _over(query: str, window: str) -> str:
    return query.replace("WINDOW", window)
