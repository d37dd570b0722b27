"""Cars like these: several references, perhaps of several wishes, and one list for all of them.

Owns:    the "cars like these" list.
Imports: domain, storage.ports.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carousel.domain import reranking
from carousel.domain.facts import looks_of
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingId
from carousel.domain.wishes import closeness, in_turn, wishes
from carousel.storage.ports import ServingStore

POOL = 2  # candidates asked for per place and reference
RELEVANCE = 0.9  # as for similar cars: only identical ones are spread a little


@dataclass(frozen=True, slots=True)
class Alike:
    """A car and the reference that it is most like, among those of the wish it stands for."""

    listing: Listing
    reference: ListingId


@dataclass(frozen=True, slots=True)
class LikeThese:
    """An answer, best first.

    wishes: how the references were understood: those of one group are alike. A reference that is
            in no feature space yet is in none.
    """

    wishes: tuple[tuple[ListingId, ...], ...]
    entries: tuple[Alike, ...]


async def like_these(  # noqa: PLR0913 (like what, what must hold, how many: one thing each)
    store: ServingStore,
    references: Sequence[ListingId],
    filters: Filters,
    limit: int,
    *,
    include_given: bool,
    without: frozenset[ListingId] = frozenset(),
) -> LikeThese:
    """Return active listings like any of the references, which may be of any status.

    Every wish gets places in proportion to its references; what is short of cars passes them on.

    Args:
        store: what is for sale.
        references: ids of listings; one named twice counts once.
        filters: what every answer must satisfy; the references need not.
        limit: how many answers at most.
        include_given: whether references that are for sale and pass may be answers.
        without: listings that must not be answers, references among them or not.
    """
    known = await store.vectors(references)
    given = [i for i in dict.fromkeys(references) if i in known]
    if not given:
        return LikeThese((), ())
    vectors = np.stack([known[i] for i in given])
    groups = wishes(vectors)
    middles = [vectors[group].mean(axis=0) for group in groups if len(group) > 1]
    if not include_given:
        without |= frozenset(references)
    near = await asyncio.gather(
        *(store.nearest(one, filters, POOL * limit, without) for one in (*vectors, *middles))
    )
    pool = await store.described(list(dict.fromkeys(i for one in near for i in one.ids)))
    looks = looks_of(pool.facts)
    fits = np.stack([closeness(pool.vectors, vectors[group]) for group in groups])
    stands_for = fits.argmax(axis=0)  # a car takes a place of the wish that it is closest to
    params = reranking.Params(relevance=RELEVANCE, cap=limit)
    queues: list[list[int]] = []
    for n in range(len(groups)):
        rows = np.flatnonzero(stands_for == n)
        mine = [looks[row] for row in rows]
        order = reranking.diversify(fits[n, rows], pool.vectors[rows], mine, limit, params)
        queues.append(rows[order].tolist())
    chosen = in_turn(queues, [len(group) for group in groups], limit)
    # Read last: a car sold while the list was made is not in it.
    listings = {c.id: c for c in await store.active([pool.ids[row] for row in chosen])}
    entries: list[Alike] = []
    for row in chosen:
        listing = listings.get(pool.ids[row])
        if listing is not None:
            group = groups[stands_for[row]]
            nearest = group[int(np.argmax(vectors[group] @ pool.vectors[row]))]
            entries.append(Alike(listing, given[nearest]))
    return LikeThese(tuple(tuple(given[i] for i in group) for group in groups), tuple(entries))
