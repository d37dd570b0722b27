"""Is all well, and how much of the budgets is left?

Owns:    the first dashboard to look at.
Imports: deploy.grafana.
"""

from deploy.grafana.panels import BAD, GOOD, WORSE, Board, Query, Row, areas, bars, lines, number
from deploy.grafana.queries import RATE, or_zero, percentiles, rate, share

_LEFT = [(0.0, WORSE), (0.25, GOOD)]
_NONE_BROKEN = [(1.0, BAD)]
_API = 'route=~"/api/.*"'

OVERVIEW = Board(
    uid="overview",
    title="overview",
    about="Whether Carousel keeps its promises, and where to look if it does not.",
    rows=[
        Row(
            "Promises",
            [
                bars(
                    "Budget left",
                    "How much of what may go wrong within 30 days is left? Below zero the promise "
                    "is broken.",
                    Query("slo:budget_left:ratio30d", "{{slo}}"),
                    unit="percentunit",
                    low=BAD,
                    steps=_LEFT,
                ),
                lines(
                    "Pace of the last hour",
                    "How fast are the budgets being spent? At 1 they last 30 days; above 14.4 "
                    "somebody is woken.",
                    Query("slo:error_ratio:rate1h / on (slo) slo:budget", "{{slo}}"),
                    steps=[(14.4, BAD)],
                ),
                lines(
                    "Bad events of the last 5 minutes",
                    "What share of requests, lists and events is bad right now?",
                    Query("slo:error_ratio:rate5m", "{{slo}}"),
                    unit="percentunit",
                ),
                areas(
                    "Events that promises are about",
                    "How many requests, lists and events are there to keep a promise to?",
                    Query("slo:all:rate5m", "all: {{slo}}"),
                    unit="reqps",
                    width=12,
                    height=6,
                ),
                lines(
                    "Bad events",
                    "How many of them are bad?",
                    Query("slo:bad:rate5m", "bad: {{slo}}"),
                    unit="reqps",
                    width=12,
                    height=6,
                ),
            ],
        ),
        Row(
            "Right now",
            [
                number(
                    "Alerts",
                    "How many alerts fire?",
                    Query(or_zero('count(ALERTS{alertstate="firing"})')),
                    low=GOOD,
                    steps=_NONE_BROKEN,
                ),
                number(
                    "Broken checks",
                    "How many checks of the monitor do not hold?",
                    Query("count(carousel_check_ok) - sum(carousel_check_ok)"),
                    low=GOOD,
                    steps=_NONE_BROKEN,
                ),
                number(
                    "Processes that are gone",
                    "How many processes do not tell their metrics?",
                    Query('count(up{job="carousel"}) - sum(up{job="carousel"})'),
                    low=GOOD,
                    steps=_NONE_BROKEN,
                ),
                number(
                    "Requests a second",
                    "How busy is it?",
                    Query(rate("carousel_http_requests_total", where=_API)),
                    unit="reqps",
                    decimals=1,
                ),
                number(
                    "Seconds behind",
                    "How old is the oldest event that a pipeline has not applied yet?",
                    Query("max(carousel_pipeline_lag_seconds)"),
                    unit="s",
                    low=GOOD,
                    steps=[(2.0, WORSE), (5.0, BAD)],
                ),
                number(
                    "Cars for sale",
                    "How many active listings are there?",
                    Query('sum(carousel_listings{status="active"})'),
                ),
            ],
        ),
        Row(
            "What a shopper notices",
            [
                lines(
                    "From an event to its effect",
                    "How long until what a shopper does is seen in what they are shown?",
                    *percentiles("carousel_event_effect_seconds", 0.5, 0.95, 0.99),
                    unit="s",
                    steps=[(2.0, WORSE), (5.0, BAD)],
                ),
                lines(
                    "The same for a shopper of the monitor",
                    "How long until a list has changed after the synthetic shopper opened a car?",
                    *percentiles("carousel_freshness_seconds", 0.5, 0.95),
                    unit="s",
                    steps=[(2.0, WORSE), (5.0, BAD)],
                ),
                areas(
                    "Journeys of the monitor, by where they ended",
                    "How far does a synthetic shopper get? Done is all the way.",
                    Query(
                        "sum by (ended) (increase(carousel_journeys_total[5m]))",
                        "{{ended}}",
                    ),
                ),
                areas(
                    "Lists by who served them",
                    "What share of lists comes from which rung of the ladder? All but the first "
                    "are answers for want of better.",
                    Query(
                        share(
                            rate("carousel_slates_total", "served_by"),
                            rate("carousel_slates_total"),
                        ),
                        "{{served_by}}",
                    ),
                    unit="percentunit",
                ),
                lines(
                    "Requests by outcome",
                    "How many requests are answered, refused, or fail?",
                    Query(
                        rate("carousel_http_requests_total", "status", _API),
                        "{{status}}",
                    ),
                    unit="reqps",
                ),
                lines(
                    "How long a journey takes",
                    "How long does a synthetic shopper take from logging in to a list that "
                    "has changed?",
                    *percentiles("carousel_journey_seconds", 0.5, 0.95),
                    unit="s",
                ),
            ],
        ),
        Row(
            "Processes",
            [
                lines(
                    "Processor",
                    "How much of one core does each process use?",
                    Query(
                        f'rate(process_cpu_seconds_total{{job="carousel"}}{RATE})', "{{process}}"
                    ),
                    unit="percentunit",
                ),
                lines(
                    "Memory",
                    "How much memory does each process use?",
                    Query('process_resident_memory_bytes{job="carousel"}', "{{process}}"),
                    unit="bytes",
                ),
                bars(
                    "Versions",
                    "Which version of Carousel runs in how many processes?",
                    Query(
                        "count by (version, python) (carousel_build_info)",
                        "{{version}} on Python {{python}}",
                    ),
                ),
            ],
        ),
    ],
)
