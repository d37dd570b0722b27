"""How well a method tells opened from unopened where chance alone chose what was shown.

Owns:    AUC and NDCG with ties, the value of a method's first ten places (SNIPS) and
         its refusal.
Imports: numpy, evaluation.metrics.column, evaluation.{effective,exposure,played}, recording.

What was shown by chance does not favour the method that the shop ran, so these are the logged
figures to believe. For ties all measures take the mean over all orders of the tied. Scores are
compared within one ask only: with all cars that could have been drawn, or within a visit.

The value of a method is the chance that a car in its first ten places is opened: with o whether an
impression was opened, m whether the method would have had it there and w one over the chance that
it was drawn,

    SNIPS = sum(w m o) / sum(w m)

Source:  Swaminathan & Joachims, NIPS 2015 (SNIPS); McSherry & Najork, ECIR 2008 (ties).
"""

from collections.abc import Iterable

import numpy as np

from carousel.evaluation.effective import FEWEST_EFFECTIVE, effective_size
from carousel.evaluation.exposure import Bucket
from carousel.evaluation.metrics.column import Column, averaged
from carousel.evaluation.played import Run
from carousel.recording.tables import Flags, Floats, Ints

PLACES = 10


def auc(scores: Floats, opened: Flags) -> float:
    """Return how often an opened car scores above an unopened one, ties counting half.

    NaN without both an opened and an unopened one.

    >>> auc(np.array([3.0, 2.0, 2.0, 1.0]), np.array([True, True, False, False]))
    0.875
    """
    wins, losses = scores[opened], np.sort(scores[~opened])
    if len(wins) == 0 or len(losses) == 0:
        return float("nan")
    below = np.searchsorted(losses, wins) + np.searchsorted(losses, wins, side="right")
    return float(below.sum()) / (2 * len(wins) * len(losses))


def ndcg(scores: Floats, gains: Floats, k: int) -> float:
    """Return NDCG@k of graded gains in the order of scores, the mean over all orders of ties.

    NaN where nothing is to gain.

    >>> ndcg(np.array([2.0, 1.0]), np.array([1.0, 0.0]), 10)
    1.0
    >>> round(ndcg(np.array([1.0, 1.0]), np.array([1.0, 0.0]), 1), 3)
    0.5
    """
    discounts = np.zeros(len(scores))
    places = np.arange(1, min(k, len(scores)) + 1)
    discounts[: len(places)] = 1 / np.log2(1 + places)
    ideal = float(np.sort(gains)[::-1] @ discounts)
    if ideal <= 0:
        return float("nan")
    _, group, many = np.unique(-scores, return_inverse=True, return_counts=True)
    mean_gain = np.bincount(group, gains) / many
    return float(np.repeat(mean_gain, many) @ discounts) / ideal


def bucket_columns(run: Run, drawn: Bucket) -> tuple[list[Column], str]:
    """Return a method's metrics in the bucket, and a sentence where one was refused."""
    value, remark = _value(run, drawn)
    return [
        averaged("bucket.percentile", drawn.shopper, run.percentile),
        _by_group("bucket.auc", drawn, run.by_visit, drawn.visits),
        _by_group("bucket.ndcg@10", drawn, run.by_visit, drawn.visits),
        value,
    ], remark


def _by_group(key: str, drawn: Bucket, scores: Floats, groups: Iterable[Ints]) -> Column:
    """Return a metric of each group of impressions that has something to tell apart."""
    shopper, values = [], []
    for entries in groups:
        asked = entries[~np.isnan(scores[entries])]
        opened = drawn.opened[asked]
        if opened.any() and not opened.all():
            shopper.append(int(drawn.shopper[asked[0]]))
            values.append(
                ndcg(scores[asked], opened.astype(np.float64), PLACES)
                if "ndcg" in key
                else auc(scores[asked], opened)
            )
    return averaged(key, np.array(shopper, dtype=np.int64), np.array(values, dtype=np.float64))


def _value(run: Run, drawn: Bucket) -> tuple[Column, str]:
    weight = drawn.weight * run.in_top
    size = effective_size(weight)
    if size < FEWEST_EFFECTIVE:
        nothing = np.zeros(len(weight))
        return Column("bucket.snips", drawn.shopper, nothing, nothing), (
            f"Its value in the bucket is not quoted: its first ten places and chance agree too "
            f"seldom, an effective sample of {size:.0f} where {FEWEST_EFFECTIVE} are needed."
        )
    return Column("bucket.snips", drawn.shopper, weight * drawn.opened, weight), ""
