"""The usual protocol: every candidate is ranked for every user, and nothing is sampled.

Owns:    the ranking of all users in batches, the metrics of each, their meanings.
Imports: numpy, evaluation.public, evaluation.results, recording.tables.

Of the T items a user turned out to like, with h_r = 1 where the item at place r is one of them,

    NDCG@k   = sum_{r <= k} h_r / log2(1 + r)  /  sum_{r <= min(k, T)} 1 / log2(1 + r)
    recall@k = sum_{r <= k} h_r / T

What a user reacted to before is not ranked. Users with nothing to find, and users without a past,
are left out. Equal scores are ranked in the order of the files.

Source:  recall with T below the line, as He et al., SIGIR 2020 report it. Why nothing is sampled:
         Krichene & Rendle, KDD 2020.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from carousel.domain.factors import Ints
from carousel.domain.features import Matrix
from carousel.evaluation.public.model import Scorer
from carousel.evaluation.public.reactions import Csr, Task
from carousel.evaluation.results import Metric
from carousel.recording.tables import Flags

PLACES = 20
SCORES_AT_ONCE = 1_000_000
"""8 MB: more at once is slower, for memory must be fetched and given back for every batch."""

METRICS = (
    Metric(
        "ndcg@10", "logged", "NDCG@10", 1, "The liked items among the first 10, earlier is better."
    ),
    Metric("ndcg@20", "logged", "NDCG@20", 1, "The same among the first 20."),
    Metric("recall@10", "logged", "Recall@10", 1, "Share of the liked items among the first 10."),
    Metric("recall@20", "logged", "Recall@20", 1, "The same among the first 20."),
    Metric(
        "mrr@20", "logged", "MRR@20", 1, "One over the place of the first liked item, 0 beyond 20."
    ),
    Metric("hit@10", "logged", "Hit@10", 1, "Share of users with a liked item among the first 10."),
)
"""By user; their order is the order of the columns of ``Ranked.values``."""

COVERAGE = Metric(
    "coverage@10",
    "slate",
    "Coverage@10",
    0,
    "Share of the candidates that anybody's first 10 show.",
)

Progress = Callable[[float], None]
"""Told the share of users that are done."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """What a model reached.

    users:    those measured, ascending.
    values:   shape (users, METRICS).
    coverage: share of the candidates that somebody's first 10 show.
    """

    users: Ints
    values: Matrix
    coverage: float


def asked(task: Task, targets: Csr) -> Ints:
    """Return the users to be measured: those with a past and something to find."""
    past, wanted = (np.diff(matrix.indptr) > 0 for matrix in (task.matrix, targets))
    return np.flatnonzero(past & wanted)


def rank(task: Task, targets: Csr, scorer: Scorer, progress: Progress | None = None) -> Ranked:
    """Rank all candidates for all users who are asked.

    Args:
        task: with the past, which is not ranked again.
        targets: what the users turned out to like, shape (users, items).
        scorer: the model.
        progress: called now and then.

    Raises:
        ValueError: a score is not finite; a model that cannot say must say 0.
    """
    users, count = asked(task, targets), len(task.candidates)
    values = np.zeros((len(users), len(METRICS)))
    shown = np.zeros(count, np.bool_)
    batch = max(1, SCORES_AT_ONCE // count)
    wanted, past = targets[:, task.candidates], task.matrix[:, task.candidates]
    for start in range(0, len(users), batch):
        some = users[start : start + batch]
        scores = np.array(scorer(some), np.float64)
        if not np.isfinite(scores).all():
            raise ValueError("a score is not finite")
        scores[past[some].nonzero()] = -np.inf
        best = top(scores, min(PLACES, count))
        # What was masked can stand in a list only when fewer candidates than places are left.
        listed = np.isfinite(np.take_along_axis(scores, best, axis=1))
        row, column = wanted[some].nonzero()
        liked = row.astype(np.int64) * count + column
        hits = np.isin(np.arange(len(some))[:, None] * count + best, liked) & listed
        totals = np.diff(targets[some].indptr)
        values[start : start + batch] = measures(hits, totals)
        shown[best[:, :10][listed[:, :10]]] = True
        if progress is not None:
            progress(min(1.0, (start + batch) / len(users)))
    return Ranked(users, values, float(shown.mean()))


def top(scores: Matrix, k: int) -> Ints:
    """Return the columns of the k highest scores of each row, best first, equals in order.

    >>> top(np.array([[0.5, 2.0, 0.5, 1.0]]), 3)
    array([[1, 3, 0]])
    """
    limit = np.partition(scores, -k, axis=1)[:, -k][:, None]
    row, column = np.nonzero(scores > limit)
    missing = k - np.bincount(row, minlength=len(scores))
    # Of those level with the last place only the first ones get in.
    level_row, level_column = np.nonzero(scores == limit)
    counts = np.bincount(level_row, minlength=len(scores))
    place = np.arange(len(level_row)) - np.repeat(np.cumsum(counts) - counts, counts)
    gets_in = place < missing[level_row]
    rows = np.concatenate([row, level_row[gets_in]])
    columns = np.concatenate([column, level_column[gets_in]])
    columns = columns[np.lexsort((columns, rows))].reshape(len(scores), k)
    order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)


def measures(hits: Flags, totals: Ints) -> Matrix:
    """Return METRICS of each user, shape (users, metrics).

    Args:
        hits: whether the item at each place is liked, shape (users, places), at most PLACES.
        totals: how many items each user likes, at least 1.

    >>> measures(np.array([[False, True]]), np.array([1])).round(3)
    array([[0.631, 0.631, 1.   , 1.   , 0.5  , 1.   ]])
    """
    places = np.arange(1, PLACES + 1)
    discount = 1.0 / np.log2(1.0 + places)
    ideal = np.concatenate([[0.0], np.cumsum(discount)])
    found = np.zeros((len(hits), PLACES))
    found[:, : hits.shape[1]] = hits
    gain = np.cumsum(found * discount, axis=1)
    many = np.cumsum(found, axis=1)
    return np.stack(
        [
            gain[:, 9] / ideal[np.minimum(10, totals)],
            gain[:, 19] / ideal[np.minimum(20, totals)],
            many[:, 9] / totals,
            many[:, 19] / totals,
            (found / places).max(axis=1),
            (many[:, 9] > 0).astype(np.float64),
        ],
        axis=1,
    )
