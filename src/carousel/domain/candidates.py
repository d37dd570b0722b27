"""Candidates: what the retrieval channels found, merged without losing who found what.

Owns:    the union of channels and each candidate's score in each channel.
Imports: numpy, domain.features, domain.listing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from carousel.domain.features import Matrix, Vector
from carousel.domain.listing import ListingId

Look: TypeAlias = tuple[str, str]
"""Make and model by their spelling keys: two cars of one look are alike on a page."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one channel retrieved, best first.

    scores:  the channel's own, higher is better, only comparable within the channel.
    vectors: shape (n, dim), unit rows; zero where a listing has none.
    looks:   one per listing.
    """

    channel: str
    ids: Sequence[ListingId]
    scores: Sequence[float]
    vectors: Matrix
    looks: Sequence[Look]


def nothing(channel: str) -> Found:
    """Return what a channel found that found nothing."""
    return Found(channel, (), (), np.empty((0, 0)), ())


@dataclass(frozen=True, slots=True)
class Candidates:
    """The distinct listings of all channels.

    ids:     in order of first appearance, channels in the order given.
    vectors: shape (n, dim). looks: one per listing.
    support: channel name -> shape (n,), its score scaled to [0, 1] by its best; 0 where the
             channel did not find the listing.
    """

    ids: tuple[ListingId, ...]
    vectors: Matrix
    looks: tuple[Look, ...]
    support: dict[str, Vector]

    def among(self, ids: Sequence[ListingId]) -> "Candidates":
        """Return those of some listings, in the order of ``ids``, all of them candidates."""
        place = {listing_id: n for n, listing_id in enumerate(self.ids)}
        rows = [place[listing_id] for listing_id in ids]
        return Candidates(
            tuple(ids),
            self.vectors[rows],
            tuple(self.looks[row] for row in rows),
            {channel: scores[rows] for channel, scores in self.support.items()},
        )


def merge(found: Sequence[Found], dim: int) -> Candidates:
    """Return the union of what the channels found.

    Negative channel scores count as no support: a channel speaks for listings, never against.

    >>> popular = Found("popular", [7, 8], [4.0, 1.0], np.eye(2), [("a", "x"), ("b", "y")])
    >>> fresh = Found("fresh", [8], [2.0], np.eye(2)[1:], [("b", "y")])
    >>> merged = merge([popular, fresh], dim=2)
    >>> merged.ids, merged.support["popular"].tolist(), merged.support["fresh"].tolist()
    ((7, 8), [1.0, 0.25], [0.0, 1.0])
    """
    at: dict[ListingId, int] = {}
    looks: list[Look] = []
    for f in found:
        for listing_id, look in zip(f.ids, f.looks, strict=True):
            if listing_id not in at:
                at[listing_id] = len(at)
                looks.append(look)
    vectors = np.zeros((len(at), dim))
    support: dict[str, Vector] = {}
    for f in found:
        scores = np.zeros(len(at))
        if f.ids:
            rows = [at[listing_id] for listing_id in f.ids]
            vectors[rows] = f.vectors
            np.maximum.at(scores, rows, f.scores)
        best = scores.max(initial=0.0)
        support[f.channel] = scores / best if best > 0 else scores
    return Candidates(tuple(at), vectors, tuple(looks), support)
