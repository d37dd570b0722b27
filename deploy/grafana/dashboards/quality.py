"""Are the lists good: personal, varied, complete?

Owns:    the dashboard of recommendation quality.
Imports: deploy.grafana.
"""

from deploy.grafana.panels import WORSE, Board, Query, Row, areas, bars, lines, number
from deploy.grafana.queries import mean, percentiles, rate

QUALITY = Board(
    uid="quality",
    title="recommendation quality",
    about="What lists are made of, who served them, and what the models behind them are worth.",
    rows=[
        Row(
            "Lists",
            [
                areas(
                    "Lists by who served them",
                    "How many lists does each rung of the ladder serve?",
                    Query(rate("carousel_slates_total", "served_by"), "{{served_by}}"),
                    unit="reqps",
                ),
                lines(
                    "Lists with wider filters",
                    "For what share of lists did filters give way, since too few cars passed?",
                    Query(
                        f"{rate('carousel_slates_relaxed_total')} / "
                        f"({rate('carousel_slates_total')} > 0)",
                        "relaxed",
                    ),
                    unit="percentunit",
                ),
                lines(
                    "Cars in a list",
                    "How many cars does a list have that was made?",
                    Query(mean("carousel_slate_cars"), "mean"),
                    *percentiles("carousel_slate_cars", 0.05),
                ),
                lines(
                    "Diversity",
                    "How many different models does a list show, over its cars?",
                    Query(mean("carousel_slate_distinct_models_ratio"), "mean"),
                    *percentiles("carousel_slate_distinct_models_ratio", 0.05),
                    unit="percentunit",
                ),
                number(
                    "Coverage",
                    "What share of the cars for sale was shown to somebody lately?",
                    Query("max(carousel_coverage_ratio)"),
                    unit="percentunit",
                    width=8,
                    height=8,
                ),
                bars(
                    "Listings",
                    "How many listings are for sale, and how many are not any more?",
                    Query("max by (status) (carousel_listings)", "{{status}}"),
                ),
            ],
        ),
        Row(
            "Channels",
            [
                areas(
                    "Candidates by channel",
                    "Which channel finds how many cars?",
                    Query(rate("carousel_channel_candidates_total", "channel"), "{{channel}}"),
                    unit="cps",
                    width=12,
                ),
                lines(
                    "Channels that find something",
                    "What share of questions to a channel brings a car?",
                    Query(
                        "sum by (channel) (rate(carousel_channel_answers_total"
                        '{outcome="found"}[$__rate_interval])) / '
                        f"({rate('carousel_channel_answers_total', 'channel')} > 0)",
                        "{{channel}}",
                    ),
                    unit="percentunit",
                    width=12,
                ),
            ],
        ),
        Row(
            "Models",
            [
                bars(
                    "Models in use",
                    "Which version of each model does how many processes rank with?",
                    Query(
                        "count by (kind, version) (carousel_model_loaded_info == 1)",
                        "{{kind}} {{version}}",
                    ),
                ),
                lines(
                    "Age of the models",
                    "How old is the active model of each kind?",
                    Query("max by (kind) (carousel_model_age_seconds)", "{{kind}}"),
                    unit="s",
                    steps=[(604800.0, WORSE)],
                ),
                bars(
                    "Worth of the models",
                    "What was the active model of each kind worth on lists it had not seen?",
                    Query("max by (kind) (carousel_model_worth)", "{{kind}}"),
                    decimals=3,
                ),
            ],
        ),
        Row(
            "How soon lists follow",
            [
                lines(
                    "Lists that follow a shopper",
                    "What share of synthetic shoppers sees a list that has changed?",
                    Query(
                        'sum(increase(carousel_journeys_total{ended="done"}[10m])) / '
                        "(sum(increase(carousel_journeys_total[10m])) > 0)",
                        "done",
                    ),
                    unit="percentunit",
                    width=12,
                ),
                lines(
                    "Within which time",
                    "How long until the list has changed?",
                    *percentiles("carousel_freshness_seconds", 0.5, 0.95, 0.99),
                    unit="s",
                    width=12,
                ),
            ],
        ),
    ],
)
