"""Does what shoppers do become what Carousel knows, and how soon?

Owns:    the dashboard of events, pipelines, training and the servers they write to.
Imports: deploy.grafana.
"""

from deploy.grafana.panels import BAD, WORSE, Board, Query, Row, areas, lines, number
from deploy.grafana.queries import RATE, mean, or_zero, percentile, rate

PIPELINES = Board(
    uid="pipelines",
    title="pipelines",
    about="The way of an event from the log to the state of its shopper, and what learns from it.",
    rows=[
        Row(
            "Coming in",
            [
                areas(
                    "Events accepted",
                    "What do shoppers do?",
                    Query(rate("carousel_events_accepted_total", "type"), "{{type}}"),
                    unit="cps",
                ),
                lines(
                    "Events refused",
                    "Why are events refused?",
                    Query(or_zero(rate("carousel_events_refused_total", "code")), "{{code}}"),
                    unit="cps",
                ),
                lines(
                    "Arriving and applied",
                    "Does every pipeline get through what arrives?",
                    Query("carousel_log_arrival_rate", "arriving"),
                    Query("carousel_pipeline_drain_rate", "{{pipeline}}"),
                    unit="cps",
                ),
                lines(
                    "Entries in the log",
                    "How much does each shard of the log hold?",
                    Query("carousel_log_entries", "shard {{shard}}"),
                ),
                lines(
                    "Entries appended",
                    "Does every shard get its share of what comes?",
                    Query("max by (shard) (carousel_log_appended)", "shard {{shard}}"),
                ),
                lines(
                    "Dead letters",
                    "How many entries could not be applied and wait for a person?",
                    Query("max(carousel_dead_letters_kept)", "kept"),
                    steps=[(1.0, WORSE)],
                ),
            ],
        ),
        Row(
            "Being applied",
            [
                lines(
                    "Seconds behind",
                    "How old is the oldest entry that each pipeline has not applied yet?",
                    Query("max by (pipeline) (carousel_pipeline_lag_seconds)", "{{pipeline}}"),
                    unit="s",
                    steps=[(2.0, WORSE), (5.0, BAD)],
                ),
                lines(
                    "Entries behind",
                    "How many entries has each pipeline still to apply?",
                    Query("sum by (pipeline) (carousel_pipeline_lag_entries)", "{{pipeline}}"),
                ),
                lines(
                    "From the log to the state",
                    "How long until 95 of 100 events are committed?",
                    Query(
                        percentile("carousel_pipeline_state_seconds", 0.95, "pipeline"),
                        "{{pipeline}}",
                    ),
                    unit="s",
                    steps=[(2.0, WORSE)],
                ),
                areas(
                    "Events applied",
                    "What is folded into the state of shoppers?",
                    Query(
                        rate("carousel_pipeline_events_applied_total", "pipeline, type"),
                        "{{pipeline}}: {{type}}",
                    ),
                    unit="cps",
                ),
                lines(
                    "Events that came twice",
                    "How many events had been applied before? They are dropped.",
                    Query(
                        or_zero(rate("carousel_pipeline_events_repeated_total", "pipeline")),
                        "{{pipeline}}",
                    ),
                    unit="cps",
                ),
                lines(
                    "Events that could not be applied",
                    "Which entries become dead letters?",
                    Query(
                        or_zero(rate("carousel_pipeline_dead_letters_total", "type")), "{{type}}"
                    ),
                    unit="cps",
                    steps=[(0.01, BAD)],
                ),
                lines(
                    "Size of a batch",
                    "How many entries does a pipeline take at once, on average?",
                    Query(mean("carousel_pipeline_batch_events", "pipeline"), "{{pipeline}}"),
                ),
                lines(
                    "Time of a batch",
                    "Which step of a batch takes how long, for 95 of 100?",
                    Query(
                        percentile("carousel_pipeline_batch_seconds", 0.95, "pipeline, step"),
                        "{{pipeline}}: {{step}}",
                    ),
                    unit="s",
                ),
                lines(
                    "Pipelines that wait",
                    "Which pipeline waits for a server that is away?",
                    Query("carousel_pipeline_waiting", "{{process}}"),
                    steps=[(1.0, BAD)],
                ),
                lines(
                    "Since it last looked",
                    "Does every pipeline still look for work?",
                    Query("time() - carousel_pipeline_looked_timestamp_seconds", "{{process}}"),
                    unit="s",
                    steps=[(30.0, BAD)],
                ),
                lines(
                    "Appraisals written",
                    "How many cars get a new price verdict?",
                    Query(rate("carousel_appraisals_written_total"), "written"),
                    unit="cps",
                ),
                lines(
                    "Notices written",
                    "What are shoppers told of?",
                    Query(or_zero(rate("carousel_notices_written_total", "kind")), "{{kind}}"),
                    unit="cps",
                ),
            ],
        ),
        Row(
            "Learning",
            [
                lines(
                    "Since the last training",
                    "When did the last training of each kind of model end?",
                    Query("time() - carousel_training_ended_timestamp_seconds", "{{kind}}"),
                    unit="s",
                    width=6,
                ),
                number(
                    "Trainings in a day",
                    "How did the trainings of the last day end?",
                    Query(
                        or_zero(
                            "sum by (kind, outcome)"
                            " (max_over_time(carousel_training_runs_total[1d]))"
                        ),
                        "{{kind}}: {{outcome}}",
                    ),
                    width=6,
                    height=8,
                ),
                lines(
                    "Time of a training",
                    "How long does a training take, on average?",
                    Query(
                        or_zero(
                            "sum by (kind) (max_over_time(carousel_training_seconds_sum[1d])) / "
                            "sum by (kind) (max_over_time(carousel_training_seconds_count[1d]))"
                        ),
                        "{{kind}}",
                    ),
                    unit="s",
                    width=6,
                ),
                lines(
                    "Events learned from",
                    "How many events did a training of the last day read?",
                    Query(or_zero("max(max_over_time(carousel_training_events[1d]))"), "events"),
                    width=6,
                ),
            ],
        ),
        Row(
            "Servers",
            [
                lines(
                    "Connections of the database",
                    "Who holds how many connections?",
                    Query(
                        "sum by (application) (carousel_database_connections)", "{{application}}"
                    ),
                    width=6,
                ),
                lines(
                    "Size of the database",
                    "How much disk does it take?",
                    Query("max(carousel_database_bytes)", "size"),
                    unit="bytes",
                    width=6,
                ),
                lines(
                    "Memory of log and cache",
                    "How much memory does each Valkey use?",
                    Query("max by (server) (carousel_server_memory_bytes)", "{{server}}"),
                    unit="bytes",
                    width=6,
                ),
                lines(
                    "Thrown out of the cache",
                    "How many keys a second did the cache throw out for want of memory?",
                    Query(f"max(rate(carousel_cache_evicted{RATE}))", "keys"),
                    unit="cps",
                    width=6,
                ),
            ],
        ),
    ],
)
