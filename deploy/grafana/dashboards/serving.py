"""How are requests answered, and what do they wait for?

Owns:    the dashboard of the API.
Imports: deploy.grafana.
"""

from deploy.grafana.panels import BAD, WORSE, Board, Query, Row, areas, lines
from deploy.grafana.queries import RATE, or_zero, percentile, percentiles, rate

_API = 'route=~"/api/.*"'
_LISTS = 'route="/api/v1/cars/recommendations"'
# 0 where lists ask the database itself, which is never behind.
_AGE = "time() - (carousel_index_looked_timestamp_seconds > 0)"

SERVING = Board(
    uid="serving",
    title="serving",
    about="Rate, errors and duration of every route, and of everything that a request waits for.",
    rows=[
        Row(
            "Requests",
            [
                areas(
                    "Requests by route",
                    "What is asked for?",
                    Query(
                        rate("carousel_http_requests_total", "method, route"),
                        "{{method}} {{route}}",
                    ),
                    unit="reqps",
                    width=12,
                ),
                lines(
                    "Time by route",
                    "How long do 95 of 100 requests to each route take at most?",
                    Query(percentile("carousel_http_request_seconds", 0.95, "route"), "{{route}}"),
                    unit="s",
                    width=12,
                ),
                lines(
                    "Share that fails",
                    "What share of requests to the API fails by our fault? 0.1 % may.",
                    Query(
                        "("
                        + or_zero(
                            rate("carousel_http_requests_total", where=f'{_API},status="5xx"')
                        )
                        + ") / "
                        + f"({rate('carousel_http_requests_total', where=_API)} > 0)",
                        "failed",
                    ),
                    unit="percentunit",
                    steps=[(0.001, BAD)],
                ),
                lines(
                    "Time of a list of recommendations",
                    "How long does the list take that everything is about? 99 of 100 within "
                    "200 ms are promised.",
                    *percentiles("carousel_http_request_seconds", 0.5, 0.95, 0.99, where=_LISTS),
                    unit="s",
                    steps=[(0.2, BAD)],
                ),
                lines(
                    "Problems by their code",
                    "Why were requests refused, or why did they fail?",
                    Query(or_zero(rate("carousel_http_problems_total", "code")), "{{code}}"),
                    unit="reqps",
                ),
                lines(
                    "Requests under way",
                    "How many requests does each process work on at once?",
                    Query("carousel_http_requests_in_progress", "{{process}}"),
                ),
                lines(
                    "Open pages",
                    "How many pages listen for news of their list?",
                    Query("carousel_update_streams", "{{process}}"),
                ),
                lines(
                    "Errors of the page",
                    "How many errors do pages tell of, and which of them are passed on?",
                    Query(or_zero(rate("carousel_page_errors_total", "outcome")), "{{outcome}}"),
                    steps=[(0.1, BAD)],
                ),
                lines(
                    "Lateness of the event loop",
                    "Does a process compute where it should answer? So late was a task at worst.",
                    Query("carousel_event_loop_delay_seconds", "{{process}}"),
                    unit="s",
                    steps=[(0.5, BAD)],
                ),
            ],
        ),
        Row(
            "Making a list",
            [
                lines(
                    "Time by stage",
                    "Which stage of making a list takes how long, for 95 of 100?",
                    Query(percentile("carousel_slate_stage_seconds", 0.95, "stage"), "{{stage}}"),
                    unit="s",
                ),
                lines(
                    "Time by channel",
                    "Which retrieval channel takes how long, for 95 of 100?",
                    Query(percentile("carousel_channel_seconds", 0.95, "channel"), "{{channel}}"),
                    unit="s",
                ),
                lines(
                    "Channels that were late or failed",
                    "Which channel contributed nothing, because it took too long or broke?",
                    Query(
                        or_zero(
                            rate(
                                "carousel_channel_answers_total",
                                "channel, outcome",
                                'outcome=~"late|failed"',
                            )
                        ),
                        "{{channel}} {{outcome}}",
                    ),
                    unit="reqps",
                    steps=[(0.1, WORSE)],
                ),
                areas(
                    "Answers remembered",
                    "How often is a finished answer at hand, and how often no longer true?",
                    Query(
                        rate("carousel_cache_lookups_total", "cache, outcome"),
                        "{{cache}}: {{outcome}}",
                    ),
                    unit="reqps",
                ),
                lines(
                    "Share of answers from memory",
                    "What share of questions to a memory of finished answers is a hit?",
                    Query(
                        "sum by (cache) (rate(carousel_cache_lookups_total"
                        f'{{outcome="hit"}}{RATE})) / '
                        f"(sum by (cache) (rate(carousel_cache_lookups_total{RATE})) > 0)",
                        "{{cache}}",
                    ),
                    unit="percentunit",
                ),
                lines(
                    "Cars in memory",
                    "Does every process know all active listings?",
                    Query("carousel_index_listings", "{{process}}"),
                ),
                lines(
                    "Age of what is in memory",
                    "When did each process last ask the database what changed?",
                    Query(_AGE, "{{process}}"),
                    unit="s",
                    steps=[(5.0, BAD)],
                ),
            ],
        ),
        Row(
            "Servers behind",
            [
                lines(
                    "Time of a question to a pool",
                    "How long do 95 of 100 questions take, waiting for a connection included?",
                    Query(percentile("carousel_pool_query_seconds", 0.95, "pool"), "{{pool}}"),
                    unit="s",
                ),
                areas(
                    "Connections",
                    "How many connections are busy, how many idle?",
                    Query(
                        "sum by (pool, state) (carousel_pool_connections)",
                        "{{pool}}: {{state}}",
                    ),
                ),
                lines(
                    "Time to the disk of the log",
                    "How long until an event is on disk, which its shopper waits for?",
                    *percentiles("carousel_log_append_seconds", 0.5, 0.95, 0.99),
                    unit="s",
                    steps=[(0.1, WORSE)],
                ),
                lines(
                    "Questions left unanswered",
                    "Which server leaves whom without an answer?",
                    Query(
                        or_zero(rate("carousel_server_faults_total", "server, kind")),
                        "{{server}}, asked by {{kind}}",
                    ),
                    unit="reqps",
                    steps=[(0.1, BAD)],
                ),
            ],
        ),
    ],
)
