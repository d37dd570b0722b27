"""How high a slate has the car that was wanted next.

Owns:    NDCG, reciprocal rank, hits and recall; random's expected values in closed form.
Imports: numpy, evaluation.metrics.column, evaluation.{played,targets}, recording.

With one car wanted the ideal gain is 1, so NDCG@k is 1 / log2(1 + rank), 0 beyond k.

Source:  Järvelin & Kekäläinen, ACM TOIS 2002 (NDCG).
"""

import numpy as np

from carousel.evaluation.metrics.column import Column, Slices, averaged
from carousel.evaluation.played import Rows
from carousel.evaluation.targets import Targets, Viewed
from carousel.recording.tables import NONE, Floats, Ints

RECALL_PLACES = 20


def ranks(slates: Rows, wanted: Ints) -> Ints:
    """Return the place of the wanted car in each slate, from 1; 0 where it is not in it.

    Args:
        slates: rows, shape (n, limit).
        wanted: row of each slate's car, NONE for none, shape (n,).

    >>> ranks(np.array([[5, 7], [5, -1]], dtype=np.int32), np.array([7, -1])).tolist()
    [2, 0]
    """
    match = (slates == wanted[:, None]) & (wanted != NONE)[:, None]
    return np.where(match.any(axis=1), match.argmax(axis=1) + 1, 0)


def gains(places: Ints, k: int) -> Floats:
    """Return NDCG@k of one wanted car by its place, 0 for not found.

    >>> gains(np.array([1, 3, 11, 0]), 10)
    array([1. , 0.5, 0. , 0. ])
    """
    found = (places > 0) & (places <= k)
    return np.where(found, 1 / np.log2(1 + np.maximum(places, 1)), 0.0)


def reciprocals(places: Ints) -> Floats:
    """Return one over each place, 0 for not found."""
    return np.where(places > 0, 1 / np.maximum(places, 1), 0.0)


def hits(places: Ints, k: int) -> Floats:
    """Return 1 where the place is among the first k, else 0."""
    return ((places > 0) & (places <= k)).astype(np.float64)


def expected_of_chance(cars: float, k: int) -> dict[str, float]:
    """Return what a random order of so many cars scores on average with one of them wanted.

    ``recall`` and ``hit`` are k / n, ``mrr`` is (1 + 1/2 + ... + 1/k) / n, ``ndcg`` is the sum of
    the first k discounts / n.

    >>> expected_of_chance(4, 2)["mrr"]  # (1 + 1/2) / 4
    0.375
    """
    places = np.arange(1, k + 1)
    return {
        "recall": k / cars,
        "hit": k / cars,
        "mrr": float((1 / places).sum()) / cars,
        "ndcg": float(gains(places, k).sum()) / cars,
    }


def ranking_columns(slates: Rows, shopper: Ints, targets: Targets, slices: Slices) -> list[Column]:
    """Return the metrics of the next car of one kind; moments without one count nowhere.

    Args:
        slates: rows, shape (moments, limit).
        shopper: whose moment it is, shape (moments,).
        targets: the next car at each moment.
        slices: of the moments.
    """
    places = ranks(slates, targets.listing)
    values = {
        "ndcg@10": gains(places, 10),
        "ndcg@20": gains(places, 20),
        "hit@10": hits(places, 10),
        "mrr": reciprocals(places),
    }
    if targets.kind != "view":
        values["recall@20"] = hits(places, RECALL_PLACES)
    wanted = targets.listing != NONE
    return [
        averaged(f"{targets.kind}.{name}", shopper, np.where(wanted, value, np.nan), slices)
        for name, value in values.items()
    ]


def viewed_column(slates: Rows, shopper: Ints, viewed: Viewed, slices: Slices) -> Column:
    """Return the share of a day's viewed cars that are among the first 20 of the slate."""
    top = slates[:, :RECALL_PLACES].astype(np.int64)
    moment, place = np.nonzero(top != NONE)
    shown = moment * viewed.span + top[moment, place]
    found = np.isin(viewed.pairs, shown, assume_unique=True)
    moments = viewed.pairs // viewed.span
    many = np.bincount(moments, minlength=len(slates))
    hit = np.bincount(moments, found, minlength=len(slates))
    share = np.where(many > 0, hit / np.maximum(many, 1), np.nan)
    return averaged("view.recall@20", shopper, share, slices)
