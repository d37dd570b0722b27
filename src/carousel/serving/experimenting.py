"""One request of a shopper in an experiment: by their arm's knobs, or two arms in one list.

Owns:    what an arm changes about an answer.
Imports: numpy, domain, serving, storage.ports.
"""

import asyncio
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from carousel.domain.filters import Filters, passes
from carousel.domain.interleaving import team_draft
from carousel.domain.listing import ListingId, UserId
from carousel.serving.experiments import Assignment
from carousel.serving.knobs import Knobs
from carousel.serving.pipeline import Slate, SlateEntry
from carousel.serving.relaxing import FullSlate, recommend_full, told
from carousel.storage.ports import ServingStore


@dataclass(frozen=True, slots=True)
class Asked:
    """What a shopper asks for; ``now`` is aware."""

    user_id: UserId
    filters: Filters
    limit: int
    without: frozenset[ListingId]
    now: datetime


@dataclass(frozen=True, slots=True)
class Served:
    """An answer and the experiment it was made for.

    arm:  of the whole list; None in no experiment.
    arms: of each entry, in the slate's order: of an interleaved list, whose choice it was; empty in
          no experiment.
    """

    full: FullSlate
    arm: str | None
    arms: tuple[str, ...]


async def full_by(store: ServingStore, asked: Asked, knobs: Knobs) -> FullSlate:
    """Return the list of one set of knobs."""
    return await recommend_full(
        store,
        asked.user_id,
        asked.filters,
        asked.limit,
        now=asked.now,
        knobs=knobs,
        without=asked.without,
    )


async def recommend_for(store: ServingStore, asked: Asked, assigned: Assignment) -> Served:
    """Return the list of a shopper by what they are assigned to."""
    lists = await asyncio.gather(*(full_by(store, asked, knobs) for knobs in assigned.knobs))
    if len(lists) == 1:
        (full,) = lists
        return Served(full, assigned.arm, assigned.arms * len(full.slate.entries))
    first, second = (full.slate for full in lists)
    slate, arms = interleaved(first, second, asked.limit, assigned)
    # What passes the filters comes first, as in every list; the teams' turns stay as they are.
    order = sorted(
        range(len(arms)), key=lambda n: not passes(slate.entries[n].listing, asked.filters)
    )
    slate = replace(slate, entries=tuple(slate.entries[n] for n in order))
    return Served(
        await told(store, slate, asked.filters), assigned.arm, tuple(arms[n] for n in order)
    )


def interleaved(
    first: Slate, second: Slate, limit: int, assigned: Assignment
) -> tuple[Slate, tuple[str, ...]]:
    """Return one list of two, and which arm chose each of its cars.

    Equal lists of equal shoppers are drafted equally, so that asking again changes nothing. How
    likely a car is to stand where it does is not known: that depends on the other team.

    Args:
        first: the list by the first knobs.
        second: by the second.
        limit: places.
        assigned: whose arms they are.
    """
    key = f"{assigned.salt}:{first.id}:{second.id}"
    seed = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big")
    draft = team_draft(_ids(first), _ids(second), limit, np.random.default_rng(seed))
    chosen = [{entry.listing.id: entry for entry in slate.entries} for slate in (first, second)]
    entries: list[SlateEntry] = []
    arms: list[str] = []
    for listing_id, is_first in zip(draft.rows.tolist(), draft.first.tolist(), strict=True):
        side = 0 if is_first else 1
        entries.append(replace(chosen[side][listing_id], propensity=None, random=False))
        arms.append(assigned.arms[side])
    shown = f"{first.id}:{second.id}:{draft.rows.tolist()}:{arms}"
    slate = replace(
        first,
        id=hashlib.sha256(shown.encode()).hexdigest()[: len(first.id)],
        version=min(first.version, second.version),
        personal=first.personal or second.personal,
        entries=tuple(entries),
    )
    return slate, tuple(arms)


def _ids(slate: Slate) -> npt.NDArray[np.int64]:
    return np.array([entry.listing.id for entry in slate.entries], dtype=np.int64)
