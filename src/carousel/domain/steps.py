"""Steps of a trail: what one event adds to it, and adding or taking out many at once.

Owns:    which events leave a step; adding steps fast, taking one out, keeping what it told.
Imports: numpy, domain.{events, facts, filters, trail}.

The trail of one event is a trail of one step, or of none: an impression is no act, a search for
nothing in particular says nothing, and undoing a dismissal is a matter of the evidence and of what
is shown, for whether the dismissal has been heard of yet must make no difference to a trail.
"""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from datetime import datetime
from functools import lru_cache
from struct import Struct

import numpy as np

from carousel.domain.events import Dismiss, Event, Search
from carousel.domain.facts import Facts
from carousel.domain.filters import Filters
from carousel.domain.trail import (
    KINDS,
    MOST_REACTIONS,
    MOST_SEARCHES,
    NO_REASON,
    NO_TRAIL,
    REACTION,
    REASONS,
    Steps,
    Trail,
    extended,
    search,
    without,
)

_KINDS = {kind: place for place, kind in enumerate(KINDS)}
_REASONS = {reason: place for place, reason in enumerate(REASONS)}
_REACTION_BEFORE_FACTS = Struct("<dqBB")

_SAME_CAR = ["at", "listing"]
_SAME_REACTION = ["at", "listing", "kind", "reason"]


def trail_of(event: Event, at: datetime, facts: Facts | None) -> Trail:
    """Return the trail of a shopper who did only this.

    Args:
        event: what they did.
        at: when, aware.
        facts: the car's at that moment, shape (1,); nothing is kept of a car without.

    >>> from datetime import UTC
    >>> from carousel.domain.events import Impression
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> len(trail_of(Search(filters=Filters(max_price=9000)), noon, None))
    1
    >>> len(trail_of(Impression(listing_id=1, position=1), noon, None))
    0
    """
    if isinstance(event, Search):
        kept = _search(event.filters)
        if kept is None:
            return NO_TRAIL
        step = kept.copy()
        step["at"] = at.timestamp()
        return Trail(NO_TRAIL.reactions, step)
    kind = _KINDS.get(event.type)
    if facts is None or kind is None:
        return NO_TRAIL
    reason = _REASONS[event.reason] if isinstance(event, Dismiss) else NO_REASON
    # As bytes, for this is done for every event: ten times as fast as ``trail.reaction``.
    said = _REACTION_BEFORE_FACTS.pack(at.timestamp(), event.listing_id, kind, reason)
    return Trail(np.frombuffer(said + facts.tobytes(), REACTION), NO_TRAIL.searches)


@lru_cache(maxsize=4_096)  # few searches are new: most ask for what many ask for
def _search(filters: Filters) -> Steps | None:
    return None if filters.empty else search(0.0, filters)


def following(trail: Trail, more: Sequence[Trail]) -> Trail:
    """Return the trail with the steps of others: ``extended``, but fast where they come in order.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> one = trail_of(Search(filters=Filters(max_price=9000)), noon, None)
    >>> len(following(NO_TRAIL, [one, one]))
    2
    """
    reactions = [other.reactions for other in more if len(other.reactions)]
    searches = [other.searches for other in more if len(other.searches)]
    later = _appended(trail.reactions, reactions, MOST_REACTIONS)
    sought = _appended(trail.searches, searches, MOST_SEARCHES)
    if later is None or sought is None:
        return extended(trail, reactions, searches)
    return Trail(later, sought)


def _appended(kept: Steps, more: Sequence[Steps], most: int) -> Steps | None:
    """Return the last of both; None if they do not come one by one in strict order of time."""
    if not more:
        return kept
    latest = kept["at"].item(-1) if len(kept) else -math.inf
    for step in more:
        at = step["at"].item(0)
        if len(step) > 1 or at <= latest:
            return None
        latest = at
    # Joined as bytes: numpy compares the layouts field by field before it joins two arrays.
    room = max(0, most - len(more))
    parts = [kept[max(0, len(kept) - room) :].tobytes(), *(s.tobytes() for s in more[-most:])]
    return np.frombuffer(b"".join(parts), kept.dtype)


def apart_from(trail: Trail, taken: Sequence[Trail]) -> Trail:
    """Return the trail without these steps, once each; what is not there is not missed.

    A car's facts may have changed since: a reaction is known by moment, car, kind and reason.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> one = trail_of(Search(filters=Filters(max_price=9000)), noon, None)
    >>> len(apart_from(following(one, [one]), [one]))
    1
    """
    reactions = [step for other in taken for step in other.reactions[_SAME_REACTION].tolist()]
    searches = [step.tobytes() for other in taken for step in other.searches]
    return without(
        trail,
        _places(trail.reactions[_SAME_REACTION].tolist(), reactions),
        _places([step.tobytes() for step in trail.searches], searches),
    )


def _places(steps: Sequence[Hashable], taken: Sequence[Hashable]) -> list[int]:
    """Return where steps stand that were taken, for each the first place no other has got."""
    left, places = Counter(taken), list[int]()
    for place, step in enumerate(steps):
        if left[step] > 0:
            left[step] -= 1
            places.append(place)
    return places


def as_told(trail: Trail, before: Trail) -> Trail:
    """Return the trail with the facts that another trail of the same shopper has of a reaction.

    For a trail made anew from events alone: only the old one knows what a car was like then.

    Args:
        trail: with the facts of today.
        before: with the facts of the moment of each reaction; may lack some.
    """
    known = dict(zip(before.reactions[_SAME_CAR].tolist(), before.reactions["facts"], strict=True))
    reactions = trail.reactions.copy()
    for place, car in enumerate(reactions[_SAME_CAR].tolist()):
        if car in known:
            reactions["facts"][place] = known[car]
    return extended(NO_TRAIL, [reactions], [trail.searches])
