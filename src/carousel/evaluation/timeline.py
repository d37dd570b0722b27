"""Time as it passed after the split, and the world that moves with it.

Owns:    the order in which the market, the stops and the events take their turns.
Imports: numpy, evaluation.{method,world}, recording.

At one moment the market changes first (a listing appears, a price, a listing goes), then the stops
are made, then the events happen: a stop sees only events strictly before it.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from carousel.evaluation.method import Method
from carousel.evaluation.world import World
from carousel.recording.tables import Floats, Ints, Recording

_LISTED, _REPRICED, _LEFT, _STOP, _EVENT = range(5)


def world_at(recording: Recording, split: float) -> World:
    """Return the world at a moment, with all that lies strictly before it in the past."""
    lives, changes = recording.lives, recording.prices
    published = int(np.searchsorted(lives.listed_at, split))
    price = np.full(len(recording.listings), np.nan)
    price[:published] = [listing.price for listing in recording.listings[:published]]
    past_changes = int(np.searchsorted(changes.at, split))
    price[changes.listing[:past_changes]] = changes.price[:past_changes]
    price[published:] = np.nan
    alive = np.zeros(len(recording.listings), dtype=bool)
    alive[:published] = lives.left_at[:published] >= split
    past = int(np.searchsorted(recording.events.at, split))
    return World(recording, split, alive, price, published, past)


def walk(
    recording: Recording, split: float, stops: Floats, methods: Sequence[Method]
) -> Iterator[tuple[int, World]]:
    """Begin at the split, tell the methods all that happens, and yield at every stop.

    Args:
        recording: what happened.
        split: epoch seconds; where the methods learn from the past.
        stops: moments not before the split, epoch seconds, shape (n,), in any order.
        methods: hear of everything up to the last stop; what comes later is not played.

    Yields:
        A stop's number and the world at it; stops of one moment by their number.
    """
    world = world_at(recording, split)
    for method in methods:
        method.begin(world)
    if len(stops) == 0:
        return
    at, kind, row = _order(recording, split, stops)
    for now, what, which in zip(at.tolist(), kind.tolist(), row.tolist(), strict=True):
        world.now = now
        if what == _STOP:
            yield which, world
        else:
            _happen(world, what, which, methods)


def _happen(world: World, what: int, which: int, methods: Sequence[Method]) -> None:
    """Change the world by one thing, then tell the methods of it."""
    if what == _EVENT:
        world.past = which + 1
        for method in methods:
            method.observe(world, which)
    elif what == _LISTED:
        world.alive[which], world.price[which] = True, world.recording.listings[which].price
        world.published = which + 1
        for method in methods:
            method.listed(world, which)
    elif what == _LEFT:
        world.alive[which] = False
        for method in methods:
            method.left(world, which)
    else:
        _reprice(world, which, methods)


def _reprice(world: World, change: int, methods: Sequence[Method]) -> None:
    changes = world.recording.prices
    listing = int(changes.listing[change])
    if world.alive[listing]:
        world.price[listing] = changes.price[change]
        for method in methods:
            method.repriced(world, listing)


def _order(recording: Recording, split: float, stops: Floats) -> tuple[Floats, Ints, Ints]:
    """Return the moments, kinds and rows of all that happens from the split to the last stop."""
    lives = recording.lives
    columns = (
        (_LISTED, lives.listed_at),
        (_REPRICED, recording.prices.at),
        (_LEFT, lives.left_at),
        (_STOP, stops),
        (_EVENT, recording.events.at),
    )
    last = stops.max()
    at, kind, row = [], [], []
    for what, times in columns:
        rows = np.flatnonzero((times >= split) & (times <= last))
        at.append(times[rows])
        kind.append(np.full(len(rows), what))
        row.append(rows)
    moments, kinds, rows = np.concatenate(at), np.concatenate(kind), np.concatenate(row)
    order = np.lexsort((rows, kinds, moments))
    return moments[order], kinds[order], rows[order]
