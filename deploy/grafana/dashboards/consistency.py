"""Does what is stored agree with what happened?

Owns:    the dashboard of the monitor's checks and what they count.
Imports: deploy.grafana.
"""

from deploy.grafana.panels import BAD, GOOD, Board, Query, Row, lines, number, states
from deploy.grafana.queries import or_zero

_NONE = [(1.0, BAD)]

CONSISTENCY = Board(
    uid="consistency",
    title="data consistency",
    about="What the monitor asks, what it found, and how much of it is wrong.",
    rows=[
        Row(
            "Checks",
            [
                states(
                    "Checks",
                    "Which check held when?",
                    Query("min by (check) (carousel_check_ok)", "{{check}}"),
                    named={"1": "holds", "0": "broken"},
                    width=24,
                    height=11,
                ),
                lines(
                    "Since the last result",
                    "When did each check last come to a result?",
                    Query("time() - carousel_check_ran_timestamp_seconds", "{{check}}"),
                    unit="s",
                    steps=[(180.0, BAD)],
                ),
                lines(
                    "Time of a check",
                    "How long does each check take?",
                    Query("carousel_check_seconds", "{{check}}"),
                    unit="s",
                ),
                lines(
                    "Runs that were not good",
                    "Which checks were broken, failed, or came to no answer in time?",
                    Query(
                        or_zero(
                            "sum by (check, outcome) (increase("
                            'carousel_check_runs_total{outcome!="held"}[5m]))'
                        ),
                        "{{check}}: {{outcome}}",
                    ),
                ),
            ],
        ),
        Row(
            "State against events",
            [
                number(
                    "Shoppers computed again",
                    "Of how many shoppers was the state computed again from the archive?",
                    Query("max(carousel_replayed_shoppers)"),
                    width=8,
                ),
                number(
                    "Of those, different",
                    "How many have another state than their events say?",
                    Query("max(carousel_replay_different_shoppers)"),
                    width=8,
                    low=GOOD,
                    steps=_NONE,
                ),
                number(
                    "Events missing",
                    "How many entries of the log were applied and are not in the archive?",
                    Query("max(carousel_archive_missing_entries)"),
                    width=8,
                    low=GOOD,
                    steps=_NONE,
                ),
            ],
        ),
        Row(
            "Vectors",
            [
                lines(
                    "Vectors of another space",
                    "How many vectors are not of the space that serves?",
                    Query("max by (of) (carousel_vectors_wrong_version)", "{{of}}"),
                    steps=_NONE,
                ),
                lines(
                    "Broken vectors",
                    "How many vectors are not numbers, of a wrong length, or zero?",
                    Query("max by (of) (carousel_vectors_broken)", "{{of}}"),
                    steps=_NONE,
                ),
                lines(
                    "Cars without a vector",
                    "How many cars for sale can nobody be recommended?",
                    Query("max(carousel_listings_without_vector)", "cars"),
                    steps=_NONE,
                ),
            ],
        ),
        Row(
            "Rows",
            [
                lines(
                    "Cars that are not for sale and found nevertheless",
                    "Where do sold cars still appear?",
                    Query("max by (where) (carousel_sold_findable)", "{{where}}"),
                    steps=_NONE,
                    width=12,
                ),
                lines(
                    "Rows without an owner",
                    "Which tables have rows about cars or shoppers that do not exist?",
                    Query("max by (table) (carousel_orphan_rows)", "{{table}}"),
                    steps=_NONE,
                    width=12,
                ),
            ],
        ),
    ],
)
