"""Finding a method that looks at what has not happened yet.

Owns:    a recording cut off at a moment; comparing the slates it gives with those of the whole.
Imports: numpy, domain.filters, evaluation, recording.

At a moment, a method that knows only the past must give the same slate whether or not the recording
goes on. The check is exact: everything from the moment on is taken away, listings published later
included, and the method is played again from the start.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np

from carousel.domain.filters import NO_FILTERS
from carousel.evaluation.asking import checked
from carousel.evaluation.method import Ask, Method, Ranking
from carousel.evaluation.played import Options
from carousel.evaluation.timeline import walk
from carousel.evaluation.visits import Moments, Scope, check_split, moments, visits
from carousel.recording.tables import Events, Flags, Impressions, Lives, PriceChanges, Recording

Table = TypeVar("Table", Lives, PriceChanges, Events, Impressions)

_CLOSE = 1e-6
"""Relative difference of scores that sums in another order may make."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A slate that the future changed; ``at`` in epoch seconds, ``shopper`` a row."""

    method: str
    at: float
    shopper: int


def find_leaks(
    make_methods: Callable[[], Sequence[Method]],
    recording: Recording,
    split: float,
    count: int,
    options: Options | None = None,
) -> list[Leak]:
    """Return every slate that differs when the recording ends at the moment it is asked for.

    Args:
        make_methods: returns new methods, always alike.
        recording: what happened.
        split: epoch seconds.
        count: how many test moments are tried at most; each plays all methods once more.
        options: places, pause and the seed that draws the moments.

    Raises:
        ConfigurationError: there is nothing to learn or to test.
    """
    options = options or Options()
    check_split(recording, split)
    nobody = np.zeros(len(recording.users), dtype=bool)
    scope = Scope(split, nobody, np.random.default_rng(options.seed))
    tried, _ = moments(recording, visits(recording, options.pause), scope, count)
    whole = _slates(recording, make_methods(), split, tried, options.limit)
    leaks = []
    for number, (at, shopper) in enumerate(
        zip(tried.at.tolist(), tried.shopper.tolist(), strict=True)
    ):
        so_far = Moments(
            tried.at[: number + 1], tried.shopper[: number + 1], tried.past[: number + 1]
        )
        methods = make_methods()
        short = _slates(until(recording, at), methods, split, so_far, options.limit)
        leaks += [
            Leak(method.name, at, shopper)
            for method, one, other in zip(methods, whole[number], short[number], strict=True)
            if not _same(one, other)
        ]
    return leaks


def until(recording: Recording, at: float) -> Recording:
    """Return what was known of a recording at a moment, before what anybody did at that moment."""
    lives = recording.lives
    published = int(np.searchsorted(lives.listed_at, at, side="right"))
    left = lives.left_at[:published] <= at
    return replace(
        recording,
        ends=at,
        listings=recording.listings[:published],
        lives=Lives(
            lives.listed_at[:published],
            np.where(left, lives.left_at[:published], np.inf),
            lives.sold[:published] & left,
        ),
        prices=_kept(recording.prices, recording.prices.at <= at),
        events=_kept(recording.events, recording.events.at < at),
        impressions=_kept(recording.impressions, recording.impressions.at < at),
    )


def _kept(table: Table, rows: Flags) -> Table:
    columns = {field.name: getattr(table, field.name)[rows] for field in fields(table)}
    return replace(table, **columns)


def _slates(
    recording: Recording, methods: Sequence[Method], split: float, asked: Moments, limit: int
) -> list[list[Ranking]]:
    """Return each method's slate at each moment."""
    return [
        [
            checked(
                method,
                world,
                Ask(int(asked.shopper[stop]), world.now, NO_FILTERS, world.rows(), limit),
            )
            for method in methods
        ]
        for stop, world in walk(recording, split, asked.at, methods)
    ]


def _same(one: Ranking, other: Ranking) -> bool:
    return np.array_equal(one.rows, other.rows) and np.allclose(
        one.scores, other.scores, rtol=_CLOSE, atol=_CLOSE, equal_nan=True
    )
