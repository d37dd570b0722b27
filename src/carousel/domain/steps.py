"""Steps of a trail: what one event adds to it, and adding or taking out many at once.

Owns:    which events leave a step; adding steps fast, taking one out, keeping what it told.
Imports: numpy, domain.{events, facts, filters, trail}.

An impression leaves no step, for it is no act; a search for nothing in particular says nothing;
and undoing a dismissal is a matter of the evidence and of what is shown: whether the dismissal has
been heard of yet must make no difference to a trail.
"""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from datetime import datetime
from functools import lru_cache
from struct import Struct
from typing import TypeAlias

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
    SEARCH,
    Steps,
    Trail,
    extended,
    search,
    without,
)

Step: TypeAlias = bytes
"""One record of REACTION or of SEARCH, told apart by their length; empty where there is none.

Bytes, because a pipeline makes and joins one for every event: ten times as fast as with arrays.
"""

NO_STEP: Step = b""

_KINDS = {kind: place for place, kind in enumerate(KINDS)}
_REASONS = {reason: place for place, reason in enumerate(REASONS)}
_AT = Struct("<d")
_REACTION_BEFORE_FACTS = Struct("<dqBB")

_SAME_CAR = ["at", "listing"]
_SAME_REACTION = ["at", "listing", "kind", "reason"]


def step_of(event: Event, at: datetime, facts: Facts | None) -> Step:
    """Return the step that an event adds to the trail of who did it.

    Args:
        event: what they did.
        at: when, aware.
        facts: the car's at that moment, shape (1,); nothing is kept of a car without.

    >>> from datetime import UTC
    >>> from carousel.domain.events import Impression
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> len(step_of(Search(filters=Filters(max_price=9000)), noon, None)) == SEARCH.itemsize
    True
    >>> step_of(Impression(listing_id=1, position=1), noon, None)
    b''
    """
    if isinstance(event, Search):
        said = _said(event.filters)
        return said and _AT.pack(at.timestamp()) + said
    kind = _KINDS.get(event.type)
    if facts is None or kind is None:
        return NO_STEP
    reason = _REASONS[event.reason] if isinstance(event, Dismiss) else NO_REASON
    before = _REACTION_BEFORE_FACTS.pack(at.timestamp(), event.listing_id, kind, reason)
    return before + facts.tobytes()


@lru_cache(maxsize=4_096)  # few searches are new: most ask for what many ask for
def _said(filters: Filters) -> bytes:
    return NO_STEP if filters.empty else search(0.0, filters).tobytes()[_AT.size :]


def following(trail: Trail, steps: Sequence[Step]) -> Trail:
    """Return the trail with more steps: ``extended``, but fast where they are later than all kept.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> step = step_of(Search(filters=Filters(max_price=9000)), noon, None)
    >>> len(following(NO_TRAIL, [step, step]))
    2
    """
    reactions = [step for step in steps if len(step) == REACTION.itemsize]
    searches = [step for step in steps if len(step) == SEARCH.itemsize]
    reacted = _appended(trail.reactions, reactions, MOST_REACTIONS)
    searched = _appended(trail.searches, searches, MOST_SEARCHES)
    if reacted is None or searched is None:
        return extended(
            trail,
            [np.frombuffer(step, REACTION) for step in reactions],
            [np.frombuffer(step, SEARCH) for step in searches],
        )
    return Trail(reacted, searched)


def _appended(kept: Steps, more: list[Step], most: int) -> Steps | None:
    """Return the last of both; None unless all of ``more`` is later than all that is kept."""
    if not more:
        return kept
    if len(more) > 1:
        more.sort(key=_order)
    (earliest,) = _AT.unpack_from(more[0])
    if earliest <= (kept["at"].item(-1) if len(kept) else -math.inf):
        return None
    room = max(0, most - len(more))
    parts = [kept[max(0, len(kept) - room) :].tobytes(), *more[-most:]]
    return np.frombuffer(b"".join(parts), kept.dtype)


def _order(step: Step) -> tuple[float, bytes]:
    """Return what ``extended`` orders steps by."""
    return _AT.unpack_from(step)[0], step


def apart_from(trail: Trail, taken: Sequence[Step]) -> Trail:
    """Return the trail without these steps, once each; what is not there is not missed.

    A car's facts may have changed since: a reaction is known by moment, car, kind and reason.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> step = step_of(Search(filters=Filters(max_price=9000)), noon, None)
    >>> len(apart_from(following(NO_TRAIL, [step, step]), [step]))
    1
    """
    reactions = b"".join(step for step in taken if len(step) == REACTION.itemsize)
    searches = [step for step in taken if len(step) == SEARCH.itemsize]
    return without(
        trail,
        _places(
            trail.reactions[_SAME_REACTION].tolist(),
            np.frombuffer(reactions, REACTION)[_SAME_REACTION].tolist(),
        ),
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
