"""Candidates: what the retrieval channels found, merged without losing who found what.

Owns:    the union of channels and each candidate's score in each channel.
Imports: numpy, domain.features, domain.listing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carousel.domain.features import Vector
from carousel.domain.listing import ListingId


@dataclass(frozen=True, slots=True)
class Found:
    """What one channel retrieved, best first.

    scores: the channel's own, higher is better, only comparable within the channel.
    """

    channel: str
    ids: Sequence[ListingId]
    scores: Sequence[float]


def nothing(channel: str) -> Found:
    """Return what a channel found that found nothing."""
    return Found(channel, (), ())


@dataclass(frozen=True, slots=True)
class Candidates:
    """The distinct listings of all channels.

    ids:     in order of first appearance, channels in the order given.
    support: channel name -> shape (n,), its score scaled to [0, 1] by its best; 0 where the
             channel did not find the listing.
    """

    ids: tuple[ListingId, ...]
    support: dict[str, Vector]

    def among(self, ids: Sequence[ListingId]) -> "Candidates":
        """Return those of some listings, in the order of ``ids``, all of them candidates."""
        place = {listing_id: n for n, listing_id in enumerate(self.ids)}
        rows = [place[listing_id] for listing_id in ids]
        return Candidates(
            tuple(ids), {channel: scores[rows] for channel, scores in self.support.items()}
        )


def merge(found: Sequence[Found]) -> Candidates:
    """Return the union of what the channels found.

    Negative channel scores count as no support: a channel speaks for listings, never against.

    >>> merged = merge([Found("popular", [7, 8], [4.0, 1.0]), Found("fresh", [8], [2.0])])
    >>> merged.ids, merged.support["popular"].tolist(), merged.support["fresh"].tolist()
    ((7, 8), [1.0, 0.25], [0.0, 1.0])
    """
    ids = tuple(dict.fromkeys(listing_id for one in found for listing_id in one.ids))
    at = {listing_id: n for n, listing_id in enumerate(ids)}
    support: dict[str, Vector] = {}
    for one in found:
        scores = np.zeros(len(ids))
        if one.ids:
            np.maximum.at(scores, [at[listing_id] for listing_id in one.ids], one.scores)
        best = scores.max(initial=0.0)
        support[one.channel] = scores / best if best > 0 else scores
    return Candidates(ids, support)
