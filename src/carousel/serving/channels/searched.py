"""Channel: cars that the shopper's own latest searches would find, the most suitable first.

Owns:    retrieval by what a shopper asked for in so many words.
Imports: numpy, domain, storage.ports.

Where the request has filters of its own they say what is wanted now, and earlier searches do not.
A search's makes are not kept by name, so it is asked without them; scoring knows them.
"""

import asyncio
import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from carousel.domain.candidates import Found, nothing
from carousel.domain.facts import BODIES, FUELS, TRANSMISSIONS
from carousel.domain.filters import Filters
from carousel.domain.trail import Steps
from carousel.serving.ask import Ask
from carousel.storage.ports import Retrieved, ServingStore

Kind = TypeVar("Kind")

NAME = "searched"
MOST_SEARCHES = 3


async def find(store: ServingStore, ask: Ask) -> Found:
    """Return cars that pass the latest different searches; their scores are those searches' own."""
    searches = _latest(ask.trail.searches) if ask.filters.empty else []
    if not searches:
        return nothing(NAME)
    limit = math.ceil(ask.pool / len(searches))
    lists = await asyncio.gather(*(_passing(store, ask, one, limit) for one in searches))
    kept: dict[int, tuple[float, int, int]] = {}
    for n, found in enumerate(lists):
        for place, (listing_id, score) in enumerate(zip(found.ids, found.scores, strict=True)):
            kept.setdefault(listing_id, (score, n, place))
    order = sorted(kept, key=lambda listing_id: (kept[listing_id][2], kept[listing_id][1]))
    if not order:
        return nothing(NAME)
    where = [kept[listing_id] for listing_id in order]
    return Found(
        NAME,
        order,
        [1.0 - place / limit for _, _, place in where],
        np.stack([lists[n].vectors[place] for _, n, place in where]),
        [lists[n].looks[place] for _, n, place in where],
    )


async def _passing(store: ServingStore, ask: Ask, filters: Filters, limit: int) -> Retrieved:
    if ask.preference is None:
        return await store.newest(filters, limit, ask.without)
    return await store.nearest(ask.preference, filters, limit, ask.without)


def _latest(searches: Steps) -> list[Filters]:
    """Return the latest different searches, the last one first."""
    found: dict[Filters, None] = {}
    for step in searches[::-1]:
        asked = asked_in(step)
        if not asked.empty:
            found.setdefault(asked)
        if len(found) == MOST_SEARCHES:
            break
    return list(found)


def asked_in(step: np.void) -> Filters:
    """Return the filters of a search of a trail, without makes and models.

    >>> from carousel.domain.trail import search
    >>> asked_in(search(0.0, Filters(max_price=9_000, fuel=("petrol",)))[0]).max_price
    9000
    """

    def bound(name: str) -> int | None:
        return None if np.isnan(step[name]) else round(float(step[name]))

    placed = bool(np.isfinite(step["radius_km"]) and np.isfinite(step["latitude"]))

    def named(column: str, kinds: Sequence[Kind]) -> tuple[Kind, ...]:
        return tuple(kind for n, kind in enumerate(kinds, start=1) if int(step[column]) >> n & 1)

    return Filters.model_construct(
        min_price=bound("min_price"),
        max_price=bound("max_price"),
        min_year=bound("min_year"),
        max_year=bound("max_year"),
        max_mileage=bound("max_mileage"),
        min_power=bound("min_power"),
        max_power=bound("max_power"),
        body=named("bodies", BODIES),
        fuel=named("fuels", FUELS),
        transmission=named("transmissions", TRANSMISSIONS),
        near_latitude=float(step["latitude"]) if placed else None,
        near_longitude=float(step["longitude"]) if placed else None,
        radius_km=float(step["radius_km"]) if placed else None,
    )
