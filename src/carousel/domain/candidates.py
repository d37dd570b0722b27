"""Candidates: what the retrieval channels found, merged without losing who found what.

Owns:    the union of channels and each candidate's score in each channel.
Imports: numpy, domain.listing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carousel.domain.features import Vector
from carousel.domain.listing import ListingId


@dataclass(frozen=True, slots=True)
class Found:
    """What one channel retrieved, best first.

    scores: the channel's own scores, higher is better, only comparable within the channel.
    """

    channel: str
    ids: Sequence[ListingId]
    scores: Sequence[float]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The distinct listings of all channels.

    ids:     in order of first appearance, channels in the order given.
    support: channel name -> shape (len(ids),), its score scaled to [0, 1] by its best; 0 where
             the channel did not find the listing.
    """

    ids: tuple[ListingId, ...]
    support: dict[str, Vector]


def merge(found: Sequence[Found]) -> Candidates:
    """Return the union of what the channels found.

    Negative channel scores count as no support: a channel speaks for listings, never against.

    >>> merged = merge([Found("popular", [7, 8], [4.0, 1.0]), Found("fresh", [8], [2.0])])
    >>> merged.ids, merged.support["popular"].tolist(), merged.support["fresh"].tolist()
    ((7, 8), [1.0, 0.25], [0.0, 1.0])
    """
    ids = tuple(dict.fromkeys(i for f in found for i in f.ids))
    at = {listing_id: n for n, listing_id in enumerate(ids)}
    support: dict[str, Vector] = {}
    for f in found:
        scores = np.zeros(len(ids))
        for listing_id, score in zip(f.ids, f.scores, strict=True):
            scores[at[listing_id]] = max(score, 0.0)
        best = scores.max(initial=0.0)
        support[f.channel] = scores / best if best > 0 else scores
    return Candidates(ids, support)
