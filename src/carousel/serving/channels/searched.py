"""Channel: cars that the shopper's own latest searches would find, the most suitable first.

Owns:    retrieval by what a shopper asked for in so many words.
Imports: numpy, domain, storage.ports, serving.{ask, merging}.

Every need of a shopper has searches of its own, and a share of the pool by its weight, so that the
one searched for less is not crowded out.

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
from carousel.serving.ask import Ask
from carousel.serving.merging import in_turn, places_of
from carousel.storage.ports import Retrieved, ServingStore

Kind = TypeVar("Kind")

NAME = "searched"


async def find(store: ServingStore, ask: Ask) -> Found:
    """Return cars that pass the latest different searches, those of each search in turn."""
    searches = _latest(ask) if ask.filters.empty else []
    if not searches:
        return nothing(NAME)
    most = ask.params.shares.searched * ask.pool
    lists = await asyncio.gather(
        *(_passing(store, ask, one, math.ceil(share * most)) for one, share in searches)
    )
    return in_turn(NAME, lists)


async def _passing(store: ServingStore, ask: Ask, filters: Filters, limit: int) -> Retrieved:
    if ask.preference is None:
        return await store.newest(filters, limit, ask.without)
    return await store.nearest(ask.preference, filters, limit, ask.without)


def _latest(ask: Ask) -> list[tuple[Filters, float]]:
    """Return the latest different searches and the share of each: of a need, in equal parts."""
    searches = ask.trail.searches
    if ask.needs is None:
        shares, need = [1.0], np.zeros(len(searches), dtype=np.int64)
    else:
        shares, need = ask.needs.weights.tolist(), np.argmax(ask.needs.searches, axis=1)
    found: list[tuple[Filters, float]] = []
    for n, most in enumerate(places_of(ask.needs, ask.params.most_searches)):
        asked = (asked_in(step) for step in searches[need == n][::-1])
        mine = list(dict.fromkeys(one for one in asked if not one.empty))[:most]
        found += [(one, shares[n] / len(mine)) for one in mine]
    return found


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
