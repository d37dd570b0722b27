"""Asking every method the same thing, and keeping what they answer.

Owns:    the three kinds of questions, the check that an answer is a slate.
Imports: numpy, domain.filters, evaluation.{exposure,method,passing,played,world}, simulation.truth.

A home page at a test moment; a slate of the random-exposure bucket under its filters; all random
impressions of a visit at once, as it begins, so that their scores can be compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from carousel.domain.filters import NO_FILTERS
from carousel.evaluation.exposure import Bucket
from carousel.evaluation.method import Ask, Method, Ranking
from carousel.evaluation.passing import Columns, passing
from carousel.evaluation.played import (
    TRUTH_PLACES,
    Best,
    MisbehavingMethodError,
    Rows,
    Singles,
)
from carousel.evaluation.world import World
from carousel.recording.tables import NONE, Flags, Floats, Ints
from carousel.simulation.truth import Truth

BUCKET_PLACES = 10
"""What a method is worth in the bucket is measured on so many first places."""


class Answers:
    """One method's answers while they come in; ``played.Run`` says what each array means."""

    def __init__(self, moments: int, limit: int, impressions: int) -> None:
        self.rows: Rows = np.full((moments, limit), NONE, dtype=np.int32)
        self.scores: Singles = np.full((moments, limit), np.nan, dtype=np.float32)
        self.open: Floats = np.full((moments, TRUTH_PLACES), np.nan)
        self.contact: Floats = self.open.copy()
        self.by_slate: Floats = np.full(impressions, np.nan)
        self.by_visit: Floats = np.full(impressions, np.nan)
        self.percentile: Floats = np.full(impressions, np.nan)
        self.in_top: Flags = np.zeros(impressions, dtype=bool)


Pairs: TypeAlias = Sequence[tuple[Method, Answers]]


@dataclass(frozen=True, slots=True)
class Question:
    """A test moment's number, the shopper's row and the places of the slate."""

    moment: int
    shopper: int
    limit: int


def ask_moment(
    question: Question, world: World, pairs: Pairs, truth: Truth | None, best: Best
) -> int:
    """Ask for a home page; return how many cars were to choose from.

    With a truth, the chances of the first places are kept, and in ``best`` the largest sums.
    """
    rows, moment = world.rows(), question.moment
    ask = Ask(question.shopper, world.now, NO_FILTERS, rows, question.limit)
    for method, answers in pairs:
        ranking = checked(method, world, ask)
        answers.rows[moment, : len(ranking.rows)] = ranking.rows
        answers.scores[moment, : len(ranking.rows)] = ranking.scores
    if truth is not None:
        chances = truth.chances(question.shopper, rows, world.now, world.price[rows])
        best.open[moment], best.contact[moment] = _top(chances.open), _top(chances.contact)
        for _, answers in pairs:
            chosen = answers.rows[moment, :TRUTH_PLACES]
            chosen = chosen[chosen != NONE]
            answers.open[moment, : len(chosen)] = _looked_up(rows, chances.open, chosen)
            answers.contact[moment, : len(chosen)] = _looked_up(rows, chances.contact, chosen)
    return len(rows)


def ask_slate(drawn: Bucket, number: int, world: World, held: Columns, pairs: Pairs) -> None:
    """Ask for the scores of a random slate's cars, and for the method's own slate instead of it.

    Where one was opened, ask as well how it stands among all that could have been drawn.
    """
    where = drawn.slate(number)
    shown, shopper = drawn.listing[where], int(drawn.shopper[where.start])
    opened = drawn.opened[where]
    impressions = world.recording.impressions
    filters = world.recording.searches[int(impressions.search[drawn.impression[where.start]])]
    rows = world.rows()
    rows = rows[passing(held, filters, rows, world.price[rows])]
    ask = Ask(shopper, world.now, filters, rows, BUCKET_PLACES)
    for method, answers in pairs:
        scores = _scores(method, world, ask, shown)
        answers.by_slate[where] = scores
        answers.in_top[where] = np.isin(shown, checked(method, world, ask).rows)
        if opened.any() and len(rows):
            among = np.sort(_scores(method, world, ask, rows))
            answers.percentile[where] = np.where(opened, percentiles(among, scores), np.nan)


def ask_visit(drawn: Bucket, number: int, world: World, pairs: Pairs) -> None:
    """Ask for the scores of all random impressions of a visit, when the first was shown."""
    entries = drawn.visits[number]
    shopper = int(drawn.shopper[entries[0]])
    ask = Ask(shopper, world.now, NO_FILTERS, world.rows(), BUCKET_PLACES)
    for method, answers in pairs:
        answers.by_visit[entries] = _scores(method, world, ask, drawn.listing[entries])


def checked(method: Method, world: World, ask: Ask) -> Ranking:
    """Return a method's slate; a car that is not for sale is allowed, and counted later.

    Raises:
        MisbehavingMethodError: too many cars, one twice, a row that is none, or not one score each.
    """
    ranking = method.rank(world, ask)
    rows, scores, listings = ranking.rows, ranking.scores, len(world.recording.listings)
    if len(rows) > ask.limit:
        ill = f"{len(rows)} cars where {ask.limit} were asked for"
    elif len(rows) != len(scores):
        ill = f"{len(scores)} scores for {len(rows)} cars"
    elif len(set(rows.tolist())) < len(rows):
        ill = "one car twice"
    elif len(rows) and not 0 <= rows.min() <= rows.max() < listings:
        ill = "a row that is no listing"
    else:
        return ranking
    raise MisbehavingMethodError(
        f"The method {method.name!r} returned {ill}, asked for shopper {ask.shopper} at "
        f"{ask.at:.0f}."
    )


def _scores(method: Method, world: World, ask: Ask, rows: Ints) -> Floats:
    scores = method.score(world, ask, rows)
    if scores.shape != rows.shape:
        raise MisbehavingMethodError(
            f"The method {method.name!r} returned scores of shape {scores.shape} for "
            f"{len(rows)} cars, asked for shopper {ask.shopper} at {ask.at:.0f}."
        )
    return scores


def percentiles(among: Floats, scores: Floats) -> Floats:
    """Return the share of scores, sorted, that lie below each given one; equal ones count half.

    >>> percentiles(np.array([1.0, 2.0, 2.0, 9.0]), np.array([2.0, 9.5]))
    array([0.5, 1. ])
    """
    below = np.searchsorted(among, scores) + np.searchsorted(among, scores, side="right")
    return below / (2 * len(among))


def _top(chances: Floats) -> float:
    """Return the largest sum that TRUTH_PLACES of the chances have."""
    if len(chances) <= TRUTH_PLACES:
        return float(chances.sum())
    return float(np.partition(chances, -TRUTH_PLACES)[-TRUTH_PLACES:].sum())


def _looked_up(rows: Ints, values: Floats, chosen: Rows) -> Floats:
    """Return the values of chosen rows; 0 for one that is not among ``rows``, ascending."""
    if len(rows) == 0:
        return np.zeros(len(chosen))
    place = np.minimum(np.searchsorted(rows, chosen), len(rows) - 1)
    return np.where(rows[place] == chosen, values[place], 0.0)
