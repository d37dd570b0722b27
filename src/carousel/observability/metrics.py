"""Every number a process tells about itself: its name, its meaning, its labels, who tells it.

Owns:    all metric names of Carousel, their buckets.
Imports: observability.declaring.

A label takes values from a set that is known beforehand, never what a caller sent: a route is the
template it matched, an event type is one of ours or ``other``. So a process stays far below 2,000
series whoever talks to it. ``docs/metrics.md`` shows this file as a table; a test holds it against
real processes. To add a metric, add it here, then use it; its panel is in ``deploy/grafana``.
"""

from carousel.observability.declaring import EVERY, Process, counter, gauge, histogram

FOLLOWERS = (Process.CONTENT_BASED, Process.COLLABORATIVE)
PIPELINES = (*FOLLOWERS, Process.APPRAISALS, Process.NOTICES)

REQUEST_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
STAGE_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
EFFECT_SECONDS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
BATCH_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000)
JOB_SECONDS = (1, 5, 15, 60, 300, 900, 3_600)

_API, _MONITOR, _TRAINING = (Process.API,), (Process.MONITOR,), (Process.TRAINING,)

# Every process

BUILD = gauge(
    "carousel_build_info",
    "always 1; version and Python of the process",
    EVERY,
    ("version", "python"),
)
LOG_LINES = counter("carousel_log_lines_total", "log lines written", EVERY, ("level",))

# HTTP

REQUESTS = counter(
    "carousel_http_requests_total",
    "requests answered; status is its first digit and xx",
    _API,
    ("method", "route", "status"),
)
REQUEST_TIME = histogram(
    "carousel_http_request_seconds",
    "from a request's first byte to its answer's last; streams are left out",
    _API,
    ("route",),
    buckets=REQUEST_SECONDS,
)
REQUESTS_UNDER_WAY = gauge(
    "carousel_http_requests_in_progress", "requests under way, streams left out", _API
)
PROBLEMS = counter(
    "carousel_http_problems_total", "problem documents sent, by their code", _API, ("code",)
)
PAGE_ERRORS = counter(
    "carousel_page_errors_total",
    "errors that pages told of: reported, repeated (the same a minute ago, or too many) or foreign "
    "(of an extension, not of our files)",
    _API,
    ("outcome",),
)
STREAMS = gauge("carousel_update_streams", "open streams of live updates", _API)
LOOP_DELAY = gauge(
    "carousel_event_loop_delay_seconds",
    "how late the event loop came to a task that was due, worst of the last ten seconds",
    _API,
)

# Lists

SLATES = counter(
    "carousel_slates_total",
    "recommendations answered: live, cached, or popular where nothing is known of the shopper",
    _API,
    ("served_by",),
)
SLATES_RELAXED = counter("carousel_slates_relaxed_total", "lists for which filters gave way", _API)
SLATE_CARS = histogram(
    "carousel_slate_cars", "cars in a list that was made", _API, buckets=(0, 1, 5, 10, 20, 50, 100)
)
SLATE_MODELS = histogram(
    "carousel_slate_distinct_models_ratio",
    "different models among the cars of a list that was made, over its cars: diversity",
    _API,
    buckets=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
)
STAGE_TIME = histogram(
    "carousel_slate_stage_seconds",
    "how long a stage of making a list took",
    _API,
    ("stage",),
    buckets=STAGE_SECONDS,
)
CHANNEL_ANSWERS = counter(
    "carousel_channel_answers_total",
    "questions to a retrieval channel: found, empty, late or failed",
    _API,
    ("channel", "outcome"),
)
CHANNEL_CANDIDATES = counter(
    "carousel_channel_candidates_total", "candidates that a channel found", _API, ("channel",)
)
CHANNEL_TIME = histogram(
    "carousel_channel_seconds",
    "how long a channel took",
    _API,
    ("channel",),
    buckets=(0.001, 0.005, 0.02, 0.05, 0.1, 0.25),
)
CACHE_LOOKUPS = counter(
    "carousel_cache_lookups_total",
    "questions to a memory (finished slates, accounts, known listings): hit, stale or miss",
    _API,
    ("cache", "outcome"),
)
MODEL_LOADED = gauge(
    "carousel_model_loaded_info",
    "1 for the version of a model, or of the feature space, that this process works with",
    _API,
    ("kind", "version"),
)
INDEX_LISTINGS = gauge("carousel_index_listings", "active listings in this process's memory", _API)
INDEX_LOOKED = gauge(
    "carousel_index_looked_timestamp_seconds",
    "when this process last asked the database what changed",
    _API,
)

