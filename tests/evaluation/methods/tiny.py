"""A small recorded market, played to a method.

Owns:    recordings, the world at their split, playing them to a method.
"""

from datetime import UTC, datetime

import numpy as np

from carousel.domain.events import Reason
from carousel.domain.filters import NO_FILTERS
from carousel.evaluation.method import Ask
from carousel.evaluation.timeline import walk, world_at
from carousel.recording.tables import (
    EVENT_TYPES,
    NONE,
    REASONS,
    Events,
    Impressions,
    Lives,
    PriceChanges,
    Recording,
)
from tests.domain.cars import car

BEGINS = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
HOUR, DAY = 3_600.0, 86_400.0
SPLIT = BEGINS + 2 * DAY


def a_recording(  # noqa: PLR0913 (what may happen in a market)
    listings,
    happenings=(),
    *,
    born=(),
    prices=(),
    left=(),
    users=5,
    searches=(),
    begins=BEGINS,
):
    """Return a recording; all that is not said to be born later is for sale from the beginning.

    happenings: (hours after the beginning, shopper, type, listing or None, reason or search).
    born, left: (hours, row). prices: (hours, row, price).
    """
    listed_at = np.full(len(listings), begins - DAY) + np.arange(len(listings))
    left_at = np.full(len(listings), np.inf)
    for hours, row in born:
        listed_at[row] = begins + hours * HOUR
    for hours, row in left:
        left_at[row] = begins + hours * HOUR
    dated = tuple(
        c.model_copy(update={"listed_at": datetime.fromtimestamp(at, UTC)})
        for c, at in zip(listings, listed_at, strict=True)
    )
    rows = [(*h, None)[:5] for h in sorted(happenings, key=lambda h: h[0])]
    events = Events(
        at=np.array([begins + h[0] * HOUR for h in rows], float),
        shopper=np.array([h[1] for h in rows], np.int64),
        type=np.array([EVENT_TYPES.index(h[2]) for h in rows], np.int64),
        listing=np.array([NONE if h[3] is None else h[3] for h in rows], np.int64),
        reason=np.array(
            [REASONS.index(h[4]) if isinstance(h[4], Reason) else NONE for h in rows], np.int64
        ),
        search=np.array([h[4] if h[2] == "search" else NONE for h in rows], np.int64),
        slate=np.full(len(rows), NONE),
    )
    none, nowhere = np.empty(0, np.int64), np.empty(0)
    return Recording(
        name="tiny",
        begins=begins,
        ends=begins + 30 * DAY,
        listings=dated,
        lives=Lives(listed_at, left_at, np.isfinite(left_at)),
        prices=PriceChanges(
            np.array([begins + p[0] * HOUR for p in prices], float),
            np.array([p[1] for p in prices], np.int64),
            np.array([p[2] for p in prices], np.int64),
        ),
        users=np.arange(1, users + 1) * 10,
        searches=(NO_FILTERS, *searches),
        events=events,
        impressions=Impressions(
            nowhere, none, none, none, none, none.astype(bool), nowhere, none, none, none
        ),
    )


def at_split(recording, split=SPLIT):
    """Return the market as it stands at the split."""
    return world_at(recording, split)


def played(recording, method, until):
    """Begin at the split, tell a method all that happens, and return the world of ``until``."""
    split = recording.begins + SPLIT - BEGINS
    return next(walk(recording, split, np.array([until]), [method]))[1]


def ask(world, shopper=0, limit=10, filters=NO_FILTERS, rows=None):
    """Return a request of this moment."""
    return Ask(shopper, world.now, filters, world.rows() if rows is None else rows, limit)


def cars(count, **changes):
    """Return cars whose ids are not their rows."""
    return [car(n + 1, **changes).model_copy(update={"id": 100 + 3 * n}) for n in range(count)]


def changed(listings, rows, **changes):
    """Return the listings with some of them different."""
    return [c.model_copy(update=changes) if row in rows else c for row, c in enumerate(listings)]
