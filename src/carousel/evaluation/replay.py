"""The replay: a recorded market played again, every method asked at the same moments.

Owns:    the loop: what is asked when.
Imports: numpy, domain, evaluation, recording, simulation.truth.

A method has heard only what lies strictly before the moment it is asked at, and ranks all cars for
sale then: nothing is sampled. Accounts that the truth knows as noise are played, not tested.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from carousel.domain.errors import ConfigurationError
from carousel.evaluation.asking import Answers, Question, ask_moment, ask_slate, ask_visit
from carousel.evaluation.exposure import Bucket, bucket
from carousel.evaluation.method import Method
from carousel.evaluation.metrics.ranking import RECALL_PLACES
from carousel.evaluation.passing import columns
from carousel.evaluation.played import Best, Options, Played, Run
from carousel.evaluation.timeline import walk
from carousel.evaluation.timing import Timed
from carousel.evaluation.visits import Moments, Scope, check_split, moments, visits
from carousel.recording.tables import Floats, Recording
from carousel.simulation.truth import Truth

Progress: TypeAlias = Callable[[int, int], None]
"""Is told how many questions are asked, of how many."""

_TELL_EVERY = 20


def replay(  # noqa: PLR0913 (what is played, who is asked, how; all but two have defaults)
    recording: Recording,
    methods: Sequence[Method],
    *,
    split: float,
    options: Options | None = None,
    truth: Truth | None = None,
    progress: Progress | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Played:
    """Play a recording and ask every method at every test moment and random slate.

    Args:
        recording: what happened.
        methods: of different names.
        split: epoch seconds; the methods learn from what lies before.
        options: slates, moments and targets.
        truth: of a simulated market.
        progress: is told how far the replay is.
        clock: seconds, to time the methods with.

    Raises:
        ConfigurationError: there is nothing to learn or to test, or two methods share a name.
        MisbehavingMethodError: a method's answer is no slate.
    """
    options = options or Options()
    _check(methods, options)
    check_split(recording, split)
    noise = np.zeros(len(recording.users), dtype=bool)
    if truth is not None:
        noise[truth.noise()] = True
    scope = Scope(split, noise, np.random.default_rng(options.seed))
    found = visits(recording, options.pause)
    tested, counts = moments(recording, found, scope, options.moments)
    drawn, drops = bucket(recording, found, scope, options.slates)
    timed = [Timed(method, clock) for method in methods]
    answers = [Answers(len(tested), options.limit, len(drawn.impression)) for _ in methods]
    pairs = tuple(zip(timed, answers, strict=True))
    best = Best(np.full(len(tested), np.nan), np.full(len(tested), np.nan))
    alive = np.zeros(len(tested), dtype=np.int64)
    held = columns(recording.listings)
    stops = _stops(recording, tested, drawn)
    slates_from = len(tested)
    visits_from = slates_from + len(drawn.starts) - 1
    for done, (stop, world) in enumerate(walk(recording, split, stops, timed), start=1):
        if stop < slates_from:
            question = Question(stop, int(tested.shopper[stop]), options.limit)
            alive[stop] = ask_moment(question, world, pairs, truth, best)
        elif stop < visits_from:
            ask_slate(drawn, stop - slates_from, world, held, pairs)
        else:
            ask_visit(drawn, stop - visits_from, world, pairs)
        if progress is not None and (done % _TELL_EVERY == 0 or done == len(stops)):
            progress(done, len(stops))
    return Played(
        recording, split, options, tested, alive, best if truth is not None else None, drawn,
        tuple(_run(method, given) for method, given in pairs),
        counts | drops | {"accounts known to be crawlers or dealers": int(noise.sum())},
    )  # fmt: skip


def _check(methods: Sequence[Method], options: Options) -> None:
    if not methods:
        raise ConfigurationError("No method was named; name at least one to replay.")
    twice = [name for name, count in Counter(m.name for m in methods).items() if count > 1]
    if twice:
        raise ConfigurationError(f"Two methods are called {twice[0]!r}; name each once.")
    if options.limit < RECALL_PLACES:
        raise ConfigurationError(
            f"The replay's limit must be at least {RECALL_PLACES}: the metrics look as far."
        )
    for field in ("pause", "horizon", "day"):
        if getattr(options, field) <= 0:
            raise ConfigurationError(f"The replay's {field} must be more than 0.")
    for field in ("moments", "slates"):
        most = getattr(options, field)
        if most is not None and most < 1:
            raise ConfigurationError(f"The replay's {field} must be at least 1, or not be given.")


def _stops(recording: Recording, tested: Moments, drawn: Bucket) -> Floats:
    """Return when is asked: test moments, then the bucket's slates, then its visits."""
    at = recording.impressions.at[drawn.impression]
    firsts = np.array([entries[0] for entries in drawn.visits], dtype=np.int64)
    return np.concatenate([tested.at, at[drawn.starts[:-1]], at[firsts]])


def _run(method: Timed, given: Answers) -> Run:
    return Run(
        method.name, given.rows, given.scores, given.open, given.contact,
        given.by_slate, given.by_visit, given.percentile, given.in_top, method.seconds,
    )  # fmt: skip