# Events on their way in

EVENTS_ACCEPTED = counter(
    "carousel_events_accepted_total", "events on disk in the log", _API, ("type",)
)
EVENTS_REFUSED = counter(
    "carousel_events_refused_total",
    "requests with events that were refused, by the code of the problem",
    _API,
    ("code",),
)
APPEND_TIME = histogram(
    "carousel_log_append_seconds",
    "from an event in memory to its confirmation from disk",
    _API,
    buckets=STAGE_SECONDS,
)
EFFECT_TIME = histogram(
    "carousel_event_effect_seconds",
    "from an event in the log to the moment when whoever asks this process sees its effect",
    _API,
    buckets=EFFECT_SECONDS,
)

# Servers behind

POOL_CONNECTIONS = gauge(
    "carousel_pool_connections", "connections of a pool: idle or busy", _API, ("pool", "state")
)
POOL_WAIT = histogram(
    "carousel_pool_query_seconds",
    "from asking a pool to its answer, waiting for a connection included",
    _API,
    ("pool",),
    buckets=STAGE_SECONDS,
)
SERVER_FAULTS = counter(
    "carousel_server_faults_total",
    "questions that a server behind did not answer",
    (*_API, *PIPELINES),
    ("server",),
)

# Pipelines

EVENTS_APPLIED = counter(
    "carousel_pipeline_events_applied_total",
    "events folded for the first time",
    FOLLOWERS,
    ("pipeline", "type"),
)
EVENTS_REPEATED = counter(
    "carousel_pipeline_events_repeated_total",
    "events that had been applied before under the same id",
    FOLLOWERS,
    ("pipeline",),
)
DEAD_LETTERS = counter(
    "carousel_pipeline_dead_letters_total",
    "entries that could not be read or applied",
    (Process.CONTENT_BASED,),
    ("type",),
)
BATCH_EVENTS = histogram(
    "carousel_pipeline_batch_events", "entries in a batch", FOLLOWERS, ("pipeline",), buckets=SIZES
)
BATCH_TIME = histogram(
    "carousel_pipeline_batch_seconds",
    "how long a step of a batch took",
    FOLLOWERS,
    ("pipeline", "step"),
    buckets=BATCH_SECONDS,
)
STATE_TIME = histogram(
    "carousel_pipeline_state_seconds",
    "from an event in the log to its effect committed",
    FOLLOWERS,
    ("pipeline",),
    buckets=EFFECT_SECONDS,
)
PIPELINE_WAITING = gauge(
    "carousel_pipeline_waiting", "1 while a pipeline waits for a server that is away", PIPELINES
)
PIPELINE_LOOKED = gauge(
    "carousel_pipeline_looked_timestamp_seconds", "when a pipeline last looked for work", PIPELINES
)
APPRAISED = counter(
    "carousel_appraisals_written_total", "appraisals of cars written", (Process.APPRAISALS,)
)
NOTICES = counter(
    "carousel_notices_written_total", "notices written", (Process.NOTICES,), ("kind",)
)

# Training

TRAINING_RUNS = counter(
    "carousel_training_runs_total",
    "trainings of a model, by how they ended",
    _TRAINING,
    ("kind", "outcome"),
)
TRAINING_TIME = histogram(
    "carousel_training_seconds",
    "how long a training took",
    _TRAINING,
    ("kind",),
    buckets=JOB_SECONDS,
)
TRAINING_EVENTS = gauge("carousel_training_events", "events that the training read", _TRAINING)

# What the monitor found

