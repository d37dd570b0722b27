"""What listings should cost, from the active listings of their models.

Owns:    which listings each is compared with, and whether a kept appraisal or a fresh one is told.
Imports: numpy, domain, storage.ports.

One listing and all of them are appraised by the same rule. What was kept of a listing as it is now
is told wherever it is shown, until it is replaced: its card, its page and a search by verdict then
never contradict each other. A listing of which no verdict is kept is appraised afresh.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from carousel.domain.cars import Cars, cars_of
from carousel.domain.facts import Facts, facts_of
from carousel.domain.fair_price import Appraisal, appraise, believable
from carousel.domain.filters import Filters
from carousel.domain.listing import Listing, ListingId
from carousel.storage.ports import ServingStore
from carousel.storage.ports.appraisals import Kept, Stock

MOST_COMPARABLES = 500
"""Of a model for sale more often, the newest adverts: their prices are today's."""

MOST_NEWEST = MOST_COMPARABLES + 1
"""Of a model, so that as many are left when the listing itself is among them."""


@dataclass(frozen=True, slots=True)
class Appraised:
    """A listing beside the others of its model.

    appraisal: None where the others do not suffice.
    ids:       of the others, the newest advert first. facts: theirs, shape (n,).
    """

    appraisal: Appraisal | None
    ids: list[ListingId]
    facts: Facts


async def appraised(store: ServingStore, listing: Listing) -> Appraised:
    """Return what a listing of any status should cost; one without a model has no comparables."""
    if listing.model is None:
        return Appraised(None, [], facts_of([]))
    alike = Filters(make=(listing.make,), model=(listing.model,))
    newest = await store.newest(alike, MOST_COMPARABLES, frozenset({listing.id}))
    others = await store.described(newest.ids)
    found = (await store.appraisals([listing.id])).get(listing.id)
    if found is None:
        found = _judged(cars_of(facts_of([listing])), cars_of(others.facts))
    return Appraised(found, list(others.ids), others.facts)


def appraised_each(stock: Stock) -> Iterator[Kept]:
    """Yield what each listing of a stock, read with MOST_NEWEST of its model, should cost."""
    newest, ids = cars_of(stock.newest_facts), np.array(stock.newest, dtype=np.int64)
    cars = cars_of(stock.facts)
    for n, (listing_id, revision) in enumerate(zip(stock.ids, stock.revisions, strict=True)):
        others = np.flatnonzero(ids != listing_id)[:MOST_COMPARABLES]
        found = _judged(_those(cars, np.array([n])), _those(newest, others))
        yield Kept(listing_id, revision, found)


def _judged(car: Cars, others: Cars) -> Appraisal | None:
    """Return what one car should cost; None too where its price cannot be meant as one."""
    found = appraise(car, others)
    if found is None or not believable(math.exp(car.price[0]), found.fair):
        return None
    return found


def _those(cars: Cars, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Cars:
    return Cars(**{column.name: getattr(cars, column.name)[rows] for column in fields(Cars)})
