"""Many events at once, as what the audiences of their listings gain by them.

Owns:    from columns of events to one tally a listing.
Imports: numpy, domain.{audience, listing}. No I/O, no clock, no randomness.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from carousel.domain.audience import KINDS, Params, Tally
from carousel.domain.listing import ListingId

CODES = {kind: place for place, kind in enumerate(KINDS)}
"""The place of each event type that counts in ``audience.KINDS``."""


def tallied(
    listings: Sequence[ListingId] | npt.NDArray[np.int64],
    kinds: Sequence[int] | npt.NDArray[np.int64],
    at: Sequence[float] | npt.NDArray[np.float64],
    params: Params,
) -> dict[ListingId, Tally]:
    """Return what ``audience.fold`` gives for each listing's events, aged to the latest of all.

    Args:
        listings: which each event is about, n of them.
        kinds: what happened, places in ``audience.KINDS``.
        at: when, epoch seconds, in any order.
        params: half-lives.

    >>> days = 86_400.0
    >>> heard = tallied([7, 7, 9], [2, 2, 0], [0.0, 4 * days, 4 * days], Params())
    >>> heard[7].contacts, heard[9].impressions, heard[7].as_of == heard[9].as_of
    (1.5, 1.0, True)
    """
    if len(at) == 0:
        return {}
    moments, which = np.asarray(at, dtype=np.float64), np.asarray(kinds, dtype=np.int64)
    latest = float(moments.max())
    half_lives = (params.half_life, params.half_life, params.contact_half_life)
    seconds = np.array([half_life.total_seconds() for half_life in half_lives])
    left = np.exp2((moments - latest) / seconds[which])
    ids, row = np.unique(np.asarray(listings, dtype=np.int64), return_inverse=True)
    cell = len(KINDS) * row + which
    counts = np.bincount(cell, left, len(KINDS) * len(ids)).reshape(-1, len(KINDS))
    as_of = datetime.fromtimestamp(latest, UTC)
    return {
        listing_id: Tally(impressions, views, contacts, as_of)
        for listing_id, (impressions, views, contacts) in zip(
            ids.tolist(), counts.tolist(), strict=True
        )
    }