CHECK_OK = gauge(
    "carousel_check_ok", "1 if a check held when it last ran, 0 if not", _MONITOR, ("check",)
)
CHECK_RAN = gauge(
    "carousel_check_ran_timestamp_seconds",
    "when a check last came to a result",
    _MONITOR,
    ("check",),
)
CHECK_TIME = gauge(
    "carousel_check_seconds", "how long a check took when it last ran", _MONITOR, ("check",)
)
CHECK_RUNS = counter(
    "carousel_check_runs_total",
    "runs of a check: held, broken, failed or late",
    _MONITOR,
    ("check", "outcome"),
)
JOURNEYS = counter(
    "carousel_journeys_total",
    "journeys of the synthetic shopper, by the step at which they ended; done if at none",
    _MONITOR,
    ("ended",),
)
JOURNEY_TIME = histogram(
    "carousel_journey_seconds",
    "a whole journey of the synthetic shopper",
    _MONITOR,
    buckets=EFFECT_SECONDS,
)
FRESHNESS = histogram(
    "carousel_freshness_seconds",
    "from opening a car to a list that has changed, as the synthetic shopper saw it",
    _MONITOR,
    buckets=EFFECT_SECONDS,
)
LOG_ENTRIES = gauge("carousel_log_entries", "entries that the log holds", _MONITOR, ("shard",))
LOG_APPENDED = gauge(
    "carousel_log_appended", "entries ever appended to the log", _MONITOR, ("shard",)
)
DEAD_LETTERS_KEPT = gauge(
    "carousel_dead_letters_kept", "dead letters that wait for a person", _MONITOR
)
LAG_ENTRIES = gauge(
    "carousel_pipeline_lag_entries",
    "entries that a pipeline has not applied yet",
    _MONITOR,
    ("pipeline", "shard"),
)
LAG_SECONDS = gauge(
    "carousel_pipeline_lag_seconds",
    "age of the oldest entry that a pipeline has not applied yet",
    _MONITOR,
    ("pipeline", "shard"),
)
DRAIN_RATE = gauge(
    "carousel_pipeline_drain_rate",
    "entries a second that a pipeline applied since the check before",
    _MONITOR,
    ("pipeline",),
)
ARRIVAL_RATE = gauge(
    "carousel_log_arrival_rate", "entries a second that came since the check before", _MONITOR
)
MODEL_AGE = gauge(
    "carousel_model_age_seconds", "age of the active model of a kind", _MONITOR, ("kind",)
)
MODEL_WORTH = gauge(
    "carousel_model_worth",
    "what the active model of a kind was worth on held-out lists",
    _MONITOR,
    ("kind",),
)
TRAINING_ENDED = gauge(
    "carousel_training_ended_timestamp_seconds", "when the last training ended", _MONITOR, ("kind",)
)
LISTINGS = gauge("carousel_listings", "listings by status", _MONITOR, ("status",))
COVERAGE = gauge(
    "carousel_coverage_ratio",
    "active listings that were shown to somebody lately, over all active ones",
    _MONITOR,
)
REPLAYED = gauge(
    "carousel_replayed_shoppers",
    "shoppers whose state was computed again from the archive when the check last ran",
    _MONITOR,
)
REPLAY_DIFFERENT = gauge(
    "carousel_replay_different_shoppers", "of those, whose stored state is another", _MONITOR
)
ARCHIVE_MISSING = gauge(
    "carousel_archive_missing_entries",
    "entries of the log that were applied, yet are neither archived nor forgotten nor dead letters",
    _MONITOR,
)
VECTORS_WRONG_VERSION = gauge(
    "carousel_vectors_wrong_version",
    "vectors that are not of the space that serves",
    _MONITOR,
    ("of",),
)
VECTORS_BROKEN = gauge(
    "carousel_vectors_broken",
    "vectors with NaN or infinity, of no or of wrong length, or zero",
    _MONITOR,
    ("of",),
)
LISTINGS_WITHOUT_VECTOR = gauge(
    "carousel_listings_without_vector", "active listings without a vector", _MONITOR
)
SOLD_FINDABLE = gauge(
    "carousel_sold_findable",
    "listings that are not for sale and can be found nevertheless",
    _MONITOR,
    ("where",),
)
ORPHANS = gauge(
    "carousel_orphan_rows",
    "rows about a listing or a shopper that does not exist",
    _MONITOR,
    ("table",),
)
DATABASE_CONNECTIONS = gauge(
    "carousel_database_connections",
    "connections that PostgreSQL has, by who opened them",
    _MONITOR,
    ("application",),
)
DATABASE_BYTES = gauge("carousel_database_bytes", "size of the database", _MONITOR)
SERVER_MEMORY = gauge(
    "carousel_server_memory_bytes", "memory that a Valkey uses", _MONITOR, ("server",)
)
CACHE_EVICTED = gauge(
    "carousel_cache_evicted", "keys that the cache threw out for want of memory", _MONITOR
)
