"""What listings have had of their audiences, told to the store in memory as a replay goes on.

Owns:    which rows of a recording count, and up to when they may be looked at.
Imports: numpy, domain.hearing, evaluation.world, recording, storage.

Whoever was shown a list at a moment, and what they did at it, is known afterwards only.
"""

import numpy as np

from carousel.domain.hearing import CODES, tallied
from carousel.evaluation.world import World
from carousel.recording.tables import EVENT_TYPES, Floats, Ints
from carousel.storage import MemoryStore
from carousel.storage.ports import HALF_LIVES

_CODES = np.array([CODES.get(kind, -1) for kind in EVENT_TYPES])


def hear(store: MemoryStore, world: World, heard_to: float) -> float:
    """Tell the impressions, views and contacts from a moment until now; return now.

    Args:
        store: where the listings' audiences are kept.
        world: at its moment; what happens at that very moment is told the next time.
        heard_to: what an earlier call returned, epoch seconds; -inf the first time.
    """
    recording = world.recording
    shown, done = recording.impressions, recording.events
    seen = _between(shown.at, heard_to, world.now)
    acts = _between(done.at, heard_to, world.now)
    acts = acts[_CODES[done.type[acts]] >= 0]
    rows = np.concatenate([shown.listing[seen], done.listing[acts]])
    kinds = np.concatenate([np.full(len(seen), CODES["impression"]), _CODES[done.type[acts]]])
    at = np.concatenate([shown.at[seen], done.at[acts]])
    ids = [recording.listings[row].id for row in rows.tolist()]
    store.hear(tallied(ids, kinds, at, HALF_LIVES))
    return world.now


def _between(at: Floats, since: float, until: float) -> Ints:
    """Return the rows of [since, until) in a column in order of time."""
    first, end = np.searchsorted(at, (since, until))
    return np.arange(first, end)
